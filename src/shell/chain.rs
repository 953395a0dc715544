//! Chains of `&&`: which of their commands only ask something, and whose failure nobody sees.
//!
//! `set -e` looks at the last command of a chain alone (POSIX.1-2024, `set`, -e). In `[ -f x ] && rm x` that is what the
//! author wants; in `./configure && make` it is not. This is the one place that tells the two apart: the scripts that
//! are written and the lint of what is left both go by it.

use super::tree::{
    Command, Compound, CompoundKind, Connector, PartKind, Pipeline, RedirectKind, Simple, Statement, Value,
};

/// A list of nothing but `&&`, in the foreground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain<'s> {
    /// The commands before the first question, without the chain's last. Where one fails, the chain has failed.
    pub commands: Vec<&'s Pipeline>,
    /// The commands after a question, without the chain's last. Where the chain ends early, nothing tells their failure
    /// from the answer "no".
    pub unseen: Vec<&'s Pipeline>,
}

/// The chain that a statement is. One with `||` says itself what is to be done about a failure, and is none.
pub fn chain(statement: &Statement) -> Option<Chain<'_>> {
    let only_and = statement.rest.iter().all(|(connector, _)| *connector == Connector::And);
    if statement.background || statement.rest.is_empty() || !only_and {
        return None;
    }
    let members: Vec<_> = statement.pipelines().take(statement.rest.len()).collect();
    let first = members.iter().position(|member| is_question(member)).unwrap_or(members.len());
    let (commands, others) = members.split_at(first);
    let unseen = others.iter().copied().filter(|member| !is_question(member)).collect();
    Some(Chain { commands: commands.to_vec(), unseen })
}

/// Whether a failure is an answer and no accident: `[ … ]`, `grep -q`, `! …` and their like.
fn is_question(pipeline: &Pipeline) -> bool {
    // A pipeline's status is that of its last command.
    pipeline.negated || pipeline.commands.last().is_some_and(asks)
}

fn asks(command: &Command) -> bool {
    match command {
        Command::Simple(simple) if simple.words.is_empty() => assigns_an_answer(simple),
        Command::Simple(simple) => program_asks(simple),
        Command::Compound(Compound { kind: CompoundKind::Test(_) | CompoundKind::Arithmetic(_), .. }) => true,
        Command::Compound(Compound {
            kind: CompoundKind::Brace(body) | CompoundKind::Subshell(body),
            ..
        }) => all_ask(body),
        Command::Compound(_) | Command::Function(_) => false,
    }
}

/// Whether commands are one list of questions.
fn all_ask(body: &[Statement]) -> bool {
    matches!(body, [statement] if !statement.background && statement.pipelines().all(is_question))
}

/// `pid=$(pidof x)`, whose status is that of the last substitution.
fn assigns_an_answer(simple: &Simple) -> bool {
    let Some(Value::Scalar(word)) = simple.assignments.last().map(|assignment| &assignment.value) else {
        return false;
    };
    let mut substitutions = word.parts.iter().filter_map(|part| match &part.kind {
        PartKind::Command(body) => Some(body),
        _ => None,
    });
    substitutions.next_back().is_some_and(|body| all_ask(body))
}

/// When a program asks.
#[derive(Clone, Copy)]
enum Asks {
    Always,
    /// With an option that begins with one of these words; one letter may also stand among others.
    With(&'static [&'static str]),
    /// The same, or where what it prints is thrown away.
    Silent(&'static [&'static str]),
}

/// From POSIX.1-2024 (XCU 3) and the manual pages of bash, GNU grep and diffutils, git, pkgconf, procps, systemd and util-linux:
/// programs whose exit status is documented as an answer.
const ASKING: [(&str, Asks); 31] = [
    (":", Asks::Always),
    ("[", Asks::Always),
    ("cmp", Asks::Silent(&["-s", "--quiet", "--silent"])),
    ("command", Asks::With(&["-v", "-V"])),
    ("diff", Asks::Silent(&["-q", "--brief"])),
    ("dpkg", Asks::With(&["--compare-versions"])),
    ("egrep", Asks::Silent(&["-q", "--quiet", "--silent"])),
    ("expr", Asks::Always),
    ("false", Asks::Always),
    ("fgrep", Asks::Silent(&["-q", "--quiet", "--silent"])),
    ("getent", Asks::Always),
    ("git", Asks::With(&["--quiet", "--is-ancestor", "--verify"])),
    ("grep", Asks::Silent(&["-q", "--quiet", "--silent"])),
    ("groups", Asks::Always),
    ("hash", Asks::Always),
    ("id", Asks::Always),
    ("kill", Asks::With(&["-0"])),
    ("let", Asks::Always),
    ("modinfo", Asks::Always),
    ("mountpoint", Asks::Always),
    ("pgrep", Asks::Always),
    ("pidof", Asks::Always),
    ("pkg-config", Asks::With(&["--exists", "--atleast", "--exact", "--max"])),
    ("pkgconf", Asks::With(&["--exists", "--atleast", "--exact", "--max"])),
    ("systemctl", Asks::With(&["-q", "--quiet"])),
    ("test", Asks::Always),
    ("true", Asks::Always),
    ("tty", Asks::Always),
    ("type", Asks::Always),
    ("which", Asks::Always),
    ("zgrep", Asks::Silent(&["-q", "--quiet", "--silent"])),
];

fn program_asks(simple: &Simple) -> bool {
    let Some((head, arguments)) = simple.words.split_first() else { return false };
    let Some(path) = head.literal() else { return false };
    let name = path.rsplit('/').next().unwrap_or_default();
    let Ok(at) = ASKING.binary_search_by_key(&name, |(name, _)| name) else { return false };
    let given = |options: &[&str]| {
        let mut words = arguments.iter().filter_map(super::tree::Word::literal);
        words.any(|word| options.iter().any(|option| gives(&word, option)))
    };
    match ASKING[at].1 {
        Asks::Always => true,
        Asks::With(options) => given(options),
        Asks::Silent(options) => given(options) || prints_nowhere(simple),
    }
}

/// Whether a word gives an option: `-q` is also given by `-sq`, and `--quiet` by `--quiet=…`.
fn gives(word: &str, option: &str) -> bool {
    match option.strip_prefix('-') {
        Some(letter) if letter.len() == 1 => {
            word.starts_with('-') && !word.starts_with("--") && word.contains(letter)
        }
        _ => word.starts_with(option),
    }
}

fn prints_nowhere(simple: &Simple) -> bool {
    simple.redirects.iter().any(|redirect| {
        let output = redirect.takes_output() || redirect.kind == RedirectKind::WriteBoth;
        output && redirect.target.literal().as_deref() == Some("/dev/null")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Dialect;
    use crate::shell::parse;

    #[test]
    fn the_table_is_sorted() {
        assert!(ASKING.is_sorted_by_key(|(name, _)| name));
    }

    #[test]
    fn what_only_asks_is_told_from_what_does_something() {
        let questions = "[ -f a ]\ntest -n x\n[[ a == b ]]\n(( a > 1 ))\n! make\ncommand -v gcc\n/usr/bin/test a\n\
            grep -sq a b\ngrep --quiet a\ngrep a b > /dev/null\nldd a | grep -q b\ncmp -s a b\ndiff a b &> /dev/null\n\
            { [ a ] || [ b ]; }\n([ a ])\npid=$(pidof x)\npkg-config --exists zlib\ntrue\nkill -0 1\nid lfs > /dev/null";
        let commands = "make\ngrep a b\ndiff -u a b\ncommand make\n[ a ] | cat\n{ [ a ]; make; }\na=1\na=$(make)\n\
            \"$cmd\" -q\npkg-config --cflags zlib\nif [ a ]; then b; fi\nf() { [ a ]; }\ncp a b > /dev/null";
        for (lines, asked) in [(questions, true), (commands, false)] {
            for line in lines.lines() {
                let parsed = parse(line, Dialect::Bash);
                assert_eq!(parsed.problem, None, "{line}");
                assert_eq!(is_question(&parsed.statements[0].first), asked, "{line}");
            }
        }
    }

    #[test]
    fn a_chain_has_commands_before_and_after_its_first_question() {
        let split = |text: &str| {
            let parsed = parse(text, Dialect::Bash);
            let words = |members: Vec<&Pipeline>| -> Vec<String> {
                members.iter().map(|member| text[member.span.range()].to_owned()).collect()
            };
            chain(&parsed.statements[0]).map(|chain| (words(chain.commands), words(chain.unseen)))
        };
        let pair = |one: &[&str], other: &[&str]| {
            Some([one, other].map(|words| words.iter().map(|&word| word.to_owned()).collect()).into())
        };
        assert_eq!(split("a && b && [ c ] && d && [ e ] && f"), pair(&["a", "b"], &["d"]));
        assert_eq!(split("[ a ] && b"), pair(&[], &[]));
        assert_eq!(split("a"), None);
        assert_eq!(split("a && b || c"), None);
        assert_eq!(split("a && b &"), None);
    }
}

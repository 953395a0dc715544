//! Which programs a command runs: behind `env`, `nice`, `xargs`, `find -exec` and their like is another.
//!
//! It knows which of a program's words are another program. What the others mean to it, `words` and `writes` know.

mod wrappers;

use std::borrow::Cow;

use crate::shell::tree::{Operation, Part, PartKind, Statement, Word};

use super::state::State;
use wrappers::{LOADER, WRAPPERS};

/// A program with its arguments. `env rm -r x` is two: `env` and `rm`.
#[derive(Debug, Clone)]
pub(crate) struct Layer<'s> {
    /// What a rule knows it by: a program's name without its folder. What the script or its source brings along has another
    /// name than the program that it may be called like: `name()` for a function, the whole path for `./name`.
    pub(crate) name: String,
    /// The word that names it.
    pub(crate) head: &'s Word,
    /// The words after it.
    pub(crate) arguments: &'s [Word],
}

impl<'s> Layer<'s> {
    /// Whether an argument, whole and literal, is one of these.
    pub(crate) fn has(&self, options: &[&str]) -> bool {
        self.literals().any(|text| options.contains(&&*text))
    }

    /// Whether an option is given as one letter, alone or among others (`-rf`).
    pub(crate) fn has_letter(&self, letter: char) -> bool {
        self.literals().take_while(|text| text != "--").any(|text| is_letters(&text) && text.contains(letter))
    }

    /// The name without a folder, also of a program of the source: `waf` for `./waf`.
    pub(crate) fn base_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// The name of the function that it is, where the script defines it.
    pub(crate) fn function(&self) -> Option<&str> {
        self.name.strip_suffix("()")
    }

    /// Whether an option is given by its long name, or by the beginning of it, which GNU programs take too.
    pub(crate) fn has_long(&self, name: &str) -> bool {
        let mut options = self.literals().take_while(|text| text != "--");
        options.any(|text| text.len() > 3 && text.starts_with("--") && name.starts_with(&*text))
    }

    /// The arguments that are literal.
    pub(crate) fn literals(&self) -> impl Iterator<Item = Cow<'s, str>> + use<'s> {
        self.arguments.iter().filter_map(Word::literal)
    }

    /// The arguments that are no options: all after `--`, and before it those that begin with no `-`.
    pub(crate) fn operands(&self) -> impl Iterator<Item = &'s Word> + use<'s> {
        let mut after = false;
        self.arguments.iter().filter(move |word| {
            if after {
                return true;
            }
            after = word.literal().as_deref() == Some("--");
            !after && !word.literal_prefix().starts_with('-')
        })
    }
}

/// `-rf`, not `--recursive`.
fn is_letters(text: &str) -> bool {
    text.starts_with('-') && !text.starts_with("--")
}

/// How many programs of one command are looked at. Each of them has all the words behind it, so that many would take as long as
/// their number times their words; nobody writes so many.
pub(super) const MOST_PROGRAMS: usize = 128;

/// Every program that a list of words runs, the outer before the inner; of very many only the first.
pub(crate) fn layers<'s>(words: &'s [Word], state: &State) -> Vec<Layer<'s>> {
    let mut layers = Vec::new();
    let mut rest = Some(words);
    // The programs that `find` runs beside the one in `rest`, the last first.
    let mut others: Vec<&[Word]> = Vec::new();
    while layers.len() < MOST_PROGRAMS
        && let Some(words) = rest.take().or_else(|| others.pop())
    {
        let Some((head, arguments)) = words.split_first() else { continue };
        let Some(path) = program(head, state) else { continue };
        let name = known_as(path, &layers, state);
        let layer = Layer { name, head, arguments };
        if layer.name == "find" {
            others.extend(executed(arguments).into_iter().rev());
        } else {
            rest = Some(inner(&layer));
        }
        layers.push(layer);
    }
    layers
}

/// What rules know a program by, that runs behind others.
fn known_as(path: String, outer: &[Layer<'_>], state: &State) -> String {
    // `time` is a word of the shell; other programs do not see its functions.
    let by_shell = outer.iter().all(|outer| outer.name == "time");
    match path.strip_prefix('/') {
        Some(below) => below.rsplit('/').next().unwrap_or_default().to_owned(),
        None if by_shell && state.overview().function(&path).is_some() => format!("{path}()"),
        None => path,
    }
}

/// What a head names: its own text, that of a variable whose value is known, or what `command -v` is asked for.
fn program(head: &Word, state: &State) -> Option<String> {
    if let Some(text) = head.literal() {
        return Some(text.into_owned());
    }
    if let Some(text) =
        state.resolved(head).filter(|text| head.parts.len() > 1 && !text.contains(char::is_whitespace))
    {
        return Some(text);
    }
    let [part] = head.parts.as_slice() else { return None };
    match &part.kind {
        PartKind::Parameter(parameter) => {
            let value = match parameter.operation {
                Operation::Value => state.value(&parameter.name)?.to_owned(),
                // Whoever sets nothing gets what is written here.
                Operation::Default { .. } | Operation::Assign { .. } => {
                    parameter.word.iter().map(Part::literal).collect::<Option<String>>()?
                }
                _ => return None,
            };
            // Where it is not quoted its words are split; the first is the program.
            let first = if part.quoted { Some(value.as_str()) } else { value.split_whitespace().next() };
            first.map(str::to_owned)
        }
        PartKind::Command(body) => looked_up(body),
        _ => None,
    }
}

/// The name of which a command prints where its program is: `command -v gcc`, `type -P gcc`, `which gcc`.
fn looked_up(body: &[Statement]) -> Option<String> {
    let [statement] = body else { return None };
    let words: Vec<String> = statement
        .simple()?
        .words
        .iter()
        .map(|word| word.literal().map(Cow::into_owned))
        .collect::<Option<_>>()?;
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["command", "-v" | "-pv", name] | ["type", "-P" | "-p", name] | ["which", name] => {
            Some((*name).to_owned())
        }
        _ => None,
    }
}

/// The words of the program that a program runs; empty where it runs none.
fn inner<'s>(layer: &Layer<'s>) -> &'s [Word] {
    let (name, mut rest) = named(layer);
    let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.name == name) else { return &[] };
    let mut operands = wrapper.operands;
    while let Some((word, after)) = rest.split_first() {
        let text = word.literal_prefix();
        if wrapper.runs_nothing.contains(&text.as_str()) {
            return &[];
        }
        if text == "--" {
            return after.get(operands..).unwrap_or_default();
        }
        if text.starts_with('-') && text.len() > 1 {
            rest = after.get(usize::from(wrapper.takes_next(&text))..).unwrap_or_default();
        } else if wrapper.assigns && text.contains('=') {
            rest = after;
        } else if operands > 0 {
            operands -= 1;
            rest = after;
        } else {
            return rest;
        }
    }
    &[]
}

/// The name that a program has in the table, and the words after it.
fn named<'s>(layer: &Layer<'s>) -> (Cow<'static, str>, &'s [Word]) {
    let name = layer.name.as_str();
    if name == "cmake"
        && let [option, tool, rest @ ..] = layer.arguments
        && option.literal().as_deref() == Some("-E")
    {
        return (format!("cmake -E {}", tool.literal_prefix()).into(), rest);
    }
    let is_loader = (name.starts_with("ld-linux") || name.starts_with("ld-musl")) && name.contains(".so");
    let name = if is_loader { LOADER.into() } else { name.to_owned().into() };
    (name, layer.arguments)
}

/// The words of each program that `find` runs: what stands between `-exec` and its `;` or `+`. What a `find` in there runs is
/// for that one to say.
fn executed(arguments: &[Word]) -> Vec<&[Word]> {
    let is = |word: &Word, texts: &[&str]| word.literal().is_some_and(|text| texts.contains(&&*text));
    let mut programs = Vec::new();
    let mut rest = arguments;
    while let Some(at) = rest.iter().position(|word| is(word, &["-exec", "-execdir", "-ok", "-okdir"])) {
        let words = &rest[at + 1..];
        let end = words.iter().position(|word| is(word, &[";", "+"])).unwrap_or(words.len());
        programs.push(&words[..end]);
        rest = &words[end..];
    }
    programs
}

#[cfg(test)]
mod tests {
    use super::MOST_PROGRAMS;
    use crate::lint::testing::{found_by, in_script, is_silent, tells};

    #[test]
    fn programs_are_seen_behind_others() {
        tells(
            "privilege-switch",
            in_script,
            &[
                "env -u A B=c sudo a",
                "command sudo a",
                "exec /usr/bin/sudo a",
                "nohup nice -n 5 timeout -k 1 10 sudo a",
                "a | xargs -n 1 sudo b",
                "find . -type f -exec sudo a {} +",
                "find . -exec a {} \\; -exec sudo b {} \\;",
                "command -p env -i PATH=/bin /usr/bin/sudo -u a b",
                "find . -print0 | xargs -0 -n1 doas a",
                "x=/usr/bin/su; \"$x\" - a",
                "x='sudo -n'; $x a",
                "ssh() { runuser -u a -- b; }",
                "sh -s <<E\nsudo a\nE\n",
                "env bash <<< 'sudo a'",
                "x=$(sudo a)",
                "cat <(sudo a)",
                "sh -ec 'true; sudo a'",
                "bash <<'E'\nsudo a\nE\n",
                "eval 'sudo a'",
                "trap 'sudo a' EXIT",
                "f() { sudo a; }",
                "[ \"$(sudo a)\" ]",
                "cat <<E\n$(sudo a)\nE\n",
                "x=sudo; $x a",
                "echo `sh -c \"sudo a\"`",
                "a=(\"$(sudo b)\")",
                "FOO=# ; sudo a",
            ],
        );
        is_silent(
            "privilege-switch",
            in_script,
            &["command -v sudo", "echo sudo", "cat <<'E'\nsudo a\nE\n", "# sudo a", "man sudo", "x=sudo"],
        );
    }

    #[test]
    fn what_stands_behind_very_many_programs_is_not_checked_and_that_is_told() {
        let script = |programs: usize| format!("{}sudo a", "env ".repeat(programs));
        let not_checked = script(MOST_PROGRAMS - 1);
        assert_eq!(found_by("privilege-switch", &script(MOST_PROGRAMS - 3)), ["sudo"]);
        assert_eq!(found_by("not-checked", &script(MOST_PROGRAMS - 3)), [""; 0]);
        assert_eq!(found_by("not-checked", &not_checked), [not_checked.as_str()]);
    }

    #[test]
    fn a_program_is_found_behind_whatever_runs_it() {
        for before in [
            "taskset -c 0,1",
            "chrt -b 0",
            "linux64",
            "setarch x86_64 -R",
            "toybox",
            "/lib64/ld-linux-x86-64.so.2 --library-path /a",
            "cmake -E env A=1",
            "cmake -E time",
            "xargs -rn 1",
            "xargs -0rn1 -P4",
            "xargs --delimiter '\\n'",
            "xvfb-run -a",
            "valgrind --tool=none",
            "dbus-run-session --",
            "gosu root",
            "nice -n5",
            "nice -n 5",
        ] {
            let script = format!("{before} chmod u+s /usr/bin/x");
            assert_eq!(found_by("setuid-file", &script), ["u+s"], "{script}");
        }
        for script in ["taskset -p 1 chmod u+s", "command -v chmod u+s x", "cmake -E echo chmod u+s x"] {
            assert!(found_by("setuid-file", script).is_empty(), "{script}");
        }
    }

    #[test]
    fn a_program_may_be_named_by_what_is_expanded() {
        for head in [
            "${x:-chmod}",
            "\"$(command -v chmod)\"",
            "$(type -P chmod)",
            "`which chmod`",
            "a=ch; b=mod; $a$b",
            "a=/usr; \"$a/bin/chmod\"",
        ] {
            let script = format!("{head} u+s /usr/bin/x");
            assert_eq!(found_by("setuid-file", &script), ["u+s"], "{script}");
        }
    }

    #[test]
    fn each_program_that_find_runs_has_its_own_words() {
        let script =
            "find . -type f -exec chmod 4755 {} \\; -name b -exec chmod 2755 {} + -o -exec chown -R a / \\;";
        assert_eq!(found_by("setuid-file", script), ["4755", "2755"]);
        assert_eq!(found_by("recursive-ownership", script), ["/"]);
        assert!(found_by("recursive-remove", "find . -exec rm -r {} \\; -o -path /usr").is_empty());
        let script = format!("{}sudo a", "find . -exec ".repeat(60));
        assert_eq!(found_by("privilege-switch", &script), ["sudo"]);
    }

    #[test]
    fn what_a_script_or_its_source_brings_along_is_not_the_program_that_it_is_called_like() {
        is_silent(
            "privilege-switch",
            in_script,
            &[
                "sudo() { \"$@\"; }; sudo a",
                "sudo a; sudo() { \"$@\"; }",
                "su() { a; }; time su; f() { su; }; eval 'su b'",
                "./sudo a; ../bin/sudo b; tools/su",
                "command -v sudo; command -V su",
            ],
        );
        for (script, name) in [
            ("sudo() { command sudo \"$@\"; }; sudo a", "sudo"),
            ("sudo() { a; }; env sudo b", "sudo"),
            ("su() { a; }; sh -c 'su b'", "su"),
            ("su() { a; }; /usr/bin/su b", "/usr/bin/su"),
        ] {
            assert_eq!(found_by("privilege-switch", script), [name], "{script}");
        }
    }
}

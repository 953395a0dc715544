//! Which programs a command runs: behind `env`, `nice`, `xargs`, `find -exec` and their like is another.
//!
//! It knows which of a program's words are another program. What the others mean to it, `words` and `writes` know.

use std::borrow::Cow;

use crate::shell::tree::{Operation, PartKind, Word};

use super::state::State;

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

/// A program that runs the program that its arguments name.
struct Wrapper {
    name: &'static str,
    /// Options whose value is the next word.
    valued: &'static [&'static str],
    /// Words of its own that come before the program.
    operands: usize,
    /// Whether `NAME=value` may come before the program.
    assigns: bool,
    /// Options with which it runs nothing.
    runs_nothing: &'static [&'static str],
}

const fn wrapper(name: &'static str, valued: &'static [&'static str]) -> Wrapper {
    Wrapper { name, valued, operands: 0, assigns: false, runs_nothing: &[] }
}

/// From the manual pages of GNU coreutils 9, findutils, util-linux, sudo, opendoas and bash.
const WRAPPERS: [Wrapper; 25] = [
    Wrapper { assigns: true, ..wrapper("env", &["-u", "--unset", "-C", "--chdir", "-S", "--split-string"]) },
    Wrapper {
        assigns: true,
        ..wrapper("sudo", &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R"])
    },
    wrapper("doas", &["-u", "-C", "-a"]),
    wrapper("pkexec", &["--user"]),
    wrapper("runuser", &["-u", "--user", "-g", "-G", "-w"]),
    Wrapper { runs_nothing: &["-v", "-V", "-pv", "-pV"], ..wrapper("command", &[]) },
    wrapper("builtin", &[]),
    wrapper("exec", &["-a"]),
    wrapper("eatmydata", &[]),
    wrapper("fakeroot", &["-l", "-s", "-i", "-b"]),
    wrapper("nice", &["-n", "--adjustment"]),
    wrapper("ionice", &["-c", "-n", "--class", "--classdata"]),
    wrapper("nohup", &[]),
    wrapper("setsid", &[]),
    wrapper("setarch", &[]),
    wrapper("stdbuf", &["-i", "-o", "-e"]),
    wrapper("time", &["-f", "-o", "--format", "--output"]),
    wrapper("strace", &["-e", "-o", "-p", "-s"]),
    Wrapper { operands: 1, ..wrapper("timeout", &["-s", "--signal", "-k", "--kill-after"]) },
    Wrapper { operands: 1, ..wrapper("chroot", &[]) },
    Wrapper { operands: 1, ..wrapper("flock", &["-w", "-E", "--timeout"]) },
    wrapper("unshare", &["-S", "-G", "-R", "-w"]),
    wrapper("setpriv", &["--reuid", "--regid", "--groups", "--securebits"]),
    wrapper(
        "xargs",
        &["-I", "-n", "-P", "-L", "-d", "-E", "-s", "-a", "--max-args", "--max-procs", "--arg-file"],
    ),
    wrapper("busybox", &[]),
];

/// Every program that a list of words runs, the outer before the inner.
pub(crate) fn layers<'s>(words: &'s [Word], state: &State) -> Vec<Layer<'s>> {
    let mut layers = Vec::new();
    let mut rest = Some(words);
    // The programs that `find` runs beside the one in `rest`, the last first.
    let mut others: Vec<&[Word]> = Vec::new();
    // Each round takes at least one word away.
    while let Some(words) = rest.take().or_else(|| others.pop()) {
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

/// What a head names: its own text, or that of a variable whose value is known.
fn program(head: &Word, state: &State) -> Option<String> {
    if let Some(text) = head.literal() {
        return Some(text.into_owned());
    }
    let [part] = head.parts.as_slice() else { return None };
    let PartKind::Parameter(parameter) = &part.kind else { return None };
    let value =
        matches!(parameter.operation, Operation::Value).then(|| state.value(&parameter.name)).flatten()?;
    // Where it is not quoted its words are split; the first is the program.
    let first = if part.quoted { Some(value) } else { value.split_whitespace().next() };
    first.map(str::to_owned)
}

/// The words of the program that a program runs; empty where it runs none.
fn inner<'s>(layer: &Layer<'s>) -> &'s [Word] {
    let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.name == layer.name) else { return &[] };
    let mut rest = layer.arguments;
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
            let taken = if wrapper.valued.contains(&text.as_str()) { 1 } else { 0 };
            rest = after.get(taken..).unwrap_or_default();
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

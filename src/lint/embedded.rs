//! Scripts inside scripts: `sh -c '…'`, `eval`, here-documents that a shell reads, and those that become a script.

use crate::shell::interpreter;
use crate::shell::tree::{Part, PartKind, Redirect, RedirectKind, Span, Word};
use crate::source::Text;

use super::call::Layer;
use super::code::{calls, code, is_interpreter};
use super::flow::Call;
use super::options::Options;
use super::printed::Printed;

/// Programs that read commands in the shell's language.
pub(crate) const SHELLS: [&str; 8] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash"];

/// A script that a program is given.
pub(crate) struct Embedded {
    /// Its text with its places. Expansions that the outer script does first stay as they are written.
    pub(crate) text: Text,
    /// Whether there are none of these, so that this is what will be read.
    pub(crate) literal: bool,
    /// The options of the shell that reads it, where that is one of its own.
    pub(crate) shell: Option<Options>,
    /// Whether it is written to a file, to run some other time and elsewhere.
    pub(crate) kept: bool,
}

/// Options whose value a program hands to a shell (tar(1), split(1), rsync(1)).
const SHELL_OPTIONS: [(&str, &str); 6] = [
    ("tar", "--to-command="),
    ("tar", "--checkpoint-action=exec="),
    ("tar", "--use-compress-program="),
    ("split", "--filter="),
    ("rsync", "--rsh="),
    ("git", "--upload-pack="),
];

/// The scripts that a program is given.
pub(crate) fn scripts(call: &Call<'_, '_>) -> Vec<Embedded> {
    let layer = call.layer;
    let name = layer.name.as_str();
    let word = |word: &Word, shell| joined(std::slice::from_ref(word), call, shell);
    match name {
        "eval" => {
            let separator =
                layer.arguments.first().is_some_and(|word| word.literal().as_deref() == Some("--"));
            vec![joined(&layer.arguments[usize::from(separator)..], call, None)]
        }
        "trap" => layer.operands().take(1).map(|one| word(one, None)).collect(),
        // What an alias stands for is text that runs where its name is, and so it may be a part of a command.
        "alias" => layer
            .operands()
            .filter_map(|one| value_of(one, call, "=", None))
            .map(|inner| Embedded { literal: false, ..inner })
            .collect(),
        "su" | "runuser" | "flock" | "script" => {
            let attached = || layer.arguments.iter().find_map(|one| long_command(one, call));
            command_option(layer)
                .map(|one| word(one, Some(own_shell(call))))
                .or_else(attached)
                .into_iter()
                .collect()
        }
        // The words behind the group's name (sg(1)).
        "sg" => command_option(layer)
            .or_else(|| layer.operands().nth(1))
            .map(|one| word(one, Some(own_shell(call))))
            .into_iter()
            .collect(),
        // What is left of their words is a shell's (watch(1), parallel(1)).
        "watch" | "parallel" => {
            let arguments = layer.arguments;
            let start = arguments.iter().position(|one| !one.literal_prefix().starts_with('-'));
            let words = &arguments[start.unwrap_or(arguments.len())..];
            let end = words.iter().position(|one| one.literal_prefix().starts_with(":::"));
            vec![joined(&words[..end.unwrap_or(words.len())], call, Some(own_shell(call)))]
        }
        "env" => split_string(call).into_iter().collect(),
        "cat" | "tee" => fed(&call.simple.redirects).filter_map(|one| kept(one, call)).collect(),
        "at" | "batch" => on_standard_input(call, Some(own_shell(call))),
        "." | "source" => of_file(call, None),
        name if SHELLS.contains(&name) => {
            let shell = Some(own_shell(call));
            match command_option(layer) {
                Some(one) => vec![word(one, shell)],
                None if reads_standard_input(layer) => on_standard_input(call, shell),
                None => of_file(call, shell),
            }
        }
        name if is_interpreter(name) => in_code(call),
        _ => {
            let options = SHELL_OPTIONS.iter().filter(|(program, _)| *program == name);
            let values = options.flat_map(|(_, option)| {
                layer.arguments.iter().filter_map(|one| value_of(one, call, option, Some(own_shell(call))))
            });
            values.collect()
        }
    }
}

/// The script in a file, where that is what the shell itself is fed, or what a command prints: `<( … )`.
fn of_file(call: &Call<'_, '_>, shell: Option<Options>) -> Vec<Embedded> {
    let Some(file) = call.layer.operands().next() else { return Vec::new() };
    if file.literal().is_some_and(|text| STANDARD_INPUT.contains(&&*text)) {
        return on_standard_input(call, shell);
    }
    let [Part { kind: PartKind::Process(_), .. }] = file.parts.as_slice() else { return Vec::new() };
    vec![joined(std::slice::from_ref(file), call, shell)]
}

/// What a program reads: what is printed into its pipe, or fed to it by `<<` or `<<<`.
fn on_standard_input(call: &Call<'_, '_>, shell: Option<Options>) -> Vec<Embedded> {
    let scripts: Vec<Embedded> =
        fed(&call.simple.redirects).map(|word| joined(std::slice::from_ref(word), call, shell)).collect();
    if !scripts.is_empty() {
        return scripts;
    }
    let (commands, at) = call.pipeline;
    let mut printed = Printed::new(call.text, call.state);
    if printed.pipeline(&commands[..at]) {
        let Printed { text, literal, .. } = printed;
        return vec![Embedded { text, literal, shell, kept: false }];
    }
    Vec::new()
}

/// The commands that code in another language gives to a shell.
fn in_code(call: &Call<'_, '_>) -> Vec<Embedded> {
    let code = match code(call.layer) {
        Some(word) => vec![joined(std::slice::from_ref(word), call, None)],
        None if call.layer.operands().next().is_none() => on_standard_input(call, None),
        None => Vec::new(),
    };
    let shell = Options { posix: call.state.options().posix, ..Options::default() };
    let scripts = code.iter().flat_map(|Embedded { text, .. }| {
        calls(text.as_str()).into_iter().map(|range| {
            let mut script = Text::empty(text.place_of(range.clone()));
            script.push_slice(text, range);
            // The language may have its own way to put values into it.
            Embedded { text: script, literal: false, shell: Some(shell), kept: false }
        })
    });
    scripts.collect()
}

/// What follows the beginning of a word that is literal: the script in `--command=script`.
fn value_of(word: &Word, call: &Call<'_, '_>, after: &str, shell: Option<Options>) -> Option<Embedded> {
    let head = word.parts.first()?.literal()?;
    let skipped = match after {
        "=" => head.find('=')? + 1,
        _ => head.strip_prefix(after).map(|_| after.len())?,
    };
    let mut value = word.clone();
    let first = value.parts.first_mut()?;
    let is_verbatim = call.text.as_str().get(first.span.range()) == Some(head);
    first.kind = PartKind::Literal(head[skipped..].to_owned());
    if is_verbatim {
        first.span = Span::new(first.span.range().start + skipped, first.span.range().end);
    }
    Some(joined(&[value], call, shell))
}

/// `--command=…` and what GNU programs take for it.
fn long_command(word: &Word, call: &Call<'_, '_>) -> Option<Embedded> {
    let text = word.literal_prefix();
    let (option, _) = text.split_once('=')?;
    let is_command = option.len() > 3 && "--command".starts_with(option)
        || option.len() > 10 && "--session-command".starts_with(option);
    is_command.then(|| value_of(word, call, "=", Some(own_shell(call))))?
}

/// The options of a shell that is started.
fn own_shell(call: &Call<'_, '_>) -> Options {
    let posix = call.state.options().posix && call.layer.name != "bash";
    let mut options = Options { posix, ..Options::default() };
    options.set(call.layer.arguments.iter().filter_map(Word::literal));
    options
}

/// The word that `-c`, which may stand among other letters, gives: the first after all options.
pub(crate) fn command_option<'s>(layer: &Layer<'s>) -> Option<&'s Word> {
    let is_option = |word: &Word| {
        let text = word.literal().unwrap_or_default();
        let letters = text.starts_with('-') && !text.starts_with("--") && text.contains('c');
        letters || text == "--command"
    };
    let at = layer.arguments.iter().position(is_option)?;
    let after = &layer.arguments[at + 1..];
    if !SHELLS.contains(&layer.name.as_str()) {
        return after.first();
    }
    // A shell takes more options behind it; one that ends in `o` or `O` has a value.
    let mut rest = after.iter();
    while let Some(word) = rest.next() {
        let text = word.literal_prefix();
        if text == "--" || text == "-" {
            return rest.next();
        }
        if !text.starts_with(['-', '+']) {
            return Some(word);
        }
        if text.ends_with(['o', 'O']) {
            rest.next();
        }
    }
    None
}

/// Names of the file that standard input is (Linux, proc(5)).
const STANDARD_INPUT: [&str; 4] = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/// Whether a shell takes its script from standard input: it is given none, or `-s`.
pub(crate) fn reads_standard_input(layer: &Layer<'_>) -> bool {
    let is_input = |word: &Word| word.literal().is_some_and(|text| STANDARD_INPUT.contains(&&*text));
    command_option(layer).is_none() && (layer.operands().all(is_input) || asks_for_input(layer))
}

/// Whether `-s` is among the options of a shell: what comes after its script are arguments of that.
fn asks_for_input(layer: &Layer<'_>) -> bool {
    let mut words = layer.arguments.iter().map(Word::literal_prefix);
    while let Some(word) = words.next().filter(|word| word.len() > 1 && word.starts_with(['-', '+'])) {
        if word.starts_with("--") {
            continue;
        }
        if word.starts_with('-') && word.contains('s') {
            return true;
        }
        // The name of an option comes as a word of its own.
        if word.ends_with(['o', 'O']) {
            words.next();
        }
    }
    false
}

/// The text that `env -S` makes into words (env(1)), which may stand behind it in the same word.
fn split_string(call: &Call<'_, '_>) -> Option<Embedded> {
    let arguments = call.layer.arguments;
    let shell = Some(own_shell(call));
    arguments.iter().enumerate().find_map(|(at, word)| {
        let text = word.literal_prefix();
        if text.starts_with("--split-string=") {
            return value_of(word, call, "=", shell);
        }
        let letters = text.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
        let end = letters.and_then(|letters| letters.find('S')).map(|found| found + 2);
        match end {
            Some(end) if end < text.len() => value_of(word, call, &text[..end], shell),
            None if text != "--split-string" => None,
            _ => arguments.get(at + 1).map(|next| joined(std::slice::from_ref(next), call, shell)),
        }
    })
}

/// A here-document that is a script by its first line.
fn kept(word: &Word, call: &Call<'_, '_>) -> Option<Embedded> {
    let prefix = word.literal_prefix();
    let (name, _) = interpreter(&prefix).filter(|(name, _)| SHELLS.contains(name))?;
    let options = Options { posix: name != "bash", ..Options::of_first_line(&prefix) };
    Some(Embedded { kept: true, ..joined(std::slice::from_ref(word), call, Some(options)) })
}

/// What is fed to a command by `<<` or `<<<`.
pub(super) fn fed(redirects: &[Redirect]) -> impl Iterator<Item = &Word> {
    redirects
        .iter()
        .filter(|redirect| matches!(redirect.kind, RedirectKind::HereDocument | RedirectKind::HereString))
        .map(|redirect| &redirect.target)
}

/// Words as one text, with a space between them.
fn joined(words: &[Word], call: &Call<'_, '_>, shell: Option<Options>) -> Embedded {
    let mut printed = Printed::new(call.text, call.state);
    printed.words(words, " ");
    let Printed { text, literal, .. } = printed;
    Embedded { text, literal, shell, kept: false }
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found_by;

    #[test]
    fn a_script_is_read_however_a_shell_gets_it() {
        for script in [
            "cat <<'E' | sh\nchmod u+s x\nE",
            "cat <<'E' | tee log | sh\nchmod u+s x\nE",
            "{ echo a; echo 'chmod u+s x'; } | sh",
            "(cat <<'E'; echo b) | sh\nchmod u+s x\nE",
            "printf 'chmod u+s x\\n' | sh",
            "printf '%s\\n' 'set -e' 'chmod u+s x' | sh",
            "printf '\\x63hmod u+s x' | sh",
            "echo -e '\\143hmod u+s x' | bash",
            "sh <<< 'chmod u+s x'",
            "bash /dev/fd/0 <<< 'chmod u+s x'",
            ". /proc/self/fd/0 <<< 'chmod u+s x'",
            ". <(echo 'chmod u+s x')",
            "bash <(echo 'chmod u+s x')",
            "bash -c -e 'chmod u+s x'",
            "bash -ec -o pipefail 'chmod u+s x'",
            "bash -c -- 'chmod u+s x'",
            "eval -- 'chmod u+s x'",
            "eval \"$(echo 'chmod u+s x')\"",
            "sh -c \"$(cat <<'E'\nchmod u+s x\nE\n)\"",
            "x='chmod u+s x'; eval \"$x\"",
            "x='chmod u+s x'; sh -c \"$x\"",
            "x='chmod u+s x'; echo \"$x\" | sh",
            "x='chmod u+s x'; sh <<< $x",
            "env -S'chmod u+s x'",
            "env -iS 'chmod u+s x'",
            "env --split-string='chmod u+s x'",
            "flock f -c 'chmod u+s x'",
            "script -qc 'chmod u+s x' /dev/null",
            "su root --command='chmod u+s x'",
            "su root --comm='chmod u+s x'",
            "sg g 'chmod u+s x'",
            "sg g -c 'chmod u+s x'",
            "watch -n1 chmod u+s x",
            "parallel -j4 'chmod u+s {}' ::: x",
            "alias x='chmod u+s x'",
            "tar --to-command='chmod u+s x' -xf a",
            "tar -xf a --checkpoint-action=exec='chmod u+s x'",
            "split --filter='chmod u+s x' a",
            "at now <<'E'\nchmod u+s x\nE",
            "echo 'chmod u+s x' | at now",
        ] {
            assert!(!found_by("setuid-file", script).is_empty(), "{script}");
        }
    }

    #[test]
    fn an_alias_may_stand_for_the_beginning_of_a_command() {
        assert_eq!(found_by("syntax-error", "alias unless='if ! '").len(), 0);
        assert_eq!(found_by("syntax-error", "eval 'if ! '").len(), 1);
    }

    #[test]
    fn what_only_looks_like_a_script_is_none() {
        for script in [
            "cat <<'E' | sed s/a/b/\nchmod u+s x\nE",
            "cat <<'E' | sed s/a/b/ | sh\nchmod u+s x\nE",
            "echo 'chmod u+s x' | sh a",
            "echo 'chmod u+s x' | sh -c a",
            "sh a <<< 'chmod u+s x'",
            "echo 'a' | cat b | sh",
            "alias",
            "env -u S 'chmod u+s x'",
        ] {
            assert!(found_by("setuid-file", script).is_empty(), "{script}");
        }
    }

    #[test]
    fn a_value_that_grows_with_each_shell_ends() {
        let script = format!("x='{}'; eval \"$x\"", "eval \"$x\"\n".repeat(300));
        assert!(found_by("setuid-file", &script).is_empty());
    }

    #[test]
    fn a_script_inside_a_script_has_its_places() {
        let script = "sh -c 'a; rm -r /usr'";
        assert_eq!(found_by("recursive-remove", script), ["/usr"]);
        let script = "bash -e <<\"E\"\nif a; then\n  rm -r $x/b\nfi\nE\n";
        assert_eq!(found_by("recursive-remove", script), ["$x/b"]);
        assert_eq!(found_by("syntax-error", "sh -c 'if'"), ["if"]);
        // What the shell will read is not known here.
        assert!(found_by("syntax-error", "sh -c \"$x () {\"").is_empty());
    }

    #[test]
    fn there_is_an_end_to_a_script_that_many_are_given() {
        let chain = |script: &str, quote: &str| format!("{}-S {quote}{script}{quote}", "env ".repeat(100));
        assert!(!found_by("recursive-remove", &chain("rm -r /usr", "'")).is_empty());
        found_by("recursive-remove", &chain(&chain(&chain("rm", ""), "'"), "\""));
    }
}

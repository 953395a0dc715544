//! Scripts inside scripts: `sh -c '…'`, `eval`, here-documents that a shell reads, and those that become a script.

use crate::shell::interpreter;
use crate::shell::tree::{Command, PartKind, RedirectKind, Word};
use crate::source::Text;

use super::call::Layer;
use super::flow::Call;
use super::options::Options;

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

/// The scripts that a program is given.
pub(crate) fn scripts(call: &Call<'_, '_>) -> Vec<Embedded> {
    let layer = call.layer;
    let name = layer.name.as_str();
    let words: Vec<&Word> = match name {
        "eval" => return vec![joined(layer.arguments, call.text, None)],
        "trap" => layer.operands().take(1).collect(),
        "su" | "runuser" => command_option(layer).into_iter().collect(),
        "env" => split_string(layer).into_iter().collect(),
        "cat" | "tee" => return fed(call).filter_map(|word| kept(word, call.text)).collect(),
        "." | "source" if layer.operands().any(|word| word.literal().as_deref() == Some("/dev/stdin")) => {
            fed(call).collect()
        }
        name if SHELLS.contains(&name) => match command_option(layer) {
            Some(word) => vec![word],
            None if reads_standard_input(layer) => {
                if let Some(arguments) = printed(call) {
                    return vec![joined(arguments, call.text, Some(own_shell(call)))];
                }
                fed(call).collect()
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    if words.is_empty() {
        return Vec::new();
    }
    let own = (!["trap", ".", "source"].contains(&name)).then(|| own_shell(call));
    words.into_iter().map(|word| joined(std::slice::from_ref(word), call.text, own)).collect()
}

/// The options of a shell that is started.
fn own_shell(call: &Call<'_, '_>) -> Options {
    let posix = call.state.options().posix && call.layer.name != "bash";
    let mut options = Options { posix, ..Options::default() };
    options.set(call.layer.arguments.iter().filter_map(Word::literal));
    options
}

/// The word after `-c`, which may stand among other letters.
pub(crate) fn command_option<'s>(layer: &Layer<'s>) -> Option<&'s Word> {
    let is_option = |word: &Word| {
        let text = word.literal().unwrap_or_default();
        let letters = text.starts_with('-') && !text.starts_with("--") && text.contains('c');
        letters || text == "--command"
    };
    let at = layer.arguments.iter().position(is_option)?;
    layer.arguments.get(at + 1)
}

/// Whether a shell takes its script from standard input: it is given none, or `-s`.
pub(crate) fn reads_standard_input(layer: &Layer<'_>) -> bool {
    let no_operand =
        layer.operands().all(|word| matches!(word.literal().as_deref(), Some("-" | "/dev/stdin")));
    command_option(layer).is_none() && (no_operand || asks_for_input(layer))
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

/// The text that `env -S` makes into words (env(1)).
fn split_string<'s>(layer: &Layer<'s>) -> Option<&'s Word> {
    let at = layer
        .arguments
        .iter()
        .position(|word| matches!(word.literal().as_deref(), Some("-S" | "--split-string")))?;
    layer.arguments.get(at + 1)
}

/// What `echo` or `printf` prints into the pipe that a program reads.
fn printed<'s>(call: &Call<'_, 's>) -> Option<&'s [Word]> {
    let (commands, at) = call.pipeline;
    let Command::Simple(before) = commands.get(at.checked_sub(1)?)? else { return None };
    let (head, arguments) = before.words.split_first()?;
    let skipped = match head.literal().as_deref()? {
        "echo" => arguments.iter().take_while(|word| word.literal_prefix().starts_with('-')).count(),
        // A format such as `%s\n` says where the other arguments go.
        "printf" => arguments.first().filter(|word| word.literal_prefix().contains('%')).iter().count(),
        _ => return None,
    };
    Some(&arguments[skipped..])
}

/// A here-document that is a script by its first line.
fn kept(word: &Word, text: &Text) -> Option<Embedded> {
    let prefix = word.literal_prefix();
    let (name, _) = interpreter(&prefix).filter(|(name, _)| SHELLS.contains(name))?;
    let options = Options { posix: name != "bash", ..Options::of_first_line(&prefix) };
    Some(Embedded { kept: true, ..joined(std::slice::from_ref(word), text, Some(options)) })
}

/// What is fed to a program by `<<` or `<<<`.
fn fed<'s>(call: &Call<'_, 's>) -> impl Iterator<Item = &'s Word> {
    let redirects = call.simple.redirects.iter();
    redirects
        .filter(|redirect| matches!(redirect.kind, RedirectKind::HereDocument | RedirectKind::HereString))
        .map(|redirect| &redirect.target)
}

/// Words as one text, with a space between them.
fn joined(words: &[Word], outer: &Text, shell: Option<Options>) -> Embedded {
    let mut text = Text::empty(outer.place());
    for word in words {
        if !text.as_str().is_empty() {
            text.push_opaque(" ", outer.place_of(word.span.range()));
        }
        for part in &word.parts {
            let range = part.span.range();
            match &part.kind {
                PartKind::Literal(literal) if outer.as_str().get(range.clone()) != Some(literal) => {
                    text.push_opaque(literal, outer.place_of(range));
                }
                _ => text.push_slice(outer, range),
            }
        }
    }
    Embedded { text, literal: words.iter().all(|word| word.literal().is_some()), shell, kept: false }
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found_by;

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

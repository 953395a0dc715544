use crate::shell::tree::{Part, PartKind, Word};

use super::super::call::layers;
use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene, shown};
use super::super::state::State;
use super::unquoted_removal::removes;

/// Commands that do not mind: they join their words again, take numbers or options, or do not split.
const INDIFFERENT: [&str; 20] = [
    "echo", "expr", "printf", "[", "test", "export", "local", "declare", "readonly", "typeset", "set",
    "exit", "return", "shift", "kill", "read", "eval", ":", "let", "sleep",
];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let Node::Simple(simple) = node else { return };
    let Some((head, arguments)) = simple.words.split_first() else { return };
    if head.literal().is_some_and(|name| INDIFFERENT.contains(&&*name)) {
        return;
    }
    let split = |word| Some((word, split(word, context.state, scene)?));
    let mut found = arguments.iter().filter_map(split).peekable();
    // Of programs for which this is more than a matter of style there is a rule that says more.
    if found.peek().is_none()
        || layers(&simple.words, context.state).iter().any(|layer| removes(layer).is_some())
    {
        return;
    }
    for (word, part) in found {
        let message =
            format!("`{}` is split at blanks and matched against file names", shown(context.text, part.span));
        report.in_text(context.text, word.span, message).help = Some("put it in double quotes".to_owned());
    }
}

/// The piece of a word that may become more words, or none.
fn split<'w>(word: &'w Word, state: &State, scene: Scene) -> Option<&'w Part> {
    word.parts.iter().find(|part| !part.quoted && !state.is_foreseen(part) && !is_meant(part, scene))
}

/// Whether a piece is a list, or a path of the runner's own.
fn is_meant(part: &Part, scene: Scene) -> bool {
    let PartKind::Parameter(parameter) = &part.kind else { return false };
    let name = parameter.name.as_str();
    is_list(name) || scene.phase && ["work", "PWD", "HOME"].contains(&name)
}

/// Whether a name says that there are many: `$CFLAGS`, `$files`, `$jobs`, but not `$*`.
fn is_list(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["s", "list", "cmd", "command"].iter().any(|end| lower.ends_with(end)) || lower.starts_with("opt")
}

use crate::shell::tree::{Operation, Part, PartKind, Word};

use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};
use super::super::state::{State, always_prints};

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
    for (word, part) in arguments.iter().filter_map(|word| Some((word, split(word, context.state, scene)?))) {
        let written = context.text.as_str().get(part.span.range()).unwrap_or_default();
        let shown = if written.len() > 40 || written.contains('\n') { "this" } else { written };
        let message = format!("`{shown}` is split at blanks and matched against file names");
        report.in_text(context.text, word.span, message).help = Some("put it in double quotes".to_owned());
    }
}

/// The piece of a word that may become more words, or none.
fn split<'w>(word: &'w Word, state: &State, scene: Scene) -> Option<&'w Part> {
    word.parts.iter().filter(|part| !part.quoted).find(|part| match &part.kind {
        PartKind::Literal(_) | PartKind::Process(_) | PartKind::Arithmetic(_) => false,
        PartKind::Command(body) => !always_prints(body),
        PartKind::Parameter(parameter) => match parameter.operation {
            Operation::Length | Operation::Alternative => false,
            // The runner's own paths.
            _ if scene.phase && ["work", "PWD", "HOME"].contains(&parameter.name.as_str()) => false,
            _ if ["?", "#", "$", "!", "-"].contains(&parameter.name.as_str()) => false,
            _ => !is_list(&parameter.name) && !state.is_plain(&parameter.name),
        },
    })
}

/// Whether a name says that there are many: `$CFLAGS`, `$files`, `$jobs`, but not `$*`.
fn is_list(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["s", "list", "cmd", "command"].iter().any(|end| lower.ends_with(end)) || lower.starts_with("opt")
}

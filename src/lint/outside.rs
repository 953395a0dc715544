//! What a script gets from elsewhere when it runs: its arguments, what commands print, what it reads.

use std::collections::BTreeSet;

use crate::shell::tree::{Command, Operation, Part, PartKind, Statement, Word};

/// Programs that print what others gave them. Any other that prints commands for `eval` is trusted by whoever runs it.
const RELAYS: [&str; 26] = [
    "awk", "base64", "cat", "curl", "cut", "echo", "egrep", "fgrep", "find", "gawk", "grep", "head", "jq",
    "ls", "mawk", "paste", "printf", "rev", "sed", "sort", "strings", "tac", "tail", "tr", "wget", "xargs",
];

/// The variables that a script's arguments are in.
fn is_argument(name: &str) -> bool {
    matches!(name, "@" | "*" | "OPTARG") || name != "0" && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an expansion may be of what comes from elsewhere; `known` are the variables that hold some of it.
pub(super) fn is_outside(part: &Part, known: &dyn Fn(&str) -> bool) -> bool {
    match &part.kind {
        PartKind::Literal(_) | PartKind::Arithmetic(_) => false,
        PartKind::Command(body) => relays(body),
        PartKind::Process(_) => true,
        PartKind::Parameter(parameter) => {
            let name = parameter.name.as_str();
            let value = match parameter.operation {
                Operation::Alternative | Operation::Length => false,
                _ => is_argument(name) || known(name),
            };
            value || parameter.word.iter().any(|part| is_outside(part, known))
        }
    }
}

/// Whether any piece of some words is.
pub(super) fn any_outside<'w>(words: impl IntoIterator<Item = &'w Word>, known: &BTreeSet<String>) -> bool {
    let known = |name: &str| known.contains(name);
    words.into_iter().flat_map(|word| &word.parts).any(|part| is_outside(part, &known))
}

/// Whether what a list prints last is what others gave it.
fn relays(body: &[Statement]) -> bool {
    let last =
        body.last().and_then(|statement| statement.pipelines().next()).and_then(|one| one.commands.last());
    let Some(Command::Simple(simple)) = last else { return false };
    match simple.words.first() {
        // `$(< file)`
        None => !simple.redirects.is_empty(),
        Some(head) => head.literal().is_some_and(|name| {
            let name = name.rsplit('/').next().unwrap_or_default();
            RELAYS.contains(&name)
                && !simple
                    .words
                    .get(1)
                    .is_some_and(|format| name == "printf" && format.literal_prefix().contains("%q"))
        }),
    }
}

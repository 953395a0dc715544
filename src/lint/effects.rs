//! What a command leaves behind in the shell that runs it, and whether anything comes after it.

use crate::shell::tree::{Command, Compound, CompoundKind, Part, Pipeline, Statement, Word};

use super::call::Layer;
use super::state::State;

/// What a builtin does to the shell.
pub(super) fn effects(layer: &Layer<'_>, state: &mut State) {
    match layer.name.as_str() {
        "cd" | "pushd" => state.enter(layer.operands().next()),
        "popd" => state.enter(None),
        "set" => state.set(layer),

        "export" | "local" | "declare" | "readonly" | "typeset" => {
            for word in layer.arguments {
                let text = word.literal_prefix();
                let Some((name, _)) = text.split_once('=') else { continue };
                // The first piece has the name, the `=` and perhaps the beginning of the value.
                let head = word.parts.first().and_then(Part::literal).and_then(|text| text.split_once('='));
                let begins = head.is_some_and(|(_, value)| !value.is_empty());
                let filled = begins || word.parts.iter().skip(1).any(|part| !state.may_be_empty(part));
                let name = name.trim_end_matches('+');
                state.assigned(name);
                if filled {
                    state.learn(name);
                } else {
                    state.forget(name);
                }
                state.foreseen_mut().set(name, &word.parts);
            }
        }
        "unset" => layer.literals().for_each(|name| state.forget(&name)),
        "read" | "mapfile" | "readarray" | "getopts" => layer.literals().for_each(|name| {
            state.forget(&name);
            state.assigned(&name);
        }),
        _ => {}
    }
}

/// Whether nothing that follows is reached.
pub(super) fn ends(body: &[Statement]) -> bool {
    body.last().is_some_and(|last| last.rest.is_empty() && leaves(&last.first))
}

pub(super) fn leaves(pipeline: &Pipeline) -> bool {
    match pipeline.commands.as_slice() {
        [Command::Simple(simple)] => {
            let name = simple.words.first().and_then(Word::literal);
            name.is_some_and(|name| {
                ["exit", "return", "exec", "continue", "break", "die", "fail"].contains(&&*name)
            })
        }
        [Command::Compound(Compound { kind: CompoundKind::Brace(body), .. })] => ends(body),
        _ => false,
    }
}

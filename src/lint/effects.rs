//! What a command leaves behind in the shell that runs it, and whether anything comes after it.

use crate::shell::tree::{Command, Compound, CompoundKind, Pipeline, Redirect, Simple, Statement, Word};

use super::assigned::{assigned_by, assigned_in};
use super::call::Layer;
use super::settings::{DECLARING, assignment};
use super::state::State;

/// What a builtin does to the shell, with these redirections.
pub(super) fn effects(layer: &Layer<'_>, redirects: &[Redirect], state: &mut State) {
    match layer.name.as_str() {
        "exec" if layer.arguments.is_empty() && redirects.iter().any(Redirect::feeds) => state.feed(),
        "cd" | "pushd" => state.enter(layer.operands().next()),
        "popd" => state.enter(None),
        "set" => state.set(layer),
        "shift" => state.forget_positions(),
        name if DECLARING.contains(&name) => {
            layer.arguments.iter().for_each(|word| declare(&layer.name, word, state));
        }
        "unset" => layer.literals().for_each(|name| state.forget(&name)),
        "." | "source" | "eval" => state.blur_all(),
        "let" => {
            for text in layer.literals() {
                assigned_in(&text).into_iter().for_each(|name| state.blur(name));
            }
        }
        name @ ("read" | "mapfile" | "readarray" | "getopts" | "printf") => {
            let names = assigned_by(name, layer.arguments).unwrap_or_default();
            names.iter().for_each(|name| state.forget(name));
        }
        _ => {
            let set = layer.function().and_then(|name| state.overview().function(name)).cloned();
            set.iter().flatten().for_each(|name| state.blur(name));
        }
    }
}

/// `local name`, `export name=value` and their like.
fn declare(builtin: &str, word: &Word, state: &mut State) {
    match assignment(word) {
        Some(assignment) => state.assign(&assignment),
        // A local variable begins as one of its own; the others keep what there is.
        None if builtin == "local" => state.forget(&word.literal_prefix()),
        None => {}
    }
}

/// Whether nothing that follows is reached.
pub(super) fn ends(body: &[Statement]) -> bool {
    body.last().is_some_and(|last| last.rest.is_empty() && leaves(&last.first))
}

pub(super) fn leaves(pipeline: &Pipeline) -> bool {
    match pipeline.commands.as_slice() {
        [Command::Simple(Simple { words, .. })] => match words.first().and_then(Word::literal).as_deref() {
            // Without a program it only redirects.
            Some("exec") => words.len() > 1,
            Some(name) => ["exit", "return", "continue", "break", "die", "fail"].contains(&name),
            None => false,
        },
        [Command::Compound(Compound { kind: CompoundKind::Brace(body), .. })] => ends(body),
        _ => false,
    }
}

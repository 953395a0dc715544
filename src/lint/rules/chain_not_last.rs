use crate::shell::chain::chain;
use crate::shell::tree::{Pipeline, Word};

use super::super::call::layers;
use super::super::flow::{Context, Fate, Node};
use super::super::rule::{Report, Scene};
use super::super::state::State;
use super::super::work::work;

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let Node::Statement(statement) = node else { return };
    let around = context.around;
    // A script's own end is not that of the phase, into which others go on.
    let looked_at = around.tail && (!scene.phase || around.function || around.subshell);
    if !context.state.options().errexit || around.fate != Fate::Open || looked_at || statement.rest.is_empty()
    {
        return;
    }
    let Some(chain) = chain(statement) else { return };
    // Where the chain of a phase begins with commands, the generated script stops at them by itself. A plain script does not;
    // but what a command of others says by its failure, only they know.
    let found = if scene.phase {
        chain.unseen.into_iter().find_map(|member| command(member, context.state))
    } else {
        chain.commands.into_iter().find_map(|member| worker(member, context.state))
    };
    let Some((head, name)) = found else { return };
    let what = if scene.phase { "phase" } else { "script" };
    let message =
        format!("a failure of `{name}` does not stop the {what}: `set -e` looks only at the chain's end");
    let finding = report.in_text(context.text, head.span, message);
    finding.help = Some(if scene.phase {
        "write `if …; then`, and the commands on lines of their own".to_owned()
    } else {
        "write the commands on lines of their own".to_owned()
    });
}

/// Builtins that change variables or the text on the screen, which does not fail.
const DECLARE: [&str; 8] = [":", "declare", "echo", "export", "local", "printf", "true", "unset"];

/// A program that runs, unless it is a function of the script's, which may well ask something.
fn command<'s>(member: &'s Pipeline, state: &State) -> Option<(&'s Word, String)> {
    let simple = member.simple()?;
    let layer = layers(&simple.words, state).pop()?;
    if DECLARE.contains(&layer.name.as_str()) {
        return None;
    }
    layer.function().is_none().then_some((simple.words.first()?, layer.name))
}

/// A program that is known to do something.
fn worker<'s>(member: &'s Pipeline, state: &State) -> Option<(&'s Word, String)> {
    let simple = member.simple()?;
    let layer = layers(&simple.words, state).into_iter().find(|layer| work(layer).is_some())?;
    Some((simple.words.first()?, layer.name))
}

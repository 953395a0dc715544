use crate::shell::tree::{Connector, Pipeline, Statement};

use super::super::call::{Layer, layers};
use super::super::flow::{Context, Fate, Node};
use super::super::rule::{Report, Scene};
use super::super::state::State;
use super::super::work::work;

/// Programs that ask: their failure is an answer.
const QUESTIONS: [&str; 17] = [
    "[",
    "test",
    "command",
    "type",
    "which",
    "hash",
    "grep",
    "egrep",
    "fgrep",
    "cmp",
    "diff",
    "expr",
    "false",
    "getent",
    "id",
    "mountpoint",
    "pidof",
];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let Node::Statement(statement, _) = node else { return };
    let stops = context.state.options().errexit && context.around.fate == Fate::Open;
    if !stops || !only_and(statement) || statement.background {
        return;
    }
    let Some((_, before)) = statement.rest.split_last() else { return };
    let members: Vec<&Pipeline> =
        std::iter::once(&statement.first).chain(before.iter().map(|(_, pipeline)| pipeline)).collect();
    let asked = members.iter().position(|member| asks(member, context.state));
    // A generated script stops at a chain that begins with work by itself.
    let wrong = if scene.phase { asked == Some(0) } else { asked.is_none() && !context.around.tail };
    if !wrong {
        return;
    }
    let worker = members
        .iter()
        .find_map(|member| Some((member.simple()?.words.first()?, worker(member, context.state)?)));
    let Some((head, name)) = worker else { return };
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

fn only_and(statement: &Statement) -> bool {
    statement.rest.iter().all(|(connector, _)| *connector == Connector::And)
}

/// Whether a pipeline's failure is an answer.
fn asks(pipeline: &Pipeline, state: &State) -> bool {
    let Some(simple) = pipeline.simple() else { return true };
    let layers = layers(&simple.words, state);
    pipeline.negated
        || layers.first().is_none_or(|layer| QUESTIONS.contains(&layer.name.as_str()) || is_quiet(layer))
}

fn is_quiet(layer: &Layer<'_>) -> bool {
    layer.has(&["-q", "-s", "--quiet", "--silent"])
}

/// The program of a pipeline that does something.
fn worker(pipeline: &Pipeline, state: &State) -> Option<String> {
    layers(&pipeline.simple()?.words, state)
        .into_iter()
        .find(|layer| work(layer).is_some())
        .map(|layer| layer.name)
}

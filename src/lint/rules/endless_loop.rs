use crate::shell::tree::{Command, Compound, CompoundKind, Pipeline, Span, Statement, Word};

use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};

/// Programs that do the same again, with the same end, unless something else has changed in between.
const WORK: [&str; 11] =
    ["make", "gmake", "ninja", "samu", "ctest", "meson", "cargo", "pytest", "prove", "cmake", "configure"];

/// Commands that change nothing.
const IDLE: [&str; 5] = ["true", ":", "sleep", "echo", "printf"];

/// Commands with which a loop, or all of the script, ends.
const LEAVE: [&str; 6] = ["break", "exit", "return", "exec", "die", "fail"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let Node::Compound(Compound { kind, span, .. }) = node else { return };
    if !scene.phase {
        return;
    }
    let body = match kind {
        CompoundKind::Loop { until, condition, body }
            if is_constant(condition, !until)
                || (tries_again(condition, *until) && body.iter().all(is_idle)) =>
        {
            body
        }
        CompoundKind::For { arithmetic: Some(word), body, .. } if has_no_condition(word) => body,
        _ => return,
    };
    if !body.iter().any(leaves) {
        let keyword = if matches!(kind, CompoundKind::For { .. }) { "for" } else { "while" };
        let start = span.range().start;
        let head = Span::new(start, start + keyword.len());
        let finding =
            report.in_text(context.text, head, "nothing ends this loop but the time limit of the step");
        finding.help = Some("count the rounds, and fail where it were too many".to_owned());
    }
}

/// Whether a condition always succeeds, or always fails.
fn is_constant(condition: &[Statement], success: bool) -> bool {
    let [Statement { first: Pipeline { negated: false, commands, .. }, rest, .. }] = condition else {
        return false;
    };
    let [Command::Simple(simple)] = commands.as_slice() else { return false };
    let name = simple.name().unwrap_or_default();
    let constant: &[&str] = if success { &["true", ":", "/bin/true"] } else { &["false", "/bin/false"] };
    rest.is_empty() && constant.contains(&&*name)
}

/// Whether a loop runs a build or its tests until they succeed: `until make check`, `while ! make check`.
fn tries_again(condition: &[Statement], until: bool) -> bool {
    let [Statement { first: Pipeline { negated, commands, .. }, rest, .. }] = condition else { return false };
    let [Command::Simple(simple)] = commands.as_slice() else { return false };
    let name = simple.name().unwrap_or_default();
    rest.is_empty() && until != *negated && WORK.contains(&name.rsplit('/').next().unwrap_or_default())
}

fn is_idle(statement: &Statement) -> bool {
    statement.pipelines().flat_map(|pipeline| &pipeline.commands).all(|command| {
        let Command::Simple(simple) = command else { return false };
        simple.name().is_some_and(|name| IDLE.contains(&&*name))
    })
}

/// `for ((;;))`
fn has_no_condition(word: &Word) -> bool {
    word.literal()
        .is_some_and(|text| text.split(';').nth(1).is_some_and(|condition| condition.trim().is_empty()))
}

fn leaves(statement: &Statement) -> bool {
    statement.pipelines().flat_map(|pipeline| &pipeline.commands).any(|command| match command {
        Command::Simple(simple) => {
            let name = simple.name();
            name.is_some_and(|name| LEAVE.contains(&&*name))
        }
        Command::Compound(compound) => bodies(&compound.kind).into_iter().flatten().any(leaves),
        Command::Function(_) => false,
    })
}

/// The lists of statements in a compound command.
fn bodies(kind: &CompoundKind) -> Vec<&[Statement]> {
    match kind {
        // What a subshell leaves is the subshell.
        CompoundKind::Subshell(_) | CompoundKind::Test(_) | CompoundKind::Arithmetic(_) => Vec::new(),
        CompoundKind::Brace(body) => vec![body],
        CompoundKind::If { branches, otherwise } => {
            let both = branches.iter().flat_map(|(condition, body)| [condition.as_slice(), body.as_slice()]);
            both.chain(otherwise.as_deref()).collect()
        }
        CompoundKind::Loop { condition, body, .. } => vec![condition, body],
        CompoundKind::For { body, .. } => vec![body],
        CompoundKind::Case { arms, .. } => arms.iter().map(|arm| arm.body.as_slice()).collect(),
    }
}

use crate::diag::Severity;
use crate::shell::tree::{Command, Connector, Pipeline, Simple, Span, Statement, Word};

use super::super::call::{Layer, layers};
use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};
use super::super::state::State;
use super::super::words::letters;
use super::super::work::{Work, work};

/// Letters of make after which the rest of the word is a value (make(1)).
const MAKE_VALUED: &str = "CEfIjloW";

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    match node {
        Node::Statement(statement) => handled(statement, context, scene, report),
        Node::List(statements) => list(statements, context, scene, report),
        Node::Simple(simple) => {
            if let Some((span, message)) = told(simple) {
                tell(span, message, context, scene, report);
            }
        }
        _ => {}
    }
}

fn tell(span: Span, message: String, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let finding = report.in_text(context.text, span, message);
    if scene.check {
        finding.severity = Severity::Note;
        finding.help = Some("list the tests that may fail in `tests.expected-failures`".to_owned());
    } else {
        finding.help = Some("let it fail, or ask with `if` for what you expect".to_owned());
    }
}

/// `make || true`
fn handled(statement: &Statement, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let Some(((Connector::Or, last), before)) = statement.rest.split_last() else { return };
    if !does_nothing(last) {
        return;
    }
    let earlier = before.iter().map(|(_, pipeline)| pipeline).rev().chain([&statement.first]);
    if let Some(name) = earlier.filter_map(|pipeline| worker(pipeline, context.state, scene)).next() {
        tell(last.span, format!("a failure of `{name}` is ignored"), context, scene, report);
    }
}

/// `make; true` where the script goes on, and `set +e`.
fn list(statements: &[Statement], context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    if !context.state.options().errexit
        && let [.., before, last] = statements
        && last.simple().is_some()
        && does_nothing(&last.first)
        && before.rest.is_empty()
        && let Some(name) = worker(&before.first, context.state, Scene::default())
    {
        tell(last.span, format!("a failure of `{name}` is ignored"), context, scene, report);
    }
    if !scene.phase {
        return;
    }
    for (at, statement) in statements.iter().enumerate() {
        let Some(word) = statement.simple().and_then(|simple| sets(simple, "+e")) else { continue };
        let on =
            statements[at..].iter().find(|one| one.simple().is_some_and(|one| sets(one, "-e").is_some()));
        let end = on.map_or(context.text.as_str().len(), |on| on.span.range().start);
        let asked = context.text.as_str().get(statement.span.range().end..end);
        let looks = asked.is_some_and(|text| text.contains("$?") || text.contains("PIPESTATUS"));
        if !looks {
            tell(word.span, "failures are ignored from here on".to_owned(), context, scene, report);
        }
    }
}

/// `make -i`, `trap '' ERR`
fn told(simple: &Simple) -> Option<(Span, String)> {
    let arguments = simple.words.get(1..).unwrap_or_default();
    match simple.name()?.rsplit('/').next()? {
        name @ ("make" | "gmake") => {
            let word = arguments.iter().find(|word| {
                word.literal().is_some_and(|text| {
                    text == "--ignore-errors" || letters(&text, MAKE_VALUED).contains('i')
                })
            })?;
            Some((word.span, format!("`{name}` goes on whatever fails, and says that all is well")))
        }
        "trap" => {
            let (action, signals) = arguments.split_first()?;
            let on_error = signals.iter().any(|word| word.literal().as_deref() == Some("ERR"));
            let nothing = matches!(action.literal().as_deref(), Some("" | ":" | "true"));
            (on_error && nothing).then(|| (action.span, "failures are met with nothing".to_owned()))
        }
        _ => None,
    }
}

/// The word of `set` that is this.
fn sets<'s>(simple: &'s Simple, option: &str) -> Option<&'s Word> {
    if simple.name().as_deref() != Some("set") {
        return None;
    }
    let (sign, letter) = option.split_at(1);
    simple
        .words
        .iter()
        .find(|word| word.literal().is_some_and(|text| text.starts_with(sign) && text.contains(letter)))
}

fn does_nothing(pipeline: &Pipeline) -> bool {
    pipeline
        .simple()
        .is_some_and(|simple| matches!(simple.name().as_deref(), Some("true" | ":" | "/bin/true")))
}

/// A program that a pipeline ends with, whose failure matters. Plain scripts are mostly for a system that they do not know,
/// where a file may be there or not.
fn worker(pipeline: &Pipeline, state: &State, scene: Scene) -> Option<String> {
    let [.., Command::Simple(simple)] = pipeline.commands.as_slice() else { return None };
    let matters = |layer: &Layer<'_>| match work(layer) {
        Some(Work::Build) => true,
        Some(Work::Prepare | Work::Place) => scene.phase,
        Some(Work::File) | None => false,
    };
    layers(&simple.words, state).into_iter().find(matters).map(|layer| layer.name)
}

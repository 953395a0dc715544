use crate::diag::Label;
use crate::shell::tree::{Command, Simple, Span, Statement, Word};

use super::super::call::{Layer, layers};
use super::super::flow::{Context, Fate, Node};
use super::super::options::Options;
use super::super::rule::{Report, Scene};
use super::super::state::State;

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::List(statements) = node else { return };
    let mut options = context.state.options();
    let looked_at = matches!(context.around.fate, Fate::Open | Fate::Piped);
    for (at, statement) in statements.iter().enumerate() {
        let Some(simple) = statement.simple() else { continue };
        match simple.name().as_deref() {
            Some("set") => options.set(simple.words.iter().skip(1).filter_map(Word::literal)),
            Some("cd" | "pushd") if !(options.errexit && looked_at) && may_fail(simple) => {
                follow(simple, &statements[at + 1..], options, context, report);
            }
            _ => {}
        }
    }
}

/// Whether it goes to a directory that may not be there.
fn may_fail(simple: &Simple) -> bool {
    simple
        .words
        .get(1)
        .and_then(Word::literal)
        .is_none_or(|to| !["/", ".", "..", "-", "/tmp"].contains(&&*to))
        && simple.words.len() > 1
}

/// Says that it may fail, if what follows in the directory then does harm in another.
fn follow(
    cd: &Simple,
    after: &[Statement],
    options: Options,
    context: &Context<'_>,
    report: &mut Report<'_>,
) {
    let pipelines = after.iter().flat_map(Statement::pipelines).flat_map(|pipeline| &pipeline.commands);
    for command in pipelines {
        let Command::Simple(simple) = command else { continue };
        let layers = layers(&simple.words, context.state);
        let goes = layers.iter().any(|layer| ["cd", "pushd", "popd"].contains(&layer.name.as_str()));
        // A status that is asked for may be that of `cd`.
        if goes || context.text.as_str().get(simple.span.range()).is_some_and(|text| text.contains("$?")) {
            return;
        }
        if let Some((layer, span)) =
            layers.iter().find_map(|layer| Some((layer, harm(layer, context.state)?)))
        {
            let name = &layer.name;
            let message = format!("where this fails, `{name}` runs in the directory that it was to leave");
            let place = context.text.place_of(span.range());
            let finding =
                report.in_text(context.text, cd.words.first().map_or(cd.span, |head| head.span), message);
            finding.related.push(Label { place, text: "done there".to_owned() });
            finding.help = Some(if options.errexit {
                "write `|| exit` after it: `set -e` does not hold here".to_owned()
            } else {
                "write `|| exit` after it, or `set -e` before".to_owned()
            });
            return;
        }
    }
}

/// The word for which a program does harm in the wrong directory.
fn harm(layer: &Layer<'_>, state: &State) -> Option<Span> {
    let relative = |word: &&Word| {
        let text = state.resolved(word).unwrap_or_else(|| word.literal_prefix());
        !text.is_empty() && !text.starts_with(['/', '~'])
    };
    match layer.name.as_str() {
        "rm" | "shred" => layer.operands().find(relative).map(|word| word.span),
        "chmod" | "chown" | "chgrp" if layer.has_letter('R') => {
            layer.operands().skip(1).find(relative).map(|word| word.span)
        }
        "find" if layer.has(&["-delete"]) => layer.arguments.first().filter(relative).map(|word| word.span),
        "git" if layer.has(&["clean"]) => Some(layer.head.span),
        _ => None,
    }
}

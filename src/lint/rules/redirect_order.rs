use crate::shell::tree::{Descriptor, Redirect, RedirectKind, Span};

use super::super::flow::{Context, Fate, Node};
use super::super::rule::{Report, Scene};

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let redirects = match node {
        Node::Simple(simple) => &simple.redirects,
        Node::Compound(compound) => &compound.redirects,
        _ => return,
    };
    // Where the output is taken by a pipe or a substitution, errors alone may well be meant.
    let taken = context.around.subshell && context.around.fate != Fate::Lost;
    if redirects.len() < 2 || taken {
        return;
    }
    let Some(at) = redirects.iter().position(copies_output) else { return };
    let Some(later) = redirects[at + 1..].iter().find(|redirect| redirect.takes_output()) else { return };
    let message = "errors go where the output went before, and not into the file";
    let span = redirects[at].span.to(later.span);
    let finding = report.in_text(context.text, span, message);
    finding.help = Some("write the `2>&1` last".to_owned());
    let written = |span: Span| context.text.as_str().get(span.range());
    let between = Span { start: redirects[at].span.end, end: later.span.start };
    // Only where nothing stands between the two can they change places.
    if let (Some(copies), Some(file)) = (written(redirects[at].span), written(later.span))
        && written(between).is_some_and(|text| text.trim().is_empty())
    {
        let place = context.text.verbatim_place_of(span.range());
        finding.fix_unsafe("let them change places", place, format!("{file} {copies}"));
    }
}

fn copies_output(redirect: &Redirect) -> bool {
    redirect.kind == RedirectKind::Duplicate
        && redirect.descriptor == Some(Descriptor::Number(2))
        && redirect.target.literal().as_deref() == Some("1")
}

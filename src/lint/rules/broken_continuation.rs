use crate::shell::tree::{Simple, Word};
use crate::source::Text;

use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Simple(simple) = node else { return };
    if let Some(word) = escaped_blank(simple, context.text) {
        let message = "a blank after this `\\` makes it no continuation";
        report.in_text(context.text, word.span, message).help = Some("remove the blank".to_owned());
    }
    let Some(head) = simple.words.first().filter(|head| is_option(head)) else { return };
    let message = format!("the command begins with the option `{}`", head.literal_prefix());
    report.in_text(context.text, head.span, message).help =
        Some("end the line before it with `\\`, with nothing after it".to_owned());
}

fn is_option(head: &Word) -> bool {
    let text = head.literal_prefix();
    let letters = text.trim_start_matches('-');
    head.is_bare() && letters.len() < text.len() && letters.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// A word that is a `\` with a blank, at the end of a line.
fn escaped_blank<'s>(simple: &'s Simple, text: &Text) -> Option<&'s Word> {
    let ends_line = |word: &&Word| {
        let range = word.span.range();
        let after = text.as_str().get(range.end..).unwrap_or_default();
        let rest = after.trim_start_matches([' ', '\t']);
        matches!(text.as_str().get(range), Some("\\ " | "\\\t")) && rest.starts_with('\n')
    };
    simple.words.iter().find(ends_line)
}

use crate::shell::tree::{PartKind, RedirectKind, Simple, Span, Value, Word};

use super::super::flow::{Context, Node};
use super::super::mentions::only_mentions;
use super::super::rule::{Report, Scene};

/// What authors of instructions write for what the reader has to fill in.
const WORDS: [&str; 8] =
    ["CHANGEME", "CHANGE_ME", "EDITME", "EDIT_ME", "REPLACEME", "REPLACE_ME", "FIXME", "YOUR_PASSWORD_HERE"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Simple(simple) = node else { return };
    redirections(simple, context, report);
    words(simple, context, report);
}

/// `/dev/<xxx>` and `<the name>`, which a shell takes for redirections.
fn redirections(simple: &Simple, context: &Context<'_>, report: &mut Report<'_>) {
    let text = context.text.as_str();
    for (at, read) in simple.redirects.iter().enumerate() {
        if read.kind != RedirectKind::Read || read.descriptor.is_some() {
            continue;
        }
        let Some(write) = simple.redirects[at + 1..].iter().find(|one| one.kind.writes()) else { continue };
        let (start, end) = (read.span.range().start, write.span.range().start);
        let Some(inside) = text.get(start + 1..end) else { continue };
        let glued = text[..start].chars().next_back().is_some_and(|c| !c.is_whitespace());
        let apart = text[end + 1..].chars().next().is_none_or(char::is_whitespace);
        if is_description(inside) && (glued || apart) {
            tell(&format!("<{inside}>"), Span::new(start, end + 1), context, report);
        }
    }
}

fn words(simple: &Simple, context: &Context<'_>, report: &mut Report<'_>) {
    for assignment in &simple.assignments {
        let Value::Scalar(word) = &assignment.value else { continue };
        if let Some(what) = unfilled(word).or_else(|| bracketed(word)) {
            tell(&what, word.span, context, report);
        }
    }
    let Some(found) = simple.words.iter().find_map(|word| Some((word, unfilled(word)?))) else { return };
    if !only_mentions(simple) {
        tell(&found.1, found.0.span, context, report);
    }
}

/// A word that is nothing else, or the value of an option.
fn unfilled(word: &Word) -> Option<String> {
    let [part] = word.parts.as_slice() else { return None };
    let PartKind::Literal(text) = &part.kind else { return None };
    let value = text.rsplit(['=', ':']).next().unwrap_or_default();
    WORDS.contains(&value).then(|| value.to_owned())
}

/// `'<the name>'` as a whole value.
fn bracketed(word: &Word) -> Option<String> {
    let text = word.literal()?;
    let inside = text.strip_prefix('<')?.strip_suffix('>')?;
    (is_description(inside) && inside.contains(['-', ' ', '_'])).then(|| text.into_owned())
}

/// Words between angle brackets: letters, and between them digits, blanks and dashes.
fn is_description(inside: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut letters = inside.chars();
    edge(letters.clone().next())
        && edge(letters.clone().next_back())
        && letters.all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
}

fn tell(what: &str, span: Span, context: &Context<'_>, report: &mut Report<'_>) {
    let finding = report.in_text(
        context.text,
        span,
        format!("`{what}` stands for something that nobody has filled in"),
    );
    finding.help =
        Some("write the value, or make it an option of the package or a variable of the project".to_owned());
}

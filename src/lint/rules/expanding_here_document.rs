use crate::model::is_variable_name;
use crate::shell::tree::{Part, PartKind, RedirectKind, Simple};

use super::super::familiar::set_by_shell;
use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Simple(simple) = node else { return };
    if !writes_a_file(simple) {
        return;
    }
    let documents = simple.redirects.iter().filter(|redirect| redirect.kind == RedirectKind::HereDocument);
    for part in documents.map(|redirect| &redirect.target.parts).filter(|parts| is_script(parts)).flatten() {
        let Some(what) = literal_looking(part, context) else { continue };
        report
            .in_text(context.text, part.span, format!("{what} is expanded before the text is written"))
            .help =
            Some("quote the here-document's delimiter (`<<\"EOF\"`), or write a `\\` before it".to_owned());
    }
}

/// Whether the text becomes a file, which may be read by a shell later.
fn writes_a_file(simple: &Simple) -> bool {
    match simple.name().as_deref() {
        Some("cat") => simple.redirects.iter().any(|redirect| redirect.kind.writes()),
        Some("tee") => true,
        _ => false,
    }
}

/// Whether the text is a script's, whose expansions are mostly for when it runs.
fn is_script(parts: &[Part]) -> bool {
    parts.first().and_then(Part::literal).is_some_and(|text| text.starts_with("#!"))
}

/// Whether something else on the line has a `\` before it: who writes that knows what is expanded.
fn escapes_beside(text: &str, part: &Part) -> bool {
    let range = part.span.range();
    let before = text.get(..range.start).and_then(|text| text.rsplit('\n').next());
    let after = text.get(range.end..).and_then(|text| text.split('\n').next());
    before.into_iter().chain(after).any(|text| text.contains("\\$"))
}

/// What looks as if it should stand in the file as it is.
fn literal_looking(part: &Part, context: &Context<'_>) -> Option<String> {
    match &part.kind {
        PartKind::Command(_) => {
            // A command that is given what the writing script sets is meant to run in it.
            let text = context.text.as_str().get(part.span.range()).unwrap_or_default();
            let mut expanded = text.split('$').skip(1).map(|after| after.trim_start_matches('{'));
            let own = expanded.any(|after| {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                context.state.is_assigned(&after[..end])
            });
            (!own && !escapes_beside(context.text.as_str(), part)).then(|| "a command".to_owned())
        }
        PartKind::Parameter(parameter) => {
            let name = parameter.name.as_str();
            let overview = context.state.overview();
            let unknown = is_variable_name(name)
                && !overview.open
                && !context.state.is_assigned(name)
                && !overview.asks(name)
                && !set_by_shell(name);
            (unknown || name == "@").then(|| format!("`${name}`, which nothing here sets,"))
        }
        _ => None,
    }
}

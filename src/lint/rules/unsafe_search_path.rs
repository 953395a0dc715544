use crate::diag::Severity;
use crate::shell::tree::{Operation, Part, PartKind};

use super::super::flow::{Context, Node};
use super::super::paths::SHARED;
use super::super::rule::{Report, Scene};
use super::super::settings::{Setting, settings};

/// Lists of directories in which programs, libraries and modules are looked for. An empty element is the directory in which
/// the program runs (POSIX.1-2024, Base Definitions, 8.3; ld.so(8); python(1)).
const LISTS: [&str; 5] = ["PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PERL5LIB", "LIBRARY_PATH"];

/// Files that a shell reads, or libraries that every program loads, before anything else.
const FIRST: [&str; 3] = ["LD_PRELOAD", "LD_AUDIT", "BASH_ENV"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Simple(simple) = node else { return };
    // A program that is started in its own source may well look there for its modules.
    let alone = !simple.words.is_empty();
    settings(simple, &LISTS, |set| list(set, alone && set.setter.is_none(), context, report));
    settings(simple, &FIRST, |set| first(set, context, report));
}

fn list(set: &Setting<'_>, for_one: bool, context: &Context<'_>, report: &mut Report<'_>) {
    let Some(element) = bad_element(set, context) else { return };
    let name = set.name;
    if for_one && name != "PATH" && matches!(element, Element::Relative(_)) {
        return;
    }
    let (message, help) = match element {
        Element::Empty => (
            format!("`{name}` has an empty element, which is the directory that a program runs in"),
            "leave out the `:` that has nothing beside it".to_owned(),
        ),
        Element::Shared(text) => (
            format!("`{name}` has `{text}`, where everybody may put files"),
            "name a directory in which nobody else may write".to_owned(),
        ),
        Element::Relative(text) => (
            format!("`{name}` has `{text}`, which is another directory wherever a program runs"),
            "write the directory from `/` on, such as `$PWD/bin`".to_owned(),
        ),
        Element::Unset => (
            format!(
                "`{name}` has an empty element where it was not set before: the directory that a program runs in"
            ),
            format!("write `${{{name}:+:${name}}}` for the old value with its `:`"),
        ),
    };
    let finding = report.in_text(context.text, set.span, message);
    finding.help = Some(help);
    if name != "PATH" {
        finding.severity = Severity::Warning;
    }
}

fn first(set: &Setting<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let text = set.value.literal_prefix();
    if SHARED.iter().chain(&["./"]).any(|folder| text.starts_with(folder)) {
        let message =
            format!("`{}` makes every program that follows run code from where others may write", set.name);
        let finding = report.in_text(context.text, set.span, message);
        finding.help = Some("name a file where nobody else may write, from `/` on".to_owned());
    }
}

enum Element {
    Empty,
    Relative(String),
    Shared(String),
    /// The variable itself, beside a `:`, which may not be set.
    Unset,
}

/// The first element of a list that should not be there.
fn bad_element(set: &Setting<'_>, context: &Context<'_>) -> Option<Element> {
    let parts = &set.value.parts;
    // An empty value is no list; with `+=` what was there comes first.
    if parts.iter().all(|part| part.literal().is_some_and(str::is_empty)) {
        return None;
    }
    let mut elements: Vec<Vec<&Part>> = vec![Vec::new()];
    let mut texts: Vec<String> = vec![String::new()];
    for part in parts {
        let Some(text) = part.literal() else {
            elements.last_mut()?.push(part);
            continue;
        };
        for (at, piece) in text.split(':').enumerate() {
            if at > 0 {
                elements.push(Vec::new());
                texts.push(String::new());
            }
            // A piece after an expansion does not begin the element.
            if elements.last()?.is_empty() {
                texts.last_mut()?.push_str(piece);
            }
        }
    }
    let alone = elements.len() == 1;
    elements.iter().zip(texts).skip(usize::from(set.append)).find_map(|(expanded, text)| {
        match expanded.as_slice() {
            [] if text.is_empty() => Some(Element::Empty),
            [] if is_shared(&text) => Some(Element::Shared(text)),
            // `\PATH`, `%PATH%`, `$PATH` that is not expanded and their like are not for this shell.
            [] if text.starts_with(['/', '~', '\\', '%', '@', '$']) => None,
            [] => Some(Element::Relative(text)),
            [part] if text.is_empty() && !alone => {
                (is_itself(part, set) && set.name != "PATH" && context.state.may_be_empty(part))
                    .then_some(Element::Unset)
            }
            _ => None,
        }
    })
}

/// Whether a directory is one in which everybody may make files, or below one.
fn is_shared(text: &str) -> bool {
    SHARED.iter().any(|folder| text.starts_with(folder) || text == folder.trim_end_matches('/'))
}

fn is_itself(part: &Part, set: &Setting<'_>) -> bool {
    match &part.kind {
        PartKind::Parameter(parameter) => {
            parameter.name == set.name && parameter.operation == Operation::Value
        }
        _ => false,
    }
}

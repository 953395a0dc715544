use crate::shell::tree::{PartKind, Word};
use crate::source::Place;

use super::super::flow::{Call, Context, Node, Visitor, walk};
use super::super::rule::{Report, Scene};
use super::super::settings::settings;

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Script(statements) = node else { return };
    if !context.text.as_str().contains("IFS=") {
        return;
    }
    let mut separators = Separators::default();
    walk(statements, context.text, context.around, &mut context.state.clone(), &mut separators);
    for place in separators.open {
        let finding = report.at(place, "`IFS` is changed for all that follows, and never put back");
        finding.help = Some(
            "write `IFS=… read …` for one command, `local IFS` in a function, or put the old value back after it"
                .to_owned(),
        );
    }
}

/// Where `IFS` is changed.
#[derive(Default)]
struct Separators {
    /// Changes that nothing has put back so far.
    open: Vec<Place>,
    /// Whether the last thing was a function that made it local.
    local: bool,
}

impl Visitor for Separators {
    fn call(&mut self, call: &Call<'_, '_>) {
        // Whoever gives it to others, too, means it for all that follows.
        if ["unset", "export"].contains(&call.layer.name.as_str()) && call.layer.has(&["IFS"]) {
            self.open.clear();
        }
        let own = ["local", "typeset", "declare"].contains(&call.layer.name.as_str());
        self.local |= own && call.layer.arguments.iter().any(|word| word.literal_prefix().starts_with("IFS"));
    }

    fn node(&mut self, node: Node<'_>, context: &Context<'_>) {
        let around = context.around;
        match node {
            Node::Function => self.local = false,
            Node::Simple(simple) if !around.subshell && simple.words.is_empty() => {
                settings(simple, &["IFS"], |set| {
                    if is_old(&set.value) {
                        self.open.clear();
                    } else if !(around.function && self.local) {
                        self.open.push(context.text.place_of(set.span.range()));
                    }
                });
            }
            _ => {}
        }
    }
}

/// Whether a value is one that was saved, or what the shell starts with. A newline, with a tab or alone, is a choice for all of
/// a script.
fn is_old(value: &Word) -> bool {
    match value.literal() {
        Some(text) => text.contains('\n') && text.trim().is_empty(),
        None => {
            value.parts.iter().any(|part| matches!(part.kind, PartKind::Parameter(_) | PartKind::Command(_)))
        }
    }
}

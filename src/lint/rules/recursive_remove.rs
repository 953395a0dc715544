use crate::diag::{Diagnostic, Edit, Safety};
use crate::shell::tree::{Operation, Parameter, PartKind, Word};

use super::super::danger::{Danger, danger, empty, is_single, require};
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    let recursive = || layer.has_letter('r') || layer.has_letter('R') || layer.has_long("--recursive");
    if layer.name != "rm" || !recursive() {
        return;
    }
    for word in layer.operands() {
        match danger(word, call.state) {
            Some(Danger::System(path)) => {
                report.in_text(
                    call.text,
                    word.span,
                    format!("this removes `{path}`, with all that the system has in it"),
                );
            }
            _ if !scene.phase && is_home(word) => {
                report.in_text(call.text, word.span, "this removes all that a user has at home");
            }
            Some(Danger::Absolute { variables, left }) => {
                let they_are = if variables.len() == 1 { "it is" } else { "they are" };
                let message = format!("this removes `{left}` where {}", empty(&variables));
                let finding = report.in_text(call.text, word.span, message);
                finding.notes.push(format!("nothing before this makes sure that {they_are} not"));
                finding.help = Some(require(&variables));
                require_all(finding, word, call);
            }
            // Where `rm -r "$v"` has nothing to remove, nothing is lost.
            Some(Danger::Nothing { .. }) | None => {}
        }
    }
}

/// Offers to write `${x:?}` for each plain `$x` that may be empty, if that is all of them.
fn require_all(finding: &mut Diagnostic, word: &Word, call: &Call<'_, '_>) {
    let mut edits = Vec::new();
    let mut written = Vec::new();
    for part in word.parts.iter().filter(|part| part.literal().is_none() && call.state.may_be_empty(part)) {
        let PartKind::Parameter(parameter) = &part.kind else { return };
        let Parameter { name, operation: Operation::Value, .. } = &**parameter else { return };
        if !is_single(name) {
            return;
        }
        let Some(place) = call.text.verbatim_place_of(part.span.range()) else { return };
        edits.push(Edit::new(place, format!("${{{name}:?}}")));
        written.push(format!("`${{{name}:?}}`"));
    }
    written.dedup();
    finding.fix(format!("write {}", written.join(" and ")), Safety::Safe, edits);
}

/// `~`, `$HOME`, and all that is in it.
fn is_home(word: &Word) -> bool {
    let mut parts = word.parts.iter().filter(|part| part.literal() != Some(""));
    let first = parts.next();
    let home = match first.map(|part| (&part.kind, part.quoted)) {
        Some((PartKind::Parameter(parameter), _)) => parameter.name == "HOME",
        Some((PartKind::Literal(text), false)) => {
            return ["~", "~/", "~/*"].contains(&text.as_str()) && parts.next().is_none();
        }
        _ => false,
    };
    home && parts.all(|part| part.literal().is_some_and(|text| matches!(text, "/" | "/*" | "*")))
}

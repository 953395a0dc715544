use crate::diag::{Confidence, Severity};

use super::super::danger::{Danger, danger, list, require};
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    if layer.name != "rm" || !layer.is_recursive() {
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
            Some(Danger::Absolute { variables, left }) => {
                let (are, it) = if variables.len() == 1 { ("is", "it") } else { ("are", "they") };
                let names = list(&variables);
                let message = format!("this removes `{left}` where {names} {are} empty");
                let finding = report.in_text(call.text, word.span, message);
                finding.notes.push(format!("nothing before this makes sure that {it} {are} not"));
                finding.help = Some(require(&variables));
            }
            Some(Danger::Nothing { variables }) => {
                let message = format!("this removes nothing where {} is empty", list(&variables));
                let finding = report.in_text(call.text, word.span, message);
                finding.severity = Severity::Note;
                finding.confidence = Confidence::Low;
                finding.help = Some(require(&variables));
            }
            None => {}
        }
    }
}

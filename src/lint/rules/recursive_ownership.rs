use super::super::danger::{Danger, danger, empty, require};
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

const PROGRAMS: [&str; 3] = ["chgrp", "chmod", "chown"];

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    // `chmod -r` takes the right to read away.
    if !PROGRAMS.contains(&layer.name.as_str()) || !(layer.has_letter('R') || layer.has(&["--recursive"])) {
        return;
    }
    let what = if layer.name == "chmod" { "mode" } else { "owner" };
    for word in layer.operands() {
        match danger(word, call.state) {
            Some(Danger::System(path)) => {
                let message = format!("this changes the {what} of everything in `{path}`");
                let finding = report.in_text(call.text, word.span, message);
                finding.help = Some("name the files and folders that are meant".to_owned());
            }
            Some(Danger::Absolute { variables, left }) => {
                let message =
                    format!("this changes the {what} of everything in `{left}` where {}", empty(&variables));
                report.in_text(call.text, word.span, message).help = Some(require(&variables));
            }
            // An empty operand is an error of these programs, and changes nothing.
            Some(Danger::Nothing { .. }) | None => {}
        }
    }
}

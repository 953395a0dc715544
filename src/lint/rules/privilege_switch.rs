use crate::diag::Severity;
use crate::shell::tree::Span;

use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// Programs that run another as another user.
const SWITCHES: [&str; 16] = [
    "sudo",
    "su",
    "doas",
    "pkexec",
    "runuser",
    "sudoedit",
    "sg",
    "run0",
    "sudo-rs",
    "gosu",
    "su-exec",
    "dzdo",
    "setuidgid",
    "s6-setuidgid",
    "newgrp",
    "calife",
];

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let name = call.layer.name.as_str();
    if !SWITCHES.contains(&name) {
        return;
    }
    let finding = report.in_text(call.text, call.layer.head.span, format!("`{name}` switches the user"));
    if scene.phase {
        finding.help = Some(
            "leave it out: phases run as the user of their stage (`user:` in `lfsgen.yaml`), whose root is its own"
                .to_owned(),
        );
        if let Some((program, _)) = call.layer.arguments.split_first()
            && ["sudo", "doas"].contains(&name)
            && call.layer.head.literal().is_some()
            && !program.literal_prefix().starts_with('-')
            && !program.literal_prefix().contains('=')
        {
            let gap = Span::new(call.layer.head.span.range().start, program.span.range().start);
            finding.fix_unsafe(format!("leave `{name}` out"), call.text.verbatim_place_of(gap.range()), "");
        }
    } else {
        // A plain script may be there for just that; whoever runs it should know.
        finding.severity = Severity::Note;
    }
}

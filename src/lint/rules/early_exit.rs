use crate::shell::tree::Word;

use super::super::embedded::{SHELLS, reads_standard_input};
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let around = call.around;
    if !scene.phase || around.function || around.subshell || call.pipeline.0.len() > 1 {
        return;
    }
    let layer = call.layer;
    let (message, help) = match layer.name.as_str() {
        name @ ("exit" | "return" | "logout") => {
            // Without a status it leaves with that of the command before (POSIX.1-2024, `exit`).
            let well = match layer.arguments.first() {
                Some(word) => word.literal().as_deref() == Some("0"),
                None => !around.after_failure,
            };
            if !well {
                return;
            }
            (
                format!("`{name}` ends the phase as if all of it were done"),
                "put what should be left out into an `if`, or write `exit 1` where something is wrong",
            )
        }
        "exec" if !layer.arguments.is_empty() => (
            "what follows in the phase does not run: `exec` gives the shell away".to_owned(),
            "leave the `exec` out",
        ),
        name if SHELLS.contains(&name) && is_interactive(call) => (
            format!("`{name}` reads its commands from standard input, where a phase has none"),
            "leave it out: a phase stops at the first failure by itself",
        ),
        _ => return,
    };
    report.in_text(call.text, layer.head.span, message).help = Some(help.to_owned());
}

/// Whether a shell is given no script at all.
fn is_interactive(call: &Call<'_, '_>) -> bool {
    let tells = |word: &Word| word.literal_prefix().starts_with("--");
    reads_standard_input(call.layer)
        && call.simple.redirects.is_empty()
        && !call.layer.arguments.iter().any(tells)
}

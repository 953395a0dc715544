use crate::shell::tree::{Command, PartKind, Statement, Word};

use super::super::familiar::ALWAYS_PRINT;
use super::super::flow::{Call, Fate};
use super::super::rule::{Report, Scene};
use super::super::settings::DECLARING;

/// Programs besides those that always print something that do not fail in practice, or whose failure is an answer.
const NEVER_FAIL: [&str; 7] = ["echo", "printf", "true", ":", "tty", "which", "command"];

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let name = call.layer.name.as_str();
    // Their own status takes the place of that of the substitutions in their words (POSIX.1-2024, 2.9.1; bash(1)).
    if !DECLARING.contains(&name) {
        return;
    }
    // Where nothing looks at a status, nothing is masked.
    let stops = call.state.options().errexit && call.around.fate == Fate::Open;
    if !stops && !matches!(call.around.fate, Fate::Handled | Fate::Asked) {
        return;
    }
    for word in call.layer.arguments.iter().filter(|word| may_fail(word)) {
        let variable = word.literal_prefix();
        let variable = variable.split('=').next().unwrap_or_default();
        let message = format!("`{name}` succeeds where the substitution fails");
        let finding = report.in_text(call.text, word.span, message);
        finding.help = Some(match name {
            "readonly" => format!("assign first, then write `readonly {variable}`"),
            _ => format!("write `{name} {variable}` and the assignment as two commands"),
        });
    }
}

/// Whether a substitution in a word may fail.
fn may_fail(word: &Word) -> bool {
    let has_value = word.literal_prefix().contains('=');
    has_value
        && word.parts.iter().any(|part| match &part.kind {
            PartKind::Command(body) => body.last().is_some_and(fails),
            _ => false,
        })
}

fn fails(statement: &Statement) -> bool {
    let last = statement.pipelines().last();
    let Some(Command::Simple(simple)) = last.and_then(|pipeline| pipeline.commands.last()) else {
        return false;
    };
    match simple.name() {
        Some(name) => !ALWAYS_PRINT.contains(&&*name) && !NEVER_FAIL.contains(&&*name),
        None => !simple.words.is_empty(),
    }
}

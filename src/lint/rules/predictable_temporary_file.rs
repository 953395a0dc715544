use super::super::paths::SHARED;
use super::super::rule::{Report, Scene};
use super::super::writes::{How, Write};
use crate::shell::tree::PartKind;

pub(super) fn check(write: &Write<'_>, scene: Scene, report: &mut Report<'_>) {
    // A phase has these folders for itself, in memory.
    if scene.phase || !matches!(write.how, How::Fill | How::Folder) {
        return;
    }
    let path = write.beginning.text.as_str();
    let Some(inside) = SHARED.iter().find_map(|folder| path.strip_prefix(folder)) else { return };
    let Write { beginning, .. } = write;
    // Whether the name of the file, or of the first folder, is written down.
    let fixed = !inside.is_empty() && (beginning.whole || inside.contains('/'));
    let guessed = !beginning.whole && varies_with_process(write);
    if !fixed && !guessed {
        return;
    }
    let message = if guessed {
        "anybody can guess the number of this process, and put a link there first".to_owned()
    } else {
        format!("anybody can put a link at `{path}` first, and have this write elsewhere")
    };
    report.in_text(write.text, write.path.word.span, message).help =
        Some("write to a file that `mktemp` made, or in a folder that `mktemp -d` made".to_owned());
}

/// Whether all that varies is `$$`.
fn varies_with_process(write: &Write<'_>) -> bool {
    write.path.word.parts.iter().all(|part| match &part.kind {
        PartKind::Literal(_) => true,
        PartKind::Parameter(parameter) => {
            parameter.name == "$" || write.state.value(&parameter.name).is_some()
        }
        _ => false,
    })
}

use crate::shell::tree::{Operation, Part, PartKind};

use super::super::rule::{Report, Scene};
use super::super::writes::Write;

pub(super) fn check(write: &Write<'_>, scene: Scene, report: &mut Report<'_>) {
    // Scripts that belong to no package are run by people, in whose home they may write.
    if !scene.phase || scene.check || !write.path.word.parts.first().is_some_and(|part| is_home(part, write))
    {
        return;
    }
    let message = "this writes to the home of whoever builds";
    let finding = report.in_text(write.text, write.path.word.span, message);
    finding.help = Some(
        "write to `$work`, or set `HOME` to a folder there; what new users get is in `/etc/skel`".to_owned(),
    );
}

fn is_home(part: &Part, write: &Write<'_>) -> bool {
    match &part.kind {
        PartKind::Literal(text) => !part.quoted && text.starts_with('~'),
        // Where the script says what its home is, it means that.
        PartKind::Parameter(parameter) => {
            parameter.name == "HOME"
                && parameter.operation == Operation::Value
                && !write.state.overview().sets("HOME")
        }
        _ => false,
    }
}

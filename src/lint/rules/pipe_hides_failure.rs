use super::super::flow::{Call, Fate};
use super::super::rule::{Report, Scene};
use super::super::work::{Work, work};

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    if call.around.fate != Fate::Piped || !matches!(work(call.layer), Some(Work::Build | Work::Prepare)) {
        return;
    }
    // Without `set -e`, and with nobody who asks, a failure is not looked at anyway.
    if !scene.phase && !call.state.options().errexit {
        return;
    }
    let name = &call.layer.name;
    let message = format!("a failure of `{name}` is lost in the pipe");
    let finding = report.in_text(call.text, call.layer.head.span, message);
    finding.help = Some(
        if call.state.options().posix {
            "write its output to a file and look at that after it"
        } else {
            "write `set -o pipefail` before it, or write its output to a file"
        }
        .to_owned(),
    );
}

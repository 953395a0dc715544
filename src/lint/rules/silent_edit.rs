use super::super::flow::Call;
use super::super::rule::{Report, Scene};
use super::super::writes::edits;

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    if !edits(call.layer) {
        return;
    }
    let message = "nothing tells whether this changes anything";
    report.in_text(call.text, call.layer.head.span, message).help = Some(
        "use a patch, which fails where its text is not there, or look with `grep -q` before".to_owned(),
    );
}

use super::super::flow::Call;
use super::super::modes;
use super::super::rule::{Report, Scene};

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let Some((word, mode)) = modes::given(call.layer, call.state) else { return };
    if !mode.others_write || mode.sticky || scene.check {
        return;
    }
    // `/dev/null` is there for everybody.
    if call.layer.operands().any(|word| word.literal_prefix().contains("/dev/")) {
        return;
    }
    let finding = report.in_text(call.text, word.span, "this lets everybody write to it");
    finding.help = Some(
        "take the right from others (`o-w`), give it to a group, or make a shared folder sticky (`1777`)"
            .to_owned(),
    );
}

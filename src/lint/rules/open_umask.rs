use super::super::flow::Call;
use super::super::modes::Mode;
use super::super::rule::{Report, Scene};

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    if call.layer.name != "umask" {
        return;
    }
    let Some(word) = call.layer.operands().next() else { return };
    let Some(text) = call.state.resolved(word) else { return };
    let Some(mode) = Mode::read(&text) else { return };
    // Digits say what is taken away, letters what is left.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if mode.others_write == digits {
        return;
    }
    let message = "from here on, everybody may write to what is made";
    report.in_text(call.text, word.span, message).help = Some("write `umask 022`".to_owned());
}

use super::super::flow::{Call, Fate};
use super::super::rule::{Report, Scene};

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let (commands, at) = call.pipeline;
    let last = at + 1 == commands.len();
    let options = call.state.options();
    let matters = match call.around.fate {
        Fate::Open => options.errexit,
        Fate::Asked | Fate::Handled => true,
        _ => false,
    };
    if call.layer.name != "yes" || last || !options.pipefail || !matters {
        return;
    }
    let message = "`yes` always fails here: the pipe that it writes to is closed, and `pipefail` is set";
    let finding = report.in_text(call.text, call.layer.head.span, message);
    finding.help = Some("print as many answers as are asked for, or read them from a file".to_owned());
}

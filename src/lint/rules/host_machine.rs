use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// What asks for the processor (uname(1)).
const MACHINE: [&str; 6] = ["-m", "-p", "-i", "--machine", "--processor", "--hardware-platform"];

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    let asks = match layer.name.as_str() {
        "uname" => layer.has(&MACHINE),
        "arch" => layer.arguments.is_empty(),
        _ => false,
    };
    if scene.phase && asks {
        let message = format!("`{}` says what the machine is that builds, not what is built for", layer.name);
        let finding = report.in_text(call.text, layer.head.span, message);
        finding.help = Some("write `%{arch}`, or `%{triplet}` for the whole name".to_owned());
    }
}

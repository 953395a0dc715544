use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// `mknod NAME b|c|u MAJOR MINOR` makes a device; with `p` it makes a named pipe (mknod(1)).
pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    // A plain script that does it is there for it, and what a check writes is not kept.
    if layer.name != "mknod" || !scene.phase || scene.check || layer.has(&["p", "--help", "--version"]) {
        return;
    }
    let message = "this makes a device: whoever may open it gets at a part of the machine".to_owned();
    let help =
        "leave it out, since the kernel fills `/dev`; or allow it with the reason why the package needs it";
    report.in_phase(call, scene, message, help);
}

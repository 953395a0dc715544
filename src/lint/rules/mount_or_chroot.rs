use super::super::call::Layer;
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// Programs that change which file systems there are, or what a process sees of them (util-linux 2.40, coreutils 9), with
/// the options with which they only tell.
const PROGRAMS: [(&str, &[&str]); 12] = [
    ("arch-chroot", &[]),
    ("chroot", &[]),
    ("losetup", &["-a", "--all", "-l", "--list", "-j", "--associated"]),
    ("mount", &["-l", "--show-labels"]),
    ("nsenter", &[]),
    ("pivot_root", &[]),
    ("swapoff", &[]),
    ("swapon", &["-s", "--summary", "--show"]),
    ("switch_root", &[]),
    ("systemd-nspawn", &[]),
    ("umount", &[]),
    ("unshare", &[]),
];

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    let Some((name, tells)) = PROGRAMS.iter().find(|(name, _)| *name == layer.name) else { return };
    // A plain script that does it is there for it.
    if !scene.phase || layer.has(tells) || layer.has(&["--help", "--version"]) || only_lists(layer) {
        return;
    }
    let message = format!("`{name}` changes what this or another process sees as its files");
    let help = "leave it out: a phase has a root of its own, made of what it depends on";
    report.in_phase(call, scene, message, help);
}

/// `mount` and `losetup` without a thing to do print what there is.
fn only_lists(layer: &Layer<'_>) -> bool {
    match layer.name.as_str() {
        "mount" => layer.operands().next().is_none() && !layer.has(&["-a", "--all"]),
        "losetup" => layer.arguments.is_empty(),
        _ => false,
    }
}

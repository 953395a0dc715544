use super::super::rule::{Report, Scene};
use super::super::targets::{Target, targets};
use super::super::writes::{How, Write};
use super::security_file::is_listed;

/// Files from which shells, the loader, init, systemd, udev, NetworkManager, polkit or a desktop take what to run or to load:
/// bash(1), environment(5), ld.so(8), modprobe.d(5), inittab(5), systemd.unit(5), systemd.generator(7), udev(7),
/// NetworkManager-dispatcher(8), polkit(8), update-motd(5), the Desktop Application Autostart Specification. What ends with
/// `/` is a folder.
const FILES: [&str; 29] = [
    "etc/profile",
    "etc/profile.d/",
    "etc/bashrc",
    "etc/bash.bashrc",
    "etc/environment",
    "etc/ld.so.conf",
    "etc/ld.so.conf.d/",
    "etc/modprobe.d/",
    "etc/inittab",
    "etc/rc.local",
    "etc/init.d/",
    "etc/rc.d/",
    "etc/systemd/system/",
    "etc/systemd/user/",
    "etc/udev/rules.d/",
    "etc/xdg/autostart/",
    "etc/update-motd.d/",
    "etc/NetworkManager/dispatcher.d/",
    "etc/polkit-1/rules.d/",
    "usr/lib/modprobe.d/",
    "usr/lib/systemd/system/",
    "usr/lib/systemd/system-generators/",
    "usr/lib/systemd/user/",
    "usr/lib/systemd/user-generators/",
    "usr/lib/udev/rules.d/",
    "usr/lib/NetworkManager/dispatcher.d/",
    "usr/share/dbus-1/system-services/",
    "usr/share/polkit-1/rules.d/",
    "usr/share/xdg/autostart/",
];

pub(super) fn check(write: &Write<'_>, scene: Scene, report: &mut Report<'_>) {
    // A plain script may well be what sets a machine up.
    if !scene.phase || scene.check || !matches!(write.how, How::Fill | How::Link) {
        return;
    }
    // What it makes is empty.
    if write.by.is_some_and(|program| program.name == "touch") {
        return;
    }
    let is_one = |target: &Target| is_listed(target.path.trim_start_matches('/'), target.whole, &FILES);
    let is_absolute = |target: &Target| target.path.starts_with('/');
    let mut found = targets(write, scene).into_iter().filter(|target| is_absolute(target) && is_one(target));
    let Some(Target { path, .. }) = found.next() else { return };
    let message = format!("others will run what this writes to `{path}`");
    report.in_text(write.text, write.path.word.span, message);
}

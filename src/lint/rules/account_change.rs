use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// Programs that change users, groups or passwords (shadow 4.16, util-linux, Debian's adduser, systemd), with the options
/// with which they only tell.
const PROGRAMS: [(&str, &[&str]); 24] = [
    ("addgroup", &[]),
    ("adduser", &[]),
    ("chage", &["-l", "--list"]),
    ("chfn", &[]),
    ("chgpasswd", &[]),
    ("chpasswd", &[]),
    ("chsh", &["-l", "--list-shells"]),
    ("delgroup", &[]),
    ("deluser", &[]),
    ("gpasswd", &[]),
    ("groupadd", &[]),
    ("groupdel", &[]),
    ("groupmod", &[]),
    ("grpconv", &[]),
    ("newusers", &[]),
    ("passwd", &["-S", "--status"]),
    ("pwconv", &[]),
    ("systemd-sysusers", &["--cat-config", "--dry-run"]),
    ("useradd", &[]),
    ("userdel", &[]),
    ("usermod", &[]),
    ("vigr", &[]),
    ("vipw", &[]),
    ("visudo", &["-c", "--check", "-cf"]),
];

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    let Some((name, tells)) = PROGRAMS.iter().find(|(name, _)| *name == layer.name) else { return };
    // A plain script that does it is there for it.
    if !scene.phase || scene.check || layer.has(tells) || layer.has(&["--help", "--version"]) {
        return;
    }
    let message = format!("`{name}` changes the system's accounts");
    let finding = report.in_phase(call, scene, message, "let one package have all users and groups");
    finding
        .notes
        .push("the artifact then has the whole of `/etc/passwd`, over what other packages add".to_owned());
}

use crate::shell::tree::Word;

use super::super::call::Layer;
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// When a program changes the system that runs.
enum When {
    /// Unless it has one of these options.
    Unless(&'static [&'static str]),
    /// Where it has one of these words.
    With(&'static [&'static str]),
}

const ACTIONS: &[&str] = &[
    "start",
    "stop",
    "restart",
    "reload",
    "force-reload",
    "try-restart",
    "condrestart",
    "reload-or-restart",
];

/// From the manual pages of cronie, systemd 255, sysvinit, OpenRC, kmod, procps, util-linux and coreutils.
const PROGRAMS: [(&str, When); 27] = [
    ("crontab", When::Unless(&["-l", "-e", "-T", "-V", "--help"])),
    ("date", When::With(&["-s", "--set"])),
    ("halt", When::Unless(&["--help"])),
    ("hostnamectl", When::With(&["set-hostname", "hostname"])),
    ("hwclock", When::With(&["-w", "--systohc", "-s", "--hctosys", "-a", "--adjust", "--set"])),
    ("init", When::With(&["0", "1", "2", "3", "4", "5", "6", "q", "Q", "s", "S"])),
    ("initctl", When::With(ACTIONS)),
    ("insmod", When::Unless(&["--help", "--version"])),
    ("invoke-rc.d", When::With(ACTIONS)),
    ("kexec", When::Unless(&["-h", "--help", "-S", "--status", "-v", "--version"])),
    ("killall5", When::Unless(&[])),
    ("localectl", When::With(&["set-locale", "set-keymap", "set-x11-keymap"])),
    (
        "modprobe",
        When::Unless(&[
            "-n",
            "--dry-run",
            "--show",
            "-D",
            "--show-depends",
            "-c",
            "--showconfig",
            "-R",
            "--resolve-alias",
            "-V",
            "--version",
        ]),
    ),
    ("poweroff", When::Unless(&["--help"])),
    ("rc-service", When::With(ACTIONS)),
    ("reboot", When::Unless(&["--help"])),
    ("rmmod", When::Unless(&["--help", "--version"])),
    ("service", When::With(ACTIONS)),
    ("setenforce", When::Unless(&[])),
    ("shutdown", When::Unless(&["--help"])),
    ("sysctl", When::With(&["-w", "--write", "-p", "--load", "--system"])),
    (
        "systemctl",
        When::With(&[
            "start",
            "stop",
            "restart",
            "reload",
            "try-restart",
            "reload-or-restart",
            "isolate",
            "kill",
            "daemon-reload",
            "daemon-reexec",
            "set-property",
            "reset-failed",
            "halt",
            "poweroff",
            "reboot",
            "kexec",
            "suspend",
            "hibernate",
            "rescue",
            "emergency",
            "default",
            "switch-root",
            "--now",
        ]),
    ),
    ("deb-systemd-invoke", When::With(ACTIONS)),
    ("telinit", When::Unless(&[])),
    ("timedatectl", When::With(&["set-time", "set-timezone", "set-local-rtc", "set-ntp"])),
    ("udevadm", When::With(&["trigger", "control"])),
    ("loadkeys", When::Unless(&["--help", "-m", "--mktable", "-b", "--bkeymap", "-p", "--parse"])),
];

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    let script = init_script(layer);
    // A plain script that does it is there for it.
    if !scene.phase || !script.map_or_else(|| changes(layer), |_| layer.has(ACTIONS)) {
        return;
    }
    let message = format!("`{}` changes the system that runs", script.unwrap_or(&layer.name));
    let help = "leave it to the first start of what is built: a phase has no system to change";
    report.in_phase(call, scene, message, help);
}

/// The script of a service, which takes an action.
fn init_script<'s>(layer: &Layer<'s>) -> Option<&'s str> {
    let path = layer.head.first_text()?;
    ["/etc/init.d/", "/etc/rc.d/"].iter().any(|folder| path.starts_with(folder)).then_some(path)
}

fn changes(layer: &Layer<'_>) -> bool {
    if layer.name == "kill" {
        return kills_all(layer);
    }
    let Some((name, when)) = PROGRAMS.iter().find(|(name, _)| *name == layer.name) else { return false };
    let assigns = |word: &Word| word.literal_prefix().contains('=');
    match when {
        When::Unless(options) => !layer.has(options),
        When::With(words) => layer.has(words) || (*name == "sysctl" && layer.operands().any(assigns)),
    }
}

/// Whether the first of all processes gets the signal, or all do; the `-1` of `kill -1 $pid` is a signal.
fn kills_all(layer: &Layer<'_>) -> bool {
    let last = layer.arguments.last().and_then(Word::literal);
    last.is_some_and(|last| last == "1" || (last == "-1" && layer.arguments.len() > 1))
        && !layer.has(&["-l", "-0"])
}

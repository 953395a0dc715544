use crate::shell::tree::{Redirect, Word};

use super::super::call::Layer;
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// Programs that talk to a person, with options and commands with which they do not (shadow 4, util-linux 2, vim 9, parted 3).
const ASK: [(&str, &[&str]); 22] = [
    ("passwd", &["--stdin", "--lock", "--delete", "--unlock", "--expire", "--status"]),
    ("fdisk", &["-l", "-s", "--list"]),
    ("cfdisk", &[]),
    ("gdisk", &["-l"]),
    ("parted", &["-s", "--script", "-l"]),
    ("vi", &["-es", "-e", "-c", "-s"]),
    ("vim", &["-es", "-e", "-E", "-Es", "-c", "-s"]),
    ("nano", &[]),
    ("emacs", &["--batch", "-batch", "--script"]),
    ("ed", &[]),
    ("less", &[]),
    ("more", &[]),
    ("top", &["-b"]),
    ("htop", &[]),
    ("visudo", &["-c", "-cf", "--check"]),
    ("vipw", &[]),
    ("crontab", &["-l", "-r"]),
    ("dialog", &["--version"]),
    ("whiptail", &["--version"]),
    ("mysql_secure_installation", &[]),
    ("bluetoothctl", &[]),
    ("gpg-connect-agent", &[]),
];

/// Targets of make that ask (Linux, Documentation/kbuild/kconfig.rst); busybox and buildroot have the same.
const TARGETS: [&str; 6] = ["menuconfig", "nconfig", "xconfig", "gconfig", "config", "oldconfig"];

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    if !scene.phase {
        return;
    }
    let layer = call.layer;
    let name = layer.name.as_str();
    let what = match name {
        "make" | "gmake" => {
            let Some(target) = layer.literals().find(|text| TARGETS.contains(&&**text)) else { return };
            format!("make {target}")
        }
        "read" if !layer.arguments.iter().any(is_descriptor) => "read".to_owned(),
        _ => {
            let Some((_, quiet)) = ASK.iter().find(|(program, _)| *program == name) else { return };
            if layer.has(quiet) || reads_file(layer) || locks(layer) {
                return;
            }
            name.to_owned()
        }
    };
    let redirected = || call.simple.redirects.iter().any(Redirect::feeds);
    let fed = call.around.fed || call.state.is_fed() || redirected();
    // Who calls a function may feed it.
    if fed || call.around.function && name == "read" {
        return;
    }
    let message = format!("`{what}` waits for an answer, and nobody is there in a phase");
    let finding = report.in_text(call.text, layer.head.span, message);
    finding.notes.push("standard input of a phase is empty".to_owned());
    finding.help = Some(help(name).to_owned());
}

/// `read -u 3`, with which it is not standard input that is read.
fn is_descriptor(word: &Word) -> bool {
    word.literal_prefix().starts_with("-u")
}

/// `crontab FILE` asks nothing.
fn reads_file(layer: &Layer<'_>) -> bool {
    layer.name == "crontab" && layer.operands().next().is_some()
}

/// `passwd -ql`, which locks an account and asks nothing.
fn locks(layer: &Layer<'_>) -> bool {
    layer.name == "passwd" && ['l', 'd', 'u', 'e', 'S'].into_iter().any(|letter| layer.has_letter(letter))
}

fn help(name: &str) -> &'static str {
    match name {
        "make" | "gmake" => "bring a finished `.config`, and complete it with `make olddefconfig`",
        "passwd" => "set the digest of a password with `usermod -p`, or lock the account with `passwd -l`",
        "read" => "give it a file (`read -r name < file`), or use a variable or an option of the package",
        "less" | "more" => "print with `cat`; all that a phase prints is in its log",
        "vi" | "vim" | "nano" | "emacs" | "ed" => "change files with `sed -i`, or bring a patch",
        _ => "give it its answers as options or on standard input",
    }
}

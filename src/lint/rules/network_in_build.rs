use super::super::fetchers::{connects, fetches, is_kept_offline};
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    if !scene.phase || scene.network {
        return;
    }
    if let Some(redirect) = call.simple.redirects.iter().find(|redirect| connects(redirect)) {
        let message = "this connects to another machine, and phases have no network";
        report.in_text(call.text, redirect.target.span, message).help =
            Some("list what it fetches in `sources:` with its sha256".to_owned());
    }
    let Some(what) = fetches(call.layer) else { return };
    if is_kept_offline(call) {
        return;
    }
    let finding = report.in_text(
        call.text,
        call.layer.head.span,
        format!("`{what}` needs a network, which phases do not have"),
    );
    let help = match what.split(' ').next() {
        Some("pip") => {
            "add `--no-index --no-build-isolation`, and list what it installs in `sources:` and `depends:`"
        }
        Some("cargo") => "add `--offline`, and list the vendored crates in `sources:` with their sha256",
        Some("apt" | "apt-get" | "dnf" | "yum" | "zypper" | "apk" | "pacman") => {
            "write a package for what it installs, and list that in `depends:`"
        }
        _ => "list what it fetches in `sources:` with its sha256; phases find it in `$sources`",
    };
    finding.help = Some(help.to_owned());
}

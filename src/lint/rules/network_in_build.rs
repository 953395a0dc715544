use super::super::fetchers::fetches;
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    if !scene.phase || scene.network {
        return;
    }
    let Some(what) = fetches(call.layer) else { return };
    let finding = report.in_text(
        call.text,
        call.layer.head.span,
        format!("`{what}` needs a network, which phases do not have"),
    );
    finding.help = Some(if what.starts_with("pip") {
        "add `--no-index --no-build-isolation`, and list what it installs in `sources:` and `depends:`"
            .to_owned()
    } else {
        "list what it fetches in `sources:` with its sha256; phases find it in `$sources`".to_owned()
    });
}

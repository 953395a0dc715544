use crate::diag::Label;

use super::super::feeds::source_of;
use super::super::fetchers::fetches;
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let Some(source) = source_of(call, fetches) else { return };
    let message =
        format!("this {} what `{}` fetches to `{}`, unseen", source.how, source.name, call.layer.name);
    let place = call.text.place_of(source.span.range());
    let finding = report.in_text(call.text, call.layer.head.span, message);
    finding.related.push(Label { place, text: "fetched here".to_owned() });
    finding.help = Some("fetch it as a source with a sha256, read it, and run the file".to_owned());
}

use crate::diag::Label;

use super::super::call::Layer;
use super::super::feeds::source_of;
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// Programs that turn what nobody can read into text, and the options with which they do (coreutils 9, vim's xxd,
/// sharutils, gnupg 2, openssl 3).
const DECODERS: [(&str, &[&str]); 9] = [
    ("base64", &["-d", "-D", "-di", "-id", "--decode"]),
    ("base32", &["-d", "-di", "-id", "--decode"]),
    ("basenc", &["-d", "-di", "-id", "--decode"]),
    ("xxd", &["-r", "-rp", "-pr", "-revert"]),
    ("uudecode", &[]),
    ("gpg", &["-d", "--decrypt"]),
    ("gpg2", &["-d", "--decrypt"]),
    ("age", &["-d", "--decrypt"]),
    ("openssl", &["-d"]),
];

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let Some(source) = source_of(call, decodes) else { return };
    let message =
        format!("this {} what `{}` decodes to `{}`, unread", source.how, source.name, call.layer.name);
    let place = call.text.place_of(source.span.range());
    let finding = report.in_text(call.text, call.layer.head.span, message);
    finding.related.push(Label { place, text: "decoded here".to_owned() });
    finding.help =
        Some("write the decoded commands themselves, so that they can be read and checked".to_owned());
}

/// The program's name, if it decodes as it is given.
pub(super) fn decodes(layer: &Layer<'_>) -> Option<String> {
    let (name, options) = DECODERS.iter().find(|(name, _)| *name == layer.name)?;
    (options.is_empty() || layer.has(options)).then(|| (*name).to_owned())
}

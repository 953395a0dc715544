use super::super::flow::Call;
use super::super::modes;
use super::super::rule::{Report, Scene};
use super::super::writes::makes_folders;
use crate::shell::tree::Word;

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    if scene.check {
        return;
    }
    if call.layer.name == "setcap" {
        return capabilities(call, report);
    }
    let Some((word, mode)) = modes::given(call.layer, call.state) else { return };
    // On a folder, setgid gives what is made in it the folder's group. A program that its group may write to is none.
    let folder = mode.group_writes || is_of_folder(call);
    let (what, whom) = match (mode.setuid, mode.setgid && !folder) {
        (true, true) => ("setuid and setgid", "owner and group"),
        (true, false) => ("setuid", "owner"),
        (false, true) => ("setgid", "group"),
        (false, false) => return,
    };
    let message = format!("this makes a program {what}: whoever runs it runs as its {whom}");
    report.in_text(call.text, word.span, message).help =
        Some("leave it out, or allow it with the reason why it is needed and safe".to_owned());
}

/// Whether a mode is surely for a folder.
fn is_of_folder(call: &Call<'_, '_>) -> bool {
    let layer = call.layer;
    let found = call.simple.words.windows(2).any(|pair| {
        pair[0].literal().as_deref() == Some("-type") && pair[1].literal().as_deref() == Some("d")
    });
    let slash = |word: &Word| {
        word.parts.last().and_then(|part| part.literal()).is_some_and(|text| text.ends_with('/'))
    };
    makes_folders(layer) || found || layer.operands().last().is_some_and(slash)
}

/// `setcap cap_net_raw+ep FILE`; `-r` takes away, `-v` compares.
fn capabilities(call: &Call<'_, '_>, report: &mut Report<'_>) {
    if call.layer.has(&["-r", "-v", "-h"]) {
        return;
    }
    let Some(word) = call.layer.operands().next() else { return };
    let message = "this gives a program rights that whoever runs it does not have";
    report.in_text(call.text, word.span, message).help =
        Some("leave it out, or allow it with the reason why it is needed and safe".to_owned());
}

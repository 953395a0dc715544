use crate::shell::tree::Word;

use super::super::flow::Call;
use super::super::rule::{Report, Scene};

const PROGRAMS: [&str; 6] = ["chgrp", "chmod", "chown", "cp", "mv", "rm"];

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    if !PROGRAMS.contains(&layer.name.as_str()) {
        return;
    }
    let options = layer.arguments.iter().take_while(|word| word.literal().as_deref() != Some("--"));
    for word in options.filter(|word| begins_with_glob(word)) {
        let written = call.text.as_str().get(word.span.range()).unwrap_or_default();
        let message = format!("`{}` takes a file whose name begins with `-` for an option", layer.name);
        let finding = report.in_text(call.text, word.span, message);
        finding.help = Some(format!("write `./{written}`"));
        let place = call.text.verbatim_place_of(word.span.range());
        finding.fix_safe(format!("write `./{written}`"), place, format!("./{written}"));
    }
}

fn begins_with_glob(word: &Word) -> bool {
    let first = word.parts.first().filter(|part| !part.quoted);
    first.and_then(|part| part.literal()).is_some_and(|text| text.starts_with(['*', '?', '[']))
}

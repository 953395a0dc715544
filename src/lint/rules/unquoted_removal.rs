use crate::diag::{Edit, Safety};
use crate::shell::tree::{Part, PartKind};

use super::super::autoconf::is_of_autoconf;
use super::super::call::Layer;
use super::super::flow::Call;
use super::super::rule::{Report, Scene, shown};

/// Programs that remove, move or change what they are given, and how many operands come before that.
const PROGRAMS: [(&str, usize); 5] = [("chgrp", 1), ("chmod", 1), ("chown", 1), ("mv", 0), ("rm", 0)];

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    let Some(before) = removes(layer) else { return };
    let name = &layer.name;
    for word in layer.operands().skip(before) {
        let is_open = |part: &&Part| {
            !part.quoted && !call.state.is_foreseen(part) && !is_of_autoconf(part) && !is_several(part)
        };
        let Some(part) = word.parts.iter().find(is_open) else { continue };
        let written = shown(call.text, part.span);
        let message = format!("`{name}` is given more than one path where `{written}` has a blank");
        let finding = report.in_text(call.text, word.span, message);
        finding
            .notes
            .push("without quotes, its blanks split it and its `*` are matched with files".to_owned());
        let list = word.parts.len() == 1;
        finding.help = Some(match written {
            "$*" | "$@" => "write `\"$@\"`".to_owned(),
            _ if list => format!("write `\"{written}\"`, or keep a list in an array: `\"${{list[@]}}\"`"),
            _ => format!("write `\"{written}\"`"),
        });
        // It may be a list, or a pattern, that is meant to be split.
        let quote = |text: &str| if text == "$*" { "\"$@\"".to_owned() } else { format!("\"{text}\"") };
        let edit = |part: &Part| {
            let whole = call.text.as_str().get(part.span.range()).unwrap_or_default();
            let place = call.text.verbatim_place_of(part.span.range()).filter(|_| !whole.contains('"'))?;
            Some(Edit::new(place, quote(whole)))
        };
        // All of the word, or what is left of it would be told of again.
        let edits: Option<Vec<Edit>> = word.parts.iter().filter(is_open).map(edit).collect();
        finding.fix(format!("write `{}`", quote(written)), Safety::Unsafe, edits.into_iter().flatten());
    }
}

/// Whether a variable's name says that there are several paths in it, or a pattern, which quotes would break.
fn is_several(part: &Part) -> bool {
    let PartKind::Parameter(parameter) = &part.kind else { return false };
    let name = parameter.name.to_ascii_lowercase();
    let words = ["list", "glob", "pattern", "files", "dirs", "paths", "links", "objs", "objects", "names"];
    words.iter().any(|word| name.ends_with(word))
}

/// How many operands of such a program come before what it removes, moves or changes.
pub(super) fn removes(layer: &Layer<'_>) -> Option<usize> {
    PROGRAMS.iter().find(|(name, _)| *name == layer.name).map(|(_, before)| *before)
}

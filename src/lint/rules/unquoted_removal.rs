use crate::shell::tree::{Part, PartKind};

use super::super::autoconf::is_of_autoconf;
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// Programs that remove, move or change what they are given, and how many operands come before that.
const PROGRAMS: [(&str, usize); 5] = [("chgrp", 1), ("chmod", 1), ("chown", 1), ("mv", 0), ("rm", 0)];

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    let Some((name, before)) = PROGRAMS.iter().find(|(name, _)| *name == layer.name) else { return };
    for word in layer.operands().skip(*before) {
        let mut open = word.parts.iter().filter(|part| !part.quoted && !call.state.foreseen().shows(part));
        let Some(part) = open.find(|part| !is_of_autoconf(part) && !is_several(part)) else { continue };
        let written = call.text.as_str().get(part.span.range()).unwrap_or_default();
        let message = format!("`{name}` is given more than one path where `{}` has a blank", short(written));
        let finding = report.in_text(call.text, word.span, message);
        finding
            .notes
            .push("without quotes, its blanks split it and its `*` are matched with files".to_owned());
        let list = word.parts.len() == 1;
        finding.help = Some(match written {
            "$*" | "$@" => "write `\"$@\"`".to_owned(),
            _ if list => {
                format!("write `\"{}\"`, or keep a list in an array: `\"${{list[@]}}\"`", short(written))
            }
            _ => format!("write `\"{}\"`", short(written)),
        });
        // It may be a list, or a pattern, that is meant to be split.
        let place = call.text.verbatim_place_of(part.span.range()).filter(|_| !written.contains('"'));
        let quoted = if written == "$*" { "\"$@\"".to_owned() } else { format!("\"{written}\"") };
        finding.fix_unsafe(format!("write `{}`", short(&quoted)), place, quoted);
    }
}

/// Whether a variable's name says that there are several paths in it, or a pattern, which quotes would break.
fn is_several(part: &Part) -> bool {
    let PartKind::Parameter(parameter) = &part.kind else { return false };
    let name = parameter.name.to_ascii_lowercase();
    let words = ["list", "glob", "pattern", "files", "dirs", "paths", "links", "objs", "objects", "names"];
    words.iter().any(|word| name.ends_with(word))
}

/// A long substitution is cut.
fn short(written: &str) -> &str {
    if written.len() <= 30 && !written.contains(['\n', '`']) { written } else { "$(…)" }
}

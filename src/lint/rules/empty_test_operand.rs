use crate::shell::tree::{Command, PartKind, Word};

use super::super::autoconf::is_of_autoconf;
use super::super::facts::tested;
use super::super::flow::Call;
use super::super::rule::{Report, Scene, shown};
use super::super::state::State;

/// Operators between two words (POSIX.1-2024, `test`; bash(1)). With those that compare numbers the test is an error where a
/// word is empty, whether it is quoted or not.
const BINARY: [&str; 8] = ["=", "==", "!=", "-nt", "-ot", "-ef", "<", ">"];

/// Programs besides those that always print that print something even where they find nothing.
const COUNTERS: [&str; 4] = ["wc", "expr", "dpkg", "dpkg-architecture"];

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let Some(words) = tested(&call.layer.name, call.layer.arguments) else { return };
    for (at, word) in words.iter().enumerate().filter(|(_, word)| may_vanish(word, call.state)) {
        let is = |at: Option<usize>, operators: &[&str]| {
            let literal = at.and_then(|at| words.get(at)).and_then(Word::literal);
            literal.is_some_and(|text| operators.contains(&&*text))
        };
        let before = at.checked_sub(1);
        let shown = shown(call.text, word.span);
        let message = if is(Some(at + 1), &BINARY) || is(before, &BINARY) {
            format!("where `{shown}` is empty, the test is an error")
        } else if let Some(operator) =
            before.and_then(|at| words.get(at)).and_then(Word::literal).filter(|text| is_unary(text))
        {
            format!("where `{shown}` is empty, `{operator}` has nothing to ask about, and says yes")
        } else {
            continue;
        };
        let finding = report.in_text(call.text, word.span, message);
        finding.help = Some("put it in double quotes".to_owned());
        let written = call.text.as_str().get(word.span.range()).unwrap_or_default();
        let place = call.text.verbatim_place_of(word.span.range()).filter(|_| !written.contains('"'));
        finding.fix_safe(format!("write `\"{shown}\"`"), place, format!("\"{written}\""));
    }
}

/// `-n`, `-f` and their like; not `-z`, which is true then, and should be.
fn is_unary(text: &str) -> bool {
    text.len() == 2 && text.starts_with('-') && !["-z", "-a", "-o"].contains(&text)
}

/// Whether nothing may be left of a word.
fn may_vanish(word: &Word, state: &State) -> bool {
    !word.parts.is_empty()
        && word.parts.iter().all(|part| {
            !part.quoted && state.may_be_empty(part) && !counts(&part.kind) && !is_of_autoconf(part)
        })
}

fn counts(kind: &PartKind) -> bool {
    let PartKind::Command(body) = kind else { return false };
    let last = body.last().and_then(|statement| statement.first.commands.last());
    let Some(Command::Simple(simple)) = last else { return false };
    let count = simple.words.iter().filter_map(Word::literal).any(|text| text == "-c");
    simple.name().is_some_and(|name| COUNTERS.contains(&&*name) || (name.ends_with("grep") && count))
}

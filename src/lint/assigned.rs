//! The names of the variables that a builtin or an arithmetic expression sets.

use std::borrow::Cow;

use crate::model::is_variable_name;
use crate::shell::tree::Word;

use super::settings::DECLARING;

/// The variables that a builtin sets; nothing is known where their names are expanded.
pub(super) fn assigned_by(name: &str, arguments: &[Word]) -> Option<Vec<String>> {
    let operands = || {
        let words = arguments.iter().map(|word| word.literal().map(Cow::into_owned));
        words.filter(|word| !word.as_deref().is_some_and(|text| text.starts_with('-')))
    };
    match name {
        _ if DECLARING.contains(&name) => arguments
            .iter()
            .map(|word| (word.literal_prefix(), word.literal().is_some()))
            .filter(|(text, _)| !text.starts_with('-'))
            .map(|(text, whole)| match text.split_once('=') {
                Some((name, _)) => Some(name.trim_end_matches('+').to_owned()),
                None => whole.then_some(text),
            })
            .collect(),
        // The value of an option may be expanded; it names no variable.
        "read" | "mapfile" | "readarray" => {
            Some(operands().flatten().filter(|name| is_variable_name(name)).collect())
        }
        "getopts" => operands().skip(1).take(1).collect(),
        "printf" if arguments.first().is_some_and(|word| word.literal().as_deref() == Some("-v")) => {
            operands().take(1).collect()
        }
        _ => Some(Vec::new()),
    }
}

/// The variables that an arithmetic expression sets: `x = 1`, `x += 1`, `x++`, `--x`.
pub(super) fn assigned_in(expression: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(is_part) {
        let end = rest[start..].find(|c| !is_part(c)).map_or(rest.len(), |length| start + length);
        let (before, name, after) = (rest[..start].trim_end(), &rest[start..end], rest[end..].trim_start());
        let operator = after.trim_start_matches(['+', '-', '*', '/', '%', '&', '|', '^', '<', '>']);
        let compared = operator.starts_with("==")
            || (after.len() - operator.len() == 1 && after.starts_with(['<', '>']));
        let stepped = ["++", "--"].iter().any(|step| after.starts_with(step) || before.ends_with(step));
        if is_variable_name(name) && (stepped || (operator.starts_with('=') && !compared)) {
            names.push(name);
        }
        rest = &rest[end..];
    }
    names
}

//! The names of the variables that a builtin or an arithmetic expression sets.

use std::borrow::Cow;

use crate::model::is_variable_name;
use crate::shell::tree::{Part, Word};

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
                Some((name, _)) => Some(whole_variable(name.trim_end_matches('+')).to_owned()),
                None => whole.then(|| whole_variable(&text).to_owned()),
            })
            .collect(),
        // The value of an option may be expanded; it names no variable.
        "read" | "mapfile" | "readarray" => {
            let names = operands().flatten().map(|name| whole_variable(&name).to_owned());
            Some(names.filter(|name| is_variable_name(name)).collect())
        }
        "getopts" => operands().skip(1).take(1).collect(),
        "printf" if arguments.first().is_some_and(|word| word.literal().as_deref() == Some("-v")) => {
            operands().take(1).map(|name| Some(whole_variable(&name?).to_owned())).collect()
        }
        "wait" => {
            let option = arguments.iter().position(|word| word.literal().as_deref() == Some("-p"));
            let name = option.and_then(|at| arguments.get(at + 1));
            name.map(|word| word.literal().map(Cow::into_owned)).into_iter().collect()
        }
        _ => Some(Vec::new()),
    }
}

/// The variables in which a shell has the descriptors and the process of a coprocess (bash(1), "Coprocesses").
pub(super) fn set_by_coprocess(name: &str) -> [String; 2] {
    [name.to_owned(), format!("{name}_PID")]
}

/// The array of an element: `a` of `a[1]`.
fn whole_variable(name: &str) -> &str {
    name.split('[').next().unwrap_or_default()
}

/// The variables that an arithmetic expression sets: `x = 1`, `x += 1`, `x++`, `--x`.
pub(super) fn assigned_in(expression: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(is_part) {
        let end = rest[start..].find(|c| !is_part(c)).map_or(rest.len(), |length| start + length);
        let (before, name, after) =
            (rest[..start].trim_end(), &rest[start..end], behind_subscript(&rest[end..]).trim_start());
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

/// The same of one with expansions in it. What these stand for is no name of a variable.
pub(super) fn assigned_in_parts(parts: &[Part]) -> Vec<String> {
    let text: String = parts.iter().map(|part| part.literal().unwrap_or("0")).collect();
    assigned_in(&text).into_iter().map(str::to_owned).collect()
}

/// What follows a name and the subscript behind it, if there is one.
fn behind_subscript(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return &text[at + 1..],
            ']' if depth > 1 => depth -= 1,
            _ if depth == 0 => break,
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::{in_phase, is_silent, tells};

    #[test]
    fn who_sets_an_element_sets_its_array() {
        is_silent(
            "undefined-variable",
            in_phase,
            &[
                "printf -v 'a[1]' x; echo \"${a[1]}\"",
                "read -r 'a[0]' < f; echo \"${a[0]}\"",
                "((a[b + c[1]] = 2, d[1]++)); echo \"${a[1]}${d[1]}\"; b=1 c=()",
                "i=1; ((a[$i] = 2)); echo \"${a[1]}\"",
                "declare 'a[1]=x'; echo \"${a[1]}\"",
                "wait -n -p job; echo \"$job\"",
                "coproc W { cat; }; echo a >&\"${W[1]}\"; wait \"$W_PID\"",
                "coproc { cat; }; echo a >&\"${COPROC[1]}\"; wait \"$COPROC_PID\"",
            ],
        );
        tells(
            "undefined-variable",
            in_phase,
            &[
                "((a[b] == 2)); echo \"$a\"",
                "read -r 'a[0]' < f; echo \"$b\"",
                "wait -n job; echo \"$job\"",
                "coproc W { cat; }; echo \"$V_PID\"",
            ],
        );
    }
}

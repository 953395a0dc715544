//! What a test's outcome says of variables.

use crate::shell::tree::{Command, Compound, CompoundKind, Part, PartKind, Pipeline, Word};

/// What a command's success or failure says of variables: those that are not empty then.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) success: Vec<String>,
    pub(super) failure: Vec<String>,
}

pub(super) fn merge(mut one: Facts, other: Facts) -> Facts {
    one.success.extend(other.success);
    one.failure.clear();
    one
}

/// What a test's outcome says of variables.
pub(super) fn facts(pipeline: &Pipeline) -> Facts {
    let found = match pipeline.commands.as_slice() {
        [Command::Simple(simple)] => match simple.words.split_first() {
            Some((head, words)) if head.literal().as_deref() == Some("test") => test_facts(words),
            Some((head, words)) if head.literal().as_deref() == Some("[") => {
                test_facts(words.split_last().map_or(words, |(_, inner)| inner))
            }
            _ => Facts::default(),
        },
        [Command::Compound(Compound { kind: CompoundKind::Test(words), .. })] => {
            let is = |word: &Word, text: &str| word.literal().as_deref() == Some(text);
            if words.iter().any(|word| is(word, "||")) {
                Facts::default()
            } else {
                let parts: Vec<_> = words.split(|word| is(word, "&&")).map(test_facts).collect();
                parts.into_iter().reduce(merge).unwrap_or_default()
            }
        }
        _ => Facts::default(),
    };
    if pipeline.negated { Facts { success: found.failure, failure: found.success } } else { found }
}

fn test_facts(words: &[Word]) -> Facts {
    let variable = |word: &Word| match word.parts.as_slice() {
        [Part { kind: PartKind::Parameter(parameter), .. }] => Some(parameter.name.clone()),
        _ => None,
    };
    match words {
        [word] => Facts { success: variable(word).into_iter().collect(), failure: Vec::new() },
        [operator, word] => match operator.literal().as_deref() {
            Some("-z") => Facts { success: Vec::new(), failure: variable(word).into_iter().collect() },
            // No file has an empty name, so a test of one says that there is a name.
            Some(text) if text.starts_with('-') => {
                Facts { success: variable(word).into_iter().collect(), failure: Vec::new() }
            }
            Some("!") => Facts { success: Vec::new(), failure: variable(word).into_iter().collect() },
            _ => Facts::default(),
        },
        [not, operator, word] if not.literal().as_deref() == Some("!") => {
            let Facts { success, failure } = test_facts(&[operator.clone(), word.clone()]);
            Facts { success: failure, failure: success }
        }
        [left, operator, right] if matches!(operator.literal().as_deref(), Some("=" | "==")) => {
            let filled = right.parts.iter().any(|part| part.literal().is_some_and(|text| !text.is_empty()));
            let known = variable(left);
            let (success, failure) =
                if filled { (known, None) } else { (None, known.filter(|_| right.literal().is_some())) };
            Facts { success: success.into_iter().collect(), failure: failure.into_iter().collect() }
        }
        [left, operator, right] if operator.literal().as_deref() == Some("!=") => {
            let empty = right.literal().as_deref() == Some("");
            Facts { success: variable(left).filter(|_| empty).into_iter().collect(), failure: Vec::new() }
        }
        _ => Facts::default(),
    }
}

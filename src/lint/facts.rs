//! What a test's outcome says of variables.

use crate::shell::tree::{
    Command, Compound, CompoundKind, Operation, Parameter, Part, PartKind, Pipeline, Word,
};

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
        [Command::Simple(simple)] => {
            let words = simple.words.split_first().and_then(|(head, words)| tested(&head.literal()?, words));
            words.map(|words| test_facts(words, false)).unwrap_or_default()
        }
        [Command::Compound(Compound { kind: CompoundKind::Test(words), .. })] => {
            let is = |word: &Word, text: &str| word.literal().as_deref() == Some(text);
            if words.iter().any(|word| is(word, "||")) {
                Facts::default()
            } else {
                let parts: Vec<_> =
                    words.split(|word| is(word, "&&")).map(|words| test_facts(words, true)).collect();
                parts.into_iter().reduce(merge).unwrap_or_default()
            }
        }
        _ => Facts::default(),
    };
    if pipeline.negated { Facts { success: found.failure, failure: found.success } } else { found }
}

/// What `test` or `[` is given to look at, where a command is one of them.
pub(super) fn tested<'w>(name: &str, arguments: &'w [Word]) -> Option<&'w [Word]> {
    match name {
        "test" => Some(arguments),
        "[" => Some(arguments.split_last().map_or(arguments, |(_, inner)| inner)),
        _ => None,
    }
}

/// What a test says. In `[[` nothing is split; in `[` a word that is empty and not quoted is not there, and `[ -n ]` is true.
fn test_facts(words: &[Word], whole: bool) -> Facts {
    let variable = |word: &Word| match word.parts.as_slice() {
        [Part { kind: PartKind::Parameter(parameter), .. }] if tells(parameter) => {
            Some(parameter.name.clone())
        }
        _ => None,
    };
    let kept = |word: &Word| variable(word).filter(|_| whole || !word.is_bare());
    match words {
        [word] => Facts { success: variable(word).into_iter().collect(), failure: Vec::new() },
        [operator, word] => match operator.literal().as_deref() {
            Some("-z") => Facts { success: Vec::new(), failure: variable(word).into_iter().collect() },
            // No file has an empty name, so a test of one says that there is a name.
            Some(text) if text.starts_with('-') => {
                Facts { success: kept(word).into_iter().collect(), failure: Vec::new() }
            }
            Some("!") => Facts { success: Vec::new(), failure: variable(word).into_iter().collect() },
            _ => Facts::default(),
        },
        [not, operator, word] if not.literal().as_deref() == Some("!") => {
            let Facts { success, failure } = test_facts(&[operator.clone(), word.clone()], whole);
            Facts { success: failure, failure: success }
        }
        [left, operator, right] if matches!(operator.literal().as_deref(), Some("=" | "==")) => {
            // In `[[` a pattern of stars matches nothing, too.
            let filled = right.parts.iter().any(|part| {
                part.literal().is_some_and(|text| text.chars().any(|c| part.quoted || !whole || c != '*'))
            });
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

/// Whether an expansion that is not empty says that the variable is not.
fn tells(parameter: &Parameter) -> bool {
    match parameter.operation {
        Operation::Value | Operation::Trim => true,
        Operation::Default { .. } => {
            parameter.word.iter().all(|part| part.literal().is_some_and(str::is_empty))
        }
        _ => false,
    }
}

/// The variables that are not empty where one of these patterns of a `case` matched.
pub(super) fn case_facts(word: &Word, patterns: &[Word]) -> Option<String> {
    let [Part { kind: PartKind::Parameter(parameter), .. }] = word.parts.as_slice() else { return None };
    let filled = |part: &Part| {
        part.literal()
            .is_some_and(|text| if part.quoted { !text.is_empty() } else { text.contains(|c| c != '*') })
    };
    let all = patterns.iter().all(|pattern| pattern.parts.iter().any(filled));
    (all && tells(parameter)).then(|| parameter.name.clone())
}

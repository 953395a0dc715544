//! The variables that a command sets, whichever way it is written: `a=1`, `a=1 command`, `export a=1`, `env a=1 command`.

use crate::shell::tree::{PartKind, Simple, Span, Value, Word};

/// Builtins and programs whose arguments may be `name=value`.
const SETTERS: [&str; 6] = ["export", "env", "declare", "typeset", "readonly", "local"];

/// A variable that a command sets.
pub(crate) struct Setting<'s> {
    /// Its name.
    pub(crate) name: &'s str,
    /// Whether the value is added to what was there.
    pub(crate) append: bool,
    /// What it is set to; of an array nothing.
    pub(crate) value: Word,
    /// The whole assignment.
    pub(crate) span: Span,
    /// Which builtin or program is told to, if one is.
    pub(crate) setter: Option<&'s str>,
}

/// Tells of each variable of these names that a command sets.
pub(crate) fn settings<'s>(simple: &'s Simple, wanted: &[&str], mut tell: impl FnMut(&Setting<'s>)) {
    for assignment in simple.assignments.iter().filter(|one| wanted.contains(&one.name.as_str())) {
        let value = match &assignment.value {
            Value::Scalar(word) => word.clone(),
            Value::Array(_) => Word::default(),
        };
        let (append, span) = (assignment.append, assignment.span);
        tell(&Setting { name: &assignment.name, append, value, span, setter: None });
    }
    let Some((head, arguments)) = simple.words.split_first() else { return };
    let Some(setter) = head.parts.first().and_then(|part| part.literal()) else { return };
    if !SETTERS.contains(&setter) {
        return;
    }
    for word in arguments {
        let Some((name, begins)) =
            word.parts.first().and_then(|part| part.literal()).and_then(|text| text.split_once('='))
        else {
            continue;
        };
        let (name, append) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
        if !wanted.contains(&name) {
            continue;
        }
        let mut value = word.clone();
        if let Some(first) = value.parts.first_mut() {
            first.kind = PartKind::Literal(begins.to_owned());
        }
        tell(&Setting { name, append, value, span: word.span, setter: Some(setter) });
    }
}

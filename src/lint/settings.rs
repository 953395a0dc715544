//! The variables that a command sets, whichever way it is written: `a=1`, `a=1 command`, `export a=1`, `env a=1 command`.

use crate::shell::tree::{Assignment, PartKind, Simple, Span, Value, Word};

/// Builtins whose arguments may be `name=value`.
pub(super) const DECLARING: [&str; 5] = ["export", "local", "declare", "readonly", "typeset"];

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
pub(crate) fn settings(simple: &Simple, wanted: &[&str], mut tell: impl FnMut(&Setting<'_>)) {
    for assignment in simple.assignments.iter().filter(|one| wanted.contains(&one.name.as_str())) {
        let value = match &assignment.value {
            Value::Scalar(word) => word.clone(),
            Value::Array(_) => Word::default(),
        };
        let (append, span) = (assignment.append, assignment.span);
        tell(&Setting { name: &assignment.name, append, value, span, setter: None });
    }
    let Some((head, arguments)) = simple.words.split_first() else { return };
    let Some(setter) = head.first_text() else { return };
    if !DECLARING.contains(&setter) && setter != "env" {
        return;
    }
    for word in arguments {
        if let Some(Assignment { name, append, value: Value::Scalar(value), span, .. }) = assignment(word)
            && wanted.contains(&name.as_str())
        {
            tell(&Setting { name: &name, append, value, span, setter: Some(setter) });
        }
    }
}

/// The assignment that an argument is, `name=value` or `name+=value`.
pub(super) fn assignment(word: &Word) -> Option<Assignment> {
    let (name, begins) = word.first_text()?.split_once('=')?;
    let (name, append) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
    let mut value = word.clone();
    value.parts.first_mut()?.kind = PartKind::Literal(begins.to_owned());
    Some(Assignment {
        name: name.to_owned(),
        element: false,
        append,
        value: Value::Scalar(value),
        span: word.span,
    })
}

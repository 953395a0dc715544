//! Which variables a script shows well enough to say how the shell splits them where they are not quoted.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::shell::tree::{Assignment, Operation, Parameter, Part, PartKind, Value, Word};

use super::familiar::{ONE_WORD, ONE_WORD_VARIABLES, prints};

/// The variables whose values are written down, or can have no blanks. Those who change none share them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Foreseen(Rc<BTreeSet<String>>);

impl Foreseen {
    pub(super) fn with(names: impl IntoIterator<Item = String>) -> Self {
        Self(Rc::new(names.into_iter().collect()))
    }

    /// Whether the script shows how a piece of a word is split where it is not quoted.
    pub(super) fn shows(&self, part: &Part) -> bool {
        match &part.kind {
            PartKind::Literal(_) | PartKind::Arithmetic(_) | PartKind::Process(_) => true,
            PartKind::Command(body) => prints(body, &ONE_WORD),
            PartKind::Parameter(parameter) => {
                let Parameter { name, operation, word } = &**parameter;
                let value = || self.0.contains(name) || ONE_WORD_VARIABLES.contains(&name.as_str());
                let word = || word.iter().all(|part| part.quoted || self.shows(part));
                match operation {
                    Operation::Length => true,
                    Operation::Alternative => word(),
                    Operation::Default { .. } | Operation::Assign { .. } => value() && word(),
                    Operation::Value | Operation::Require { .. } | Operation::Trim | Operation::Other => {
                        value()
                    }
                }
            }
        }
    }

    /// A variable gets these pieces, and nothing else.
    fn set<'p>(&mut self, name: &str, parts: impl IntoIterator<Item = &'p Part>) {
        let is_shown = parts.into_iter().all(|part| self.shows(part));
        self.note(name, is_shown);
    }

    /// Notes an assignment.
    pub(super) fn assign(&mut self, assignment: &Assignment) {
        let Assignment { name, append, element, .. } = assignment;
        if (*append || *element) && !self.0.contains(name) {
            return;
        }
        match &assignment.value {
            Value::Scalar(word) => self.set(name, &word.parts),
            Value::Array(words) => self.set(name, words.iter().flat_map(|word| &word.parts)),
        }
    }

    /// A loop's variable goes through these words. The shell has split them already; only names that a pattern finds, and
    /// what is quoted, may have blanks.
    pub(super) fn go_through(&mut self, name: &str, words: &[Word]) {
        let shows = |part: &Part| match part.literal() {
            Some(text) => part.quoted || !text.contains(['*', '?', '[']),
            None => !part.quoted || self.shows(part),
        };
        let is_shown = !words.is_empty() && words.iter().flat_map(|word| &word.parts).all(shows);
        self.note(name, is_shown);
    }

    /// A variable may be anything.
    pub(super) fn forget(&mut self, name: &str) {
        self.note(name, false);
    }

    pub(super) fn note(&mut self, name: &str, is_shown: bool) {
        if self.0.contains(name) != is_shown {
            let all = Rc::make_mut(&mut self.0);
            let _ = if is_shown { all.insert(name.to_owned()) } else { all.remove(name) };
        }
    }

    /// What holds whichever of two ways was taken.
    pub(super) fn keep(&mut self, other: &Self) {
        if !Rc::ptr_eq(&self.0, &other.0) {
            Rc::make_mut(&mut self.0).retain(|name| other.0.contains(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found_by;

    #[test]
    fn what_is_written_down_or_has_no_blanks_may_stand_without_quotes() {
        for script in [
            "x=a; rm $x",
            "x='a b'; rm $x",
            "x=; [ -f a ] && x=a; rm $x b",
            "x=a; y=$x/b; rm $y",
            "export x=a; rm $x",
            "local x=a; x+=b; rm $x",
            "declare x=a x+=b; rm $x",
            "if a; then x=1; else x=2; fi; rm $x",
            "x=a; x+=b; rm $x",
            "x=$(mktemp); rm $x $$.tmp ${#x}",
            "rm ${x:+\"$x\"}",
            "for x in a b; do rm $x; done",
            "for x in $(list); do rm $x; done",
            "rm conftest.$ac_objext",
            "chmod $mode a",
        ] {
            assert!(found_by("unquoted-removal", script).is_empty(), "{script}");
        }
    }

    #[test]
    fn what_may_have_blanks_is_told() {
        for (script, word) in [
            ("rm $x", "$x"),
            ("x=a; read x; rm $x", "$x"),
            ("x=a; x=$(cat f); rm $x", "$x"),
            ("x=a; unset x; rm $x", "$x"),
            ("if a; then x=1; fi; rm $x", "$x"),
            ("x=$1; x+=b; rm $x", "$x"),
            ("for x in *.c; do rm $x; done", "$x"),
            ("for x in \"$@\"; do rm $x; done", "$x"),
            ("for x; do rm $x; done", "$x"),
            ("rm a/$(b)/c", "a/$(b)/c"),
            ("x=a; rm ${x:-$y}", "${x:-$y}"),
        ] {
            assert_eq!(found_by("unquoted-removal", script), [word], "{script}");
        }
    }
}

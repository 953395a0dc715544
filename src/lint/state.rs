//! What is known of variables at one point of a script.

use std::collections::BTreeMap;

use crate::shell::tree::{Assignment, Operation, Parameter, Part, PartKind, Statement, Value, Word};

/// What is known of one variable that is set and not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    /// Its value, where that is written down.
    value: Option<String>,
}

/// The variables that are set and not empty, as far as can be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    known: BTreeMap<String, Known>,
}

/// Set by the shell itself, or by whoever logged in (POSIX.1-2024, Base Definitions, 8.3; bash(1)).
const ALWAYS_SET: [&str; 12] = [
    "PWD",
    "HOME",
    "PATH",
    "SHELL",
    "IFS",
    "PPID",
    "UID",
    "EUID",
    "RANDOM",
    "HOSTNAME",
    "BASH",
    "BASH_SOURCE",
];

/// Programs that print something whenever they succeed; where they fail, `set -e` ends the script.
const ALWAYS_PRINT: [&str; 14] = [
    "mktemp", "pwd", "dirname", "basename", "realpath", "nproc", "uname", "date", "id", "whoami", "hostname",
    "getconf", "arch", "stat",
];

impl State {
    /// The variables that a script starts with.
    pub(crate) fn with(variables: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        let known = variables.into_iter().filter(|(_, value)| value.as_deref() != Some(""));
        Self { known: known.map(|(name, value)| (name, Known { value })).collect() }
    }

    /// Whether a variable is set and not empty.
    pub(crate) fn is_known(&self, name: &str) -> bool {
        self.known.contains_key(name) || ALWAYS_SET.contains(&name)
    }

    /// A variable's value, where it is written down.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.known.get(name)?.value.as_deref()
    }

    /// From here on the variable is set and not empty.
    pub(crate) fn learn(&mut self, name: &str) {
        self.known.entry(name.to_owned()).or_insert(Known { value: None });
    }

    /// From here on nothing is known of the variable.
    pub(crate) fn forget(&mut self, name: &str) {
        self.known.remove(name);
    }

    /// Notes an assignment.
    pub(crate) fn assign(&mut self, assignment: &Assignment) {
        let filled = match &assignment.value {
            Value::Scalar(word) => self.surely_not_empty(word),
            Value::Array(words) => words.iter().any(|word| self.surely_not_empty(word)),
        };
        if assignment.append || assignment.element {
            if filled {
                self.known.insert(assignment.name.clone(), Known { value: None });
            }
            return;
        }
        let value = match &assignment.value {
            Value::Scalar(word) => word.literal().map(std::borrow::Cow::into_owned),
            Value::Array(_) => None,
        };
        if filled {
            self.known.insert(assignment.name.clone(), Known { value });
        } else {
            self.forget(&assignment.name);
        }
    }

    /// What holds whichever of two ways was taken.
    #[must_use]
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.known.retain(|name, _| other.known.contains_key(name));
        for (name, known) in &mut self.known {
            if other.known.get(name) != Some(known) {
                known.value = None;
            }
        }
        self
    }

    /// Whether a word cannot become empty.
    pub(crate) fn surely_not_empty(&self, word: &Word) -> bool {
        word.parts.iter().any(|part| !self.may_be_empty(part))
    }

    /// Whether a piece of a word may become empty.
    pub(crate) fn may_be_empty(&self, part: &Part) -> bool {
        match &part.kind {
            PartKind::Literal(text) => text.is_empty(),
            PartKind::Arithmetic(_) | PartKind::Process(_) => false,
            PartKind::Command(body) => !always_prints(body),
            PartKind::Parameter(parameter) => self.parameter_may_be_empty(parameter),
        }
    }

    fn parameter_may_be_empty(&self, parameter: &Parameter) -> bool {
        let word_filled = || parameter.word.iter().any(|part| !self.may_be_empty(part));
        if matches!(parameter.name.as_str(), "?" | "#" | "$" | "0") {
            return false;
        }
        match parameter.operation {
            Operation::Length => false,
            Operation::Require { also_empty: true } => false,
            Operation::Default { also_empty: true } | Operation::Assign { also_empty: true } => {
                !self.is_known(&parameter.name) && !word_filled()
            }
            // What these leave over is empty only for values that the author surely did not mean.
            Operation::Value | Operation::Trim | Operation::Other => !self.is_known(&parameter.name),
            Operation::Default { .. } | Operation::Assign { .. } | Operation::Require { .. } => {
                !self.is_known(&parameter.name)
            }
            Operation::Alternative => !(self.is_known(&parameter.name) && word_filled()),
        }
    }
}

/// Whether a command substitution always gives something.
fn always_prints(body: &[Statement]) -> bool {
    let [statement] = body else { return false };
    let [crate::shell::tree::Command::Simple(simple)] = statement.first.commands.as_slice() else {
        return false;
    };
    let name = simple.words.first().and_then(Word::literal);
    statement.rest.is_empty() && name.is_some_and(|name| ALWAYS_PRINT.contains(&name.as_ref()))
}

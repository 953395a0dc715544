//! What is known of variables at one point of a script.

use std::collections::{BTreeMap, BTreeSet};

use crate::shell::tree::{Assignment, Operation, Parameter, Part, PartKind, Statement, Value, Word};

use super::call::Layer;
use super::foreseen::Foreseen;

/// What is known of one variable that is set and not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    /// Its value, where that is written down.
    value: Option<String>,
}

/// The shell at one point of a script, as far as can be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// The variables that are set and not empty.
    known: BTreeMap<String, Known>,
    /// The variables that something may have set on the way here, whatever to.
    assigned: BTreeSet<String>,
    /// The variables of which the script shows how they are split.
    foreseen: Foreseen,
    /// Where it is, where that is written down: absolute, or relative to where the script started.
    dir: Option<String>,
    options: Options,
}

/// The options of a shell that rules ask for (POSIX.1-2024, `set`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Options {
    /// `set -e`
    pub(crate) errexit: bool,
    /// `set -u`
    pub(crate) nounset: bool,
    /// `set -o pipefail`
    pub(crate) pipefail: bool,
}

/// A value that is longer is not kept: a script could make it twice as long with each line.
const MAX_VALUE: usize = 4096;

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
        let variables: Vec<_> = variables.into_iter().collect();
        let assigned = variables.iter().map(|(name, _)| name.clone()).collect();
        let written = variables.iter().filter(|(_, value)| value.is_some());
        let foreseen = Foreseen::with(written.map(|(name, _)| name.clone()));
        let known = variables.into_iter().filter(|(_, value)| value.as_deref() != Some(""));
        let known = known.map(|(name, value)| (name, Known { value })).collect();
        Self { known, assigned, foreseen, dir: None, options: Options::default() }
    }

    /// The same, in a shell with these options.
    #[must_use]
    pub(crate) fn under(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The options of the shell.
    pub(crate) fn options(&self) -> Options {
        self.options
    }

    /// Where the shell is, where that is written down: absolute, or relative to where the script started.
    pub(crate) fn dir(&self) -> Option<&str> {
        self.dir.as_deref()
    }

    /// The shell goes to another directory, if it is known which.
    pub(crate) fn enter(&mut self, to: Option<&Word>) {
        let to = to.and_then(|word| self.resolved(word)).filter(|to| !to.is_empty() && to != "-");
        self.dir = match (to, self.dir.take()) {
            (Some(to), _) if to.starts_with('/') => Some(to),
            (Some(to), Some(dir)) => Some(format!("{}/{to}", dir.trim_end_matches('/'))),
            (Some(to), None) => Some(to),
            (None, _) => None,
        };
    }

    /// Notes what `set` does.
    pub(crate) fn set(&mut self, layer: &Layer<'_>) {
        let words: Vec<_> = layer.literals().collect();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let Some(letters) = word.strip_prefix(['-', '+']).filter(|_| word != "--") else { break };
            let on = word.starts_with('-');
            for letter in letters.chars() {
                match letter {
                    'e' => self.options.errexit = on,
                    'u' => self.options.nounset = on,
                    'o' => {
                        at += 1;
                        match words.get(at).map(String::as_str) {
                            Some("errexit") => self.options.errexit = on,
                            Some("nounset") => self.options.nounset = on,
                            Some("pipefail") => self.options.pipefail = on,
                            _ => {}
                        }
                    }
                    _ => {}
                }
            }
            at += 1;
        }
    }

    /// Whether something may have set the variable on the way here.
    pub(crate) fn is_assigned(&self, name: &str) -> bool {
        self.assigned.contains(name) || self.is_known(name)
    }

    /// Whether the script, its stage or its package may have set the variable, and not only who started it.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        self.assigned.contains(name)
    }

    /// Something sets the variable, whatever to.
    pub(crate) fn assigned(&mut self, name: &str) {
        if !self.assigned.contains(name) {
            self.assigned.insert(name.to_owned());
        }
    }

    /// The text of a word, where all values in it are written down.
    pub(crate) fn resolved(&self, word: &Word) -> Option<String> {
        let value = |part: &Part| match &part.kind {
            PartKind::Literal(text) => Some(text.clone()),
            PartKind::Parameter(parameter) if parameter.operation == Operation::Value => {
                self.value(&parameter.name).map(str::to_owned)
            }
            _ => None,
        };
        word.parts.iter().map(value).collect()
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
        self.assigned(name);
        self.known.entry(name.to_owned()).or_insert(Known { value: None });
    }

    /// From here on nothing is known of the variable.
    pub(crate) fn forget(&mut self, name: &str) {
        self.known.remove(name);
        self.foreseen.forget(name);
    }

    /// Of which variables the script shows how they are split.
    pub(super) fn foreseen(&self) -> &Foreseen {
        &self.foreseen
    }

    /// The same, to note what sets one.
    pub(super) fn foreseen_mut(&mut self) -> &mut Foreseen {
        &mut self.foreseen
    }

    /// Notes an assignment.
    pub(crate) fn assign(&mut self, assignment: &Assignment) {
        self.assign_value(assignment);
        self.foreseen.assign(assignment);
    }

    fn assign_value(&mut self, assignment: &Assignment) {
        self.assigned(&assignment.name);
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
            Value::Scalar(word) => self.resolved(word).filter(|value| value.len() <= MAX_VALUE),
            Value::Array(_) => None,
        };
        if filled {
            self.known.insert(assignment.name.clone(), Known { value });
        } else {
            self.known.remove(&assignment.name);
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
        self.assigned.extend(other.assigned.iter().cloned());
        self.foreseen.keep(&other.foreseen);
        if self.dir != other.dir {
            self.dir = None;
        }
        let (one, two) = (self.options, other.options);
        self.options = Options {
            errexit: one.errexit && two.errexit,
            nounset: one.nounset && two.nounset,
            pipefail: one.pipefail && two.pipefail,
        };
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

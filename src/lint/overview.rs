//! What a script does anywhere in it, whichever way it goes.
//!
//! It does not know in which order; `state` does.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::shell::tree::{
    Command, Compound, CompoundKind, Descriptor, Operation, Parameter, Part, PartKind, Redirect, Simple,
    Statement, Value, Word,
};

use super::options::Options;
use super::outside::any_outside;
use super::settings::DECLARING;
use super::words::letters;

/// What a script does anywhere in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Overview {
    /// The variables that something sets.
    set: BTreeSet<String>,
    /// The variables that are set for one command alone, as in `x=1 make`; a script inside of this one may be it.
    lent: BTreeSet<String>,
    /// The variables of which something asks whether they are set, as in `${x:-}`.
    asked: BTreeSet<String>,
    /// The variables that hold something from elsewhere at some time: arguments, what a command printed or was read.
    outside: BTreeSet<String>,
    /// The functions that are defined, each with the variables that it sets.
    functions: BTreeMap<String, BTreeSet<String>>,
    /// The commands to which functions hand on their arguments, by the function's name.
    handed: BTreeMap<String, Vec<Handed>>,
    /// The options that `set` turns on, outside of subshells.
    pub(crate) options: Options,
    /// Whether it runs text that is not written here, which may set anything: `. file`, `eval "$x"`.
    pub(crate) open: bool,
    /// Whether it waits for what it runs in the background.
    pub(crate) waits: bool,
    /// Whether a shell of its own runs it, which knows no functions of the script around it.
    pub(crate) apart: bool,
    /// What the script around it does.
    outer: Option<Rc<Overview>>,
}

/// A command that a function runs with its own arguments: `run() { shift; nice "$@"; }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handed {
    /// The words before the arguments.
    pub(crate) before: Vec<Word>,
    /// How many of the arguments were shifted away.
    pub(crate) shifted: usize,
}

/// How many commands of one function are looked into.
const MOST_HANDED: usize = 4;

/// Commands that do nothing with their words that is worth a look.
const ONLY_TELL: [&str; 7] = ["echo", "printf", "set", "test", "[", "local", "exit"];

impl Overview {
    /// That of some statements.
    pub(crate) fn of(statements: &[Statement]) -> Self {
        let found = Self::default();
        let mut look = Look { found, function: None, shifted: 0, subshell: false, lent: Vec::new() };
        look.list(statements);
        look.give_back();
        look.found
    }

    /// One that knows of nothing but these variables.
    pub(crate) fn with(set: impl IntoIterator<Item = String>) -> Self {
        Self { set: set.into_iter().collect(), ..Self::default() }
    }

    /// Whether anything sets a variable.
    pub(crate) fn sets(&self, name: &str) -> bool {
        let outer = || self.outer.as_ref().is_some_and(|outer| outer.lent.contains(name) || outer.sets(name));
        self.set.contains(name) || outer()
    }

    /// Whether a variable holds something from elsewhere at some time.
    pub(crate) fn is_from_outside(&self, name: &str) -> bool {
        self.outside.contains(name) || self.outer.as_ref().is_some_and(|outer| outer.is_from_outside(name))
    }

    /// Whether anything asks if a variable is set.
    pub(crate) fn asks(&self, name: &str) -> bool {
        self.asked.contains(name) || self.outer.as_ref().is_some_and(|outer| outer.asks(name))
    }

    /// The variables that something sets.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let all = std::iter::successors(Some(self), |inner| inner.outer.as_deref());
        all.flat_map(|one| &one.set).map(String::as_str)
    }

    /// The variables that a function sets; nothing where there is no such function.
    pub(crate) fn function(&self, name: &str) -> Option<&BTreeSet<String>> {
        let outer = || self.outer.as_ref().filter(|_| !self.apart)?.function(name);
        self.functions.get(name).or_else(outer)
    }

    /// The commands to which a function hands on its arguments.
    pub(crate) fn handed(&self, name: &str) -> &[Handed] {
        match (self.handed.get(name), &self.outer) {
            (Some(handed), _) => handed,
            (None, Some(outer)) => outer.handed(name),
            (None, None) => &[],
        }
    }

    /// The same, of a script inside another.
    #[must_use]
    pub(crate) fn inside(mut self, outer: &Rc<Self>) -> Self {
        self.open |= outer.open;
        self.waits |= outer.waits;
        self.options = self.options.or(outer.options);
        self.outer = Some(Rc::clone(outer));
        self
    }
}

/// The look through a script.
struct Look<'s> {
    found: Overview,
    function: Option<&'s str>,
    /// How many arguments the function has shifted away.
    shifted: usize,
    subshell: bool,
    /// The commands with assignments before their names.
    lent: Vec<&'s Simple>,
}

impl<'s> Look<'s> {
    fn set(&mut self, name: &str) {
        if let Some(function) = self.function.and_then(|function| self.found.functions.get_mut(function)) {
            function.insert(name.to_owned());
        }
        if !self.found.set.contains(name) {
            self.found.set.insert(name.to_owned());
        }
    }

    /// A variable gets some of these words.
    fn gets(&mut self, name: &str, words: &[Word]) {
        if any_outside(words, &self.found.outside) {
            self.found.outside.insert(name.to_owned());
        }
    }

    fn list(&mut self, statements: &'s [Statement]) {
        let commands = statements.iter().flat_map(Statement::pipelines).flat_map(|one| &one.commands);
        commands.for_each(|command| self.command(command));
    }

    fn in_subshell(&mut self, statements: &'s [Statement]) {
        let outer = std::mem::replace(&mut self.subshell, true);
        self.list(statements);
        self.subshell = outer;
    }

    fn command(&mut self, command: &'s Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound) => self.compound(compound),
            Command::Function(function) => {
                self.found.functions.entry(function.name.clone()).or_default();
                let outer = self.function.replace(&function.name);
                let shifted = std::mem::take(&mut self.shifted);
                self.compound(&function.body);
                self.shifted = shifted;
                self.function = outer;
            }
        }
    }

    fn compound(&mut self, compound: &'s Compound) {
        self.redirects(&compound.redirects);
        match &compound.kind {
            CompoundKind::Brace(body) => self.list(body),
            CompoundKind::Subshell(body) => self.in_subshell(body),
            CompoundKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.list(condition);
                    self.list(body);
                }
                self.list(otherwise.as_deref().unwrap_or_default());
            }
            CompoundKind::Loop { condition, body, .. } => {
                self.list(condition);
                self.list(body);
            }
            CompoundKind::For { variable, words, arithmetic, body } => {
                self.set(variable);
                match words {
                    Some(words) => self.gets(variable, words),
                    // It goes through the arguments.
                    None => drop(self.found.outside.insert(variable.clone())),
                }
                self.words(words.as_deref().unwrap_or_default());
                arithmetic.iter().for_each(|word| self.arithmetic(&word.parts));
                self.list(body);
            }
            CompoundKind::Case { word, arms } => {
                self.parts(&word.parts);
                for arm in arms {
                    self.words(&arm.patterns);
                    self.list(&arm.body);
                }
            }
            CompoundKind::Test(words) => self.test(words),
            CompoundKind::Arithmetic(word) => self.arithmetic(&word.parts),
        }
    }

    fn simple(&mut self, simple: &'s Simple) {
        if !simple.words.is_empty() && !simple.assignments.is_empty() {
            self.lent.push(simple);
        }
        for assignment in &simple.assignments {
            if simple.words.is_empty() {
                self.set(&assignment.name);
            }
            match &assignment.value {
                Value::Scalar(word) => {
                    self.gets(&assignment.name, std::slice::from_ref(word));
                    self.parts(&word.parts);
                }
                Value::Array(words) => {
                    self.gets(&assignment.name, words);
                    self.words(words);
                }
            }
        }
        self.redirects(&simple.redirects);
        self.words(&simple.words);
        self.hands_on(simple);
        let mut words = simple.words.as_slice();
        while let Some((head, arguments)) = words.split_first() {
            let Some(name) = head.literal() else { break };
            if name != "command" && name != "builtin" {
                self.builtin(&name, arguments);
                break;
            }
            words = arguments;
        }
    }

    /// Sorts out what assignments before a command's name set, now that all functions are known. A program alone has them; a
    /// function's body has them too, and with some builtins they stay (POSIX.1-2024, Shell, 2.9.1.2 and 2.15).
    fn give_back(&mut self) {
        const STAY: [&str; 15] = [
            ":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set",
            "shift", "times", "trap", "unset",
        ];
        for simple in std::mem::take(&mut self.lent) {
            let name = simple.words.first().and_then(Word::literal);
            let is_program = name.is_some_and(|name| {
                !STAY.contains(&&*name) && self.found.function(&name).is_none() && name != "source"
            });
            let names = simple.assignments.iter().map(|assignment| assignment.name.clone());
            if is_program { self.found.lent.extend(names) } else { self.found.set.extend(names) }
        }
    }

    /// Notes a command that is given `"$@"`.
    fn hands_on(&mut self, simple: &Simple) {
        let Some(function) = self.function else { return };
        let name = simple.name().unwrap_or_default();
        if name == "shift" {
            let number = simple.words.get(1).and_then(|word| word.literal()?.parse::<usize>().ok());
            self.shifted = self.shifted.saturating_add(number.unwrap_or(1));
        }
        let Some(at) = simple.words.iter().position(is_arguments) else { return };
        let before = &simple.words[..at];
        let handed = self.found.handed.entry(function.to_owned()).or_default();
        if !ONLY_TELL.contains(&&*name)
            && handed.len() < MOST_HANDED
            && before.iter().all(|word| word.literal().is_some())
        {
            handed.push(Handed { before: before.to_vec(), shifted: self.shifted });
        }
    }

    fn builtin(&mut self, name: &str, arguments: &'s [Word]) {
        match name {
            "." | "source" | "eval" => self.found.open = true,
            "wait" => self.found.waits = true,
            "set" if !self.subshell => {
                let mut options = Options::default();
                options.set(arguments.iter().filter_map(Word::literal));
                self.found.options = self.found.options.or(options);
            }
            "[" | "test" => self.test(arguments),
            "let" => arguments.iter().for_each(|word| self.arithmetic(&word.parts)),
            _ => match assigned_by(name, arguments) {
                Some(names) => {
                    names.iter().for_each(|name| self.set(name));
                    // A reference may be to any variable.
                    self.found.open |= DECLARING.contains(&name) && arguments.iter().any(refers);
                    if ["read", "mapfile", "readarray"].contains(&name) {
                        self.found.outside.extend(names);
                    } else {
                        for word in arguments {
                            if let Some((name, _)) = word.literal_prefix().split_once('=') {
                                self.gets(name, std::slice::from_ref(word));
                            }
                        }
                    }
                }
                None => self.found.open = true,
            },
        }
    }

    /// `-v name` asks whether a variable is set.
    fn test(&mut self, words: &'s [Word]) {
        self.words(words);
        for pair in words.windows(2) {
            if pair[0].literal().as_deref() == Some("-v")
                && let Some(name) = pair[1].literal()
            {
                self.found.asked.insert(name.into_owned());
            }
        }
    }

    fn redirects(&mut self, redirects: &'s [Redirect]) {
        for redirect in redirects {
            self.parts(&redirect.target.parts);
            if let Some(Descriptor::Variable(name)) = &redirect.descriptor {
                self.set(name);
            }
        }
    }

    fn words(&mut self, words: &'s [Word]) {
        words.iter().for_each(|word| self.parts(&word.parts));
    }

    fn parts(&mut self, parts: &'s [Part]) {
        for part in parts {
            match &part.kind {
                PartKind::Literal(_) => {}
                PartKind::Command(body) | PartKind::Process(body) => self.in_subshell(body),
                PartKind::Arithmetic(inner) => self.arithmetic(inner),
                PartKind::Parameter(parameter) => self.parameter(parameter),
            }
        }
    }

    fn parameter(&mut self, parameter: &'s Parameter) {
        match parameter.operation {
            Operation::Assign { .. } => self.set(&parameter.name),
            Operation::Default { .. } | Operation::Alternative | Operation::Require { .. } => {
                self.found.asked.insert(parameter.name.clone());
            }
            _ => {}
        }
        self.parts(&parameter.word);
    }

    fn arithmetic(&mut self, parts: &'s [Part]) {
        parts.iter().filter_map(Part::literal).flat_map(assigned_in).for_each(|name| self.set(name));
        self.parts(parts);
    }
}

/// `"$@"`, or `$@`, or `$*`.
fn is_arguments(word: &Word) -> bool {
    let [Part { kind: PartKind::Parameter(parameter), .. }] = word.parts.as_slice() else { return false };
    matches!(parameter.name.as_str(), "@" | "*") && parameter.operation == Operation::Value
}

/// Whether an option of `declare` makes a variable stand for another: `-n`.
fn refers(word: &Word) -> bool {
    word.literal().is_some_and(|text| letters(&text, "").contains('n'))
}

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
        "read" | "mapfile" | "readarray" => Some(operands().flatten().filter(|name| is_name(name)).collect()),
        "getopts" => operands().skip(1).take(1).collect(),
        "printf" if arguments.first().is_some_and(|word| word.literal().as_deref() == Some("-v")) => {
            operands().take(1).collect()
        }
        _ => Some(Vec::new()),
    }
}

/// Whether a text is the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
        && text.bytes().next().is_some_and(|c| !c.is_ascii_digit())
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
        if is_name(name) && (stepped || (operator.starts_with('=') && !compared)) {
            names.push(name);
        }
        rest = &rest[end..];
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Dialect;

    fn of(script: &str) -> Overview {
        Overview::of(&crate::shell::parse(script, Dialect::Bash).statements)
    }

    #[test]
    fn whatever_sets_a_variable_is_seen() {
        for script in [
            "x=1",
            "a && { b || x=1; }",
            "f() { (x=1); }",
            "x=1 f; f() { a; }",
            "x=1 \"$a\"",
            "x=1 export y",
            "for x in a; do b; done",
            "while read -r a x; do b; done",
            "getopts ab x",
            "printf -v x %s a",
            "declare -r x",
            "export x=\"$(a)\"",
            ": ${x:=a}",
            "echo $((x = 1)) $(( a < (x += 1) ))",
            "((x++))",
            "let x=1",
            "for ((x=0; x<3; x++)); do a; done",
            "a \"$(b ${c:-$((++x))})\"",
            "mapfile -t x <f",
            "x[1]=a",
            "cat <<E\n${x=a}\nE\n",
            "exec {x}> f",
        ] {
            assert!(of(script).sets("x"), "{script}");
        }
        for script in [
            "a x=1",
            "x=1 a",
            "x=1 sh -c b",
            "echo $((x == 1)) $((x <= 1)) $x",
            "[ x = 1 ]",
            "read -p \"$x\" a",
            "unset x",
        ] {
            assert!(!of(script).sets("x") && !of(script).open, "{script}");
        }
    }

    #[test]
    fn what_is_not_written_here_may_set_anything() {
        for script in [". ./f", "eval \"$x\"", "export \"$x=1\"", "printf -v \"$x\" a", "command . f"] {
            assert!(of(script).open, "{script}");
        }
    }

    #[test]
    fn functions_options_and_waits_are_seen() {
        let overview = of("set -e; (set -u); f() { x=1; }; y=1; a & wait; [ -v z ]; echo ${w-}");
        assert_eq!(overview.function("f").unwrap().iter().collect::<Vec<_>>(), ["x"]);
        assert!(overview.function("g").is_none());
        assert!(overview.options.errexit && !overview.options.nounset && overview.waits);
        assert!(overview.asks("z") && overview.asks("w") && !overview.asks("y"));
    }
}

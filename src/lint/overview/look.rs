//! The look through a script for its overview: each command once, in the order in which they stand.

use crate::shell::tree::{
    Assignment, Command, Compound, CompoundKind, Descriptor, Operation, Parameter, Part, PartKind, Redirect,
    Simple, Statement, Value, Word,
};

use super::super::assigned::{assigned_by, assigned_in_parts, set_by_coprocess};
use super::super::options::Options;
use super::super::outside::any_outside;
use super::super::settings::DECLARING;
use super::super::words::letters;
use super::{Handed, Overview};

/// How many commands of one function are looked into.
const MOST_HANDED: usize = 4;

/// Commands that do nothing with their words that is worth a look.
const ONLY_TELL: [&str; 7] = ["echo", "printf", "set", "test", "[", "local", "exit"];

/// Looks through some statements, and through all that lies in them.
pub(super) fn through(statements: &[Statement]) -> Overview {
    let found = Overview::default();
    let mut look =
        Look { found, function: None, repeated: None, at: 0, shifted: 0, subshell: false, lent: Vec::new() };
    look.list(statements);
    look.give_back();
    look.found
}

struct Look<'s> {
    found: Overview,
    function: Option<&'s str>,
    /// Where the outermost loop begins that all of this is in.
    repeated: Option<u32>,
    /// The byte from which on it holds what is done here.
    at: u32,
    /// How many arguments the function has shifted away.
    shifted: usize,
    subshell: bool,
    /// The commands with assignments before their names, and from where on these hold if they stay.
    lent: Vec<(&'s Simple, u32)>,
}

impl<'s> Look<'s> {
    fn set(&mut self, name: &str) {
        if let Some(function) = self.function.and_then(|function| self.found.functions.get_mut(function)) {
            function.insert(name.to_owned());
        }
        self.set_from(name, if self.function.is_some() { 0 } else { self.repeated.unwrap_or(self.at) });
    }

    fn set_from(&mut self, name: &str, at: u32) {
        match self.found.set.get_mut(name) {
            Some(first) => *first = at.min(*first),
            None => drop(self.found.set.insert(name.to_owned(), at)),
        }
    }

    /// Looks through what is done again and again.
    fn in_loop(&mut self, start: u32, look: impl FnOnce(&mut Self)) {
        let outer = self.repeated;
        self.repeated = outer.or(Some(start));
        look(self);
        self.repeated = outer;
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
        if let Some(name) = &compound.coprocess {
            set_by_coprocess(name).iter().for_each(|name| self.set(name));
            let outer = std::mem::replace(&mut self.subshell, true);
            self.inside(compound);
            self.subshell = outer;
        } else {
            self.inside(compound);
        }
    }

    fn inside(&mut self, compound: &'s Compound) {
        let start = compound.span.start;
        self.at = start;
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
            CompoundKind::Loop { condition, body, .. } => self.in_loop(start, |look| {
                look.list(condition);
                look.list(body);
            }),
            CompoundKind::For { variable, words, arithmetic, body } => {
                let last = words.iter().flatten().next_back();
                self.at = last.map_or(start, |word| word.span.end);
                self.set(variable);
                match words {
                    Some(words) => self.gets(variable, words),
                    // It goes through the arguments.
                    None => drop(self.found.outside.insert(variable.clone())),
                }
                self.words(words.as_deref().unwrap_or_default());
                self.in_loop(start, |look| {
                    arithmetic.iter().for_each(|word| look.arithmetic(&word.parts));
                    look.list(body);
                });
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
        self.at = simple.span.start;
        if !simple.words.is_empty() && !simple.assignments.is_empty() {
            let from = if self.function.is_some() { 0 } else { self.repeated.unwrap_or(simple.span.end) };
            self.lent.push((simple, from));
        }
        for assignment in &simple.assignments {
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
        let behind = simple.words.iter().skip_while(|word| word.first_text() != Some("env"));
        let given = behind.filter_map(|word| Some(word.first_text()?.split_once('=')?.0.to_owned()));
        self.found.lent.extend(given);
        // What is in its words comes first.
        for assignment in simple.assignments.iter().filter(|_| simple.words.is_empty()) {
            self.at = assignment.span.end;
            self.set(&assignment.name);
        }
        self.at = simple.span.end;
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
        for (simple, from) in std::mem::take(&mut self.lent) {
            let name = simple.words.first().and_then(Word::literal);
            let is_program = name.is_some_and(|name| {
                !STAY.contains(&&*name) && self.found.function(&name).is_none() && name != "source"
            });
            for Assignment { name, .. } in &simple.assignments {
                if is_program {
                    self.found.lent.insert(name.clone());
                } else {
                    self.set_from(name, from);
                }
            }
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
        self.found.waits |= name == "wait";
        match name {
            "." | "source" | "eval" => self.found.open = true,
            "set" if !self.subshell => {
                let mut options = Options::default();
                options.set(arguments.iter().filter_map(Word::literal));
                self.found.options = self.found.options.or(options);
                let all = |text: &str| text == "allexport" || letters(text, "o").contains('a');
                self.found.exports_all |= arguments.iter().filter_map(Word::literal).any(|text| all(&text));
            }
            "[" | "test" => self.test(arguments),
            "let" => arguments.iter().for_each(|word| self.arithmetic(&word.parts)),
            _ => match assigned_by(name, arguments) {
                Some(names) => {
                    names.iter().for_each(|name| self.set(name));
                    let gives = |word: &Word| letters(&word.literal_prefix(), "").contains('x');
                    if name == "export" || DECLARING.contains(&name) && arguments.iter().any(gives) {
                        self.found.exported.extend(names.iter().cloned());
                    }
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
        assigned_in_parts(parts).iter().for_each(|name| self.set(name));
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

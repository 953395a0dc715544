//! What one phase leaves to the next: the directory that it changed to, and variables.

use std::borrow::Cow;

use crate::model::Dialect;
use crate::shell::parse;
use crate::shell::tree::{Connector, Simple, Span, Word};

/// Commands that change the shell itself, in their order.
#[derive(Debug, Default)]
pub(super) struct Carried(Vec<Change>);

#[derive(Debug)]
struct Change {
    /// The command as the book has it.
    text: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// `cd`, and where to if that is plain text.
    Directory(Option<String>),
    /// Variables are set, or taken from the environment.
    Variables(Vec<String>),
}

/// Adds what the commands of a text change, where they are not in a shell or a condition of their own.
pub(super) fn walk(text: &str, carried: &mut Carried) {
    for statement in &parse(text, Dialect::Bash).statements {
        let in_turn = statement.rest.iter().all(|(connector, _)| *connector == Connector::And);
        for pipeline in statement.pipelines().filter(|_| in_turn && !statement.background) {
            if let Some(simple) = pipeline.simple() {
                carried.add(simple, pipeline.span, text);
            }
        }
    }
}

impl Carried {
    fn add(&mut self, simple: &Simple, span: Span, text: &str) {
        let whole = text.get(span.range()).unwrap_or_default().to_owned();
        let name = simple.name();
        // `-f` of `unset` and `-n` of `export` are no variables.
        let named = || {
            let words = simple.words.iter().skip(1).filter_map(|word| text.get(word.span.range()));
            let words = words.filter(|word| !word.starts_with('-'));
            words.map(|word| word.split('=').next().unwrap_or(word).to_owned()).collect::<Vec<_>>()
        };
        match name.as_deref() {
            None if simple.words.is_empty() && !simple.assignments.is_empty() => {
                let names = simple.assignments.iter().map(|assignment| assignment.name.clone()).collect();
                self.0.push(Change { text: whole, kind: Kind::Variables(names) });
            }
            Some("cd") => {
                let to = simple.words.get(1).and_then(Word::literal).map(Cow::into_owned);
                self.0.push(Change { text: whole, kind: Kind::Directory(to) });
            }
            Some("export") => {
                let assigned = simple.assignments.iter().map(|assignment| assignment.name.clone());
                let names = named().into_iter().chain(assigned).collect();
                self.0.push(Change { text: whole, kind: Kind::Variables(names) });
            }
            Some("unset") => self.unset(&named(), whole),
            _ => {}
        }
    }

    /// What was set here is not set any more; what comes from elsewhere has to be unset again.
    fn unset(&mut self, names: &[String], text: String) {
        let is_set = |change: &Change| match &change.kind {
            Kind::Variables(set) => set.iter().all(|name| names.contains(name)),
            Kind::Directory(_) => false,
        };
        let before = self.0.len();
        self.0.retain(|change| !is_set(change));
        if self.0.len() == before {
            self.0.push(Change { text, kind: Kind::Variables(names.to_vec()) });
        }
    }

    /// The commands, one a line.
    pub(super) fn lines(&self) -> String {
        self.0.iter().map(|change| change.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The directory that is changed to, if that is all, and if it lies below the first; no directory if it is the first.
    pub(super) fn only_directory(&self) -> Option<Option<String>> {
        let mut at: Vec<&str> = Vec::new();
        for change in &self.0 {
            let Kind::Directory(Some(to)) = &change.kind else { return None };
            if to.starts_with(['/', '~', '-']) {
                return None;
            }
            for part in to.split('/') {
                match part {
                    "" | "." => {}
                    ".." => drop(at.pop()?),
                    part => at.push(part),
                }
            }
        }
        Some(Some(at.join("/")).filter(|path| !path.is_empty()))
    }
}

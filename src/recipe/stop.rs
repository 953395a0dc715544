//! The author's chains of `&&`, so that a phase stops at the first command that fails.
//!
//! `set -e` does not see a command that fails before the last `&&` of a chain. Such a command gets ` || exit`, unless its
//! chain only asks. `docs/design/chains.md` says why there, and what else was considered.

use crate::model::Dialect;
use crate::shell::chain::chain;
use crate::shell::parse;
use crate::shell::tree::{Command, Compound, CompoundKind, Pipeline, Simple, Statement, Word};
use crate::source::Text;

/// What is put behind a command. Without an operand, `exit` keeps the status (POSIX.1-2024, `exit`).
const STOP: &str = " || exit";

/// Goes through the author's texts of one phase, which one shell runs.
pub(super) struct Stopper {
    dialect: Dialect,
    /// Whether the author left `set -e` on.
    errexit: bool,
    /// Where something is to be put in, rising.
    places: Vec<usize>,
}

impl Stopper {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, errexit: true, places: Vec::new() }
    }

    /// A text whose chains stop. `last` says whether the phase ends with it. Text that cannot be read stays as it is.
    pub(super) fn stopped(&mut self, text: &Text, last: bool) -> Text {
        let parsed = parse(text.as_str(), self.dialect);
        if parsed.problem.is_some() {
            return text.clone();
        }
        self.list(&parsed.statements, last);
        let mut mended = Text::empty(text.place());
        let mut done = 0;
        for at in std::mem::take(&mut self.places) {
            mended.push_slice(text, done..at);
            mended.push_opaque(STOP, text.place_of(at.saturating_sub(1)..at));
            done = at;
        }
        mended.push_slice(text, done..text.as_str().len());
        mended
    }

    /// `seen` says whether somebody looks at the list's status: the shell, as a function's or a subshell's, or the runner.
    fn list(&mut self, statements: &[Statement], seen: bool) {
        for (at, statement) in statements.iter().enumerate() {
            self.statement(statement, seen && at + 1 == statements.len());
        }
    }

    fn statement(&mut self, statement: &Statement, seen: bool) {
        if statement.background {
            return;
        }
        if let Some(chain) = chain(statement).filter(|_| self.errexit && !seen) {
            self.places.extend(chain.commands.iter().map(|command| command.span.range().end));
        }
        // What stands before an operator is asked or handled as a whole; only in the last does `set -e` hold.
        let last = statement.rest.last().map_or(&statement.first, |(_, last)| last);
        if !last.negated {
            self.pipeline(last, seen);
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, seen: bool) {
        match pipeline.commands.as_slice() {
            [Command::Simple(simple)] => self.errexit = sets_errexit(simple).unwrap_or(self.errexit),
            [Command::Compound(compound)] => self.compound(compound, seen),
            [Command::Function(function)] => self.apart(|inner| inner.compound(&function.body, true)),
            several => {
                for command in several {
                    if let Command::Compound(compound) = command {
                        self.apart(|inner| inner.compound(compound, false));
                    }
                }
            }
        }
    }

    fn compound(&mut self, compound: &Compound, seen: bool) {
        match &compound.kind {
            CompoundKind::Brace(body) => self.list(body, seen),
            CompoundKind::Subshell(body) => self.apart(|inner| inner.list(body, true)),
            CompoundKind::If { branches, otherwise } => {
                let bodies = branches.iter().map(|(_, body)| body).chain(otherwise);
                bodies.for_each(|body| self.list(body, seen));
            }
            // The next round hides the status of the one before; so may an arm that follows another by `;&`.
            CompoundKind::Loop { body, .. } | CompoundKind::For { body, .. } => self.list(body, false),
            CompoundKind::Case { arms, .. } => arms.iter().for_each(|arm| self.list(&arm.body, false)),
            CompoundKind::Test(_) | CompoundKind::Arithmetic(_) => {}
        }
    }

    /// What is done there to the shell's options is not done here.
    fn apart(&mut self, inner: impl FnOnce(&mut Self)) {
        let before = self.errexit;
        inner(self);
        self.errexit = before;
    }
}

/// What `set` does to `-e`, if it is `set` and does anything to it.
fn sets_errexit(simple: &Simple) -> Option<bool> {
    let words: Vec<_> = simple.words.iter().map_while(Word::literal).collect();
    let (name, options) = words.split_first()?;
    if name != "set" {
        return None;
    }
    options.iter().enumerate().rev().find_map(|(at, word)| {
        let letters = word.strip_prefix(['-', '+']).filter(|_| !word.starts_with("--"))?;
        let named = letters.ends_with('o') && options.get(at + 1).is_some_and(|next| next == "errexit");
        (letters.contains('e') || named).then(|| word.starts_with('-'))
    })
}

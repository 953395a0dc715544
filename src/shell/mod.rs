//! Shell text as a syntax tree with places.
//!
//! Our lexer reads words, quotes, expansions and what only bash has; conch-parser reads the grammar of commands; our
//! builder makes the [`tree`] and refuses what conch lets pass. `docs/design/shell.md` says why it is cut this way.
//! This module knows text and its own offsets. It does not know packages, files or rules, and it runs nothing.

mod bash;
mod build;
pub mod chain;
mod expand;
mod first_line;
mod frame;
mod grammar;
mod lexer;
mod offsets;
mod pool;
mod redirect;
mod reserved;
#[cfg(test)]
mod tests;
pub mod tree;
mod word;

pub use first_line::interpreter;
pub use pool::with_deep_stack;
use tree::{Span, Statement};

use crate::model::Dialect;
use lexer::{End, Lexer};
use offsets::Offsets;

/// What a text says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Every statement that could be read.
    pub statements: Vec<Statement>,
    /// Why the first part that could not be read was not.
    pub problem: Option<Problem>,
    /// The beginning of the first word such as `!(a|b)`, which bash reads only where `extglob` is on when it comes to that line
    /// (bash(1), "Pattern Matching"). In `[[` it always does.
    pub extended: Option<Span>,
}

/// Why a text could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether the text is wrong, or we are.
    pub kind: ProblemKind,
    /// Where.
    pub span: Span,
    /// A fragment in lower case.
    pub message: String,
    /// Another place that matters.
    pub related: Option<(Span, String)>,
}

/// Whose fault it is that a text cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// No shell reads this.
    Malformed,
    /// A shell may read this; lfsgen does not.
    NotChecked,
}

impl Problem {
    fn new(kind: ProblemKind, span: Span, message: impl Into<String>) -> Self {
        Self { kind, span, message: message.into(), related: None }
    }

    fn related(mut self, span: Span, message: String) -> Self {
        self.related = Some((span, message));
        self
    }
}

/// How often reading begins again behind what cannot be read. Each time costs as much as the text that is left.
const MOST_RESUMED: usize = 16;

/// Parses a text. Whatever the text, this returns, and every place in the result lies within it.
///
/// What lfsgen cannot read hides nothing that comes after it: reading goes on with the next line. Where that line is the
/// middle of something, more is passed over; the first problem is the one that is told.
pub fn parse(text: &str, dialect: Dialect) -> Parsed {
    if let Some(at) = text.find('\0') {
        let span = Span::new(at, at + 1);
        let problem = Problem::new(ProblemKind::Malformed, span, "a NUL byte cannot be in shell text");
        return Parsed { problem: Some(problem), ..Parsed::default() };
    }
    with_deep_stack(|| {
        let mut parsed = parse_from(text, 0, dialect);
        let mut reached =
            next_line(text, parsed.problem.as_ref().filter(|it| it.kind == ProblemKind::NotChecked));
        for _ in 0..MOST_RESUMED {
            let Some(start) = reached else { break };
            let rest = parse_from(text, start, dialect);
            parsed.statements.extend(rest.statements);
            reached = next_line(text, rest.problem.as_ref());
        }
        parsed
    })
}

/// The line after a problem, if there is both.
fn next_line(text: &str, problem: Option<&Problem>) -> Option<usize> {
    let end = problem?.span.range().end;
    text.get(end..)?.find('\n').map(|length| end + length + 1)
}

/// Parses a text from one of its lines on.
fn parse_from(text: &str, start: usize, dialect: Dialect) -> Parsed {
    let mut lexer = Lexer::new(&text[start..], Offsets::from(start), dialect, 0);
    let read = lexer.commands(End::Text).map(drop);
    let extended = lexer.extended;
    let parsed = grammar::parse(lexer.list.frame, read.is_ok());
    // The first problem in the text is the one to tell of.
    let problem = [read.err(), parsed.problem].into_iter().flatten().min_by_key(|problem| problem.span.start);
    Parsed { statements: parsed.statements, problem, extended }
}

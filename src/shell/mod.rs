//! Shell text as a syntax tree with places.
//!
//! Our lexer reads words, quotes, expansions and what only bash has; conch-parser reads the grammar of commands; our
//! builder makes the [`tree`] and refuses what conch lets pass. `docs/design/shell.md` says why it is cut this way.
//! This module knows text and its own offsets. It does not know packages, files or rules, and it runs nothing.

mod bash;
mod build;
pub mod chain;
mod expand;
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
    /// Why no more could be read.
    pub problem: Option<Problem>,
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

/// Parses a text. Whatever the text, this returns, and every place in the result lies within it.
pub fn parse(text: &str, dialect: Dialect) -> Parsed {
    if let Some(problem) = refused_byte(text) {
        return Parsed { statements: Vec::new(), problem: Some(problem) };
    }
    with_deep_stack(|| {
        let mut lexer = Lexer::new(text, Offsets::from(0), dialect, 0);
        let read = lexer.commands(End::Text).map(drop);
        let parsed = grammar::parse(lexer.list.frame, read.is_ok());
        // The first problem in the text is the one to tell of.
        let problem =
            [read.err(), parsed.problem].into_iter().flatten().min_by_key(|problem| problem.span.start);
        Parsed { statements: parsed.statements, problem }
    })
}

/// Bytes that no script should have. A carriage return is an ordinary character to a shell, which is never what the
/// author meant; a NUL ends or vanishes from the text, depending on the shell.
fn refused_byte(text: &str) -> Option<Problem> {
    let at = text.find(['\0', '\r'])?;
    let span = Span::new(at, at + 1);
    Some(match text.as_bytes().get(at) {
        Some(0) => Problem::new(ProblemKind::Malformed, span, "a NUL byte cannot be in shell text"),
        _ => Problem::new(
            ProblemKind::NotChecked,
            span,
            "text with a carriage return, which a shell takes for a part of the word",
        ),
    })
}

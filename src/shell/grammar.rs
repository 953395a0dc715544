//! From a frame of tokens to statements, by conch-parser, with its errors in our words and at our places.

use std::panic::{AssertUnwindSafe, catch_unwind};

use conch_parser::parse::{ParseError, Parser};
use conch_parser::token::Token;

use super::build::{Refused, TreeBuilder};
use super::frame::{Frame, Mark, mark_at};
use super::tree::{Span, Statement};
use super::{Problem, ProblemKind};

/// What could be read, and why no more.
pub(super) struct Grammar {
    pub(super) statements: Vec<Statement>,
    pub(super) problem: Option<Problem>,
}

/// Parses a frame. `whole` says whether the lexer came to the end: if it did not, the last statement may be half.
pub(super) fn parse(frame: Frame, whole: bool) -> Grammar {
    let Frame { mut tokens, marks, items, compounds, .. } = frame;
    if whole {
        tokens.push(Token::Newline);
    }
    // conch-parser has no known way to panic on these tokens; should there be one, a build must not end by it.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        statements(tokens, &marks, TreeBuilder::new(items, compounds), whole)
    }));
    parsed.unwrap_or_else(|_| {
        let span = marks.first().map_or(Span::default(), |mark| mark.span);
        let problem = Problem::new(ProblemKind::NotChecked, span, "lfsgen's parser failed on this text");
        Grammar { statements: Vec::new(), problem: Some(problem) }
    })
}

fn statements(tokens: Vec<Token>, marks: &[Mark], builder: TreeBuilder, whole: bool) -> Grammar {
    let mut parser = Parser::with_builder(tokens.into_iter(), builder);
    let mut statements: Vec<Statement> = Vec::new();
    let mut separated = true;
    loop {
        match parser.complete_command() {
            Ok(Some((statement, _))) if !separated => {
                return Grammar { problem: Some(not_separated(statement.span)), statements };
            }
            Ok(Some((statement, followed))) => {
                separated = followed;
                statements.push(statement);
            }
            Ok(None) => {
                if !whole && !separated {
                    statements.pop();
                }
                return Grammar { statements, problem: None };
            }
            Err(error) => {
                let problem = if whole { Some(explain(error, parser.pos().byte, marks)) } else { None };
                return Grammar { statements, problem };
            }
        }
    }
}

fn not_separated(span: Span) -> Problem {
    Problem::new(ProblemKind::Malformed, span, "expected `;`, `&` or a new line before this")
}

fn explain(error: ParseError<Refused>, reached: usize, marks: &[Mark]) -> Problem {
    let span_at = |offset: usize| mark_at(marks, offset).map_or(Span::default(), |mark| mark.span);
    let malformed = |span, message: String| Problem::new(ProblemKind::Malformed, span, message);
    match error {
        ParseError::Custom(Refused::Reserved(word)) => {
            malformed(last_span(marks, reached), format!("unexpected `{word}` here"))
        }
        ParseError::Custom(Refused::NotSeparated(span)) => not_separated(span),
        ParseError::Unexpected(Token::Newline, position) => match last_mark(marks, position.byte) {
            Some(mark) => malformed(mark.span, "expected a command or word after this".to_owned()),
            None => malformed(span_at(position.byte), "unexpected end of line".to_owned()),
        },
        ParseError::Unexpected(token, position) => {
            let shown = if token.as_str().starts_with(char::is_control) {
                String::new()
            } else {
                format!(" `{token}`")
            };
            malformed(span_at(position.byte), format!("unexpected{shown} here"))
        }
        ParseError::UnexpectedEOF => {
            malformed(last_span(marks, usize::MAX), "expected a command after this".to_owned())
        }
        ParseError::IncompleteCmd(command, start, missing, _) => {
            malformed(span_at(start.byte), format!("expected `{missing}` in this `{command}` command"))
        }
        ParseError::Unmatched(token, position) => {
            malformed(span_at(position.byte), format!("this `{token}` is not closed"))
        }
        ParseError::BadFd(start, _) => not_separated(span_at(start.byte)),
        ParseError::BadIdent(..) | ParseError::BadSubst(..) | ParseError::Custom(Refused::Confused) => {
            Problem::new(
                ProblemKind::NotChecked,
                last_span(marks, reached),
                "lfsgen cannot read this construct",
            )
        }
    }
}

/// The last token before an offset that is not a line's end.
fn last_mark(marks: &[Mark], before: usize) -> Option<Mark> {
    let mut marks = marks.iter().rev().skip_while(|mark| !mark.is_before(before));
    marks.find(|mark| !mark.newline).copied()
}

fn last_span(marks: &[Mark], before: usize) -> Span {
    last_mark(marks, before).map_or(Span::default(), |mark| mark.span)
}

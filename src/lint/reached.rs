//! As much of a plain script as the shell comes to.
//!
//! A shell runs a line before it reads the next (bash(1), "Shell Operation"; POSIX.1-2024, Shell, 2.3). Behind one that leaves the
//! script in any case there may be anything: an archive, or the same script for Python, as pip writes them.

use super::effects::leaves;
use crate::model::Dialect;
use crate::shell::tree::{Span, Statement};
use crate::shell::{Parsed, Problem, ProblemKind, parse};

/// Parses a script; where it cannot be read, only up to the line with which it ends, if it has such a line.
pub(super) fn parse_reached(text: &str, dialect: Dialect) -> Parsed {
    let parsed = parse(text, dialect);
    let malformed = parsed.problem.as_ref().filter(|problem| problem.kind == ProblemKind::Malformed);
    let Some(wrong) = malformed.map(|problem| problem.span.range().start) else { return parsed };
    let line = text[..wrong].rfind('\n').map_or(0, |newline| newline + 1);
    let Some(last) = parse(&text[..line], dialect).statements.into_iter().find(is_last) else {
        return parsed;
    };
    let end = last.span.range().end;
    let end = text[end..].find('\n').map_or(text.len(), |length| end + length + 1);
    let Parsed { statements, problem: None, extended } = parse(&text[..end], dialect) else { return parsed };
    let rest = text[end..].trim_start_matches('\n');
    let start = text.len() - rest.len();
    let length = rest.chars().next().map_or(0, char::len_utf8);
    let problem = Problem {
        kind: ProblemKind::NotChecked,
        span: Span::new(start, start + length),
        message: "the shell leaves the script before it comes here, and it is no shell text".to_owned(),
        related: None,
    };
    Parsed { statements, problem: Some(problem), extended }
}

/// Whether nothing of a script runs after a statement of it.
fn is_last(statement: &Statement) -> bool {
    let name = statement.simple().and_then(|simple| simple.words.first()?.literal());
    name.is_some_and(|name| name == "exit" || name == "exec") && leaves(&statement.first)
}

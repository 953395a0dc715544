//! Expansions: everything that `$` and backticks begin (POSIX.1-2024, Shell Command Language, 2.6).

use super::lexer::{End, Lexer};
use super::offsets::Offsets;
use super::tree::{Operation, Parameter, Part, PartKind, Span};
use super::word::Parts;
use super::{Problem, ProblemKind, grammar};

/// What begins with `((` and is longer is taken for a subshell in a subshell. Each is looked at to its end, which many that have
/// none may not make slow.
const MAX_ARITHMETIC: usize = 1 << 14;

impl Lexer<'_> {
    /// Reads what a `$` begins; a `$` that begins nothing is text.
    pub(super) fn dollar(&mut self, parts: &mut Parts, quoted: bool) -> Result<(), Problem> {
        let start = self.at;
        // A line may be continued behind the `$`. What is read below looks behind it only.
        while self.text[self.at + 1..].starts_with("\\\n") {
            self.at += 2;
        }
        let next = self.text.as_bytes().get(self.at + 1).copied();
        let kind = match next {
            Some(b'(') => self.parenthesis()?,
            Some(b'{') => self.braces(quoted)?,
            Some(b'[') if self.bash() => self.old_arithmetic()?,
            Some(b'\'') if self.bash() && !quoted => return self.ansi_quotes(parts),
            Some(b'"') if self.bash() && !quoted => {
                self.at += 1;
                return self.double_quotes(parts);
            }
            _ => {
                let length = parameter_length(&self.rest()[1..]);
                if length == 0 {
                    self.at += 1;
                    parts.literal("$", quoted, self.span_from(start));
                    return Ok(());
                }
                let name = self.rest()[1..=length].to_owned();
                self.at += 1 + length;
                parameter(name, Operation::Value, Vec::new())
            }
        };
        parts.push(Part { kind, quoted, span: self.span_from(start) });
        Ok(())
    }

    /// `$((…))` or `$(…)`. `$((a) | (b))` is the latter: only what ends with `))` is arithmetic.
    fn parenthesis(&mut self) -> Result<PartKind, Problem> {
        let start = self.at;
        if self.text[start + 1..].starts_with("((")
            && let Some(end) = self.arithmetic_end(start + 3)
        {
            self.at += 3;
            return Ok(PartKind::Arithmetic(self.arithmetic_parts(end, 2)?));
        }
        self.at += 2;
        Ok(PartKind::Command(self.nested(self.span(start, start + 2))?))
    }

    /// `<(…)` or `>(…)`.
    pub(super) fn process(&mut self, parts: &mut Parts) -> Result<(), Problem> {
        let start = self.at;
        self.at += 2;
        let statements = self.nested(self.span(start, start + 2))?;
        parts.push(Part { kind: PartKind::Process(statements), quoted: false, span: self.span_from(start) });
        Ok(())
    }

    /// `$[…]`, which bash still reads as arithmetic.
    fn old_arithmetic(&mut self) -> Result<PartKind, Problem> {
        let Some(end) = self.balanced_end(self.at + 2, self.text.len(), b'[', b']') else {
            return self.malformed(self.span(self.at, self.at + 2), "this `$[` is never closed");
        };
        self.at += 2;
        Ok(PartKind::Arithmetic(self.arithmetic_parts(end, 1)?))
    }

    /// Where the `))` stands that ends the arithmetic whose text begins at `from`, if it is arithmetic.
    pub(super) fn arithmetic_end(&self, from: usize) -> Option<usize> {
        let end = self.balanced_end(from, from.saturating_add(MAX_ARITHMETIC), b'(', b')')?;
        self.text[end..].starts_with("))").then_some(end)
    }

    /// Where the bracket stands, before `until`, that closes one that was opened before `from`.
    fn balanced_end(&self, from: usize, until: usize, open: u8, close: u8) -> Option<usize> {
        let bytes = &self.text.as_bytes()[..until.min(self.text.len())];
        let (mut at, mut depth, mut quote) = (from, 0_usize, None);
        while let Some(&byte) = bytes.get(at) {
            match (byte, quote) {
                (b'\\', None | Some(b'"')) => at += 1,
                (b'\'' | b'"', None) => quote = Some(byte),
                (_, Some(open_quote)) if byte == open_quote => quote = None,
                (_, None) if byte == open => depth += 1,
                (_, None) if byte == close && depth == 0 => return Some(at),
                (_, None) if byte == close => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Reads the expansions of an arithmetic text that ends before `end`, and the `closer` bytes after it.
    pub(super) fn arithmetic_parts(&mut self, end: usize, closer: usize) -> Result<Vec<Part>, Problem> {
        let start = self.at;
        self.enter(self.span(start, end))?;
        let mut parts = Parts::default();
        while self.at < end {
            match self.peek() {
                Some(b'"' | b'\'') => self.take_literal(&mut parts, 1),
                Some(b'$' | b'`' | b'\\') => self.quoted_piece(&mut parts, &[])?,
                _ => {
                    let text = &self.text[self.at..end];
                    let length = text.find(['"', '\'', '$', '`', '\\']).unwrap_or(text.len());
                    self.take_literal(&mut parts, length);
                }
            }
        }
        if self.at > end {
            let message = "this arithmetic and an expansion in it overlap";
            return Err(Problem::new(ProblemKind::NotChecked, self.span(start, end), message));
        }
        self.at += closer;
        self.depth -= 1;
        Ok(parts.into_vec())
    }

    /// `${…}`. What an operator means is for the shell to refuse when it runs; here it only has to end.
    fn braces(&mut self, quoted: bool) -> Result<PartKind, Problem> {
        let opener = self.span(self.at, self.at + 2);
        self.at += 2;
        self.enter(opener)?;
        let bytes = self.rest().as_bytes();
        let next_ends = matches!(bytes.get(1), None | Some(b'}'));
        let mut operation = match bytes.first() {
            Some(b'#')
                if !next_ends && parameter_length(&self.rest()[1..]) > 0 && !self.starts_with("#-") =>
            {
                self.at += 1;
                Operation::Length
            }
            Some(b'!') if self.bash() && !next_ends => {
                self.at += 1;
                Operation::Other
            }
            _ => Operation::Value,
        };
        let length = braced_parameter_length(self.rest());
        let name = self.rest()[..length].to_owned();
        self.at += length;
        let mut word = Parts::default();
        if self.peek() == Some(b'[') && self.bash() {
            operation = Operation::Other;
            self.subscript(opener, &mut word)?;
        }
        let (taken, found, pattern) = self.operator_of_expansion();
        if operation == Operation::Value && self.peek() != Some(b'}') {
            operation = found;
        }
        self.at += taken;
        // bash pairs single quotes here in double quotes too; POSIX (2.6.2) only where the word is a pattern.
        let single_quotes = !quoted || pattern || self.bash();
        loop {
            match self.peek() {
                None => return self.malformed(opener, "this `${` is never closed"),
                Some(b'}') => break,
                Some(b'\'') if !single_quotes => self.take_literal(&mut word, 1),
                _ if !quoted || pattern => self.piece(&mut word, true)?,
                Some(b'\'') => self.paired_quotes(&mut word)?,
                Some(b'"') => self.double_quotes(&mut word)?,
                Some(_) => self.quoted_piece(&mut word, &['}', '"', '\''])?,
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(parameter(name, operation, word.into_vec()))
    }

    /// Single quotes inside double quotes: bash looks for the second one, and both are text.
    fn paired_quotes(&mut self, word: &mut Parts) -> Result<(), Problem> {
        let Some(length) = self.rest()[1..].find('\'') else {
            return self.malformed(self.span(self.at, self.at + 1), "this `'` is never closed");
        };
        let start = self.at;
        self.at += length + 2;
        word.literal(&self.text[start..self.at], true, self.span_from(start));
        Ok(())
    }

    fn subscript(&mut self, opener: Span, word: &mut Parts) -> Result<(), Problem> {
        let Some(end) = self.balanced_end(self.at + 1, self.text.len(), b'[', b']') else {
            return self.malformed(opener, "a `[` in this `${` is never closed");
        };
        self.at += 1;
        for part in self.arithmetic_parts(end, 1)? {
            word.push(part);
        }
        Ok(())
    }

    /// The operator after a parameter: its length, what it means, and whether a pattern follows.
    fn operator_of_expansion(&self) -> (usize, Operation, bool) {
        let rest = self.rest().as_bytes();
        let also_empty = rest.first() == Some(&b':');
        let colon = usize::from(also_empty);
        match rest.get(colon) {
            Some(b'-') => (colon + 1, Operation::Default { also_empty }, false),
            Some(b'=') => (colon + 1, Operation::Assign { also_empty }, false),
            Some(b'?') => (colon + 1, Operation::Require { also_empty }, false),
            Some(b'+') => (colon + 1, Operation::Alternative, false),
            Some(b'%' | b'#') if !also_empty => (1, Operation::Trim, true),
            Some(b'/' | b'^' | b',') if !also_empty => (1, Operation::Other, true),
            Some(b'}') | None => (0, Operation::Value, false),
            Some(_) => (0, Operation::Other, false),
        }
    }

    /// Backticks: a backslash before `$`, `` ` `` or `\` is taken away (in double quotes before `"` too), then the text
    /// is a script of its own.
    pub(super) fn backticks(&mut self, parts: &mut Parts, quoted: bool) -> Result<(), Problem> {
        let start = self.at;
        self.at += 1;
        let mut inner = String::new();
        let mut offsets = Offsets::from(self.offsets.origin(self.at));
        loop {
            let rest = self.rest();
            let Some(length) = rest.find(['`', '\\']) else {
                return self.malformed(self.span(start, start + 1), "this backtick is never closed");
            };
            inner.push_str(&rest[..length]);
            self.at += length;
            if rest[length..].starts_with('`') {
                break;
            }
            let escaped = rest[length + 1..].chars().next();
            let removed = matches!(escaped, Some('$' | '`' | '\\')) || (quoted && escaped == Some('"'));
            if removed {
                offsets.push(inner.len(), self.offsets.origin(self.at + 1));
            } else {
                inner.push('\\');
            }
            inner.extend(escaped);
            self.at += 1 + escaped.map_or(0, char::len_utf8);
            offsets.push(inner.len(), self.offsets.origin(self.at));
        }
        self.at += 1;
        let span = self.span_from(start);
        let mut lexer = Lexer::new(&inner, offsets, self.dialect, self.depth + self.list.open.len() + 1);
        lexer.check_depth(span)?;
        lexer.commands(End::Text)?;
        let parsed = grammar::parse(lexer.list.frame, true);
        let statements = parsed.problem.map_or(Ok(parsed.statements), Err)?;
        parts.push(Part { kind: PartKind::Command(statements), quoted, span });
        Ok(())
    }
}

fn parameter(name: String, operation: Operation, word: Vec<Part>) -> PartKind {
    PartKind::Parameter(Box::new(Parameter { name, operation, word }))
}

/// The length of the parameter that follows a `$`: a name, one digit, or a special character.
fn parameter_length(text: &str) -> usize {
    match text.bytes().next() {
        Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => 1,
        Some(_) => name_length(text),
        None => 0,
    }
}

/// The length of the parameter that follows a `${`, where positions may have many digits.
fn braced_parameter_length(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 { digits } else { parameter_length(text) }
}

/// The length of the name (POSIX.1-2024, Base Definitions, 3.216) that a text begins with.
pub(super) fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.bytes().take_while(|&c| c.is_ascii_alphanumeric() || c == b'_').count()
}

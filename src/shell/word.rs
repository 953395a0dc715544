//! Words: quotes, escapes, and where a word ends (POSIX.1-2024, Shell Command Language, 2.2).
//!
//! Quotes are gone from what comes out of it; each piece says whether it was quoted, and where it stood.

use super::Problem;
use super::lexer::{Lexer, Position};
use super::tree::{Part, PartKind, Span, Word};

/// The pieces of a word as they are found; literal text that stands together becomes one piece.
#[derive(Default)]
pub(super) struct Parts {
    list: Vec<Part>,
}

impl Parts {
    pub(super) fn push(&mut self, part: Part) {
        self.list.push(part);
    }

    /// Adds text. `span` is where it stands; a text that is not as long was escaped.
    pub(super) fn literal(&mut self, text: &str, quoted: bool, span: Span) {
        if let Some(Part { kind: PartKind::Literal(before), quoted: same, span: earlier }) =
            self.list.last_mut()
            && *same == quoted
            && earlier.end == span.start
            && before.len() == earlier.len()
            && text.len() == span.len()
        {
            before.push_str(text);
            earlier.end = span.end;
            return;
        }
        self.list.push(Part { kind: PartKind::Literal(text.to_owned()), quoted, span });
    }

    pub(super) fn into_vec(self) -> Vec<Part> {
        self.list
    }

    /// Whether the last byte of the word so far is one of these, unquoted.
    fn ends_with(&self, characters: &[char]) -> bool {
        matches!(self.list.last(), Some(Part { kind: PartKind::Literal(text), quoted: false, .. }) if text.ends_with(characters))
    }
}

impl Lexer<'_> {
    /// Reads a word; its span is empty where none begins here.
    pub(super) fn word(&mut self) -> Result<Word, Problem> {
        self.word_with(false)
    }

    /// Reads a word. In a regular expression of `[[` parentheses and `|` belong to it.
    pub(super) fn word_with(&mut self, regex: bool) -> Result<Word, Problem> {
        let start = self.at;
        let mut parts = Parts::default();
        // Parentheses of an extended pattern, such as `@(a|b)`, that are open.
        let mut group = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'(' if self.bash() && (regex || group > 0 || self.extended_pattern(start, &parts)) => {
                    if !regex && !self.list.in_test {
                        self.extended.get_or_insert(self.span(start, self.at + 1));
                    }
                    group += 1;
                    self.take_literal(&mut parts, 1);
                }
                b')' if group > 0 => {
                    group -= 1;
                    self.take_literal(&mut parts, 1);
                }
                b' ' | b'\t' | b'\n' | b'|' | b'&' | b';' | b'<' | b'>' if group > 0 => {
                    self.take_literal(&mut parts, 1);
                }
                b'|' if regex => self.take_literal(&mut parts, 1),
                b'<' | b'>' if self.at_process() => self.process(&mut parts)?,
                b' ' | b'\t' | b'\n' | b'|' | b'&' | b';' | b'<' | b'>' | b'(' | b')' => break,
                _ => self.piece(&mut parts, false)?,
            }
        }
        if group > 0 {
            return self.malformed(self.span(start, self.at), "a `(` in this pattern is never closed");
        }
        Ok(Word { parts: parts.into_vec(), span: self.span_from(start) })
    }

    /// Whether a `(` here belongs to a pattern such as `!(a|b)`. `!(a)` as a command is a subshell.
    fn extended_pattern(&self, start: usize, parts: &Parts) -> bool {
        let negation = self.list.position == Position::Command && &self.text[start..self.at] == "!";
        parts.ends_with(&['?', '*', '+', '@', '!']) && !negation
    }

    /// Reads one piece outside of double quotes.
    pub(super) fn piece(&mut self, parts: &mut Parts, in_braces: bool) -> Result<(), Problem> {
        match self.peek() {
            Some(b'\'') => self.single_quotes(parts),
            Some(b'"') => self.double_quotes(parts),
            Some(b'\\') => {
                self.escape(parts);
                Ok(())
            }
            Some(b'$') => self.dollar(parts, false),
            Some(b'`') => self.backticks(parts, false),
            _ => {
                let stops = |c: char| {
                    matches!(c, '\'' | '"' | '\\' | '$' | '`')
                        || if in_braces { c == '}' } else { ends_run(c) }
                };
                // The first character was looked at by the caller.
                let first = self.rest().chars().next().map_or(0, char::len_utf8);
                let length = first + self.rest()[first..].find(stops).unwrap_or(self.rest().len() - first);
                self.take_literal(parts, length);
                Ok(())
            }
        }
    }

    pub(super) fn take_literal(&mut self, parts: &mut Parts, length: usize) {
        let start = self.at;
        self.at += length;
        parts.literal(&self.text[start..self.at], false, self.span_from(start));
    }

    /// A backslash keeps the next character as it is; before a line's end both vanish.
    fn escape(&mut self, parts: &mut Parts) {
        let start = self.at;
        self.at += 1;
        let Some(escaped) = self.rest().chars().next() else {
            parts.literal("\\", true, self.span_from(start));
            return;
        };
        self.at += escaped.len_utf8();
        if escaped != '\n' {
            parts.literal(escaped.encode_utf8(&mut [0; 4]), true, self.span_from(start));
        }
    }

    fn single_quotes(&mut self, parts: &mut Parts) -> Result<(), Problem> {
        let start = self.at;
        self.at += 1;
        let Some(length) = self.rest().find('\'') else {
            return self.malformed(self.span_from(start), "this `'` is never closed");
        };
        let inner = self.at;
        self.at += length;
        parts.literal(&self.text[inner..self.at], true, self.span_from(inner));
        self.at += 1;
        Ok(())
    }

    pub(super) fn double_quotes(&mut self, parts: &mut Parts) -> Result<(), Problem> {
        let start = self.at;
        self.at += 1;
        let opener = self.span_from(start);
        if self.peek() == Some(b'"') {
            parts.literal("", true, self.span(self.at, self.at));
        }
        self.enter(opener)?;
        loop {
            match self.peek() {
                None => return self.malformed(opener, "this `\"` is never closed"),
                Some(b'"') => break,
                Some(_) => self.quoted_piece(parts, &['"'])?,
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    /// One level deeper, unless that is too deep.
    pub(super) fn enter(&mut self, span: Span) -> Result<(), Problem> {
        self.depth += 1;
        self.check_depth(span)
    }

    /// Reads one piece as inside double quotes, where a backslash escapes `$`, `` ` ``, `\`, a line's end and `also`.
    pub(super) fn quoted_piece(&mut self, parts: &mut Parts, also: &[char]) -> Result<(), Problem> {
        let start = self.at;
        match self.peek() {
            Some(b'$') => return self.dollar(parts, true),
            Some(b'`') => return self.backticks(parts, true),
            Some(b'\\') => {
                self.at += 1;
                match self.rest().chars().next() {
                    Some('\n') => self.at += 1,
                    Some(c) if matches!(c, '$' | '`' | '\\') || also.contains(&c) => {
                        self.at += c.len_utf8();
                        parts.literal(c.encode_utf8(&mut [0; 4]), true, self.span_from(start));
                    }
                    _ => parts.literal("\\", true, self.span_from(start)),
                }
            }
            _ => {
                let first = self.rest().chars().next().map_or(0, char::len_utf8);
                let stops = |c: char| matches!(c, '$' | '`' | '\\') || also.contains(&c);
                let length = first + self.rest()[first..].find(stops).unwrap_or(self.rest().len() - first);
                self.at += length;
                parts.literal(&self.text[start..self.at], true, self.span_from(start));
            }
        }
        Ok(())
    }

    /// The whole text as the body of a here-document, where `"` is an ordinary character.
    pub(super) fn document_parts(&mut self) -> Result<Vec<Part>, Problem> {
        let mut parts = Parts::default();
        while self.peek().is_some() {
            self.quoted_piece(&mut parts, &[])?;
        }
        Ok(parts.into_vec())
    }
}

/// Characters that may end a run of ordinary ones.
fn ends_run(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '|' | '&' | ';' | '<' | '>' | '(' | ')')
}

//! Redirections and here-documents.
//!
//! A here-document's text begins on the line after its operator. So the lexer remembers what was announced on a line and
//! reads all of it when the line ends (POSIX.1-2024, Shell Command Language, 2.7.4).

use super::frame::Item;
use super::lexer::{Lexer, Position};
use super::offsets::Offsets;
use super::tree::{Descriptor, Part, PartKind, Redirect, RedirectKind, Span, Word};
use super::{Problem, ProblemKind};
use crate::model::is_variable_name;

/// A here-document whose body has not been reached.
#[derive(Debug)]
pub(super) struct PendingDocument {
    /// The item of its redirection.
    item: usize,
    delimiter: String,
    /// A quoted delimiter keeps the body from being expanded.
    quoted: bool,
    /// `<<-` drops the tabs before each line.
    strip_tabs: bool,
    span: Span,
}

/// Operators, a longer one before its beginnings; the last says whether only bash has it.
const OPERATORS: [(&str, RedirectKind, bool); 12] = [
    ("&>>", RedirectKind::WriteBoth, true),
    ("&>", RedirectKind::WriteBoth, true),
    ("<<<", RedirectKind::HereString, true),
    ("<<-", RedirectKind::HereDocument, false),
    ("<<", RedirectKind::HereDocument, false),
    ("<&", RedirectKind::DuplicateInput, false),
    ("<>", RedirectKind::ReadWrite, false),
    (">>", RedirectKind::Append, false),
    (">&", RedirectKind::Duplicate, false),
    (">|", RedirectKind::Clobber, false),
    ("<", RedirectKind::Read, false),
    (">", RedirectKind::Write, false),
];

impl Lexer<'_> {
    /// Whether a process substitution begins here.
    pub(super) fn at_process(&self) -> bool {
        self.bash() && (self.starts_with("<(") || self.starts_with(">("))
    }

    /// The descriptor that stands before a redirection operator (`2>`, `{fd}>`), which is consumed.
    pub(super) fn descriptor_before_redirection(&mut self) -> Option<Descriptor> {
        let rest = self.rest();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let named = || rest.strip_prefix('{')?.split_once('}').filter(|(name, _)| is_variable_name(name));
        let (descriptor, length) = match named().filter(|_| self.bash()) {
            Some((name, _)) => (Descriptor::Variable(name.to_owned()), name.len() + 2),
            // No process has a descriptor of a larger number.
            None => (Descriptor::Number(rest[..digits].parse().unwrap_or(u16::MAX)), digits),
        };
        if length == 0 || !rest[length..].starts_with(['<', '>']) {
            return None;
        }
        self.at += length;
        Some(descriptor)
    }

    /// Reads a redirection whose operator begins here.
    pub(super) fn redirection(
        &mut self,
        descriptor: Option<Descriptor>,
        start: usize,
    ) -> Result<(), Problem> {
        let bash = self.bash();
        let mut known = OPERATORS.iter().filter(|(_, _, bash_only)| bash || !bash_only);
        let Some((length, operator, kind)) =
            known.find_map(|&(text, kind, _)| Some((self.operator_length(text)?, text, kind)))
        else {
            return Ok(());
        };
        self.at += length;
        let operator_span = self.span_from(start);
        self.skip_line_blanks();
        let word_start = self.at;
        let target = self.word()?;
        if self.at == word_start {
            return self.malformed(operator_span, format!("expected a word after `{operator}`"));
        }
        let kind = match kind {
            RedirectKind::Duplicate if operator == ">&" && names_a_file(&target) => RedirectKind::WriteBoth,
            other => other,
        };
        let redirect = Redirect { kind, descriptor, target, span: self.span_from(start) };
        match self.list.position {
            Position::Command | Position::Prefix => self.list.frame.push_piece(Item::Redirect(redirect)),
            _ => self.list.frame.push_argument(Item::Redirect(redirect)),
        }
        if kind == RedirectKind::HereDocument {
            let raw = self.text[word_start..self.at].replace("\\\n", "");
            self.list.documents.push(PendingDocument {
                item: self.list.frame.items.len() - 1,
                delimiter: unquote(&raw),
                quoted: raw.contains(['\'', '"', '\\']),
                strip_tabs: operator == "<<-",
                span: self.span_from(start),
            });
        }
        self.list.position = match self.list.position {
            Position::Command | Position::Prefix => Position::Prefix,
            Position::AfterCompound => Position::Argument,
            other => other,
        };
        Ok(())
    }

    fn skip_line_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) || self.starts_with("\\\n") {
            self.at += if self.peek() == Some(b'\\') { 2 } else { 1 };
        }
    }

    /// Reads the bodies of the here-documents that were announced on the line that ends here.
    pub(super) fn read_documents(&mut self) -> Result<(), Problem> {
        for document in std::mem::take(&mut self.list.documents) {
            let word = self.read_document(&document)?;
            if let Some(Some(Item::Redirect(redirect))) = self.list.frame.items.get_mut(document.item) {
                redirect.target = word;
            }
        }
        Ok(())
    }

    fn read_document(&mut self, document: &PendingDocument) -> Result<Word, Problem> {
        let start = self.at;
        let mut body = String::new();
        let mut offsets = Offsets::from(self.offsets.origin(start));
        let mut joined = false;
        loop {
            if self.at >= self.text.len() {
                let message = format!("this here-document has no line `{}` to end it", document.delimiter);
                return Err(Problem::new(ProblemKind::Malformed, document.span, message));
            }
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            let bare = if document.strip_tabs { line.trim_start_matches('\t') } else { line };
            let tabs = line.len() - bare.len();
            if !joined && bare.trim_end_matches('\n') == document.delimiter {
                let end = self.at;
                self.at += line.len();
                return self.document_word(document, &body, offsets, self.span(start, end));
            }
            if tabs > 0 || !self.offsets_run_on(&offsets, body.len(), self.at) {
                offsets.push(body.len(), self.offsets.origin(self.at + tabs));
            }
            body.push_str(bare);
            let backslashes = bare.trim_end_matches('\n').bytes().rev().take_while(|&c| c == b'\\').count();
            joined = !document.quoted && backslashes % 2 == 1;
            self.at += line.len();
        }
    }

    fn offsets_run_on(&self, offsets: &Offsets, inner: usize, at: usize) -> bool {
        offsets.origin(inner) == self.offsets.origin(at)
    }

    fn document_word(
        &self,
        document: &PendingDocument,
        body: &str,
        offsets: Offsets,
        span: Span,
    ) -> Result<Word, Problem> {
        if document.quoted {
            let part = Part { kind: PartKind::Literal(body.to_owned()), quoted: true, span };
            return Ok(Word { parts: vec![part], span });
        }
        let mut inner = Lexer::new(body, offsets, self.dialect, self.depth + self.list.open.len() + 1);
        inner.check_depth(span)?;
        Ok(Word { parts: inner.document_parts()?, span })
    }
}

/// Whether the word after `>&` is a file rather than a descriptor: neither digits, nor `-`, nor an expansion.
fn names_a_file(word: &Word) -> bool {
    word.literal().is_some_and(|text| !text.trim_end_matches('-').bytes().all(|c| c.is_ascii_digit()))
}

/// A delimiter without its quotes.
fn unquote(raw: &str) -> String {
    let (mut text, mut quote, mut escaped) = (String::new(), None, false);
    for c in raw.chars() {
        match (c, quote) {
            (_, _) if escaped => {
                text.push(c);
                escaped = false;
            }
            ('\\', None | Some('"')) => escaped = true,
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            _ => text.push(c),
        }
    }
    text
}

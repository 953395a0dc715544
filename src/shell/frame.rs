//! One list of commands on its way from the lexer to the grammar.
//!
//! conch-parser knows the grammar of commands, but reads words wrongly in places and forgets where anything stood. So it
//! gets each simple command, word of a loop or `case`, redirection of a compound command, `[[ … ]]` or `(( … ))` as one
//! opaque token that names an [`Item`] here, and hands that name back to our builder. Where a token stood is kept in [`Mark`]s
//! beside the tokens.

use std::ops::Range;

use conch_parser::token::Token;

use super::tree::{Assignment, Redirect, Span, Word};

/// What an opaque token stands for.
#[derive(Debug)]
pub(super) enum Item {
    /// A simple command, by the items that are its pieces.
    Simple(Range<usize>, Span),
    Word(Word),
    Assignment(Assignment),
    Redirect(Redirect),
    /// The words of `[[ … ]]`.
    Test(Vec<Word>, Span),
    /// The text of `(( … ))`.
    Arithmetic(Word),
    /// The name of a function, or the variable of a loop.
    Name(String, Span),
    /// The expressions of `for ((…))`.
    ForArithmetic(Word),
}

impl Item {
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Word(word) | Self::Arithmetic(word) | Self::ForArithmetic(word) => word.span,
            Self::Assignment(assignment) => assignment.span,
            Self::Redirect(redirect) => redirect.span,
            Self::Simple(_, span) | Self::Test(_, span) | Self::Name(_, span) => *span,
        }
    }
}

/// Where a token stood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// Its offset in the text that conch believes it reads.
    at: usize,
    pub(super) span: Span,
    pub(super) newline: bool,
}

impl Mark {
    /// Whether it stands before an offset of conch's.
    pub(super) fn is_before(self, offset: usize) -> bool {
        self.at < offset
    }
}

/// Marks an opaque token; no shell text reaches conch, so nothing can be taken for one.
const OPAQUE: char = '\u{1}';

/// Tokens for conch with everything that they stand for.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) tokens: Vec<Token>,
    pub(super) marks: Vec<Mark>,
    pub(super) items: Vec<Option<Item>>,
    /// The compound commands in the order in which they end, which is the order in which the builder hears of them, and the name
    /// of each that is a coprocess.
    pub(super) compounds: Vec<(Span, Option<String>)>,
    length: usize,
    /// The simple command that the last token is.
    simple: Option<usize>,
}

impl Frame {
    /// Adds an operator or reserved word.
    pub(super) fn push(&mut self, token: Token, span: Span) {
        // Two tokens that could be one word need a blank between them; an empty one does, and costs nothing to make.
        if !token.is_word_delimiter() && self.tokens.last().is_some_and(|last| !last.is_word_delimiter()) {
            self.raw(Token::Whitespace(String::new()));
        }
        self.simple = None;
        self.marks.push(Mark { at: self.length, span, newline: token == Token::Newline });
        self.raw(token);
    }

    /// Adds something that may stand where a word may.
    pub(super) fn push_item(&mut self, item: Item) {
        let (span, name) = (item.span(), format!("{OPAQUE}{}", self.items.len()));
        match item {
            // What conch sees is `> name` or a plain name or word.
            Item::Redirect(_) => {
                self.push(Token::Great, span);
                self.push(Token::Literal(name), span);
            }
            Item::Name(..) | Item::ForArithmetic(_) => self.push(Token::Name(name), span),
            _ => self.push(Token::Literal(name), span),
        }
        self.items.push(Some(item));
    }

    /// Adds a simple command that has no pieces.
    pub(super) fn push_nothing(&mut self, span: Span) {
        let pieces = self.items.len() + 1;
        self.push_item(Item::Simple(pieces..pieces, span));
    }

    /// Adds a piece of a simple command, or begins one with it. However many pieces it has, conch sees one token: there is
    /// no grammar in it, and conch looks at a token a dozen times.
    pub(super) fn push_piece(&mut self, piece: Item) {
        let span = piece.span();
        let head = self.simple.unwrap_or(self.items.len());
        if self.simple.is_none() {
            self.push_item(Item::Simple(head + 1..head + 1, span));
            self.simple = Some(head);
        }
        self.items.push(Some(piece));
        let end = self.items.len();
        if let Some(Some(Item::Simple(pieces, whole))) = self.items.get_mut(head) {
            pieces.end = end;
            *whole = whole.to(span);
        }
    }

    /// Adds what belongs to the simple command before it, if there is one, and else stands for itself.
    pub(super) fn push_argument(&mut self, item: Item) {
        match self.simple {
            Some(_) => self.push_piece(item),
            None => self.push_item(item),
        }
    }

    /// Takes the last token back, if it is this one.
    pub(super) fn pop_if(&mut self, token: &Token) -> bool {
        let same = self.tokens.last() == Some(token);
        if same {
            self.tokens.pop();
            self.marks.pop();
            self.length -= token.len();
        }
        same
    }

    fn raw(&mut self, token: Token) {
        self.length += token.len();
        self.tokens.push(token);
    }
}

/// The index of the item that an opaque token names.
pub(super) fn item_index(name: &str) -> Option<usize> {
    name.strip_prefix(OPAQUE)?.parse().ok()
}

/// The token that stands at or before an offset of conch's.
pub(super) fn mark_at(marks: &[Mark], offset: usize) -> Option<Mark> {
    let next = marks.partition_point(|mark| mark.at <= offset);
    marks.get(next.checked_sub(1)?).copied()
}

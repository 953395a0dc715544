//! What only bash has: arrays, `[[ … ]]`, `(( … ))` and `$'…'` (bash(1)).

use conch_parser::token::Token;

use super::Problem;
use super::expand::name_length;
use super::frame::Item;
use super::lexer::{Lexer, Position};
use super::tree::{Assignment, Part, PartKind, Span, Value, Word};
use super::word::Parts;

/// A subscript of an assignment that is longer is taken for a word.
const MAX_SUBSCRIPT: usize = 512;

/// Which values of assignments are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// Any, before a command's name.
    All,
    /// Among arguments, where any other is a word.
    Arrays,
}

impl Lexer<'_> {
    /// Reads an assignment of such a value, if one begins here.
    pub(super) fn assignment(&mut self, values: Values) -> Result<bool, Problem> {
        let start = self.at;
        let name = name_length(self.rest());
        if name == 0 {
            return Ok(false);
        }
        let subscript = self.subscript_length(start + name);
        let after = &self.text[start + name + subscript..];
        let append = self.bash() && after.starts_with("+=");
        if !append && !after.starts_with('=') {
            return Ok(false);
        }
        let value_start = start + name + subscript + if append { 2 } else { 1 };
        let value = self.text[value_start..].trim_start_matches("\\\n");
        let array = self.bash() && value.starts_with('(');
        if values == Values::Arrays && !array {
            return Ok(false);
        }
        self.at = if array { self.text.len() - value.len() } else { value_start };
        let value = if array { Value::Array(self.array()?) } else { Value::Scalar(self.word()?) };
        let name = self.text[start..start + name].to_owned();
        let span = self.span_from(start);
        let assignment = Assignment { name, element: subscript > 0, append, value, span };
        self.list.frame.push_piece(Item::Assignment(assignment));
        Ok(true)
    }

    /// The length of `[…]` after a name.
    fn subscript_length(&self, from: usize) -> usize {
        if !self.bash() || !self.text[from..].starts_with('[') {
            return 0;
        }
        let mut limit = self.text.len().min(from + MAX_SUBSCRIPT);
        while !self.text.is_char_boundary(limit) {
            limit -= 1;
        }
        let line = self.text[from..limit].split('\n').next().unwrap_or_default();
        let mut depth = 0_usize;
        for (at, c) in line.char_indices() {
            match c {
                '[' => depth += 1,
                ']' if depth == 1 => return at + 1,
                ']' => depth -= 1,
                _ => {}
            }
        }
        0
    }

    /// The words between the parentheses of `name=(…)`, over any number of lines.
    fn array(&mut self) -> Result<Vec<Word>, Problem> {
        let start = self.at;
        self.at += 1;
        let opener = self.span_from(start);
        self.enter(opener)?;
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return self.malformed(opener, "this `(` is never closed"),
                Some(b'\n') => self.at += 1,
                Some(b')') => break,
                Some(_) => {
                    let at = self.at;
                    words.push(self.word()?);
                    if self.at == at {
                        return self.malformed(self.span(at, at + 1), "unexpected character in an array");
                    }
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(words)
    }

    /// Whether `[[` begins here as a word of its own.
    pub(super) fn at_test(&self) -> bool {
        self.starts_with("[[") && self.rest()[2..].starts_with([' ', '\t', '\n'])
    }

    /// `[[ … ]]`. Its operators become words; whether they make sense is left to bash.
    pub(super) fn test_command(&mut self) -> Result<(), Problem> {
        const OPERATORS: [&str; 6] = ["&&", "||", "(", ")", "<", ">"];
        let start = self.at;
        self.at += 2;
        let opener = self.span_from(start);
        let mut words: Vec<Word> = Vec::new();
        let mut regex = false;
        loop {
            self.skip_blanks();
            let at = self.at;
            match self.peek() {
                None => return self.malformed(opener, "this `[[` has no `]]`"),
                Some(b'\n') => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            let operator =
                OPERATORS.iter().find(|text| self.starts_with(text)).filter(|_| !regex && !self.at_process());
            if let Some(text) = operator {
                let mut parts = Parts::default();
                self.take_literal(&mut parts, text.len());
                words.push(Word { parts: parts.into_vec(), span: self.span_from(at) });
                continue;
            }
            self.list.in_test = true;
            let word = self.word_with(regex)?;
            self.list.in_test = false;
            if self.at == at {
                return self.malformed(self.span(at, at + 1), "unexpected character in `[[`");
            }
            let text = if word.is_bare() { word.literal() } else { None };
            regex = text.as_deref() == Some("=~");
            if text.as_deref() == Some("]]") {
                break;
            }
            words.push(word);
        }
        self.special(Item::Test(words, self.span_from(start)));
        Ok(())
    }

    /// `(( … ))`, if what begins here is that and not a subshell in a subshell.
    pub(super) fn arithmetic_command(&mut self) -> Result<bool, Problem> {
        let start = self.at;
        let Some(end) = self.starts_with("((").then(|| self.arithmetic_end(start + 2)).flatten() else {
            return Ok(false);
        };
        self.at += 2;
        let parts = self.arithmetic_parts(end, 2)?;
        self.special(Item::Arithmetic(Word { parts, span: self.span_from(start) }));
        Ok(true)
    }

    /// A command that conch knows nothing of. As a function's body it gets braces, which conch asks for.
    fn special(&mut self, item: Item) {
        let span = item.span();
        self.list.coprocess = None;
        let body = self.list.position == Position::FunctionBody;
        if body {
            self.list.frame.push(Token::CurlyOpen, span);
        }
        self.list.frame.push_item(item);
        if body {
            self.list.frame.push(Token::Semi, span);
            self.list.frame.push(Token::CurlyClose, span);
            self.list.frame.compounds.push((span, None));
        }
        self.list.position = Position::AfterCompound;
    }

    /// `((…; …; …))` after `for`.
    pub(super) fn arithmetic_loop(&mut self) -> Result<(), Problem> {
        let start = self.at;
        let Some(end) = self.starts_with("((").then(|| self.arithmetic_end(start + 2)).flatten() else {
            return self
                .malformed(self.span(start, start + 1), "expected `((…))` or a variable's name after `for`");
        };
        self.at += 2;
        let parts = self.arithmetic_parts(end, 2)?;
        let span = self.span_from(start);
        self.list.frame.push_item(Item::ForArithmetic(Word { parts, span }));
        self.list.position = Position::LoopIn;
        Ok(())
    }

    /// `$'…'`, whose escapes are those of C.
    pub(super) fn ansi_quotes(&mut self, parts: &mut Parts) -> Result<(), Problem> {
        let start = self.at;
        self.at += 2;
        let opener = self.span_from(start);
        let mut text = String::new();
        loop {
            let mut characters = self.rest().chars();
            match characters.next() {
                None => return self.malformed(opener, "this `$'` is never closed"),
                Some('\'') => break,
                Some('\\') => {
                    let (decoded, length) = ansi_escape(characters.as_str());
                    text.extend(decoded);
                    self.at += 1 + length;
                }
                Some(c) => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        self.at += 1;
        let span: Span = self.span_from(start);
        parts.push(Part { kind: PartKind::Literal(text), quoted: true, span });
        Ok(())
    }
}

/// The character that an escape stands for, and how many bytes follow the backslash.
fn ansi_escape(text: &str) -> (Option<char>, usize) {
    let number = |skip: usize, radix: u32, most: usize| {
        let digits = text[skip..].chars().take(most).take_while(|c| c.is_digit(radix)).count();
        let value = u32::from_str_radix(&text[skip..skip + digits], radix).ok();
        (value.and_then(char::from_u32), skip + digits)
    };
    match text.chars().next() {
        None => (Some('\\'), 0),
        Some('a') => (Some('\u{7}'), 1),
        Some('b') => (Some('\u{8}'), 1),
        Some('e' | 'E') => (Some('\u{1b}'), 1),
        Some('f') => (Some('\u{c}'), 1),
        Some('n') => (Some('\n'), 1),
        Some('r') => (Some('\r'), 1),
        Some('t') => (Some('\t'), 1),
        Some('v') => (Some('\u{b}'), 1),
        Some('x') => number(1, 16, 2),
        Some('u') => number(1, 16, 4),
        Some('U') => number(1, 16, 8),
        Some('0'..='7') => number(0, 8, 3),
        Some(c) => (Some(c), c.len_utf8()),
    }
}

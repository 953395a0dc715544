//! What commands print, where that is written down: `echo`, `printf`, a here-document through `cat`.

use std::borrow::Cow;

use crate::shell::tree::{
    Command, Compound, CompoundKind, Operation, Part, PartKind, Simple, Statement, Word,
};
use crate::source::Text;

use super::embedded::fed;
use super::state::State;

/// The text that is printed, with its places.
pub(super) struct Printed<'a> {
    pub(super) text: Text,
    /// Whether all of it is what will be printed. Expansions of what is not known stay as they are written.
    pub(super) literal: bool,
    outer: &'a Text,
    state: &'a State,
}

impl<'a> Printed<'a> {
    /// Nothing yet, by a script with this text.
    pub(super) fn new(outer: &'a Text, state: &'a State) -> Self {
        Self { text: Text::empty(outer.place()), literal: true, outer, state }
    }

    /// Adds what comes out of a pipeline, if that is known.
    pub(super) fn pipeline(&mut self, commands: &[Command]) -> bool {
        let Some((last, before)) = commands.split_last() else { return false };
        match last {
            Command::Simple(simple) => match name(simple).as_str() {
                "echo" => self.echo(&simple.words[1..]),
                "printf" => self.printf(&simple.words[1..]),
                "cat" | "tee" => self.copy(simple, before),
                _ => false,
            },
            Command::Compound(Compound {
                kind: CompoundKind::Brace(body) | CompoundKind::Subshell(body),
                ..
            }) => self.list(body),
            Command::Compound(_) | Command::Function(_) => false,
        }
    }

    /// Adds what those of some statements print of which that is known.
    fn list(&mut self, body: &[Statement]) -> bool {
        let all = body.iter().flat_map(Statement::pipelines);
        all.fold(false, |any, pipeline| {
            let known = self.pipeline(&pipeline.commands);
            self.literal &= known;
            any | known
        })
    }

    /// `cat` and `tee` pass on what they are fed.
    fn copy(&mut self, simple: &Simple, before: &[Command]) -> bool {
        let is_file = |word: &Word| !word.literal_prefix().starts_with('-');
        if name(simple) == "cat" && simple.words[1..].iter().any(is_file) {
            return false;
        }
        let words: Vec<&Word> = fed(&simple.redirects).collect();
        words.iter().for_each(|word| self.word(word, false));
        !words.is_empty() || self.pipeline(before)
    }

    fn echo(&mut self, arguments: &[Word]) -> bool {
        let options = arguments.iter().take_while(|word| word.literal_prefix().starts_with('-'));
        let skipped = options.clone().count();
        let escapes = options.into_iter().any(|word| word.literal_prefix().contains('e'));
        self.between(&arguments[skipped..], " ", escapes);
        self.newline();
        true
    }

    /// A format with `%` says where the other arguments go: one after the other, or each on a line.
    fn printf(&mut self, arguments: &[Word]) -> bool {
        let Some((format, arguments)) = arguments.split_first() else { return false };
        if format.literal_prefix() == "-v" {
            return false;
        }
        if format.literal_prefix().contains('%') {
            let lines = format.literal_prefix().ends_with("\\n");
            let escapes = format.literal_prefix().contains("%b");
            self.between(arguments, if lines { "\n" } else { " " }, escapes);
        } else {
            self.word(format, true);
        }
        self.newline();
        true
    }

    /// Adds words with something between them.
    pub(super) fn words(&mut self, words: &[Word], between: &str) {
        self.between(words, between, false);
    }

    fn between(&mut self, words: &[Word], between: &str, escapes: bool) {
        for (at, word) in words.iter().enumerate() {
            if at > 0 {
                self.text.push_opaque(between, self.outer.place_of(word.span.range()));
            }
            self.word(word, escapes);
        }
    }

    fn newline(&mut self) {
        let end = self.text.as_str().len();
        let place = self.text.place_of(end..end);
        self.text.push_opaque("\n", place);
    }

    fn word(&mut self, word: &Word, escapes: bool) {
        word.parts.iter().for_each(|part| self.part(part, escapes));
    }

    fn part(&mut self, part: &Part, escapes: bool) {
        let range = part.span.range();
        match &part.kind {
            PartKind::Literal(literal) => {
                let text = if escapes { unescaped(literal) } else { Cow::Borrowed(literal.as_str()) };
                if self.outer.as_str().get(range.clone()) == Some(&*text) {
                    self.text.push_slice(self.outer, range);
                } else {
                    self.text.push_opaque(&text, self.outer.place_of(range));
                }
                return;
            }
            PartKind::Parameter(parameter) if parameter.operation == Operation::Value => {
                // What is a name or a path is as well read in its variable.
                let value =
                    self.state.value(&parameter.name).filter(|value| value.contains([' ', '\n', ';']));
                if let Some(value) = value {
                    return self.text.push_opaque(value, self.outer.place_of(range));
                }
            }
            PartKind::Command(body) | PartKind::Process(body) if !body.is_empty() && self.list(body) => {
                return;
            }
            _ => {}
        }
        self.literal = false;
        self.text.push_slice(self.outer, range);
    }
}

fn name(simple: &Simple) -> String {
    simple.name().map(Cow::into_owned).unwrap_or_default()
}

/// Text after its escapes are read (POSIX.1-2024, printf; bash(1), `echo`): newlines, tabs, and bytes of ASCII.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut read = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        read += before;
        let digits = |from: usize, most: usize, radix: u32| {
            let digits = after.get(from..).unwrap_or_default();
            let count = digits.chars().take(most).take_while(|c| c.is_digit(radix)).count();
            let byte = u8::from_str_radix(&digits[..count], radix).ok().filter(u8::is_ascii);
            byte.map(|byte| (char::from(byte), from + count))
        };
        let found = match after.chars().next() {
            Some('n') => Some(('\n', 1)),
            Some('t') => Some(('\t', 1)),
            Some('\\') => Some(('\\', 1)),
            Some('x') => digits(1, 2, 16),
            Some('0') => digits(0, 4, 8),
            Some('1'..='7') => digits(0, 3, 8),
            _ => None,
        };
        let (character, length) = found.unwrap_or(('\\', 0));
        read.push(character);
        rest = &after[length..];
    }
    Cow::Owned(read + rest)
}

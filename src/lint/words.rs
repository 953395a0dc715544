//! How a program reads its words: options, their values, operands.
//!
//! It is told which options take a value, and knows no program.

use std::borrow::Cow;

use crate::shell::tree::{Operation, Part, PartKind, Word};

use super::call::Layer;
use super::state::State;

/// The options of a program that take a value (POSIX.1-2024, Base Definitions, 12.2; getopt_long(3)).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Syntax {
    /// As letters.
    pub(crate) letters: &'static str,
    /// Letters whose value is what stands behind them in the same word, if anything does.
    pub(crate) optional: &'static str,
    /// As names, with the letter that means the same; a blank where there is none.
    pub(crate) names: &'static [(&'static str, char)],
}

/// A word from some byte of its text on: the whole, or what follows the `of=` of `of=/dev/sda`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'s> {
    pub(crate) word: &'s Word,
    skipped: usize,
}

/// What a piece begins with, as far as that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beginning {
    pub(crate) text: String,
    /// Whether that is all of it.
    pub(crate) whole: bool,
}

impl<'s> Piece<'s> {
    pub(crate) fn whole(word: &'s Word) -> Self {
        Self { word, skipped: 0 }
    }

    /// What follows a literal beginning, where there is that beginning.
    pub(crate) fn after(word: &'s Word, beginning: &str) -> Option<Self> {
        let head = word.first_text()?;
        head.starts_with(beginning).then_some(Self { word, skipped: beginning.len() })
    }

    /// Its parts as a word of their own.
    pub(crate) fn cut(&self) -> Cow<'s, Word> {
        if self.skipped == 0 {
            return Cow::Borrowed(self.word);
        }
        let mut word = self.word.clone();
        if let Some(PartKind::Literal(text)) = word.parts.first_mut().map(|part| &mut part.kind) {
            text.drain(..self.skipped);
        }
        Cow::Owned(word)
    }

    /// Its parts, with the text of those that are literal.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'s Part, Option<&'s str>)> + use<'s> {
        let skipped = self.skipped;
        self.word.parts.iter().enumerate().map(move |(at, part)| {
            let text = part.literal().map(|text| if at == 0 { &text[skipped..] } else { text });
            (part, text)
        })
    }

    /// What it begins with.
    pub(crate) fn beginning(&self, state: &State) -> Beginning {
        let mut text = String::new();
        for (part, literal) in self.parts() {
            match (literal, &part.kind) {
                (Some(literal), _) => text += literal,
                (None, PartKind::Parameter(parameter)) if parameter.operation == Operation::Value => {
                    match state.value(&parameter.name) {
                        Some(value) => text += value,
                        None => return Beginning { text, whole: false },
                    }
                }
                _ => return Beginning { text, whole: false },
            }
        }
        Beginning { text, whole: true }
    }
}

/// An option that a program is given.
#[derive(Debug, Clone)]
pub(crate) struct Given<'s> {
    /// Its letter, or that which means the same as its name; a blank where there is none.
    pub(crate) letter: char,
    /// The word that it stands in.
    pub(crate) word: &'s Word,
    /// Its value, where it takes one.
    pub(crate) value: Option<Piece<'s>>,
}

/// The words of a program, told apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words<'s> {
    pub(crate) options: Vec<Given<'s>>,
    pub(crate) operands: Vec<&'s Word>,
}

impl<'s> Words<'s> {
    /// The value of an option, the last that is given.
    pub(crate) fn value(&self, letter: char) -> Option<Piece<'s>> {
        self.options.iter().rev().filter(|given| given.letter == letter).find_map(|given| given.value)
    }

    /// The word that an option stands in.
    pub(crate) fn word(&self, letter: char) -> Option<&'s Word> {
        self.options.iter().find(|given| given.letter == letter).map(|given| given.word)
    }

    /// Whether an option is given.
    pub(crate) fn has(&self, letter: char) -> bool {
        self.options.iter().any(|given| given.letter == letter)
    }
}

/// The letters of a word of options, up to one after which a value begins.
pub(crate) fn letters<'t>(text: &'t str, valued: &str) -> &'t str {
    let letters = text.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or_default();
    letters.split(|letter| valued.contains(letter)).next().unwrap_or_default()
}

impl Syntax {
    /// Tells the words of a program apart. Options may stand behind operands, as GNU programs let them.
    pub(crate) fn read<'s>(&self, layer: &Layer<'s>) -> Words<'s> {
        let mut words = Words::default();
        let mut rest = layer.arguments.iter();
        while let Some(word) = rest.next() {
            let text = word.first_text().unwrap_or_default();
            if text == "--" && word.parts.len() == 1 {
                words.operands.extend(rest);
                break;
            }
            if let Some(name) = text.strip_prefix("--") {
                let (name, attached) = name.split_once('=').map_or((name, false), |(name, _)| (name, true));
                let known = self.names.iter().find(|(known, _)| *known == name);
                let value = if attached {
                    Some(Piece { word, skipped: "--=".len() + name.len() })
                } else if known.is_some() {
                    rest.next().map(Piece::whole)
                } else {
                    None
                };
                words.options.push(Given { letter: known.map_or(' ', |(_, letter)| *letter), word, value });
            } else if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                for (at, letter) in letters.char_indices() {
                    let valued = self.letters.contains(letter);
                    let skipped = 1 + at + letter.len_utf8();
                    let attached = skipped < text.len() || word.parts.len() > 1;
                    let value = match (valued, attached) {
                        (false, _) => None,
                        (true, true) => Some(Piece { word, skipped }),
                        (true, false) => rest.next().map(Piece::whole),
                    };
                    words.options.push(Given { letter, word, value });
                    if valued || self.optional.contains(letter) {
                        break;
                    }
                }
            } else {
                words.operands.push(word);
            }
        }
        words
    }
}

//! The languages of the generated graphs: what a character must be written as, and which have no way to be written.

use std::fmt;

use askama::filters::Escaper;

/// Paths and values of a ninja file: `$`, `:` and the space have an escape (ninja's manual, "Lexical syntax").
///
/// It is the escaper of every template that ends in `.ninja`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ninja;

impl Escaper for Ninja {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, text: &str) -> fmt::Result {
        escape(dest, text, |c| match c {
            '$' => Some("$$"),
            ':' => Some("$:"),
            ' ' => Some("$ "),
            _ => None,
        })
    }
}

/// Names in rules of a makefile: `#` and the space take a backslash, `$` is doubled (GNU make's manual, 3.1 and 4.3).
///
/// It is the escaper of every template that ends in `.mk`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Make;

impl Escaper for Make {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, text: &str) -> fmt::Result {
        escape(dest, text, |c| match c {
            '$' => Some("$$"),
            '#' => Some("\\#"),
            ':' => Some("\\:"),
            ' ' => Some("\\ "),
            _ => None,
        })
    }
}

/// Writes a text in pieces as large as can be, since nearly none has a character to escape.
fn escape(
    mut dest: impl fmt::Write,
    text: &str,
    escaped: impl Fn(char) -> Option<&'static str>,
) -> fmt::Result {
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        if let Some(instead) = escaped(c) {
            dest.write_str(&text[plain..at])?;
            dest.write_str(instead)?;
            plain = at + c.len_utf8();
        }
    }
    dest.write_str(&text[plain..])
}

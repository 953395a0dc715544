//! The languages of the generated graphs: what a character must be written as, and which have no way to be written.

use std::fmt;

use askama::filters::Escaper;

/// Paths and values of a ninja file: `$`, `:` and the space have an escape (ninja's manual, "Lexical syntax").
///
/// It is the escaper of every template that ends in `.ninja`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ninja;

impl Escaper for Ninja {
    fn write_escaped_str<W: fmt::Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            '$' => dest.write_str("$$"),
            ':' => dest.write_str("$:"),
            ' ' => dest.write_str("$ "),
            other => dest.write_char(other),
        })
    }
}

/// Names in rules of a makefile: `#` and the space take a backslash, `$` is doubled (GNU make's manual, 3.1 and 4.3).
///
/// It is the escaper of every template that ends in `.mk`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Make;

impl Escaper for Make {
    fn write_escaped_str<W: fmt::Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            '$' => dest.write_str("$$"),
            '#' => dest.write_str("\\#"),
            ':' => dest.write_str("\\:"),
            ' ' => dest.write_str("\\ "),
            other => dest.write_char(other),
        })
    }
}

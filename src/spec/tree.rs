//! A YAML document as a tree whose every part knows where it was written.

use crate::source::{Place, Spanned, Text};

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// From its first byte to the end of its last child.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Nothing, `~` or `null`.
    Null,
    /// Anything that is written as one word or text.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// Keys and values, in order. [`super::read`] reports a key that is there twice and drops the later one.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// Its value.
    pub value: Node,
}

/// A word or text. YAML would make a number of `1.10` and lose its nought; this keeps what was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// What was written, without quotes and indentation.
    pub text: Text,
    /// What YAML takes it for.
    pub reading: Reading,
    /// How it was written.
    pub form: Form,
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In a line, plain or in quotes.
    Line,
    /// In several lines, plain or in quotes, of which YAML makes one (1.2.2, 6.5).
    Joined,
    /// As a block, behind `|` or `>`.
    Block,
}

/// What YAML takes a scalar for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Plain `true` or `false`.
    Bool(bool),
    /// A plain number.
    Number,
    /// Any other text, or anything in quotes.
    Text,
}

impl Node {
    /// What it is, as a fragment that fits after "found ".
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Scalar(scalar) => match scalar.reading {
                Reading::Bool(_) => "a boolean",
                Reading::Number => "a number",
                Reading::Text => "text",
            },
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// The value of a key, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }

    /// The entries of a mapping; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The scalar that this is.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of the scalar that this is.
    pub fn text(&self) -> Option<&Text> {
        self.scalar().map(|scalar| &scalar.text)
    }

    /// The text of the scalar that this is, with its place.
    pub fn spanned(&self) -> Option<Spanned<&str>> {
        self.text().map(|text| Spanned::new(text.as_str(), self.place))
    }
}

/// The items of a list that may not be there.
pub fn items(list: Option<&Node>) -> &[Node] {
    list.map_or(&[], Node::items)
}

/// The entries of a mapping that may not be there.
pub fn entries(mapping: Option<&Node>) -> &[Entry] {
    mapping.map_or(&[], Node::entries)
}

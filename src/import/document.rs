//! A document of a book, and what all books have in theirs.

use roxmltree::{Document, Node, ParsingOptions};

use super::dtd::Dtd;
use super::expand::expand;
use super::reader::{Problem, Reader};
use super::shape::beyond_use;
use super::{Choice, Init};
use crate::source::{Place, Text};

/// How many elements and texts a document may have. The book's largest has a twentieth of that.
const MOST_NODES: u32 = 200_000;

/// A document, its entities replaced.
pub(super) struct Source {
    pub(super) text: Text,
    pub(super) dtd: Dtd,
}

impl Source {
    /// Reads a document.
    ///
    /// # Errors
    /// It is not there, or its entities cannot be read.
    pub(super) fn read(path: &str, choice: &Choice, reader: &mut Reader<'_>) -> Result<Self, Problem> {
        let Some(file) = reader.open(path) else {
            return Err(Problem { place: None, message: format!("`{path}` {}", reader.why_not(path)) });
        };
        let mut dtd = choice.dtd();
        let start = dtd.read(path, file, reader)?;
        choice.complete(&mut dtd);
        Ok(Self { text: expand(file, start, &dtd, reader)?, dtd })
    }

    /// Its tree.
    ///
    /// # Errors
    /// It is not XML.
    pub(super) fn tree(&self) -> Result<Document<'_>, Problem> {
        let text = self.text.as_str();
        if let Some((at, message)) = beyond_use(text) {
            return Err(Problem { place: Some(self.text.place_of(at..at + 1)), message: message.to_owned() });
        }
        Document::parse_with_options(
            text,
            ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() },
        )
        .map_err(|error| {
            let at = offset(text, error.pos());
            Problem { place: Some(self.text.place_of(at..at)), message: format!("this is no XML: {error}") }
        })
    }

    /// Where a node stands in the book.
    pub(super) fn place(&self, node: Node<'_, '_>) -> Place {
        let start = node.range().start;
        // The beginning of its tag: what is inside may be many lines.
        self.text.place_of(start..start + 1)
    }
}

fn offset(text: &str, pos: roxmltree::TextPos) -> usize {
    let line = usize::try_from(pos.row).unwrap_or(1).saturating_sub(1);
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    before.min(text.len())
}

/// Whether a node is of the book that was chosen: of this init, and not in a part that another has.
pub(super) fn is_chosen(node: Node<'_, '_>, init: Init) -> bool {
    node.ancestors().all(|node| {
        ["revision", "condition"].iter().filter_map(|name| node.attribute(*name)).all(|value| {
            let mut named = value.split([';', ' ']).filter_map(Init::named).peekable();
            named.peek().is_none() || named.any(|named| named == init)
        })
    })
}

/// The nodes of that name below another, in the order of the book, and only those of the book that was chosen.
pub(super) fn chosen<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    name: &'static str,
    init: Init,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.descendants().filter(move |node| node.has_tag_name(name) && is_chosen(*node, init))
}

/// All text in a node that is of the book that was chosen, each run of blanks as one.
pub(super) fn words(node: Node<'_, '_>, init: Init) -> String {
    let text: String = node
        .descendants()
        .filter(|node| node.is_text() && is_chosen(*node, init))
        .filter_map(|node| node.text())
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Part of what the book shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// What the reader has to replace.
    Placeholder(String),
}

impl Piece {
    fn words(&self) -> &str {
        match self {
            Self::Text(words) | Self::Placeholder(words) => words,
        }
    }
}

/// The text of pieces as it is read.
pub(super) fn shown(pieces: &[Piece]) -> String {
    pieces.iter().map(Piece::words).collect()
}

/// What a node shows, without what is of another book.
pub(super) fn pieces(node: Node<'_, '_>, init: Init) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for text in node.descendants().filter(|node| node.is_text() && is_chosen(*node, init)) {
        let words = text.text().unwrap_or_default();
        let replaced =
            text.ancestors().take_while(|one| *one != node).any(|one| one.has_tag_name("replaceable"));
        match pieces.last_mut() {
            Some(Piece::Text(before)) if !replaced => before.push_str(words),
            _ if replaced => pieces.push(Piece::Placeholder(words.trim().to_owned())),
            _ => pieces.push(Piece::Text(words.to_owned())),
        }
    }
    pieces
}

/// The first number of the time that the book states: `0.1` of `less than 0.1 SBU`, and `1.3` of `1.3 SBU (9 with tests)`.
pub(super) fn sbu(text: &str) -> Option<f64> {
    let before = text.split("SBU").next()?;
    let number = before.split([' ', '(']).find_map(|word| word.parse::<f64>().ok())?;
    (text.contains("SBU") && number.is_finite() && number >= 0.0).then_some(number)
}

/// What a file includes, in its order.
pub(super) fn included(
    path: &str,
    choice: &Choice,
    reader: &mut Reader<'_>,
) -> Result<Vec<(String, Place)>, Problem> {
    let source = Source::read(path, choice, reader)?;
    let tree = source.tree()?;
    let includes = tree.root_element().descendants().filter(|node| node.tag_name().name() == "include");
    let named = |node: Node<'_, '_>| Some((node.attribute("href")?.to_owned(), source.place(node)));
    includes
        .filter(|node| is_chosen(*node, choice.init))
        .filter_map(named)
        .map(|(href, place)| {
            let path = super::reader::beside(path, &href);
            path.map(|path| (path, place)).map_err(|message| Problem { place: Some(place), message })
        })
        .collect()
}

//! A section of the book: what it builds, and the commands in it.

use roxmltree::{Document, Node, ParsingOptions};

use super::dtd::Dtd;
use super::expand::expand;
use super::reader::{Problem, Reader};
use super::shape::beyond_use;
use super::{Choice, Init};
use crate::source::{Place, Text};

/// How many elements and texts a document may have. The book's largest has a twentieth of that.
const MOST_NODES: u32 = 200_000;

/// A document of the book, its entities replaced.
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

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    /// The file's path in the book.
    pub(super) path: String,
    pub(super) chapter: u8,
    /// Its first line.
    pub(super) place: Place,
    /// As it is read: with the version.
    pub(super) title: String,
    /// What it builds; nothing where it makes files without a source.
    pub(super) product: Option<Product>,
    pub(super) sbu: Option<f64>,
    pub(super) inputs: Vec<Input>,
}

/// What a section builds.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) url: String,
}

/// Commands that the book shows in one piece.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) place: Place,
    /// What the book says that they are for, such as `configure`.
    pub(super) purpose: Option<String>,
    pub(super) pieces: Vec<Piece>,
    /// Whether they are in a part on configuration, behind the installation.
    pub(super) configuration: bool,
    /// Whether the book does not count them among those that are run.
    pub(super) aside: bool,
}

/// Part of what the book shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// What the reader has to replace.
    Placeholder(String),
}

impl Input {
    /// The commands as they are read.
    pub(super) fn text(&self) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) | Piece::Placeholder(text) => text.clone(),
        };
        self.pieces.iter().map(text).collect()
    }
}

impl Section {
    /// Reads a section; nothing where it is of another init's book.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(
        path: &str,
        chapter: u8,
        choice: &Choice,
        reader: &mut Reader<'_>,
    ) -> Result<Option<Self>, Problem> {
        let source = Source::read(path, choice, reader)?;
        let tree = source.tree()?;
        let (root, init) = (tree.root_element(), choice.init);
        if !is_chosen(root, init) {
            return Ok(None);
        }
        let child = |node: Node<'_, '_>, name: &'static str| {
            node.children()
                .find(|node| node.has_tag_name(name))
                .map(|node| words(node, init))
                .unwrap_or_default()
        };
        let info = root.children().find(|node| node.has_tag_name("sect1info"));
        let product = info.map(|info| Product {
            name: child(info, "productname"),
            version: child(info, "productnumber"),
            url: child(info, "address"),
        });
        Ok(Some(Self {
            path: path.to_owned(),
            chapter,
            place: source.place(root),
            title: child(root, "title"),
            product: product.filter(|product| !product.url.is_empty()),
            sbu: chosen(root, "seg", init).next().and_then(|seg| sbu(&words(seg, init))),
            inputs: chosen(root, "screen", init).flat_map(|screen| inputs(screen, init, &source)).collect(),
        }))
    }

    /// The file's name without its ending.
    pub(super) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.strip_suffix(".xml").unwrap_or(name)
    }

    /// Its title without the version.
    pub(super) fn subject(&self) -> String {
        match &self.product {
            Some(product) if !product.version.is_empty() => {
                self.title.replacen(&format!("-{}", product.version), "", 1)
            }
            _ => self.title.clone(),
        }
    }
}

/// The commands that a screen shows.
fn inputs(screen: Node<'_, '_>, init: Init, source: &Source) -> Vec<Input> {
    let aside = |node: Node<'_, '_>| {
        node.attribute("role").is_some_and(|role| role.split(' ').any(|role| role == "nodump"))
    };
    let configuration = screen
        .ancestors()
        .any(|node| node.has_tag_name("sect2") && node.attribute("role") == Some("configuration"));
    let shown = screen.children().filter(|node| node.has_tag_name("userinput") && is_chosen(*node, init));
    shown
        .map(|node| Input {
            place: source.place(node),
            purpose: node.attribute("remap").map(str::to_owned),
            pieces: pieces(node, init),
            configuration,
            aside: aside(screen) || aside(node),
        })
        .collect()
}

fn pieces(node: Node<'_, '_>, init: Init) -> Vec<Piece> {
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
fn sbu(text: &str) -> Option<f64> {
    let before = text.split("SBU").next()?;
    let number = before.split([' ', '(']).find_map(|word| word.parse::<f64>().ok())?;
    (text.contains("SBU") && number.is_finite() && number >= 0.0).then_some(number)
}

/// What the file of a chapter includes, in its order.
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

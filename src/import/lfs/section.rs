//! A section of the book: what it builds, and the commands in it.

use roxmltree::Node;

use crate::import::document::{Piece, Source, chosen, is_chosen, pieces, sbu, shown, words};
use crate::import::reader::{Problem, Reader};
use crate::import::{Choice, Init};
use crate::source::Place;

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

impl Input {
    /// The commands as they are read.
    pub(super) fn text(&self) -> String {
        shown(&self.pieces)
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

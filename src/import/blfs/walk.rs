//! Reads the book from its index on: each page is a file, and files include others.

use roxmltree::Node;

use super::page::{Block, Downloads, Kind, Page, Part, Screen};
use super::prose::{LOOSE, ONLINE, Prose, said_of_files};
use crate::diag::Diagnostics;
use crate::import::Choice;
use crate::import::document::{Source, is_chosen, pieces, words};
use crate::import::reader::{Problem, Reader, beside};
use crate::source::Place;

/// The file from which all others are reached.
const INDEX: &str = "index.xml";
/// How deep files may include each other. In the book it is six deep.
const DEEPEST: u32 = 10;
/// How many files may be included. The book has a quarter of that.
const MOST_FILES: u32 = 6000;
/// Elements for some readers.
const NOTES: [&str; 5] = ["note", "tip", "warning", "caution", "important"];

/// Reads all pages, in the order of the book. Of what cannot be read it is told.
pub(super) fn pages(choice: &Choice, reader: &mut Reader<'_>, told: &mut Diagnostics) -> Vec<Page> {
    let mut walk = Walk { choice, reader, told, pages: Vec::new(), within: Vec::new(), files: 0 };
    walk.file(INDEX, At::default(), None);
    walk.pages
}

struct Walk<'w, 'r> {
    choice: &'w Choice,
    reader: &'w mut Reader<'r>,
    told: &'w mut Diagnostics,
    pages: Vec<Page>,
    /// Names of the elements around.
    within: Vec<String>,
    files: u32,
}

/// Where in the book something stands.
#[derive(Debug, Clone, Copy)]
struct At {
    /// The page, by its number.
    page: Option<usize>,
    part: Part,
    in_note: bool,
    /// How many files lie around.
    depth: u32,
}

impl Default for At {
    fn default() -> Self {
        Self { page: None, part: Part::Other, in_note: false, depth: 0 }
    }
}

/// A document and its path in the book.
#[derive(Clone, Copy)]
struct Document<'a> {
    source: &'a Source,
    path: &'a str,
}

impl Walk<'_, '_> {
    /// Reads a file that `from` includes.
    fn file(&mut self, path: &str, at: At, from: Option<Place>) {
        self.files += 1;
        let beyond = at.depth > DEEPEST || self.files > MOST_FILES;
        let read = if beyond {
            Err(Problem {
                place: from,
                message: format!("`{path}` is included too often, as where a file includes itself"),
            })
        } else {
            Source::read(path, self.choice, self.reader)
        };
        let lost = format!("nothing of `{path}` is imported");
        let source = match read {
            Ok(source) => source,
            Err(problem) => return self.lost(problem, from, &lost),
        };
        match source.tree() {
            Ok(tree) => {
                let at = At { depth: at.depth + 1, ..at };
                self.element(tree.root_element(), at, Document { source: &source, path });
            }
            Err(problem) => self.lost(problem, from, &lost),
        }
    }

    fn lost(&mut self, problem: Problem, from: Option<Place>, lost: &str) {
        let place = problem.place.or(from);
        self.told.push(Problem { place, ..problem }.diagnostic(lost));
    }

    fn element(&mut self, node: Node<'_, '_>, at: At, document: Document<'_>) {
        if !is_chosen(node, self.choice.init) {
            return;
        }
        let name = node.tag_name().name();
        let id = node.attribute("id").filter(|_| name != "indexterm").map(str::to_owned);
        match name {
            "include" => return self.include(node, at, document),
            "screen" => return self.screen(node, at, document),
            _ => {}
        }
        let mut at = at;
        if name.starts_with("sect") && name.len() == 5 {
            at = self.section(node, at, document);
        } else if NOTES.contains(&name) {
            at.in_note = true;
        } else if name == "para" {
            self.para(node, at, document);
        }
        let named = ["chapter", "part"].contains(&name) && id.is_some();
        if named {
            self.within.extend(id);
        }
        for child in node.children().filter(Node::is_element) {
            self.element(child, at, document);
        }
        if named {
            self.within.pop();
        }
    }

    fn include(&mut self, node: Node<'_, '_>, at: At, document: Document<'_>) {
        let place = document.source.place(node);
        match beside(document.path, node.attribute("href").unwrap_or_default()) {
            Ok(path) => self.file(&path, at, Some(place)),
            Err(message) => {
                let problem = Problem { place: Some(place), message };
                self.told.push(problem.diagnostic("it is not imported"));
            }
        }
    }

    /// A section is a page if it has a part that says what a package is or how it is installed.
    fn section(&mut self, node: Node<'_, '_>, at: At, document: Document<'_>) -> At {
        let part = |node: Node<'_, '_>| match node.attribute("role")? {
            "package" => Some(Part::Package),
            "installation" => Some(Part::Installation(0)),
            "configuration" => Some(Part::Configuration),
            _ => None,
        };
        let is_page = node.children().any(|child| {
            child.tag_name().name().starts_with("sect")
                && matches!(part(child), Some(Part::Package | Part::Installation(_)))
        });
        if is_page {
            let title = node.children().find(|child| child.has_tag_name("title"));
            self.pages.push(Page {
                id: node.attribute("id").unwrap_or_default().to_owned(),
                path: document.path.to_owned(),
                place: document.source.place(node),
                title: title.map(|title| words(title, self.choice.init)).unwrap_or_default(),
                within: self.within.clone(),
                downloads: Downloads::default(),
                sbu: None,
                installations: 0,
                loose: false,
                online: false,
                needs: Vec::new(),
                offers: Vec::new(),
                blocks: Vec::new(),
            });
            return At { page: Some(self.pages.len() - 1), part: Part::Package, in_note: false, ..at };
        }
        let mut part = match (part(node), at.part) {
            (Some(part), _) => part,
            // A section without a role is a piece of the one around it.
            (None, Part::Installation(_) | Part::Configuration) if node.attribute("role").is_none() => {
                return at;
            }
            (None, _) => Part::Other,
        };
        if let (Part::Installation(nth), Some(page)) = (&mut part, self.page(at)) {
            page.installations += 1;
            *nth = page.installations;
        }
        At { part, ..at }
    }

    fn page(&mut self, at: At) -> Option<&mut Page> {
        self.pages.get_mut(at.page?)
    }

    fn screen(&mut self, node: Node<'_, '_>, at: At, document: Document<'_>) {
        let init = self.choice.init;
        let role = |node: Node<'_, '_>, role: &str| {
            node.attribute("role").is_some_and(|roles| roles.split(' ').any(|one| one == role))
        };
        let shown = node.children().filter(|child| {
            (child.has_tag_name("userinput") || child.has_tag_name("command")) && is_chosen(*child, init)
        });
        let aside = node.ancestors().any(|node| role(node, "nodump"));
        let mut blocks: Vec<Block> = Vec::new();
        for one in shown {
            let purpose = one.attribute("remap").or(node.attribute("remap")).map(str::to_owned);
            let screen = Screen {
                root: role(node, "root") || role(one, "root"),
                purpose,
                // What is no input stands there for those who want it.
                aside: aside || role(one, "nodump") || one.has_tag_name("command"),
                pieces: pieces(one, init),
            };
            // What stands beside each other is one text, some of which may be of another book.
            if let Some(Block { kind: Kind::Screen(before), .. }) = blocks.last_mut() {
                before.join(screen);
                continue;
            }
            let place = document.source.place(one);
            blocks.push(Block { place, part: at.part, in_note: at.in_note, kind: Kind::Screen(screen) });
        }
        // A here-document may go on behind what is marked as input.
        if let [Block { kind: Kind::Screen(screen), .. }] = blocks.as_mut_slice()
            && screen.text().lines().last().is_some_and(|line| line.contains("<<"))
        {
            screen.pieces = pieces(node, init);
        }
        if let Some(page) = self.page(at) {
            page.blocks.extend(blocks);
        }
    }

    fn para(&mut self, node: Node<'_, '_>, at: At, document: Document<'_>) {
        let prose = Prose::read(node, document.source, self.choice.init);
        let Some(page) = self.page(at) else { return };
        page.loose |= prose.words.contains(LOOSE);
        page.online |= prose.words.contains(ONLINE);
        if at.part == Part::Package && prose.needs.is_none() {
            said_of_files(&prose.words, &prose.links, page);
        }
        let Prose { words, commands, named, needs, offers, .. } = prose;
        page.needs.extend(needs.into_iter().flatten());
        if offers {
            page.offers.extend(named.iter().filter(|named| named.refers).map(|named| named.name.clone()));
        }
        let kind = Kind::Para { words, commands, named };
        page.blocks.push(Block {
            place: document.source.place(node),
            part: at.part,
            in_note: at.in_note,
            kind,
        });
    }
}

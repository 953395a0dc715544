//! A page of the book: what it builds, what that needs, and what it shows its readers.

use std::collections::BTreeMap;

use crate::import::archives::{Material, file_name};
use crate::import::document::{Piece, shown};
use crate::source::Place;

/// A page, or a part of one, that builds a package.
#[derive(Debug)]
pub(super) struct Page {
    /// The name by which other pages refer to it.
    pub(super) id: String,
    /// The file's path in the book.
    pub(super) path: String,
    pub(super) place: Place,
    /// As it is read: with the version.
    pub(super) title: String,
    /// Names of the chapter and the like that it stands in.
    pub(super) within: Vec<String>,
    pub(super) downloads: Downloads,
    pub(super) sbu: Option<f64>,
    /// Whether its archive does not unpack to one directory.
    pub(super) loose: bool,
    /// Whether it says that it cannot be built without the network.
    pub(super) online: bool,
    /// How many parts tell of an installation.
    pub(super) installations: u32,
    pub(super) needs: Vec<Need>,
    /// Pages of what it can use as well.
    pub(super) offers: Vec<String>,
    pub(super) blocks: Vec<Block>,
}

/// The files that a page has its readers fetch.
#[derive(Debug, Default)]
pub(super) struct Downloads {
    /// The package's own, at an address that may be that of a folder.
    pub(super) own: Option<Material>,
    /// All files by their names.
    pub(super) all: BTreeMap<String, Material>,
    /// The last that was named.
    last: Option<String>,
    /// Where the package is if not at a web server.
    pub(super) elsewhere: Option<String>,
}

impl Downloads {
    /// Adds a file; the first that is a `package` is the page's own.
    pub(super) fn add(&mut self, url: &str, package: bool) {
        let material = Material { url: url.to_owned(), ..Material::default() };
        if package && self.own.is_none() {
            self.own = Some(material.clone());
        }
        let name = file_name(url).to_owned();
        if !name.is_empty() {
            self.all.entry(name.clone()).or_insert(material);
            self.last = Some(name);
        }
    }

    /// Adds the digest of the file that was named last.
    pub(super) fn digest(&mut self, md5: Option<String>) {
        let last = self.last.as_ref().and_then(|name| self.all.get_mut(name));
        if let Some(material) = last.filter(|material| material.md5.is_none()) {
            material.md5 = md5;
        }
    }

    /// Adds files that lie in the folder which is the package's own address.
    pub(super) fn list(&mut self, files: &[Material]) {
        self.all.extend(files.iter().map(|file| (file_name(&file.url).to_owned(), file.clone())));
    }

    /// The package's own file, if its address names one.
    pub(super) fn own_file(&self) -> Option<&Material> {
        let name = file_name(&self.own.as_ref()?.url);
        self.all.get(name).filter(|_| name.contains('.'))
    }
}

/// Another page that a package needs.
#[derive(Debug, Clone)]
pub(super) struct Need {
    /// Its name, or that of a chapter.
    pub(super) id: String,
    pub(super) place: Place,
    /// Whether nothing can be built without it.
    pub(super) required: bool,
    /// Whether the book says that it is not needed before the package is used.
    pub(super) runtime: bool,
    /// Whether it does instead of the one before it.
    pub(super) instead: bool,
}

/// Which part of a page something stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// What the package is and where.
    Package,
    /// How it is built and installed; the first is 1.
    Installation(u32),
    /// What is set up behind that.
    Configuration,
    /// Explanations and what else there is.
    Other,
}

/// Something that a page shows.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) place: Place,
    pub(super) part: Part,
    /// Whether it stands in a note, which is for some readers.
    pub(super) in_note: bool,
    pub(super) kind: Kind,
}

/// What it is.
#[derive(Debug)]
pub(super) enum Kind {
    /// Prose, with commands in it.
    Para { words: String, commands: Vec<Said>, named: Vec<Named> },
    /// Commands in lines of their own.
    Screen(Screen),
}

/// A command in a sentence.
#[derive(Debug)]
pub(super) struct Said {
    /// The paragraph's words before it.
    pub(super) before: String,
    pub(super) pieces: Vec<Piece>,
}

/// Something that a paragraph names: another page, or a program.
#[derive(Debug)]
pub(super) struct Named {
    /// The page's name, or what the program is called.
    pub(super) name: String,
    /// Whether it is a page.
    pub(super) refers: bool,
    /// Where it stands in the paragraph's words.
    pub(super) at: usize,
}

impl Named {
    /// Whether it means that page: `Linux-PAM` and `PAM` mean `linux-pam`.
    pub(super) fn is(&self, id: &str) -> bool {
        let plain = |name: &str| {
            name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
        };
        let name = plain(&self.name);
        if self.refers { self.name == id } else { name.len() > 2 && plain(id).ends_with(&name) }
    }
}

/// Commands in lines of their own.
#[derive(Debug)]
pub(super) struct Screen {
    /// Whether they are for the administrator.
    pub(super) root: bool,
    /// What the book says that they are for: `test`, `doc` or `pre`.
    pub(super) purpose: Option<String>,
    /// Whether the book does not count them among those that are run.
    pub(super) aside: bool,
    pub(super) pieces: Vec<Piece>,
}

impl Screen {
    /// The commands as they are read.
    pub(super) fn text(&self) -> String {
        shown(&self.pieces)
    }

    /// Adds what stands beside it.
    pub(super) fn join(&mut self, other: Self) {
        let end = !self.text().ends_with('\n') && !other.text().starts_with('\n');
        self.pieces.extend(end.then(|| Piece::Text("\n".to_owned())));
        self.pieces.extend(other.pieces);
        self.aside |= other.aside;
    }

    pub(super) fn is_for(&self, purpose: &str) -> bool {
        self.purpose.as_deref() == Some(purpose)
    }
}

impl Page {
    /// The version that title and address agree on, else what looks like one in the title, else nothing.
    pub(super) fn version(&self) -> Option<&str> {
        let url = self.downloads.own.as_ref().map_or("", |own| own.url.as_str());
        let tails = self.title.match_indices('-').filter_map(|(at, _)| {
            let tail = self.title[at + 1..].split([' ', ')']).next().unwrap_or_default();
            tail.starts_with(|c: char| c.is_ascii_digit()).then_some(tail)
        });
        let tails: Vec<_> = tails.collect();
        tails.iter().find(|tail| url.contains(**tail)).or(tails.first()).copied()
    }

    /// Whether it has its readers run a program.
    pub(super) fn runs(&self, program: &str) -> bool {
        self.blocks.iter().any(|block| match &block.kind {
            Kind::Screen(screen) => {
                !screen.aside && screen.text().split_whitespace().any(|word| word == program)
            }
            Kind::Para { .. } => false,
        })
    }

    /// The title without the version.
    pub(super) fn subject(&self) -> String {
        match self.version() {
            Some(version) => self.title.replacen(&format!("-{version}"), "", 1),
            None => self.title.clone(),
        }
    }
}

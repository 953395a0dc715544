//! Pages that build many packages alike: a list of their files, and a loop over it.

use std::borrow::Cow;

use super::page::{Kind, Page};
use crate::import::archives::{Material, md5};
use crate::model::{Dialect, escaped};
use crate::shell::parse;
use crate::shell::tree::{Statement, Word};
use crate::source::Place;

/// A list of files.
#[derive(Debug)]
pub(super) struct List {
    pub(super) files: Vec<Material>,
    /// The parts of the page that it takes the place of.
    pub(super) places: Vec<Place>,
    /// The command that writes the list.
    text: String,
    /// The folder in which the files are looked for.
    folder: Option<String>,
    /// What is made of the list besides.
    more: Vec<String>,
}

impl List {
    /// The list of a page, if it has one.
    pub(super) fn find(page: &Page) -> Option<Self> {
        let folder = page.downloads.own.as_ref()?;
        let screens = || {
            page.blocks.iter().filter_map(|block| match &block.kind {
                Kind::Screen(screen) => Some((block.place, screen.text())),
                Kind::Para { .. } => None,
            })
        };
        let (place, text, files) = screens().find_map(|(place, text)| {
            let files = files(&text, &folder.url);
            (!files.is_empty()).then_some((place, text, files))
        })?;
        let text = text.trim().to_owned();
        let mut list = Self { files, places: vec![place], text, folder: None, more: Vec::new() };
        for (place, text) in screens().filter(|(_, text)| text.contains("wget")) {
            list.places.push(place);
            list.takes_place_of(&text);
        }
        Some(list)
    }

    /// What remains of commands that fetch the files: the folder that they make, and another list.
    fn takes_place_of(&mut self, text: &str) {
        for pipeline in parse(text, Dialect::Bash).statements.iter().flat_map(Statement::pipelines) {
            let whole = text.get(pipeline.span.range()).unwrap_or_default();
            match pipeline.simple() {
                Some(simple) if simple.name().is_some_and(|name| name == "mkdir") => {
                    self.folder = simple.words.get(1).and_then(Word::literal).map(Cow::into_owned);
                }
                None if !whole.contains("wget") => self.more.push(whole.to_owned()),
                _ => {}
            }
        }
    }

    /// The commands that stand for fetching.
    pub(super) fn prepare(&self) -> String {
        let mut text = format!("{}\n", escaped(&self.text));
        if let Some(folder) = &self.folder {
            text += &format!("mkdir {folder}\ncd {folder}\n");
        }
        text += "ln -s \"$sources\"/* .\n";
        text + &self.more.iter().map(|more| escaped(more)).collect::<Vec<_>>().join("\n")
    }
}

/// The files that a list names, each in a line behind its digest. What begins with `#` is left out by the loop.
fn files(text: &str, folder: &str) -> Vec<Material> {
    let file = |line: &str| {
        let mut words = line.split_whitespace();
        let md5 = md5(words.next()?)?;
        let name = words.collect::<String>();
        let url = format!("{}/{name}", folder.trim_end_matches('/'));
        (name.contains('.')).then_some(Material { url, md5: Some(md5), homepage: None })
    };
    text.lines().filter_map(file).collect()
}

/// Commands without the `exit` at their end, which leaves a shell that the book has begun before.
pub(super) fn without_exit(text: &str) -> &str {
    let text = text.trim_end();
    match text.strip_suffix("\nexit") {
        Some(before) => before.trim_end(),
        None => text,
    }
}

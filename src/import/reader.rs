//! The files of a book, each read once, and kept so that places in them can be told.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::model::Files;
use crate::source::{FileId, Place, SourceFile, SourceMap};

/// The largest file that is read of a book. Its largest is a tenth of that.
const LARGEST: usize = 4 << 20;

/// Why something cannot be read, and where.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) place: Option<Place>,
    pub(super) message: String,
}

impl Problem {
    /// As a diagnostic of what is lost by it.
    pub(super) fn diagnostic(self, lost: &str) -> Diagnostic {
        let diagnostic = Diagnostic::error("book-unreadable", self.message).help(lost);
        match self.place {
            Some(place) => diagnostic.at(place, ""),
            None => diagnostic,
        }
    }
}

/// Reads a book's files.
pub(super) struct Reader<'a> {
    book: &'a dyn Files,
    pub(super) sources: SourceMap,
    known: BTreeMap<String, Result<FileId, String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(book: &'a dyn Files) -> Self {
        Self { book, sources: SourceMap::default(), known: BTreeMap::new() }
    }

    /// The file of that path in the book.
    pub(super) fn open(&mut self, path: &str) -> Option<FileId> {
        if !self.known.contains_key(path) {
            let read = self.book.read(path);
            let file = text(read).map(|text| self.sources.add(SourceFile::new(path, text)));
            self.known.insert(path.to_owned(), file);
        }
        self.known.get(path)?.as_ref().ok().copied()
    }

    /// Why a file could not be opened.
    pub(super) fn why_not(&self, path: &str) -> &str {
        match self.known.get(path) {
            Some(Err(reason)) => reason,
            _ => "cannot be read",
        }
    }

    /// The text of a file.
    pub(super) fn text(&self, file: FileId) -> Arc<str> {
        Arc::clone(&self.sources.file(file).text)
    }
}

fn text(read: io::Result<Vec<u8>>) -> Result<String, String> {
    let bytes = read.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "is not there".to_owned(),
        _ => format!("cannot be read: {error}"),
    })?;
    if bytes.len() > LARGEST {
        return Err(format!("is larger than {} MiB", LARGEST >> 20));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())
}

/// The path in the book of a file that another names.
///
/// # Errors
/// It does not lie in the book, and this says so.
pub(super) fn beside(path: &str, named: &str) -> Result<String, String> {
    let outside = || format!("`{named}` does not lie in the book");
    if named.contains(':') || named.starts_with('/') || named.contains(char::is_control) {
        return Err(outside());
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in named.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or_else(outside)?),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

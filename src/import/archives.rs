//! The files that a book has its readers fetch, and what is known of them.

use std::collections::BTreeMap;

use super::write::Fetched;
use super::{Digests, Wanted};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Place;

/// What a book says of a file to fetch.
#[derive(Debug, Clone, Default)]
pub(super) struct Material {
    pub(super) url: String,
    pub(super) md5: Option<String>,
    pub(super) homepage: Option<String>,
}

/// Holds files that are there against what the book says of them.
pub(super) struct Archives<'a> {
    /// The digests of a file, if it is there.
    find: &'a dyn Fn(&str) -> Option<Digests>,
    /// SHA-256 digests that were held against the book.
    known: BTreeMap<String, Option<String>>,
    pub(super) wanted: BTreeMap<String, Wanted>,
}

impl<'a> Archives<'a> {
    pub(super) fn new(find: &'a dyn Fn(&str) -> Option<Digests>) -> Self {
        Self { find, known: BTreeMap::new(), wanted: BTreeMap::new() }
    }

    /// What is known of a file that the section at `place` needs.
    pub(super) fn fetched(&mut self, material: &Material, place: Place, told: &mut Diagnostics) -> Fetched {
        let Material { url, md5, .. } = material;
        let file = file_name(url);
        if !self.known.contains_key(file) {
            let digests = (self.find)(file);
            let matches = |found: &Digests| md5.as_ref().is_none_or(|md5| *md5 == found.md5);
            if digests.as_ref().is_some_and(|found| !matches(found)) {
                let message = format!(
                    "the `{file}` that was given is not the file that the book means: its MD5 digest is another"
                );
                let diagnostic = Diagnostic::error("book-digest", message).at(place, "");
                told.push(diagnostic.help("fetch it again, and see where it comes from"));
            }
            let known = digests.filter(matches).map(|digests| digests.sha256);
            self.wanted.insert(file.to_owned(), Wanted { url: url.clone(), known: known.is_some() });
            self.known.insert(file.to_owned(), known);
        }
        let sha256 = self.known.get(file).cloned().flatten();
        Fetched { url: url.clone(), md5: md5.clone(), sha256 }
    }
}

/// The last part of an address.
pub(super) fn file_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// The MD5 digest that a book writes, if it is one.
pub(super) fn md5(text: &str) -> Option<String> {
    let is_digest = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| text.to_ascii_lowercase())
}

//! Changes that would do away with a finding, as data.

use serde::{Deserialize, Serialize};

use super::Diagnostic;
use crate::source::Place;

/// How sure it is that a fix changes nothing that was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// What works goes on to work as it does.
    Safe,
    /// A person should look at what it does.
    Unsafe,
}

/// A way to do away with a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What it does: a fragment such as "write `${x:?}`".
    pub title: String,
    /// How sure it is.
    pub safety: Safety,
    /// All that it changes, in one file; none of it overlaps.
    pub edits: Vec<Edit>,
}

/// New text for a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edit {
    /// The bytes that go.
    pub place: Place,
    /// What comes instead; may be nothing.
    pub text: String,
}

impl Edit {
    /// New text for a place.
    pub fn new(place: Place, text: impl Into<String>) -> Self {
        Self { place, text: text.into() }
    }
}

impl Diagnostic {
    /// Offers a fix that changes nothing that was meant. Without a place, because the text does not stand in a file as it is,
    /// there is none to offer.
    pub fn fix_safe(&mut self, title: impl Into<String>, place: Option<Place>, text: impl Into<String>) {
        self.fix(title, Safety::Safe, place.map(|place| Edit::new(place, text)));
    }

    /// Offers a fix that a person should look at.
    pub fn fix_unsafe(&mut self, title: impl Into<String>, place: Option<Place>, text: impl Into<String>) {
        self.fix(title, Safety::Unsafe, place.map(|place| Edit::new(place, text)));
    }

    /// Offers a fix of several edits in one file; none without an edit.
    pub fn fix(&mut self, title: impl Into<String>, safety: Safety, edits: impl IntoIterator<Item = Edit>) {
        let mut edits: Vec<_> = edits.into_iter().collect();
        edits.sort();
        if let Some(first) = edits.first() {
            debug_assert!(
                edits.iter().all(|edit| edit.place.file == first.place.file),
                "a fix is in one file"
            );
            self.fixes.push(Fix { title: title.into(), safety, edits });
        }
    }
}

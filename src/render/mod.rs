//! Diagnostics as text, one file a format, one line in [`FORMATS`].
//!
//! This module knows places and diagnostics. It does not know rules, specs, or where the text goes; what a format shows
//! of rules it is given as [`About`].

mod fingerprint;
mod github;
mod human;
mod json;
mod junit;
mod many;
mod sarif;
mod wrap;
mod xml;

pub use fingerprint::Content;
pub use human::{human, visible};
pub use json::VERSION as JSON_VERSION;
pub use many::{human_all, human_first, summary};
pub use xml::xml;

use serde::{Deserialize, Serialize};

use crate::diag::{Confidence, Diagnostics, Persona, Severity};
use crate::source::{Place, SourceMap};

/// What there is to show.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The files that places point into.
    pub sources: &'a SourceMap,
    /// What was found, in the order in which it is shown.
    pub diagnostics: &'a Diagnostics,
    /// What was found, and is not reported for a reason; for formats that carry reasons.
    pub excused: &'a Diagnostics,
    /// The rules that could have been broken.
    pub about: &'a [About],
    /// What the reader sees it on.
    pub style: Style,
}

/// What text for people is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Style {
    /// Whether it shows colours.
    pub color: bool,
    /// How many characters fit into a line.
    pub width: usize,
}

impl Style {
    /// A file, a pipe, a document.
    pub const PLAIN: Self = Self { color: false, width: 80 };
}

/// What is known of a rule.
#[derive(Debug, Clone)]
pub struct About {
    /// Its name.
    pub name: &'static str,
    /// Its usual severity.
    pub severity: Severity,
    /// Its usual confidence.
    pub confidence: Confidence,
    /// Whom its findings are for.
    pub persona: Persona,
    /// One sentence.
    pub summary: String,
    /// Its page, in Markdown.
    pub page: &'static str,
}

/// A format.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for, in a line.
    pub purpose: &'static str,
    /// Writes everything.
    pub write: fn(View<'_>) -> String,
}

/// Every format; the first is the default.
pub static FORMATS: [Format; 5] = [
    Format {
        name: "human",
        purpose: "for people",
        write: |view| human_all(view.sources, view.diagnostics, view.style),
    },
    Format { name: "json", purpose: "for programs; versioned", write: json::write },
    Format { name: "sarif", purpose: "SARIF 2.1.0, for code scanning", write: sarif::write },
    Format { name: "github", purpose: "annotations of GitHub Actions", write: github::write },
    Format { name: "junit", purpose: "JUnit XML, for CI systems", write: junit::write },
];

/// The format of that name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// A place as editors count: lines and columns from 1, columns in characters, the end after the last character.
struct Region<'a> {
    file: &'a str,
    start: (usize, usize),
    end: (usize, usize),
}

fn region(sources: &SourceMap, place: Place) -> Region<'_> {
    let file = sources.file(place.file);
    Region {
        file: &file.name,
        start: file.line_column(place.start as usize),
        end: file.line_column(place.end.max(place.start) as usize),
    }
}

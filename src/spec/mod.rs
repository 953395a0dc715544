//! What was written: YAML, read with places and held against the tables of keys.
//!
//! This module knows how things are spelled. It does not know what they mean: that a digest has 64 digits, that a stage exists.

mod align;
mod check;
mod column;
mod edit;
pub mod keys;
mod lines;
mod schema;
mod table;
mod tree;
mod yaml;

pub use check::{check_required, missing};
pub use edit::{in_file, read_any, reads_as_meant, whole_lines};
pub use lines::BlockLines;
pub use schema::schema;
pub use table::{Key, Shape, Table, Word};
pub use tree::{Entry, Form, Kind, Node, Reading, Scalar, entries, items};
pub use yaml::{MAX_BYTES, MAX_DEPTH, MAX_NODES};

use crate::diag::Diagnostics;
use crate::source::FileId;

/// A spec as written: a mapping of which every part fits [`keys::SPEC`]. Required keys may be missing, because another spec
/// may give them.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecDoc(pub Node);

/// `lfsgen.yaml` as written: a mapping of which every part fits [`keys::CONFIG`]. Nothing that is required is missing without
/// an error.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectDoc(pub Node);

/// Reads a spec. Nothing is returned where the text is no mapping at all; then there is an error.
pub fn read_spec(file: FileId, text: &str) -> (Option<SpecDoc>, Diagnostics) {
    let (node, diagnostics) = read(file, text, &keys::SPEC);
    (node.map(SpecDoc), diagnostics)
}

/// Reads `lfsgen.yaml`. Nothing is returned where the text is no mapping at all; then there is an error.
pub fn read_config(file: FileId, text: &str) -> (Option<ProjectDoc>, Diagnostics) {
    let (node, mut diagnostics) = read(file, text, &keys::CONFIG);
    if let Some(node) = &node {
        check_required(node, &Shape::Table(&keys::CONFIG), &mut diagnostics);
    }
    (node.map(ProjectDoc), diagnostics)
}

fn read(file: FileId, text: &str, table: &'static Table) -> (Option<Node>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let node = yaml::read(file, text, &mut diagnostics)
        .and_then(|node| check::check(node, &Shape::Table(table), table, &mut diagnostics));
    (node, diagnostics)
}

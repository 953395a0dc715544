//! Fixes of findings, applied to texts in memory.
//!
//! An edit replaces the bytes of its place and nothing else. This module makes sure that a spec reads as it did but for what
//! the edits mean; it does not know rules, and touches no file.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Diagnostics, Edit, Fix, Safety};
use crate::source::{FileId, Place, SourceMap};
use crate::spec::{Node, in_file, read_any, reads_as_meant, whole_lines};

/// The trees of specs, each read once.
#[derive(Default)]
struct Trees(BTreeMap<FileId, Option<Node>>);

impl Trees {
    fn of(&mut self, sources: &SourceMap, file: FileId) -> Option<&Node> {
        self.0.entry(file).or_insert_with(|| read_any(file, &sources.file(file).text)).as_ref()
    }
}

/// Makes the fixes of findings in specs fit into YAML, and takes back those that do not.
pub fn fit_specs(sources: &SourceMap, diagnostics: &mut Diagnostics) {
    let mut trees = Trees::default();
    for diagnostic in diagnostics.iter_mut() {
        diagnostic.fixes.retain_mut(|fix| {
            let Some(file) = file_of(fix) else { return false };
            let text = &sources.file(file).text;
            let Some(tree) = trees.of(sources, file) else { return false };
            fix.edits.iter_mut().for_each(|edit| *edit = in_file(text, tree, edit));
            is_sound(text, tree, &fix.edits)
        });
    }
}

/// Makes the fixes of findings in scripts take whole lines where they leave none of one.
pub fn fit_scripts(sources: &SourceMap, diagnostics: &mut Diagnostics) {
    let edits =
        diagnostics.iter_mut().flat_map(|diagnostic| &mut diagnostic.fixes).flat_map(|fix| &mut fix.edits);
    for edit in edits.filter(|edit| edit.text.is_empty()) {
        let file = edit.place.file;
        edit.place = Place::new(file, whole_lines(&sources.file(file).text, edit.place.range()));
    }
}

/// The edits of one file, and of which rules the findings are that they do away with.
#[derive(Debug, Default)]
pub struct Chosen {
    /// In order; none overlaps another.
    pub edits: Vec<Edit>,
    /// The rule of each finding.
    pub rules: Vec<&'static str>,
}

/// The first fix of each finding that may be applied, by file. Of those that overlap the first wins.
pub fn choose(
    sources: &SourceMap,
    diagnostics: &Diagnostics,
    worst: Safety,
    is_spec: impl Fn(FileId) -> bool,
) -> BTreeMap<FileId, Chosen> {
    let mut chosen: BTreeMap<FileId, Chosen> = BTreeMap::new();
    let mut trees = Trees::default();
    for (diagnostic, fix) in
        diagnostics.iter().filter_map(|diagnostic| Some((diagnostic, best(diagnostic, worst)?)))
    {
        let Some(file) = file_of(fix) else { continue };
        let here = chosen.entry(file).or_default();
        if fix.edits.iter().any(|new| here.edits.iter().any(|old| touch(old.place, new.place))) {
            continue;
        }
        let mut edits = [here.edits.as_slice(), &fix.edits].concat();
        edits.sort();
        // Two edits that are well each by itself may leave nothing of a list together.
        let text = &sources.file(file).text;
        if is_spec(file) && !trees.of(sources, file).is_some_and(|tree| is_sound(text, tree, &edits)) {
            continue;
        }
        here.edits = edits;
        here.rules.push(diagnostic.rule);
    }
    chosen.retain(|_, chosen| !chosen.edits.is_empty());
    chosen
}

/// The first fix that is safe enough.
fn best(diagnostic: &Diagnostic, worst: Safety) -> Option<&Fix> {
    diagnostic.fixes.iter().find(|fix| fix.safety <= worst)
}

fn file_of(fix: &Fix) -> Option<FileId> {
    let file = fix.edits.first()?.place.file;
    fix.edits.iter().all(|edit| edit.place.file == file).then_some(file)
}

/// Whether two places have a byte in common, or begin where there is nothing between them.
fn touch(one: Place, other: Place) -> bool {
    one.start == other.start || (one.start < other.end && other.start < one.end)
}

/// A text with edits in order.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    for Edit { place, text: new } in edits {
        let range = place.range();
        changed.push_str(text.get(at..range.start).unwrap_or_default());
        changed.push_str(new);
        at = range.end;
    }
    changed.push_str(text.get(at..).unwrap_or_default());
    changed
}

fn is_sound(text: &str, tree: &Node, edits: &[Edit]) -> bool {
    let new = read_any(tree.place.file, &apply(text, edits));
    new.is_some_and(|new| reads_as_meant(text, tree, &new, edits))
}

//! Fixes of findings, applied to texts in memory.
//!
//! An edit replaces the bytes of its place and nothing else. This module makes sure that a spec reads as it did but for what
//! the edits mean; it does not know rules, and touches no file.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::diag::{Diagnostic, Diagnostics, Edit, Fix, Safety};
use crate::source::{FileId, Place, SourceMap};
use crate::spec::{BlockLines, Node, in_file, read_any, reads_as_meant, whole_lines};

/// How many fixes of one spec are tried by reading all of it anew. Nobody has so many, and the rest comes with the next run.
const MOST_TRIED: usize = 200;

/// A spec as it reads before any edit.
struct Tree {
    root: Node,
    lines: BlockLines,
}

/// The trees of specs, each read once.
#[derive(Default)]
struct Trees(BTreeMap<FileId, Option<Tree>>);

impl Trees {
    fn of(&mut self, sources: &SourceMap, file: FileId) -> Option<&Tree> {
        let read = || {
            let root = read_any(file, &sources.file(file).text)?;
            Some(Tree { lines: BlockLines::of(&root), root })
        };
        self.0.entry(file).or_insert_with(read).as_ref()
    }
}

impl Tree {
    /// The lines that edits change, where none of them can do anything else to the spec.
    fn changed_lines(&self, text: &str, edits: &[Edit]) -> Option<Vec<Place>> {
        edits.iter().map(|edit| self.lines.changed_by(text, edit)).collect()
    }

    fn is_sound(&self, text: &str, edits: &[Edit]) -> bool {
        let new = read_any(self.root.place.file, &apply(text, edits));
        new.is_some_and(|new| reads_as_meant(text, &self.root, &new, edits))
    }
}

/// Makes the fixes of findings in specs fit into YAML, and takes back those that do not.
pub fn fit_specs(sources: &SourceMap, diagnostics: &mut Diagnostics) {
    let mut by_file: BTreeMap<_, Vec<&mut Diagnostic>> = BTreeMap::new();
    for diagnostic in diagnostics.iter_mut().filter(|diagnostic| !diagnostic.fixes.is_empty()) {
        by_file.entry(file_of(&diagnostic.fixes[0])).or_default().push(diagnostic);
    }
    by_file.into_par_iter().for_each(|(_, diagnostics)| fit_some(sources, diagnostics));
}

/// The same of some findings, whose specs are read for them alone.
fn fit_some(sources: &SourceMap, diagnostics: Vec<&mut Diagnostic>) {
    let mut trees = Trees::default();
    let mut left = MOST_TRIED;
    for diagnostic in diagnostics {
        diagnostic.fixes.retain_mut(|fix| {
            let Some(file) = file_of(fix) else { return false };
            let text = &sources.file(file).text;
            let Some(tree) = trees.of(sources, file) else { return false };
            fix.edits.iter_mut().for_each(|edit| *edit = in_file(text, &tree.root, edit));
            if tree.changed_lines(text, &fix.edits).is_some() {
                return true;
            }
            let tried = left > 0;
            left = left.saturating_sub(1);
            tried && tree.is_sound(text, &fix.edits)
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
    // Of each spec the places of edits that may change more than a line.
    let mut wide: BTreeMap<FileId, Vec<Place>> = BTreeMap::new();
    for (diagnostic, fix) in
        diagnostics.iter().filter_map(|diagnostic| Some((diagnostic, best(diagnostic, worst)?)))
    {
        let Some(file) = file_of(fix) else { continue };
        let here = chosen.entry(file).or_default();
        if fix.edits.iter().any(|new| touches(&here.edits, new.place)) {
            continue;
        }
        if is_spec(file) {
            let Some(tree) = trees.of(sources, file) else { continue };
            let (text, wide) = (&sources.file(file).text, wide.entry(file).or_default());
            let apart = |line: &Place| wide.iter().all(|edit| edit.end < line.start || line.end < edit.start);
            if !tree.changed_lines(text, &fix.edits).is_some_and(|lines| lines.iter().all(apart)) {
                // Two edits that are well each by itself may leave nothing of a list together.
                let mut edits = [here.edits.as_slice(), &fix.edits].concat();
                edits.sort();
                if !tree.is_sound(text, &edits) {
                    continue;
                }
                wide.extend(fix.edits.iter().map(|edit| edit.place));
            }
        }
        for edit in &fix.edits {
            here.edits.insert(here.edits.partition_point(|old| old < edit), edit.clone());
        }
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

/// Whether a place touches one of these edits, which are in order and touch none of each other.
fn touches(edits: &[Edit], place: Place) -> bool {
    let (before, after) = edits.split_at(edits.partition_point(|old| old.place.start < place.start));
    before.last().into_iter().chain(after.first()).any(|old| touch(old.place, place))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::SourceFile;

    const SPEC: &str = "a: b\nphases:\n  build: |\n    rm -r $x\n\n      if a; then # b\n    \tcd é\n    fi\n   \n\
         list:\n- |2-\n    one\n   two: \"3\"\n- >\n  f\n   g\n  h\n- plain\n  text\n- 'q'\nlast: |+\n  x\n  y\n\none: |\n  make -j4\n\
         short: |-\n  make\nfolded: >\n  make it\n";

    fn tree() -> (FileId, Tree) {
        let mut sources = SourceMap::default();
        let (file, mut trees) = (sources.add(SourceFile::new("a.yaml", SPEC)), Trees::default());
        trees.of(&sources, file);
        (file, trees.0.remove(&file).flatten().unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn edits_that_change_nothing_but_lines_leave_a_spec_as_it_is_meant_to_be(
            new in proptest::collection::vec((0..SPEC.len(), 0..6_usize, "[ -~\t\n]{0,5}"), 1..4)
        ) {
            let (file, tree) = tree();
            let mut edits: Vec<Edit> = Vec::new();
            for (start, length, text) in new {
                let place = Place::new(file, start..(start + length).min(SPEC.len()));
                if SPEC.get(place.range()).is_some() && !touches(&edits, place) {
                    edits.push(Edit::new(place, text));
                    edits.sort();
                }
            }
            edits.retain(|edit| tree.lines.changed_by(SPEC, edit).is_some());
            prop_assert!(tree.is_sound(SPEC, &edits), "{edits:?}\n{}", apply(SPEC, &edits));
        }
    }

    #[test]
    fn lines_of_blocks_are_known_and_nothing_else_is_one() {
        let (file, tree) = tree();
        let line = |of: &str, old: &str, new: &str| {
            let start = SPEC.find(of).unwrap() + of.find(old).unwrap();
            let edit = Edit::new(Place::new(file, start..start + old.len()), new);
            tree.lines.changed_by(SPEC, &edit).map(|line| SPEC[line.range()].trim_end())
        };
        assert_eq!(line("rm -r $x", "$x", "${x:?}"), Some("rm -r $x"));
        assert_eq!(line("rm -r $x", "rm -r ", ""), None);
        assert_eq!(line("rm -r $x", "rm", "ls"), Some("rm -r $x"));
        assert_eq!(line("rm -r $x", "rm", " ls"), None);
        assert_eq!(line("rm -r $x", "$x", "\n"), None);
        assert_eq!(line("if a; then # b", " # b", ""), Some("  if a; then # b"));
        assert_eq!(line("  if a;", "  if", "if"), None);
        assert_eq!(line("cd é", "é", "e"), None);
        assert_eq!(line("make -j4", "-j4", "-j2"), Some("make -j4"));
        assert_eq!(line("make\nfolded", "ake", "k"), Some("make"));
        for (of, old) in [("a: b", "b"), ("plain\n", "lain"), ("'q'", "q"), ("build: |", "|")] {
            assert_eq!(line(of, old, "x"), None, "{of}");
        }
    }

    #[test]
    fn of_very_many_fixes_only_so_many_are_tried_by_reading_the_whole_spec_and_no_more_are_kept() {
        let kept = |before: &str| {
            let spec = format!("build: {before}{}\n", "make -j4; ".repeat(MOST_TRIED + 50));
            let mut sources = SourceMap::default();
            let file = sources.add(SourceFile::new("a.yaml", spec.as_str()));
            let finding = |(at, old): (usize, &str)| {
                let mut finding = Diagnostic::warning("a", "a");
                finding.fix_safe("b", Some(Place::new(file, at..at + old.len())), "-j2");
                finding
            };
            let mut found: Diagnostics = spec.match_indices("-j4").map(finding).collect();
            fit_specs(&sources, &mut found);
            found.iter().filter(|finding| !finding.fixes.is_empty()).count()
        };
        assert_eq!([kept(""), kept("|\n  ")], [MOST_TRIED, MOST_TRIED + 50]);
    }

    #[test]
    fn a_place_touches_what_it_shares_a_byte_with_or_begins_at() {
        let place = |range: std::ops::Range<usize>| Place::new(FileId(0), range);
        let edits: Vec<_> = [0..2, 4..4, 6..9].map(|range| Edit::new(place(range), "")).to_vec();
        for range in [0..0, 1..1, 1..3, 4..4, 3..5, 4..5, 5..7, 8..8, 0..20] {
            assert!(touches(&edits, place(range.clone())), "{range:?}");
        }
        for range in [2..2, 2..4, 3..3, 5..6, 9..9, 9..12] {
            assert!(!touches(&edits, place(range.clone())), "{range:?}");
        }
    }
}

//! `lint --fix`: fixes are applied in memory, looked at again, and written where all is well.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use similar::TextDiff;

use super::super::output::tell;
use super::errors;
use super::work::{Found, Work};
use crate::diag::{Diagnostics, Safety};
use crate::fix::{apply, choose};
use crate::host::files;
use crate::report::text::count;
use crate::source::FileId;

/// How often what was fixed is looked at again. Fixes that touch each other take a round each.
const ROUNDS: usize = 16;

/// What fixes have made, in memory.
#[derive(Default)]
pub(super) struct Fixed {
    /// Changed files with their texts before and now.
    files: BTreeMap<FileId, (String, String)>,
    /// How many findings were fixed.
    findings: usize,
}

/// Applies fixes until there is nothing left to apply. `visible` says which findings may be fixed.
pub(super) fn fix(
    work: &mut Work,
    mut found: Found,
    worst: Safety,
    visible: impl Fn(&Found) -> Diagnostics,
) -> (Found, Fixed) {
    let mut fixed = Fixed::default();
    let mut left_alone = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mut chosen = choose(&found.sources, &visible(&found), worst, |file| found.is_spec(file));
        chosen.retain(|&file, _| {
            let wrong = work.path(&found, file).err().filter(|_| left_alone.insert(file));
            if let Some(why) = wrong {
                leave_alone(&found, file, why);
            }
            !left_alone.contains(&file)
        });
        if chosen.is_empty() {
            break;
        }
        let old = |file: FileId| found.sources.file(file).text.clone();
        for (&file, chosen) in &chosen {
            work.set(&found, file, &apply(&old(file), &chosen.edits));
        }
        let mut after = work.look();
        let is_invalid = errors(&after.diagnostics) > errors(&found.diagnostics);
        let (good, bad): (Vec<_>, Vec<_>) = chosen
            .into_iter()
            .partition(|(file, chosen)| !is_invalid && is_better(&found, &after, *file, &chosen.rules));
        for &(file, _) in &bad {
            leave_alone(&found, file, "after its fixes it would have other findings");
            work.set(&found, file, &old(file));
            left_alone.insert(file);
        }
        if !bad.is_empty() {
            after = work.look();
        }
        for (file, chosen) in good {
            fixed.findings += chosen.rules.len();
            let new = after.sources.file(file).text.to_string();
            fixed.files.entry(file).or_insert_with(|| (old(file).to_string(), String::new())).1 = new;
        }
        found = after;
    }
    (found, fixed)
}

fn leave_alone(found: &Found, file: FileId, why: &str) {
    tell(&format!("`{}` is left alone: {why}\n", found.sources.file(file).name));
}

/// Whether the findings that were fixed are gone from a file, and no other has come.
fn is_better(before: &Found, after: &Found, file: FileId, fixed: &[&str]) -> bool {
    let count = |found: &Found, rule: &str| {
        let here = |place: Option<FileId>| place == Some(file);
        let list = found.diagnostics.iter();
        list.filter(|one| one.rule == rule && here(one.primary.as_ref().map(|label| label.place.file)))
            .count()
    };
    let rules: BTreeSet<&str> =
        before.diagnostics.iter().chain(&after.diagnostics).map(|one| one.rule).collect();
    rules.into_iter().all(|rule| {
        let gone = fixed.iter().filter(|&&fixed| fixed == rule).count();
        count(after, rule) + gone <= count(before, rule)
    })
}

impl Fixed {
    /// Whether nothing was fixed.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What changed, as a unified diff.
    pub(super) fn diff(&self, found: &Found) -> String {
        let diffs = self.files.iter().map(|(&file, (before, after))| {
            let name = &found.sources.file(file).name;
            let (old, new) = (format!("a/{name}"), format!("b/{name}"));
            TextDiff::from_lines(before, after).unified_diff().header(&old, &new).to_string()
        });
        diffs.collect()
    }

    /// Writes what changed, each file whole, and says so.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(super) fn write(&self, work: &Work, found: &Found, quiet: bool) -> Result<()> {
        let mut written = 0;
        for (&file, (before, after)) in &self.files {
            let Ok(path) = work.path(found, file) else { continue };
            if files::replace(&path, before.as_bytes(), after.as_bytes())? {
                written += 1;
            } else {
                leave_alone(found, file, "somebody else changed it meanwhile");
            }
        }
        if !quiet && !self.is_empty() {
            tell(&format!("fixed {} in {}\n", count(self.findings, "finding"), count(written, "file")));
        }
        Ok(())
    }
}

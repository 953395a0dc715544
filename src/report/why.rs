//! Why a package would be built: which parts of its key changed, and through which dependencies.
//!
//! The parts are those that the key itself is made of, so that the explanation cannot drift from the decision.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::history::History;
use super::plans::Plans;
use super::status::{Machine, is_check_due, was_built};
use crate::model::{Digest, PackageName, RelPath};
use crate::plan::file::{DEPENDS, PackageFile};
use crate::run::Standing;

/// Why a package would be built, or would not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Why {
    /// There is an artifact of its present inputs.
    UpToDate {
        /// Where nothing was built for them: what changed since it was. What it is made of came out as before.
        unchanged_by: Vec<Change>,
        /// Whether its check runs all the same, and the phases before it once more for that: a check is in no key.
        check_is_due: bool,
    },
    /// The artifact of its present inputs is there, and the next build fails: it does not have all that its spec expects.
    Lacks {
        /// What it does not have.
        missing: Vec<RelPath>,
    },
    /// No artifact of it was ever committed.
    NeverBuilt,
    /// It was built from other inputs than it has now, and the journal does not say from which.
    Forgotten,
    /// It was built from the same inputs, but the artifact is gone.
    Removed,
    /// It was built from the same inputs, but without isolation, which this machine gives.
    NotIsolated,
    /// Its inputs are not those it was last built from.
    Changed {
        /// Every part that differs, by name.
        changes: Vec<Change>,
    },
}

/// One part of a key that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its name in the plan file.
    pub part: String,
    /// What it was; nothing where it is new.
    pub old: Option<String>,
    /// What it is; nothing where it is gone.
    pub new: Option<String>,
    /// For a dependency: what changed in it.
    pub because: Because,
}

/// What changed in a dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "because", content = "changes", rename_all = "kebab-case")]
pub enum Because {
    /// The part is no dependency, or the dependency was not there on both sides.
    Itself,
    /// These of the dependency's parts.
    Changes(Vec<Change>),
    /// As was said before, of the same dependency.
    SaidBefore,
    /// The journal has no record of the old key.
    Forgotten,
}

/// Compares what a package was last built from, or taken from the store for, with what it would be built from.
pub fn why(file: &PackageFile, plans: &Plans, history: &History, machine: &dyn Machine) -> Why {
    let commit_of = |key| history.commits_of(&file.package).rev().find(|commit| commit.key == key);
    let last = history.artifacts_of(&file.package).next();
    let mut walk = Walk { plans, history, said: BTreeSet::new() };
    match (commit_of(file.key), last, machine.artifact(file)) {
        (commit, _, Standing::There) => {
            let missing = machine.lacks(file);
            if !missing.is_empty() {
                return Why::Lacks { missing };
            }
            let built = commit.and_then(|commit| commit.same_as).and_then(commit_of);
            let changes = built.map(|built| walk.changes(&built.key_parts, &file.key_parts()));
            let check_is_due = is_check_due(file, machine);
            Why::UpToDate { unchanged_by: changes.unwrap_or_default(), check_is_due }
        }
        (_, None, _) if was_built(file, machine) => Why::Forgotten,
        (_, None, _) => Why::NeverBuilt,
        (Some(_), Some(last), Standing::Absent) if last.key == file.key => Why::Removed,
        (Some(_), Some(last), Standing::NotIsolated) if last.key == file.key => Why::NotIsolated,
        (_, Some(last), _) => Why::Changed { changes: walk.changes(&last.key_parts, &file.key_parts()) },
    }
}

struct Walk<'a> {
    plans: &'a Plans,
    history: &'a History,
    said: BTreeSet<(&'a PackageName, Digest)>,
}

impl Walk<'_> {
    fn changes(&mut self, old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Change> {
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let mut changes = Vec::new();
        for part in names {
            let (old, new) = (old.get(part), new.get(part));
            if old != new {
                let because = self.because(part, old, new);
                changes.push(Change { part: part.clone(), old: old.cloned(), new: new.cloned(), because });
            }
        }
        changes
    }

    fn because(&mut self, part: &str, old: Option<&String>, new: Option<&String>) -> Because {
        let (Some(name), Some(old), Some(_)) = (part.strip_prefix(DEPENDS), old, new) else {
            return Because::Itself;
        };
        let Some(file) = self.plans.package(name) else { return Because::Itself };
        let commit =
            self.history.commits_of(&file.package).rev().find(|commit| commit.key.to_string() == *old);
        let Some(commit) = commit else { return Because::Forgotten };
        if !self.said.insert((&commit.package, commit.key)) {
            return Because::SaidBefore;
        }
        Because::Changes(self.changes(&commit.key_parts, &file.key_parts()))
    }
}

/// The explanation for people.
pub fn explain(file: &PackageFile, why: &Why) -> String {
    let name = format!("{} {}", file.package, file.version);
    match why {
        Why::UpToDate { unchanged_by, check_is_due } => {
            let mut text =
                format!("{name} is up to date: the artifact of key {} is there\n", file.key.short());
            if !unchanged_by.is_empty() {
                text.push_str(
                    "  nothing was built for it: what it is made of came out as before, byte for byte, despite\n",
                );
                write_changes(&mut text, unchanged_by, 2);
            }
            if *check_is_due {
                text.push_str(
                    "  its check has not passed as it is now: it would run, and the phases before it again for that\n",
                );
            }
            text
        }
        Why::Lacks { missing } => {
            let mut text = format!(
                "{name} was built from these very inputs, but its artifact does not have what `artifacts.expect` names:\n"
            );
            missing.iter().for_each(|path| text.push_str(&format!("  {path}\n")));
            text + "  the next build fails for that, unless the list or what the phases install is corrected\n"
        }
        Why::NeverBuilt => format!("{name} was never built\n"),
        Why::Forgotten => format!(
            "{name} would be built again: it was built from other inputs, and the journal has nothing of them\n"
        ),
        Why::Removed => format!("{name} was built from these very inputs, but its artifact is gone\n"),
        Why::NotIsolated => format!(
            "{name} was built from these very inputs, but without isolation: it would be made again, since this machine isolates \
             steps\n"
        ),
        Why::Changed { changes } => {
            let mut text = format!("{name} would be built again, because of\n");
            if changes.is_empty() {
                text.push_str(
                    "  the way in which keys are made: this lfsgen makes another from the same parts\n",
                );
            }
            write_changes(&mut text, changes, 1);
            // What is new or gone among the dependencies is another root, whatever is in it.
            let is_carried = |change: &Change| {
                change.part.starts_with(DEPENDS) && change.old.is_some() && change.new.is_some()
            };
            if !changes.is_empty() && changes.iter().all(is_carried) {
                text.push_str("  if these come out as before, byte for byte, nothing is built for it\n");
            }
            text
        }
    }
}

fn write_changes(text: &mut String, changes: &[Change], depth: usize) {
    let indent = "  ".repeat(depth);
    for Change { part, old, new, because } in changes {
        let value = |value: &Option<String>| value.as_deref().map_or_else(|| "(none)".to_owned(), shorten);
        // Writing into a string cannot fail.
        let _ = write!(text, "{indent}{part}: {} → {}", value(old), value(new));
        match because {
            Because::Itself => text.push('\n'),
            Because::SaidBefore => text.push_str(" (as above)\n"),
            Because::Forgotten => text.push_str(" (the journal does not know the old key)\n"),
            Because::Changes(changes) => {
                text.push_str(", because of\n");
                write_changes(text, changes, depth + 1);
            }
        }
    }
}

/// Digests in short, other values on one line.
fn shorten(value: &str) -> String {
    match Digest::parse(value) {
        Ok(digest) => digest.short(),
        Err(_) if value.is_empty() => "(empty)".to_owned(),
        Err(_) => value
            .chars()
            .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.into() })
            .collect(),
    }
}

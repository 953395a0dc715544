//! What several artifacts are together: what a root of nothing but them shows.
//!
//! It is made of their manifests, as overlayfs would make it of their trees. Of the trees it looks only at directories
//! that no manifest has, because no package changed them.

use std::collections::btree_map::Entry::Vacant;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::capture::entry;
use super::manifest::{Entry, Kind, Manifest, text_path};
use super::marks::Attributes;
use crate::host::files;

/// Whom the owner of a file seems to be that has no number in a user namespace (user_namespaces(7)).
const OVERFLOW_ID: u32 = 65534;

/// One artifact of several.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// What it says that it has.
    pub manifest: &'a Manifest,
    /// Where its files lie.
    pub tree: &'a Path,
}

/// What they are together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Union {
    /// What is seen, parents before what they hold, and by name in a directory.
    pub shown: BTreeMap<PathBuf, Shown>,
    /// What one of them removes that none of those below it has.
    pub removed_elsewhere: BTreeSet<PathBuf>,
}

/// What is seen at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What it is.
    pub entry: Entry,
    /// The position of the artifact that it is of.
    pub part: usize,
}

/// Lays artifacts over each other, the uppermost first.
///
/// # Errors
/// A directory of theirs cannot be looked at.
pub fn union(parts: &[Part<'_>]) -> Result<Union> {
    let mut union = Union::default();
    // What the parts so far removed, and whether one below had it.
    let mut removed: BTreeMap<PathBuf, bool> = BTreeMap::new();
    let mut parents: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (part, Part { manifest, .. }) in parts.iter().enumerate() {
        for entry in &manifest.entries {
            let path = text_path(&entry.path);
            if let Some(over) = path.ancestors().find(|path| removed.contains_key(*path)) {
                removed.insert(over.to_owned(), true);
            } else if !union.hides(&path) {
                for parent in path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
                    parents.entry(parent.to_owned()).or_insert(part);
                }
                union.shown.entry(path).or_insert_with(|| Shown { entry: entry.clone(), part });
            }
        }
        for path in &manifest.removes {
            removed.entry(text_path(path)).or_insert(false);
        }
    }
    for (path, part) in parents {
        if let Vacant(place) = union.shown.entry(path) {
            let entry = directory(place.key(), parts[part].tree)?;
            place.insert(Shown { entry, part });
        }
    }
    union.removed_elsewhere.extend(removed.into_iter().filter(|(_, hides)| !hides).map(|(path, _)| path));
    Ok(union)
}

impl Union {
    /// Whether something else than a directory takes the place of one of a path's parents.
    fn hides(&self, path: &Path) -> bool {
        let mut parents = path.ancestors().skip(1).filter_map(|parent| self.shown.get(parent));
        parents.any(|shown| shown.entry.kind != Kind::Directory)
    }
}

/// The entry of a directory that its package did not change. Where an ordinary user built, what is root's in the root is that
/// user's here, and what is the machine's own seemed to belong to nobody that the root knows.
fn directory(path: &Path, tree: &Path) -> Result<Entry> {
    let here = tree.join(path);
    let entry = entry(path, &files::look(&here)?, &Attributes::of(&here)?, Kind::Directory);
    let in_root = |id, own| if id == OVERFLOW_ID || id == own { 0 } else { id };
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    Ok(Entry { uid: in_root(entry.uid, user), gid: in_root(entry.gid, group), ..entry })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A manifest of files and directories (which end in `/`), and of what it removes.
    fn manifest(entries: &[&str], removes: &[&str]) -> Manifest {
        let entry = |path: &&str| Entry {
            path: path.trim_end_matches('/').to_owned(),
            kind: if path.ends_with('/') { Kind::Directory } else { Kind::Fifo },
            mode: "0755".to_owned(),
            uid: 0,
            gid: 0,
            xattrs: BTreeMap::new(),
        };
        Manifest::new(entries.iter().map(entry).collect(), removes.iter().map(ToString::to_string).collect())
    }

    /// The paths that are seen, with the position of what they are of, and those that are removed elsewhere.
    fn paths(manifests: &[Manifest]) -> (Vec<String>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let trees: Vec<_> = (0..manifests.len()).map(|at| dir.path().join(at.to_string())).collect();
        for (tree, manifest) in trees.iter().zip(manifests) {
            for entry in &manifest.entries {
                let path = tree.join(&entry.path);
                files::create_dir_all(path.parent().unwrap()).unwrap();
            }
        }
        let parts: Vec<_> =
            manifests.iter().zip(&trees).map(|(manifest, tree)| Part { manifest, tree }).collect();
        let union = union(&parts).unwrap();
        let shown = union.shown.iter().map(|(path, shown)| format!("{} {}", path.display(), shown.part));
        let removed = union.removed_elsewhere.iter().map(|path| path.display().to_string());
        (shown.collect(), removed.collect())
    }

    #[test]
    fn the_uppermost_artifact_that_has_a_path_shows_its_own() {
        let (shown, _) =
            paths(&[manifest(&["a/", "a/x", "b"], &[]), manifest(&["a/", "a/x", "a/y", "c"], &[])]);
        assert_eq!(shown, ["a 0", "a/x 0", "a/y 1", "b 0", "c 1"]);
    }

    #[test]
    fn what_is_removed_is_gone_from_below_and_not_from_above() {
        let (shown, removed) = paths(&[
            manifest(&["doc/", "doc/new"], &[]),
            manifest(&["z"], &["doc", "old", "elsewhere"]),
            manifest(&["doc/", "doc/gone", "doc/a/", "doc/a/gone", "old"], &[]),
        ]);
        assert_eq!(shown, ["doc 0", "doc/new 0", "z 1"]);
        assert_eq!(removed, ["elsewhere"]);
    }

    #[test]
    fn a_file_in_the_place_of_a_directory_hides_what_was_in_it() {
        let (shown, _) = paths(&[manifest(&["a"], &[]), manifest(&["a/", "a/b/", "a/b/c", "ab"], &[])]);
        assert_eq!(shown, ["a 0", "ab 1"]);
    }

    #[test]
    fn directories_that_no_manifest_has_are_as_they_lie_in_the_tree() {
        let (shown, _) = paths(&[manifest(&["usr/bin/x"], &[]), manifest(&["usr/", "usr/y"], &[])]);
        assert_eq!(shown, ["usr 1", "usr/bin 0", "usr/bin/x 0", "usr/y 1"]);
    }
}

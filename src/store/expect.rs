//! What an artifact must hold.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::manifest::Manifest;
use super::marks::is_whiteout;
use crate::diagnose::plain;
use crate::host::files;
use crate::layout::Layout;
use crate::model::{Digest, RelPath};

/// A path that an artifact must hold and does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The path.
    pub path: RelPath,
    /// Paths that it holds and that may be meant, the likeliest first.
    pub near: Vec<String>,
}

/// Everything of `expect` that is not in an artifact's tree. What it takes away from the layers below has a mark there.
pub fn absent<'a>(expect: &'a [RelPath], tree: &'a Path) -> impl Iterator<Item = &'a RelPath> {
    let is_there = move |path: &RelPath| {
        files::symlink_metadata(&tree.join(path.as_str())).is_ok_and(|metadata| !is_whiteout(&metadata))
    };
    expect.iter().filter(move |path| !is_there(path))
}

/// The same, with what of the artifact may be meant.
pub fn missing(expect: &[RelPath], tree: &Path, manifest: &Manifest) -> Vec<Missing> {
    let absent = absent(expect, tree);
    absent.map(|path| Missing { path: path.clone(), near: near(path.as_str(), manifest) }).collect()
}

/// What the artifact of a key, which is there, does not have of `expect`. Its manifest, which may be large, is read only to say what
/// may be meant instead.
///
/// # Errors
/// Something is missing, and the manifest cannot be read.
pub fn lacking(layout: &Layout, key: &Digest, expect: &[RelPath]) -> Result<Vec<Missing>> {
    let tree = layout.artifact_tree(key);
    if absent(expect, &tree).next().is_none() {
        return Ok(Vec::new());
    }
    Ok(missing(expect, &tree, &Manifest::read(&layout.artifact_manifest(key))?))
}

/// Paths with the same last part come first, then those that are spelled much alike.
fn near(path: &str, manifest: &Manifest) -> Vec<String> {
    const LIKE: f64 = 0.85;
    const MOST: usize = 3;
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let name = last(path);
    let mut candidates: Vec<(f64, &str)> = manifest
        .entries
        .iter()
        .map(|entry| {
            let score = if last(&entry.path) == name { 2.0 } else { strsim::jaro_winkler(&entry.path, path) };
            (score, entry.path.as_str())
        })
        .filter(|(score, _)| *score >= LIKE)
        .collect();
    candidates.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    candidates.into_iter().take(MOST).map(|(_, path)| plain(path)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::manifest::{Entry, Kind};
    use super::*;
    use crate::store::marks::make_whiteout;

    #[test]
    fn what_an_artifact_takes_away_it_does_not_hold() {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["usr/lib/libz.a", "usr/lib/libz.so"];
        files::write_atomic(&dir.path().join(paths[1]), b"").unwrap();
        make_whiteout(&dir.path().join(paths[0])).unwrap();
        let manifest = Manifest::new(vec![], vec![paths[0].to_owned()]);
        let missing = missing(&paths.map(|path| RelPath::new(path).unwrap()), dir.path(), &manifest);
        assert_eq!(missing.iter().map(|missing| missing.path.as_str()).collect::<Vec<_>>(), [paths[0]]);
    }

    #[test]
    fn no_manifest_is_read_of_an_artifact_that_lacks_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, key) = (Layout::new(dir.path()), Digest::of(b"key"));
        let [there, gone] = ["usr/lib/libz.so", "usr/lib/libz.a"].map(|path| RelPath::new(path).unwrap());
        files::write_atomic(&layout.artifact_tree(&key).join(there.as_str()), b"").unwrap();
        let lacking = |expect: &[&RelPath]| {
            lacking(&layout, &key, &expect.iter().copied().cloned().collect::<Vec<_>>())
        };
        assert_eq!(lacking(&[&there]).unwrap(), []);
        assert!(lacking(&[&there, &gone]).is_err(), "there is none to say what is meant");
        let manifest = Manifest::new(vec![], vec![]);
        files::write_atomic(&layout.artifact_manifest(&key), &manifest.to_json().unwrap()).unwrap();
        assert_eq!(lacking(&[&there, &gone]).unwrap()[0].path, gone);
    }

    #[test]
    fn a_missing_path_names_those_that_may_be_meant() {
        let entry = |path: &str| Entry {
            path: path.into(),
            kind: Kind::Directory,
            mode: "0755".into(),
            uid: 0,
            gid: 0,
            xattrs: BTreeMap::new(),
        };
        let entries = ["usr/bin/zstd", "usr/lib/libz.so.1.3", "usr/lib64/libz.so"].map(entry).to_vec();
        let manifest = Manifest::new(entries, vec![]);
        let expect = [RelPath::new("usr/lib/libz.so").unwrap()];
        let missing = missing(&expect, Path::new("/nonexistent"), &manifest);
        assert_eq!(missing[0].near, ["usr/lib64/libz.so", "usr/lib/libz.so.1.3"]);
    }
}

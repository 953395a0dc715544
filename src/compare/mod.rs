//! Two artifacts of the same inputs, and in what they differ.
//!
//! Manifests say which paths differ. What differs in a file's bytes is told in the terms of its format: lines of a text,
//! sections of an ELF file, members of an archive, and what was compressed.

mod content;
mod elf;
mod members;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use crate::diagnose::plain;
use crate::host::files;
use crate::store::{Entry, Kind, Manifest, text_path};

/// An artifact on the disk.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// What is in it.
    pub manifest: Manifest,
    /// Its files.
    pub tree: PathBuf,
}

/// A path that is not the same in both, in words fit to be shown: names are what a package chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path.
    pub path: String,
    /// How they differ, a line each: the first is the gist.
    pub how: Vec<String>,
}

/// Everything in which two artifacts differ, by path.
///
/// # Errors
/// A file that differs cannot be read.
pub fn differences(first: &Artifact, second: &Artifact) -> Result<Vec<Difference>> {
    let entries = |artifact: &'_ Artifact| -> BTreeMap<String, Entry> {
        artifact.manifest.entries.iter().map(|entry| (entry.path.clone(), entry.clone())).collect()
    };
    let (mut ours, theirs) = (entries(first), entries(second));
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, entry) in theirs {
        let how = match ours.remove(&path) {
            None => vec!["only in the second build".to_owned()],
            Some(before) => entry_differs(&before, &entry, [first, second])?,
        };
        if !how.is_empty() {
            found.insert(path, how);
        }
    }
    found.extend(ours.into_keys().map(|path| (path, vec!["only in the first build".to_owned()])));
    let removes = [(first, second, "first"), (second, first, "second")];
    for (one, other, which) in removes {
        for path in one.manifest.removes.iter().filter(|path| !other.manifest.removes.contains(path)) {
            found.entry(path.clone()).or_default().push(format!("removed in the {which} build alone"));
        }
    }
    let shown = |(path, how): (String, Vec<String>)| Difference {
        path: plain(&path),
        how: how.iter().map(|line| plain(line)).collect(),
    };
    Ok(found.into_iter().map(shown).collect())
}

fn entry_differs(before: &Entry, now: &Entry, artifacts: [&Artifact; 2]) -> Result<Vec<String>> {
    let mut how = Vec::new();
    let mut differs = |what: &str, before: String, now: String| {
        if before != now {
            how.push(format!("{what}: {before} / {now}"));
        }
    };
    differs("mode", before.mode.clone(), now.mode.clone());
    differs("owner", format!("{}:{}", before.uid, before.gid), format!("{}:{}", now.uid, now.gid));
    differs("extended attributes", format!("{:?}", before.xattrs), format!("{:?}", now.xattrs));
    match (&before.kind, &now.kind) {
        (before, now) if before == now => {}
        (Kind::File { sha256: a, .. }, Kind::File { sha256: b, .. }) if a != b => {
            let [a, b] = artifacts.map(|artifact| files::read(&artifact.tree.join(text_path(&now.path))));
            how.extend(content::differences(&a?, &b?));
        }
        (Kind::File { link_of: a, .. }, Kind::File { link_of: b, .. }) => {
            let name = |link: &Option<String>| link.clone().unwrap_or_else(|| "nothing".to_owned());
            differs_text(&mut how, "other name of", &name(a), &name(b));
        }
        (Kind::Symlink { target: a }, Kind::Symlink { target: b }) => {
            differs_text(&mut how, "points to", a, b);
        }
        (a, b) => differs_text(&mut how, "type", &format!("{a:?}"), &format!("{b:?}")),
    }
    Ok(how)
}

fn differs_text(how: &mut Vec<String>, what: &str, before: &str, now: &str) {
    how.push(format!("{what}: {before} / {now}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_package_steers_the_terminal() {
        let artifact = |target: &str| {
            let link = Entry {
                path: "usr/\x1b[2Ja".to_owned(),
                kind: Kind::Symlink { target: target.to_owned() },
                mode: "0777".to_owned(),
                uid: 0,
                gid: 0,
                xattrs: BTreeMap::new(),
            };
            let manifest = Manifest { lfsgen: 1, entries: vec![link], removes: Vec::new() };
            Artifact { manifest, tree: PathBuf::new() }
        };
        let found = differences(&artifact("one"), &artifact("\x1b[1mtwo")).unwrap();
        assert_eq!(found, [Difference { path: "usr/a".into(), how: vec!["points to: one / two".into()] }]);
    }
}

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
    let mut ours: BTreeMap<&str, &Entry> = entries(first).collect();
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, entry) in entries(second) {
        let how = match ours.remove(path) {
            None => vec!["only in the second build".to_owned()],
            Some(before) => entry_differs(before, entry, [first, second])?,
        };
        if !how.is_empty() {
            found.insert(path, how);
        }
    }
    found.extend(ours.into_keys().map(|path| (path, vec!["only in the first build".to_owned()])));
    let removes = [(first, second, "first"), (second, first, "second")];
    for (one, other, which) in removes {
        for path in one.manifest.removes.iter().filter(|path| !other.manifest.removes.contains(path)) {
            found.entry(path).or_default().push(format!("removed in the {which} build alone"));
        }
    }
    let shown = |(path, how): (&str, Vec<String>)| Difference {
        path: plain(path),
        how: how.iter().map(|line| plain(line)).collect(),
    };
    Ok(found.into_iter().map(shown).collect())
}

fn entries(artifact: &Artifact) -> impl Iterator<Item = (&str, &Entry)> {
    artifact.manifest.entries.iter().map(|entry| (entry.path.as_str(), entry))
}

fn entry_differs(before: &Entry, now: &Entry, artifacts: [&Artifact; 2]) -> Result<Vec<String>> {
    let mut how = Vec::new();
    let mut differs = |what: &str, before: &str, now: &str| {
        if before != now {
            how.push(format!("{what}: {before} / {now}"));
        }
    };
    differs("mode", &before.mode, &now.mode);
    differs("owner", &format!("{}:{}", before.uid, before.gid), &format!("{}:{}", now.uid, now.gid));
    differs("extended attributes", &format!("{:?}", before.xattrs), &format!("{:?}", now.xattrs));
    match (&before.kind, &now.kind) {
        (Kind::File { sha256: a, .. }, Kind::File { sha256: b, .. }) if a != b => {
            let [a, b] = artifacts.map(|artifact| files::read(&artifact.tree.join(text_path(&now.path))));
            how.extend(content::differences(&a?, &b?));
        }
        (Kind::File { link_of: a, .. }, Kind::File { link_of: b, .. }) => {
            let name = |link: &'_ Option<String>| link.as_deref().unwrap_or("nothing").to_owned();
            differs("other name of", &name(a), &name(b));
        }
        (Kind::Symlink { target: a }, Kind::Symlink { target: b }) => differs("points to", a, b),
        (a, b) => differs("type", &a.to_string(), &b.to_string()),
    }
    Ok(how)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An artifact with one path.
    fn one(path: &str, kind: Kind) -> Artifact {
        let (path, mode) = (path.to_owned(), "0777".to_owned());
        let entry = Entry { path, kind, mode, uid: 0, gid: 0, xattrs: BTreeMap::new() };
        let manifest = Manifest::new(vec![entry], Vec::new());
        Artifact { manifest, tree: PathBuf::new() }
    }

    #[test]
    fn no_name_of_a_package_steers_the_terminal() {
        let link = |target: &str| one("usr/\x1b[2Ja", Kind::Symlink { target: target.to_owned() });
        let found = differences(&link("one"), &link("\x1b[1mtwo")).unwrap();
        assert_eq!(found, [Difference { path: "usr/a".into(), how: vec!["points to: one / two".into()] }]);
    }

    #[test]
    fn a_path_that_is_of_another_kind_is_told_of_in_words() {
        let device = one("dev/null", Kind::CharDevice { major: 1, minor: 3 });
        let link = one("dev/null", Kind::Symlink { target: "zero".to_owned() });
        let found = differences(&device, &link).unwrap();
        assert_eq!(found[0].how, ["type: character device 1:3 / link to zero"]);
    }
}

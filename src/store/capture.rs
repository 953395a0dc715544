//! Turns what a package wrote into an artifact: a tree that means the same over any layers, and its manifest.
//!
//! A layer as overlayfs leaves it says more than what the package did. A directory that was merely passed through is in
//! it; a file that was opened for writing and left as it was, is; a new directory may be *opaque*, which over another
//! stack would hide what other packages put there. All this is taken out. What is left hides things by whiteouts
//! alone, each of which stands for something that was really there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use super::below::{Below, Dir};
use super::manifest::{Captured, Entry, Kind, Manifest, path_text};
use super::marks::{Attributes, is_whiteout, make_whiteout};
use crate::host::{files, tree};
use crate::model::Digest;

/// Makes the layer `tree` an artifact's tree, in place, and says what is in it.
///
/// A tree that was captured through `DESTDIR` has directories that are only there to hold others, with whatever mode they were
/// made with, and what belongs to this user is meant to be root's.
///
/// # Errors
/// Something cannot be read or changed; then the tree is in an unknown state.
pub fn capture(tree: &Path, below: &Below, captured: Captured) -> Result<Manifest> {
    let mut capture =
        Capture { tree, captured, entries: Vec::new(), removes: Vec::new(), inodes: BTreeMap::new() };
    capture.directory(Path::new(""), &below.root(), false)?;
    let Capture { mut entries, mut removes, inodes, .. } = capture;
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    link(&mut entries, inodes);
    removes.sort();
    if captured == Captured::Destdir {
        entries.iter_mut().for_each(to_root);
    }
    Ok(Manifest { captured, ..Manifest::new(entries, removes) })
}

/// Has what belongs to this user belong to root, as it would where the user is root of a namespace.
fn to_root(entry: &mut Entry) {
    if entry.uid == rustix::process::geteuid().as_raw() {
        entry.uid = 0;
    }
    if entry.gid == rustix::process::getegid().as_raw() {
        entry.gid = 0;
    }
}

struct Capture<'a> {
    tree: &'a Path,
    captured: Captured,
    entries: Vec<Entry>,
    removes: Vec<String>,
    /// The names of each file that has several, by device and inode.
    inodes: BTreeMap<(u64, u64), BTreeSet<String>>,
}

impl Capture<'_> {
    /// Captures what a directory holds, which was `below` before. Where `hidden`, a parent hides its namesake there. Says whether
    /// anything in it was changed.
    fn directory(&mut self, path: &Path, below: &Dir<'_>, hidden: bool) -> Result<bool> {
        let here = self.tree.join(path);
        let attributes = Attributes::of(&here)?;
        let hidden = hidden || attributes.opaque;
        let mut changed = false;
        let mut names = Vec::new();
        for child in files::list(&here)? {
            let Some(name) = child.file_name() else { continue };
            names.push(name.to_owned());
            changed |= self.path(&path.join(name), &child, below, hidden)?;
        }
        if hidden {
            for name in below.names()?.into_iter().filter(|name| !names.contains(name)) {
                make_whiteout(&here.join(&name))?;
                self.removes.push(path_text(&path.join(name)));
                changed = true;
            }
        }
        attributes.strip_marks(&here)?;
        Ok(changed)
    }

    /// Captures one path, whose directory was `below` before; says whether anything changed there, and takes it out of the tree if not.
    fn path(&mut self, path: &Path, here: &Path, below: &Dir<'_>, hidden: bool) -> Result<bool> {
        let name = path.file_name().unwrap_or_default();
        let metadata = files::look(here)?;
        if is_whiteout(&metadata) {
            // Overlayfs has made none in what was captured through `DESTDIR`: that hides nothing.
            let was_there = self.captured.is_whole() && below.find(name)?.is_some();
            if was_there {
                self.removes.push(path_text(path));
            } else {
                files::remove_file(here)?;
            }
            return Ok(was_there);
        }
        let attributes = Attributes::of(here)?;
        let before = below.find(name)?;
        if metadata.is_dir() {
            let inside = self.directory(path, &below.inside(name)?, hidden)?;
            let same = match before {
                Some((_, before)) if self.captured == Captured::Destdir && before.is_dir() => {
                    tree::set_exact_mode(here, before.mode() & 0o7777)?;
                    true
                }
                Some((old, before)) => same_directory(&attributes, &metadata, &old, &before),
                None => false,
            };
            if same && !inside {
                tree::remove_dir(here)
                    .with_context(|| format!("failed to take `{}` out of the layer", path.display()))?;
            }
            if !same {
                self.enter(path, &metadata, &attributes, Kind::Directory);
            }
            return Ok(inside || !same);
        }
        let kind = self.kind(path, here, &metadata, &attributes)?;
        if attributes.copied_up
            && before.is_some_and(|(old, before)| same_file(&kind, &attributes, &metadata, &old, &before))
        {
            files::remove_file(here)?;
            return Ok(false);
        }
        if metadata.is_file() && metadata.nlink() > 1 {
            let names = self.inodes.entry((metadata.dev(), metadata.ino())).or_default();
            names.insert(path_text(path));
        }
        attributes.strip_marks(here)?;
        self.enter(path, &metadata, &attributes, kind);
        Ok(true)
    }

    fn enter(&mut self, path: &Path, metadata: &Metadata, attributes: &Attributes, kind: Kind) {
        self.entries.push(entry(path, metadata, attributes, kind));
    }

    fn kind(&self, path: &Path, here: &Path, metadata: &Metadata, attributes: &Attributes) -> Result<Kind> {
        let kind = metadata.file_type();
        Ok(if kind.is_file() {
            Kind::File { size: metadata.len(), sha256: files::digest(here)?, link_of: None }
        } else if kind.is_symlink() {
            let target =
                tree::read_link(here).with_context(|| format!("failed to read `{}`", path.display()))?;
            Kind::Symlink { target: path_text(&target) }
        } else if kind.is_fifo() {
            Kind::Fifo
        } else if kind.is_socket() {
            attributes.stands_for().unwrap_or(Kind::Socket)
        } else {
            Kind::of_device(kind.is_block_device(), metadata.rdev())
        })
    }
}

/// The entry of a path.
pub(super) fn entry(path: &Path, metadata: &Metadata, attributes: &Attributes, kind: Kind) -> Entry {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let owner = attributes.owner(metadata);
    let attributes = attributes.own.iter();
    Entry {
        path: path_text(path),
        kind,
        mode: format!("{:04o}", metadata.mode() & 0o7777),
        uid: owner.uid,
        gid: owner.gid,
        xattrs: attributes.map(|(name, value)| (path_text(Path::new(name)), hex(value))).collect(),
    }
}

/// Has every other name of a file say which its first one is. The walk meets `a/x` before `a-b`, and so cannot know.
fn link(entries: &mut [Entry], inodes: BTreeMap<(u64, u64), BTreeSet<String>>) {
    for names in inodes.into_values() {
        let Some(first) = names.first() else { continue };
        for name in names.iter().skip(1) {
            let Ok(at) = entries.binary_search_by(|entry| entry.path.cmp(name)) else { continue };
            if let Kind::File { link_of, .. } = &mut entries[at].kind {
                *link_of = Some(first.clone());
            }
        }
    }
}

fn same_directory(attributes: &Attributes, now: &Metadata, old: &Path, before: &Metadata) -> bool {
    before.is_dir() && same_mode_and_attributes(attributes, now, old, before)
}

/// Owners included; overlayfs's own attributes apart.
fn same_mode_and_attributes(attributes: &Attributes, now: &Metadata, old: &Path, before: &Metadata) -> bool {
    now.mode() == before.mode()
        && Attributes::of(old)
            .is_ok_and(|old| old.owner(before) == attributes.owner(now) && old.own == attributes.own)
}

/// Whether a file that overlayfs copied up is still what it was. (A file that the package made anew stays in its
/// artifact even where it equals an older one: it is the package's.)
fn same_file(kind: &Kind, attributes: &Attributes, now: &Metadata, old: &Path, before: &Metadata) -> bool {
    let Kind::File { size, sha256, .. } = kind else { return false };
    before.is_file()
        && before.len() == *size
        && same_mode_and_attributes(attributes, now, old, before)
        && files::digest(old).is_ok_and(|digest: Digest| digest == *sha256)
}

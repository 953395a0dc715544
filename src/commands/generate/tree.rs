//! The generated files on the disk: what is there, what would change, and the change itself.
//!
//! Only what lfsgen wrote is ever removed. A file is written where its bytes differ, so that its time tells ninja the
//! truth; the graph comes last, so that a run that was cut off is made good by the next.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rayon::prelude::*;

use crate::emit::Tree;
use crate::host::{files, tree};
use crate::model::RelPath;
use crate::plan::paths::{self, PLANS, SCRIPTS, STAGES};

/// A folder below the output folder that holds one file a package, or one a stage.
struct Folder {
    folder: &'static str,
    /// How such a file's name ends.
    end: &'static str,
    /// Whether lfsgen wrote it, by its content.
    is_own: fn(&[u8]) -> bool,
}

const FOLDERS: [Folder; 3] = [
    Folder { folder: SCRIPTS, end: ".sh", is_own: is_script },
    Folder { folder: PLANS, end: ".json", is_own: is_plan },
    Folder { folder: STAGES, end: ".json", is_own: is_plan },
];

fn is_script(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|&byte| byte == b'\n').skip(1).take(3);
    lines.any(|line| line.starts_with(b"# Written by lfsgen from "))
}

fn is_plan(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\n  \"lfsgen\": ")
}

/// What would have to be done to make the disk hold a tree.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Files with other bytes, and what they hold now.
    pub(super) written: BTreeMap<RelPath, Option<Vec<u8>>>,
    /// Files of packages and stages that are gone, and what they hold now.
    pub(super) removed: BTreeMap<RelPath, Vec<u8>>,
}

impl Changes {
    /// Compares a tree with what lies below `output`.
    ///
    /// # Errors
    /// Something there cannot be read.
    pub(super) fn find(output: &Path, tree: &Tree) -> Result<Self> {
        if is_new(output) {
            let written = tree.keys().map(|path| (path.clone(), None)).collect();
            return Ok(Self { written, removed: BTreeMap::new() });
        }
        let compared = tree.par_iter().map(|(path, bytes)| {
            let there = files::read_if_exists(&output.join(path.as_str()))?;
            Ok((there.as_deref() != Some(bytes)).then(|| (path.clone(), there)))
        });
        let written = compared.filter_map(Result::transpose).collect::<Result<_>>()?;
        let mut removed = BTreeMap::new();
        for Folder { folder, end, is_own } in FOLDERS {
            for name in files::names(&output.join(folder))?.into_iter().filter(|name| name.ends_with(end)) {
                let Ok(path) = RelPath::new(format!("{folder}/{name}")) else { continue };
                if tree.contains_key(&path) {
                    continue;
                }
                let bytes = files::read(&output.join(path.as_str()))?;
                if is_own(&bytes) {
                    removed.insert(path, bytes);
                }
            }
        }
        Ok(Self { written, removed })
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty()
    }

    /// Makes the disk hold the tree.
    ///
    /// # Errors
    /// Something cannot be written or removed.
    pub(super) fn apply(&self, output: &Path, tree: &Tree) -> Result<()> {
        if !self.is_empty() && is_new(output) {
            return write_whole(output, tree);
        }
        let aside: Vec<_> = self.written.keys().map(|path| Aside::of(output, path)).collect();
        let written = aside.par_iter().try_for_each(|file| file.write(tree));
        if written.is_err() {
            // The first error is the one to tell of.
            aside.iter().for_each(|file| drop(files::remove_file(&file.temporary)));
            return written;
        }
        let (below, graph): (Vec<_>, Vec<_>) =
            aside.iter().partition(|file| file.path.as_str().contains('/'));
        let name = |file: &&Aside<'_>| files::rename(&file.temporary, &file.place);
        below.iter().try_for_each(name)?;
        self.removed.keys().try_for_each(|path| files::remove_file(&output.join(path.as_str())))?;
        graph.iter().try_for_each(name)
    }
}

/// A file that is written beside its place first, so that a full disk is found before anything was changed.
struct Aside<'a> {
    path: &'a RelPath,
    place: PathBuf,
    temporary: PathBuf,
}

impl<'a> Aside<'a> {
    fn of(output: &Path, path: &'a RelPath) -> Self {
        let place = output.join(path.as_str());
        Self { path, temporary: files::temporary_beside(&place), place }
    }

    fn write(&self, tree: &Tree) -> Result<()> {
        let bytes = tree.get(self.path).map(Vec::as_slice).unwrap_or_default();
        if let Some(parent) = self.place.parent() {
            files::create_dir_all(parent)?;
        }
        files::write_temporary(&self.temporary, bytes, mode(self.path))
            .with_context(|| format!("failed to write `{}`", self.place.display()))
    }
}

/// Whether a folder is not there yet.
fn is_new(folder: &Path) -> bool {
    files::symlink_metadata(folder).is_err_and(|error| files::is_absent(&error))
}

fn mode(path: &RelPath) -> u32 {
    if paths::is_script(path) { files::PROGRAM } else { files::DATA }
}

/// Writes a folder that is not there yet: beside its place, then moved there in one step.
fn write_whole(output: &Path, tree: &Tree) -> Result<()> {
    let beside = files::temporary_beside(output);
    // What a process of the same number left that was killed.
    tree::remove(&beside)?;
    let written = write_all(&beside, tree).and_then(|()| files::rename(&beside, output));
    if written.is_err() {
        // The first error is the one to tell of.
        let _ = tree::remove(&beside);
    }
    written
}

fn write_all(folder: &Path, tree: &Tree) -> Result<()> {
    let parents: BTreeSet<&str> =
        tree.keys().filter_map(|path| Some(path.as_str().rsplit_once('/')?.0)).collect();
    files::create_dir_all(folder)?;
    parents.iter().try_for_each(|parent| files::create_dir_all(&folder.join(parent)))?;
    tree.par_iter().try_for_each(|(path, bytes)| {
        let file = folder.join(path.as_str());
        files::write_new(&file, bytes, mode(path))
            .with_context(|| format!("failed to write `{}`", file.display()))
    })
}

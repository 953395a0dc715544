//! Who uses an artifact, and since when nobody does.
//!
//! A user holds a shared lock on the artifact's directory (flock(2)), which the kernel drops with the process, and sets
//! the directory's time: that is the artifact's last use. Who wants to remove one needs the lock for himself.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::has_artifact;
use crate::host::{clock, files};
use crate::layout::Layout;
use crate::model::Digest;

/// An artifact that nobody removes as long as this lives.
#[derive(Debug)]
pub struct Held {
    _lock: File,
}

/// Takes an artifact into use; nothing where it is not in the store.
///
/// # Errors
/// It is there and cannot be opened or locked.
pub fn hold(layout: &Layout, key: &Digest) -> Result<Option<Held>> {
    let path = layout.artifact(key);
    loop {
        let dir = match files::open(&path) {
            Err(_) if files::metadata(&path).is_err_and(|error| files::is_absent(&error)) => return Ok(None),
            other => other?,
        };
        wait_for(|| dir.lock_shared()).with_context(|| format!("failed to lock `{}`", path.display()))?;
        // Before there was the lock it may have been taken away, or made again.
        if !names(&path, &dir).with_context(|| format!("failed to look at `{}`", path.display()))? {
            continue;
        }
        // To the nanosecond, so that whoever saw the time before sees that it is another one. Whoever may not set it is
        // not the one whose artifacts are collected.
        let _ = dir.set_modified(clock::now());
        return Ok(has_artifact(layout, key).then_some(Held { _lock: dir }));
    }
}

/// Whether a path names what was opened, and not something else, or nothing.
///
/// # Errors
/// It cannot be said. Who would take that for "no" and try again might do so for ever.
pub(super) fn names(path: &Path, opened: &File) -> io::Result<bool> {
    let identity = |metadata: &std::fs::Metadata| (metadata.dev(), metadata.ino());
    match files::metadata(path) {
        Ok(named) => Ok(identity(&named) == identity(&opened.metadata()?)),
        Err(error) if files::is_absent(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Waits until nobody else gives or takes names in the store. For moments only.
///
/// # Errors
/// The folder of artifacts cannot be made or locked.
pub(super) fn lock_names(layout: &Layout) -> Result<File> {
    files::create_dir_all(&layout.artifacts())?;
    let dir = files::open(&layout.artifacts())?;
    wait_for(|| dir.lock()).with_context(|| format!("failed to lock `{}`", layout.artifacts().display()))?;
    Ok(dir)
}

fn wait_for(lock: impl Fn() -> io::Result<()>) -> io::Result<()> {
    loop {
        match lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_a_name_cannot_be_looked_up_is_another_answer_than_no() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("a"), dir.path().join("b"));
        files::create_dir_all(&path).unwrap();
        files::create_dir_all(&other).unwrap();
        let opened = files::open(&path).unwrap();
        assert!(names(&path, &opened).unwrap());
        assert!(!names(&other, &opened).unwrap());
        assert!(!names(&dir.path().join("c"), &opened).unwrap());
        // ENAMETOOLONG, which stays.
        assert!(names(&dir.path().join("x".repeat(300)), &opened).is_err());
    }
}

//! Who uses an artifact, and since when nobody does.
//!
//! A user holds a shared lock on the artifact's directory (flock(2)), which the kernel drops with the process, and sets
//! the directory's time: that is the artifact's last use. Who wants to remove one needs the lock for himself.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::has_artifact;
use crate::host::{clock, files, lock};
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
        let Some(dir) = open(&path)? else { return Ok(None) };
        wait_for(|| dir.lock_shared()).with_context(|| format!("failed to lock `{}`", path.display()))?;
        // Before there was the lock it may have been taken away, or made again.
        if !lock::is_named(&path, &dir)? {
            continue;
        }
        // To the nanosecond, so that whoever saw the time before sees that it is another one. Whoever may not set it is
        // not the one whose artifacts are collected.
        let _ = dir.set_modified(clock::now());
        return Ok(has_artifact(layout, key).then_some(Held { _lock: dir }));
    }
}

/// Opens an artifact, unless it is gone: whoever removes it may take it away at any moment.
pub(super) fn open(path: &Path) -> Result<Option<File>> {
    match files::open(path) {
        Err(_) if is_gone(path) => Ok(None),
        other => other.map(Some),
    }
}

/// Whether there is no artifact at a path.
pub(super) fn is_gone(path: &Path) -> bool {
    files::metadata(path).is_err_and(|error| files::is_absent(&error))
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

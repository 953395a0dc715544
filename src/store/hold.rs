//! Who uses an artifact or a layer, and since when nobody does.
//!
//! A user holds a shared lock on the directory (flock(2)), which the kernel drops with the process. Who wants to remove it, or to
//! write to it, needs the lock for himself. An artifact in use stays where it is, and the directory's time is set: that is its
//! last use. A layer in use makes room for the next one: it is put aside, and lives on there (see [`trash`](super::trash)).

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::has_artifact;
use crate::host::{clock, files, lock};
use crate::layout::Layout;
use crate::model::Digest;

/// A directory whose content nobody removes as long as this lives; nor its name, where it is an artifact.
#[derive(Debug)]
pub struct Held {
    dir: File,
}

impl Held {
    /// Where it lies now.
    ///
    /// # Errors
    /// `/proc` is not mounted.
    pub fn path(&self) -> Result<PathBuf> {
        files::place_of(&self.dir)
    }

    /// Where its files lie now, if it is a layer or an attempt.
    ///
    /// # Errors
    /// As [`Held::path`].
    pub fn tree(&self) -> Result<PathBuf> {
        Ok(self.path()?.join("tree"))
    }
}

/// Takes an artifact into use; nothing where it is not in the store.
///
/// # Errors
/// It is there and cannot be opened or locked.
pub fn hold(layout: &Layout, key: &Digest) -> Result<Option<Held>> {
    let path = layout.artifact(key);
    loop {
        let Some(dir) = open(&path)? else { return Ok(None) };
        wait_for(|| dir.lock_shared()).with_context(|| failed(&path))?;
        // Before there was the lock it may have been taken away, or made again.
        if !lock::is_named(&path, &dir)? {
            continue;
        }
        // To the nanosecond, so that whoever saw the time before sees that it is another one. Whoever may not set it is
        // not the one whose artifacts are collected.
        let _ = dir.set_modified(clock::now());
        return Ok(has_artifact(layout, key).then_some(Held { dir }));
    }
}

/// Takes a layer or an attempt into use, which is put aside at any time; nothing where it is not there, or a step writes to it.
///
/// # Errors
/// It cannot be opened or locked.
pub fn hold_dir(path: &Path) -> Result<Option<Held>> {
    locked(path, File::try_lock_shared)
}

/// Takes a directory for this process alone; nothing where it is not there, or somebody uses it.
///
/// # Errors
/// It cannot be opened or locked.
pub fn take_dir(path: &Path) -> Result<Option<Held>> {
    locked(path, File::try_lock)
}

fn locked(path: &Path, lock: impl Fn(&File) -> Result<(), TryLockError>) -> Result<Option<Held>> {
    loop {
        let Some(dir) = open(path)? else { return Ok(None) };
        if !had(path, lock(&dir))? {
            return Ok(None);
        }
        if lock::is_named(path, &dir)? {
            return Ok(Some(Held { dir }));
        }
    }
}

/// Takes a directory for this process alone that nobody knows yet. Who only looks at what it is lets go of it at once.
///
/// # Errors
/// It cannot be opened or locked.
pub fn own_dir(path: &Path) -> Result<Held> {
    let dir = files::open(path)?;
    wait_for(|| dir.lock()).with_context(|| failed(path))?;
    Ok(Held { dir })
}

/// Locks an artifact against everybody who uses it, as long as it is open; says whether nobody does.
pub(super) fn try_lock(path: &Path, dir: &File) -> Result<bool> {
    had(path, dir.try_lock())
}

fn had(path: &Path, tried: Result<(), TryLockError>) -> Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| failed(path)),
    }
}

fn failed(path: &Path) -> String {
    format!("failed to lock `{}`", path.display())
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
    wait_for(|| dir.lock()).with_context(|| failed(&layout.artifacts()))?;
    Ok(dir)
}

/// The state directory, from which `lfsgen clean` removes no part as long as this lives.
#[derive(Debug)]
pub struct InUse {
    _lock: File,
}

/// Takes the state directory as a whole into use. Where one is removing parts of it, this tells so and waits.
///
/// # Errors
/// The lock's file cannot be made.
pub fn use_state(layout: &Layout) -> Result<InUse> {
    let path = layout.use_lock();
    if let Some(lock) = lock::try_share(&path)? {
        return Ok(InUse { _lock: lock });
    }
    // A terminal that went away hears nothing.
    let _ = writeln!(io::stderr(), "waiting for `lfsgen clean` in `{}` to end", layout.root().display());
    Ok(InUse { _lock: lock::share(&path)? })
}

fn wait_for(lock: impl Fn() -> io::Result<()>) -> io::Result<()> {
    loop {
        match lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

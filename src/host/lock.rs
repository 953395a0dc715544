//! Locks on files, by which processes keep out of each other's way (flock(2)).
//!
//! A lock is held by an open file and goes with it, so that no lock is left behind, however a process ends. A file that somebody
//! has removed meanwhile keeps nobody out: whoever gets its lock looks whether it still has its name.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::fs::FlockOperation;

use super::files;

/// Waits until this process alone holds a file's lock. The lock goes when the returned file is dropped, or with the
/// process, however it ends (flock(2)).
///
/// # Errors
/// The file cannot be made.
pub fn hold(path: &Path) -> Result<File> {
    lock_named(path, FlockOperation::LockExclusive)?.context("a lock that waits is always had")
}

/// Holds a file's lock for this process, as [`hold`] does, or gives nothing where another process has it.
///
/// # Errors
/// The file cannot be made.
pub fn try_hold(path: &Path) -> Result<Option<File>> {
    lock_named(path, FlockOperation::NonBlockingLockExclusive)
}

/// Shares a file's lock with other processes that do so; nothing where one has it alone.
///
/// # Errors
/// The file cannot be made.
pub fn try_share(path: &Path) -> Result<Option<File>> {
    lock_named(path, FlockOperation::NonBlockingLockShared)
}

/// The same, and waits for one that has it alone.
///
/// # Errors
/// The file cannot be made.
pub fn share(path: &Path) -> Result<File> {
    lock_named(path, FlockOperation::LockShared)?.context("a lock that waits is always had")
}

/// Whether a process has the lock of a file that somebody has made with [`hold`]; nothing where that cannot be known, as of
/// another user's.
pub fn is_held(path: &Path) -> Option<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return files::is_absent(&error).then_some(false),
    };
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Some(false),
        Err(rustix::io::Errno::WOULDBLOCK) => Some(true),
        Err(_) => None,
    }
}

fn lock_named(path: &Path, operation: FlockOperation) -> Result<Option<File>> {
    loop {
        // Whoever removed the file may have removed what it lay in.
        if let Some(parent) = path.parent() {
            files::create_dir_all(parent)?;
        }
        // Another user's can be locked all the same.
        let file = files::open_append_read(path).or_else(|error| File::open(path).map_err(|_| error))?;
        match rustix::fs::flock(&file, operation) {
            // Before there was the lock, the file may have been removed, and the next one would lock another.
            Ok(()) if !is_named(path, &file)? => {}
            Ok(()) => return Ok(Some(file)),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("failed to lock `{}`", path.display())),
        }
    }
}

/// Whether a path names what was opened, and not something else, or nothing.
///
/// # Errors
/// It cannot be said. Who would take that for "no" and try again might do so for ever.
pub fn is_named(path: &Path, opened: &File) -> Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
    let same = match fs::metadata(path) {
        Ok(named) => opened.metadata().map(|opened| identity(&named) == identity(&opened)),
        Err(error) if files::is_absent(&error) => Ok(false),
        Err(error) => Err(error),
    };
    same.with_context(|| format!("failed to look at `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::host::clock;

    #[test]
    fn a_lock_whose_file_was_removed_meanwhile_keeps_nobody_out_and_so_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = hold(&path).unwrap();
        assert!(try_hold(&path).unwrap().is_none());
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| hold(&path).unwrap());
            // Whenever the other looks: before the end, it has to wait for this one, or to see that its file is gone.
            clock::sleep(Duration::from_millis(50));
            files::remove_file(&path).unwrap();
            drop(held);
            let other = waits.join().unwrap();
            assert!(is_named(&path, &other).unwrap());
            assert!(try_hold(&path).unwrap().is_none());
        });
    }

    #[test]
    fn that_a_name_cannot_be_looked_up_is_another_answer_than_no() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("a"), dir.path().join("b"));
        files::create_dir_all(&path).unwrap();
        files::create_dir_all(&other).unwrap();
        let opened = files::open(&path).unwrap();
        assert!(is_named(&path, &opened).unwrap());
        assert!(!is_named(&other, &opened).unwrap());
        assert!(!is_named(&dir.path().join("c"), &opened).unwrap());
        // ENAMETOOLONG, which stays.
        assert!(is_named(&dir.path().join("x".repeat(300)), &opened).is_err());
    }
}

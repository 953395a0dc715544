//! Where what is thrown away waits until there is time to remove it.
//!
//! What is left over is small, but removing it is slow where the file system is busy: each removed directory may
//! wait for a write to the disk, and ext4 looks at each inode that was freed in the last minutes before it takes one for
//! a new file. So it is only put aside, and removed while the command of a later step runs that takes its time, or at the end of
//! the build.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;

use crate::host::{clock, files, tree};
use crate::layout::Layout;

/// Puts a directory or a link aside; one that is not there is no error. Where it cannot be put aside it is removed.
///
/// # Errors
/// It can be neither put aside nor removed.
pub fn put(layout: &Layout, path: &Path) -> Result<()> {
    static USED: AtomicU32 = AtomicU32::new(0);
    if files::symlink_metadata(path).is_err_and(|error| files::is_absent(&error)) {
        return Ok(());
    }
    let number = USED.fetch_add(1, Ordering::Relaxed);
    let aside = layout.aside(&format!("{}-{}-{number}", std::process::id(), clock::unix_millis()));
    match files::create_dir_all(&layout.trash()).and_then(|()| files::rename(path, &aside)) {
        Ok(()) => Ok(()),
        Err(_) => tree::remove(path),
    }
}

/// Removes what was put aside, by whomever, as long as `goes_on` says so. Others may do the same at the same time. What is still
/// in use stays, and so does what another process is removing.
///
/// # Errors
/// Something in it belongs to somebody else. The rest goes all the same.
pub fn empty(layout: &Layout, goes_on: impl Fn() -> bool) -> Result<()> {
    if files::symlink_metadata(&layout.trash()).is_err() {
        return Ok(());
    }
    let mut emptied = Ok(());
    for path in files::list(&layout.trash())?.into_iter().take_while(|_| goes_on()) {
        if let Free::Yes(_lock) = is_free(&path) {
            emptied = emptied.and(tree::remove_while(&path, &goes_on).map(drop));
        }
    }
    emptied
}

/// Whether something that was put aside may be removed.
enum Free {
    /// Nobody uses it; nobody else removes it while the lock is held. What cannot be locked was never in use.
    Yes(Option<File>),
    No,
}

fn is_free(path: &Path) -> Free {
    let is_dir = files::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    match is_dir.then(|| files::open(path).ok()).flatten() {
        Some(dir) if dir.try_lock().is_err() => Free::No,
        lock => Free::Yes(lock),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trash with two directories, with a closed one in each.
    fn filled(dir: &Path) -> Layout {
        let layout = Layout::new(dir);
        for name in ["left", "other"] {
            files::write_atomic(&dir.join(name).join("work/file"), b"").unwrap();
            files::set_mode(&dir.join(name).join("work"), 0).unwrap();
            put(&layout, &dir.join(name)).unwrap();
            assert!(!dir.join(name).exists());
        }
        put(&layout, &dir.join("absent")).unwrap();
        layout
    }

    fn count(layout: &Layout) -> usize {
        files::list(&layout.trash()).unwrap().len()
    }

    #[test]
    fn what_was_put_aside_is_removed_unless_there_is_no_time() {
        let dir = tempfile::tempdir().unwrap();
        let layout = filled(dir.path());
        empty(&layout, || false).unwrap();
        assert_eq!(count(&layout), 2);
        empty(&layout, || true).unwrap();
        assert_eq!(count(&layout), 0);
    }

    #[test]
    fn what_is_still_in_use_stays() {
        let dir = tempfile::tempdir().unwrap();
        let layout = filled(dir.path());
        let used = files::open(&files::list(&layout.trash()).unwrap()[0]).unwrap();
        used.lock_shared().unwrap();
        empty(&layout, || true).unwrap();
        assert_eq!(count(&layout), 1);
        drop(used);
        empty(&layout, || true).unwrap();
        assert_eq!(count(&layout), 0);
    }

    #[test]
    fn where_nothing_can_be_put_aside_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        files::write_atomic(&layout.trash(), b"no directory").unwrap();
        let left = dir.path().join("left");
        files::write_atomic(&left.join("file"), b"").unwrap();
        put(&layout, &left).unwrap();
        assert!(!left.exists());
    }
}

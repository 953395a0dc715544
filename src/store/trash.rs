//! What is left over is small, but removing it is slow where the file system is busy: each removed directory may
//! wait for a write to the disk, and ext4 looks at each inode that was freed in the last minutes before it takes one for
//! a new file. So it is only put aside, and removed while the command of a later step runs that takes its time, or at the end of
//! the build.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Result;

use crate::host::{clock, files, tree};
use crate::layout::Layout;

/// A command that has run this long is not over in a moment.
const PATIENCE: Duration = Duration::from_millis(100);

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

/// Removes what was put aside as [`empty_until`] does, unless `stop` says so in the next moment; it waits that long for its answer.
pub fn empty(layout: &Layout, stop: impl Fn(Duration) -> bool) {
    if !stop(PATIENCE) {
        empty_until(layout, || stop(Duration::ZERO));
    }
}

/// Removes what was put aside, by whomever, until `stop` says so. Others may do the same at the same time. An artifact that is
/// still in use stays.
pub fn empty_until(layout: &Layout, stop: impl Fn() -> bool) {
    for path in files::list(&layout.trash()).unwrap_or_default() {
        if let Free::Yes(_lock) = is_free(&path) {
            // What cannot be removed now is tried again by the next step; `lfsgen clean` tells of it.
            let _ = tree::remove_while(&path, || !stop());
        }
    }
}

/// Removes everything that was put aside, but for what is still in use or is being removed by another process.
///
/// # Errors
/// Something in it belongs to somebody else.
pub fn empty_all(layout: &Layout) -> Result<()> {
    if files::symlink_metadata(&layout.trash()).is_err() {
        return Ok(());
    }
    for path in files::list(&layout.trash())? {
        if let Free::Yes(_lock) = is_free(&path) {
            tree::remove(&path)?;
        }
    }
    Ok(())
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
        empty(&layout, |_| true);
        assert_eq!(count(&layout), 2);
        empty(&layout, |_| false);
        assert_eq!(count(&layout), 0);
        let layout = filled(dir.path());
        empty_all(&layout).unwrap();
        assert_eq!(count(&layout), 0);
    }

    #[test]
    fn what_is_still_in_use_stays() {
        let dir = tempfile::tempdir().unwrap();
        let layout = filled(dir.path());
        let used = files::open(&files::list(&layout.trash()).unwrap()[0]).unwrap();
        used.lock_shared().unwrap();
        empty(&layout, |_| false);
        empty_all(&layout).unwrap();
        assert_eq!(count(&layout), 1);
        drop(used);
        empty_all(&layout).unwrap();
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

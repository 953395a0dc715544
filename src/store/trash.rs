//! Where what is thrown away waits until there is time to remove it.
//!
//! What is left over is small, but removing it is slow where the file system is busy: each removed directory may
//! wait for a write to the disk, and ext4 looks at each inode that was freed in the last minutes before it takes one for
//! a new file. So it is only put aside, and removed while the command of a later step runs that takes its time, or at the end of
//! the build.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;

use super::hold::{is_gone, try_lock};
use crate::host::remedy::is_denied;
use crate::host::{clock, files, tree};
use crate::layout::Layout;

/// Puts a directory or a link aside; one that is not there is no error. Where it cannot be put aside it is removed.
///
/// # Errors
/// It can be neither put aside nor removed.
pub fn put(layout: &Layout, path: &Path) -> Result<()> {
    put_aside(layout, path).map(drop)
}

/// Removes a directory or a link. One that is in use is only put aside.
///
/// # Errors
/// Something in it belongs to somebody else.
pub fn remove(layout: &Layout, path: &Path) -> Result<()> {
    let Some(aside) = put_aside(layout, path)? else { return Ok(()) };
    remove_free(&aside, files::open, || true)
}

/// Whether somebody uses a directory, as far as can be told.
pub fn is_used(path: &Path) -> bool {
    matches!(free(path, files::open), Ok(Free::No) | Err(_))
}

/// Puts something aside and says where it is then, if it still is.
fn put_aside(layout: &Layout, path: &Path) -> Result<Option<PathBuf>> {
    static USED: AtomicU32 = AtomicU32::new(0);
    if files::symlink_metadata(path).is_err_and(|error| files::is_absent(&error)) {
        return Ok(None);
    }
    let number = USED.fetch_add(1, Ordering::Relaxed);
    let aside = layout.aside(&format!("{}-{}-{number}", std::process::id(), clock::unix_millis()));
    match files::create_dir_all(&layout.trash()).and_then(|()| files::rename(path, &aside)) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if is_used(path) => Err(error.context("it is in use, and cannot be put aside")),
        Err(_) => tree::remove(path).map(|()| None),
    }
}

/// Removes what was put aside, by whomever, as long as `goes_on` says so. Others may do the same at the same time. What is still
/// in use stays, and so does what another process is removing.
///
/// # Errors
/// Something in it belongs to somebody else, or nobody can tell whether it is in use. The rest goes all the same.
pub fn empty(layout: &Layout, goes_on: impl Fn() -> bool) -> Result<()> {
    empty_by(layout, files::open, goes_on)
}

fn empty_by(layout: &Layout, open: Open, goes_on: impl Fn() -> bool) -> Result<()> {
    if files::symlink_metadata(&layout.trash()).is_err() {
        return Ok(());
    }
    let mut emptied = Ok(());
    for path in files::list(&layout.trash())?.into_iter().take_while(|_| goes_on()) {
        emptied = emptied.and(remove_free(&path, open, &goes_on));
    }
    emptied
}

fn remove_free(path: &Path, open: Open, goes_on: impl Fn() -> bool) -> Result<()> {
    match free(path, open)? {
        Free::Yes(_lock) => tree::remove_while(path, goes_on).map(drop),
        Free::No => Ok(()),
    }
}

/// How a directory is opened, to be locked.
type Open = fn(&Path) -> Result<File>;

/// Whether something that was put aside may be removed.
enum Free {
    /// Nobody uses it; nobody else removes it while the lock is held. What is no directory was never in use.
    Yes(Option<File>),
    No,
}

/// # Errors
/// It is a directory that cannot be opened, so that nobody knows whether it is in use.
fn free(path: &Path, open: Open) -> Result<Free> {
    if !files::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return Ok(Free::Yes(None));
    }
    let opened = match open(path) {
        // A package may have closed it, and then nobody else of its owner's processes has it open.
        Err(error) if is_denied(&error) => files::set_mode(path, 0o700).and_then(|()| open(path)),
        other => other,
    };
    let dir = match opened {
        // Another was faster.
        Err(_) if is_gone(path) => return Ok(Free::No),
        other => other?,
    };
    Ok(if try_lock(path, &dir)? { Free::Yes(Some(dir)) } else { Free::No })
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
    fn what_cannot_be_opened_may_be_in_use_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let layout = filled(dir.path());
        let full = |_: &Path| Err(std::io::Error::from_raw_os_error(libc::EMFILE).into());
        assert!(empty_by(&layout, full, || true).unwrap_err().to_string().contains("Too many open files"));
        assert_eq!(count(&layout), 2);
        empty(&layout, || true).unwrap();
        assert_eq!(count(&layout), 0);
    }

    #[test]
    fn what_is_in_use_is_not_removed_where_it_cannot_be_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        files::write_atomic(&layout.trash(), b"no directory").unwrap();
        let left = dir.path().join("left");
        files::write_atomic(&left.join("file"), b"").unwrap();
        let used = files::open(&left).unwrap();
        used.lock_shared().unwrap();
        assert!(put(&layout, &left).is_err() && left.join("file").exists());
        drop(used);
        put(&layout, &left).unwrap();
        assert!(!left.exists());
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

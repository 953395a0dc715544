//! Whole directory trees, and the few things that only a builder of roots does to a file.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rustix::fs::FlockOperation;

use super::files;

pub use super::removal::{remove, remove_while};

/// Makes one directory with these permission bits, whatever the umask says.
///
/// # Errors
/// It is there already, or cannot be made.
pub fn make_dir(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().mode(mode).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Sets the permission bits of a file or directory, setuid and its like included.
///
/// # Errors
/// It is not ours, or not there.
pub fn set_exact_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode & 0o7777))
}

/// Makes one directory with these permission bits; one that is there stays as it is.
///
/// # Errors
/// It cannot be made.
pub fn ensure_dir(path: &Path, mode: u32) -> Result<()> {
    match make_dir(path, mode) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("failed to create the directory `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Makes a directory that its owner alone may look into or pass through; one that is there is closed to others.
///
/// # Errors
/// It cannot be made, or belongs to somebody else.
pub fn ensure_closed_dir(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 == 0 => Ok(()),
        Ok(_) => set_exact_mode(path, 0o700)
            .with_context(|| format!("failed to close `{}` to other users", path.display())),
        Err(_) => ensure_dir(path, 0o700),
    }
}

/// Makes a symbolic link; one of that name stays as it is.
///
/// # Errors
/// It cannot be made.
pub fn ensure_symlink(target: &Path, link: &Path) -> Result<()> {
    match std::os::unix::fs::symlink(target, link) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("failed to create the link `{}`", link.display()))
        }
        _ => Ok(()),
    }
}

/// Where a symbolic link points.
///
/// # Errors
/// It is no link, or not there.
pub fn read_link(path: &Path) -> io::Result<PathBuf> {
    fs::read_link(path)
}

/// Gives a file a second name.
///
/// # Errors
/// The file systems differ, or the name is taken.
pub fn hard_link(from: &Path, to: &Path) -> Result<()> {
    fs::hard_link(from, to)
        .with_context(|| format!("failed to link `{}` to `{}`", to.display(), from.display()))
}

/// Removes one empty directory.
///
/// # Errors
/// It is not empty, or cannot be removed.
pub fn remove_dir(path: &Path) -> io::Result<()> {
    fs::remove_dir(path)
}

/// The path without links, `.` and `..`.
///
/// # Errors
/// It is not there.
pub fn canonical(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).with_context(|| format!("failed to find `{}`", path.display()))
}

/// Writes a file that the kernel offers, such as one below `/proc`: in one write, and never by a rename.
///
/// # Errors
/// The kernel refuses the value.
pub fn write_kernel_file(path: &str, value: &str) -> io::Result<()> {
    use io::Write as _;
    OpenOptions::new().write(true).open(path)?.write_all(value.as_bytes())
}

/// Waits until this process alone holds a file's lock. The lock goes when the returned file is dropped, or with the
/// process, however it ends (flock(2)).
///
/// # Errors
/// The file cannot be made.
pub fn lock(path: &Path) -> Result<File> {
    lock_named(path, FlockOperation::LockExclusive)?.context("a lock that waits is always had")
}

/// Locks a file for this process, as [`lock`] does, or gives nothing where another process has it.
///
/// # Errors
/// The file cannot be made.
pub fn try_lock(path: &Path) -> Result<Option<File>> {
    lock_named(path, FlockOperation::NonBlockingLockExclusive)
}

/// Whether a process has the lock of a file that somebody has made with [`lock`]; nothing where that cannot be known, as of
/// another user's.
pub fn is_locked(path: &Path) -> Option<bool> {
    let file = match files::open(path) {
        Ok(file) => file,
        Err(_) => return fs::metadata(path).is_err_and(|error| files::is_absent(&error)).then_some(false),
    };
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Some(false),
        Err(rustix::io::Errno::WOULDBLOCK) => Some(true),
        Err(_) => None,
    }
}

fn lock_named(path: &Path, operation: FlockOperation) -> Result<Option<File>> {
    if let Some(parent) = path.parent() {
        files::create_dir_all(parent)?;
    }
    loop {
        let file = files::open_append(path)?;
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

/// Gives everything in a tree that was changed later than a moment, in seconds since the Unix epoch, the time of that
/// moment. Follows no link.
///
/// # Errors
/// Something cannot be looked at or changed.
pub fn date_no_later(path: &Path, latest: i64) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata =
        files::symlink_metadata(path).with_context(|| format!("failed to look at `{}`", path.display()))?;
    if metadata.is_dir() {
        files::list(path)?.iter().try_for_each(|child| date_no_later(child, latest))?;
    }
    if (metadata.mtime(), metadata.mtime_nsec()) <= (latest, 0) {
        return Ok(());
    }
    set_time(path, latest, 0).with_context(|| format!("failed to set the time of `{}`", path.display()))
}

/// Gives a file the time of the last change that another has. Follows no link.
///
/// # Errors
/// It is not ours, or not there.
pub fn copy_times(of: &fs::Metadata, to: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    set_time(to, of.mtime(), of.mtime_nsec())
}

/// In seconds since the Unix epoch, and nanoseconds.
fn set_time(path: &Path, seconds: i64, nanoseconds: i64) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};
    let times = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: seconds, tv_nsec: nanoseconds },
    };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Waits until a tree, with everything in it, is on the disk.
///
/// Not with syncfs(2), which would write out what all other steps are writing at the moment, most of it soon to be
/// removed. Writing is started for all files first and waited for afterwards: so the file system can do it at once.
///
/// # Errors
/// Something could not be written.
pub fn sync(dir: &Path) -> Result<()> {
    let mut paths = Vec::new();
    collect(dir, &mut paths)?;
    for (path, _) in paths.iter().filter(|(_, is_dir)| !is_dir) {
        // This starts to write what is dirty (posix_fadvise(2)); it is a hint, and may fail.
        let _ = rustix::fs::fadvise(files::open(path)?, 0, None, rustix::fs::Advice::DontNeed);
    }
    for (path, _) in &paths {
        let synced = files::open(path)?.sync_all();
        synced.with_context(|| format!("failed to write `{}` to the disk", path.display()))?;
    }
    Ok(())
}

/// The regular files and directories of a tree, files first, and whether each is a directory.
fn collect(dir: &Path, into: &mut Vec<(PathBuf, bool)>) -> Result<()> {
    for path in files::list(dir)? {
        let kind = files::symlink_metadata(&path)
            .with_context(|| format!("failed to look at `{}`", path.display()))?
            .file_type();
        if kind.is_dir() {
            collect(&path, into)?;
        } else if kind.is_file() {
            into.push((path, false));
        }
    }
    into.push((dir.to_owned(), true));
    Ok(())
}

/// Waits until the names in a directory are on the disk (fsync(2)).
///
/// # Errors
/// They could not be written.
pub fn sync_dir(dir: &Path) -> Result<()> {
    files::open(dir)?.sync_all().with_context(|| format!("failed to write `{}` to the disk", dir.display()))
}

/// The disk that a file, or a tree with everything below it, takes; 0 for what cannot be read. Follows no link.
pub fn size(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
    // In units of 512 bytes, whatever the file system's own (stat(2)).
    let own = metadata.blocks() * 512;
    let entries = metadata.is_dir().then(|| fs::read_dir(path).ok()).flatten();
    own + entries.into_iter().flatten().flatten().map(|entry| size(&entry.path())).sum::<u64>()
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
        let held = lock(&path).unwrap();
        assert!(try_lock(&path).unwrap().is_none());
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| lock(&path).unwrap());
            // Whenever the other looks: before the end, it has to wait for this one, or to see that its file is gone.
            clock::sleep(Duration::from_millis(50));
            files::remove_file(&path).unwrap();
            drop(held);
            let other = waits.join().unwrap();
            assert!(is_named(&path, &other).unwrap());
            assert!(try_lock(&path).unwrap().is_none());
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

    #[test]
    fn a_directory_gets_the_mode_that_was_asked_for_whatever_the_umask() {
        let dir = tempfile::tempdir().unwrap();
        make_dir(&dir.path().join("tmp"), 0o1777).unwrap();
        let mode = files::metadata(&dir.path().join("tmp")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o1777);
    }
}

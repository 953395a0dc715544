//! Whole directory trees, and the few things that only a builder of roots does to a file.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

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

/// Gives everything in a tree that was changed later than a moment, in seconds since the Unix epoch, the time of that
/// moment. Follows no link.
///
/// # Errors
/// Something cannot be looked at or changed.
pub fn date_no_later(path: &Path, latest: i64) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = files::look(path)?;
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
        let kind = files::look(&path)?.file_type();
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
    use super::*;

    #[test]
    fn a_directory_gets_the_mode_that_was_asked_for_whatever_the_umask() {
        let dir = tempfile::tempdir().unwrap();
        make_dir(&dir.path().join("tmp"), 0o1777).unwrap();
        let mode = files::metadata(&dir.path().join("tmp")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o1777);
    }
}

//! Writes files whole: what is written is there with all of its bytes, or not at all.
//!
//! It gets a temporary name beside its target, and then the target's name by a rename. What a process that was killed left under
//! such a name is nobody's; the next one that comes to use it puts its own in place.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, ensure};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use super::{create_dir_all, read_if_exists, remove_file};

/// The permissions of a new file that is read, before the process's umask takes its part.
pub const DATA: u32 = 0o666;

/// The permissions of a new file that is run, before the process's umask takes its part.
pub const PROGRAM: u32 = 0o777;

/// Writes a file whole, by a temporary name beside it and a rename, and makes its directory.
///
/// # Errors
/// It cannot be written; then nothing is left behind and what was there is untouched.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        create_dir_all(parent)?;
    }
    let temporary = temporary_beside(path);
    let written = write_temporary(&temporary, bytes, DATA);
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    if renamed.is_err() {
        // The first error is the one to tell of.
        let _ = fs::remove_file(&temporary);
    }
    renamed.with_context(|| format!("failed to write `{}`", path.display()))
}

/// Writes what a person wants in a file: through a link, and straight into what is no regular file, such as a FIFO or
/// `/dev/stdout`.
///
/// # Errors
/// It cannot be written, or its folder is not there.
pub fn write_named(path: &Path, bytes: &[u8]) -> Result<()> {
    fill_named(path, |file| {
        file.write_all(bytes).with_context(|| format!("failed to write `{}`", path.display()))
    })
}

/// The same where the bytes come little by little, however many. A process that is killed meanwhile leaves nothing, where
/// the file system knows files without a name.
///
/// # Errors
/// As [`write_named`]; those of `fill` come as they are.
pub fn fill_named<T>(path: &Path, fill: impl FnOnce(&mut File) -> Result<T>) -> Result<T> {
    let context = || format!("failed to write `{}`", path.display());
    match fs::metadata(path) {
        Ok(there) if there.is_file() => fill_whole(&path.canonicalize().with_context(context)?, fill),
        Ok(_) => fill(&mut OpenOptions::new().write(true).open(path).with_context(context)?),
        Err(_) => {
            let parent = folder_of(path);
            ensure!(
                parent.is_dir(),
                "failed to write `{}`: there is no folder `{}`",
                path.display(),
                parent.display()
            );
            fill_whole(path, fill)
        }
    }
}

/// Fills a file that gets its name when it is complete.
fn fill_whole<T>(path: &Path, fill: impl FnOnce(&mut File) -> Result<T>) -> Result<T> {
    let context = || format!("failed to write `{}`", path.display());
    let temporary = temporary_beside(path);
    let nameless = nameless_in(folder_of(path)).ok();
    let is_nameless = nameless.is_some();
    let opened = nameless.map_or_else(|| create_temporary(&temporary, DATA), Ok);
    let mut file = opened.with_context(context)?;
    let filled = fill(&mut file);
    let named = filled.and_then(|filled| {
        if is_nameless {
            remove_file(&temporary)?;
            name(&file, &temporary).with_context(context)?;
        }
        fs::rename(&temporary, path).with_context(context)?;
        Ok(filled)
    });
    if named.is_err() {
        // The first error is the one to tell of.
        let _ = fs::remove_file(&temporary);
    }
    named
}

/// The folder that a path names something in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file without a name, in the file system of a folder (open(2), `O_TMPFILE`).
fn nameless_in(folder: &Path) -> io::Result<File> {
    let (flags, mode) = (OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::from_raw_mode(DATA));
    Ok(rustix::fs::open(folder, flags, mode)?.into())
}

/// Gives such a file a name.
fn name(file: &File, path: &Path) -> io::Result<()> {
    let itself = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, itself, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// Gives a file that is there new bytes, whole; its mode stays, and its owner where that is allowed. A link stays one. Says
/// whether it was done: a file that does not hold `old` any more is left alone.
///
/// # Errors
/// It cannot be read or written; then what was there is untouched.
pub fn replace(path: &Path, old: &[u8], new: &[u8]) -> Result<bool> {
    let context = || format!("failed to write `{}`", path.display());
    let path = &path.canonicalize().with_context(context)?;
    let metadata = fs::metadata(path).with_context(context)?;
    let temporary = temporary_beside(path);
    let replaced = write_temporary(&temporary, new, DATA).and_then(|()| {
        // Nobody else has what a person wrote: the new bytes are on the disk before the old ones lose their name.
        fs::File::open(&temporary)?.sync_all()?;
        fs::set_permissions(&temporary, metadata.permissions())?;
        // Only root may give a file to somebody else; then a file of somebody's stays theirs.
        let _ = std::os::unix::fs::chown(&temporary, Some(metadata.uid()), Some(metadata.gid()));
        let same = fs::read(path)? == old;
        if same { fs::rename(&temporary, path) } else { fs::remove_file(&temporary) }?;
        Ok(same)
    });
    if replaced.is_err() {
        // The first error is the one to tell of.
        let _ = fs::remove_file(&temporary);
    }
    replaced.with_context(context)
}

/// Writes a file only where its bytes differ, so that its time stays. Says whether it wrote.
///
/// # Errors
/// It cannot be read or written.
pub fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<bool> {
    if read_if_exists(path)?.as_deref() == Some(bytes) {
        return Ok(false);
    }
    write_atomic(path, bytes)?;
    Ok(true)
}

/// Gives a file a second name: a hard link, or a copy where a link is impossible. A name that is there is replaced.
///
/// # Errors
/// It cannot be copied; then what was there is untouched.
pub fn link_or_copy(from: &Path, to: &Path) -> Result<()> {
    let temporary = temporary_beside(to);
    remove_file(&temporary)?;
    let placed = fs::hard_link(from, &temporary).or_else(|_| fs::copy(from, &temporary).map(drop));
    let renamed = placed.and_then(|()| fs::rename(&temporary, to));
    // A rename between two names of the same file leaves both (rename(2)), so the temporary one may still be there.
    let _ = fs::remove_file(&temporary);
    renamed.with_context(|| format!("failed to place `{}` at `{}`", from.display(), to.display()))
}

/// Writes a file that nobody looks at yet. In a folder that others may write to, nobody can have a link there first.
///
/// # Errors
/// Something is there already, or it cannot be written; then it may be there in part.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    create_new(path, mode)?.write_all(bytes)
}

fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

/// Writes a file under the name of [`temporary_beside`], in place of what a process of the same number left there that was
/// killed.
///
/// # Errors
/// It cannot be written; then it may be there in part.
pub fn write_temporary(temporary: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    create_temporary(temporary, mode)?.write_all(bytes)
}

fn create_temporary(temporary: &Path, mode: u32) -> io::Result<File> {
    match create_new(temporary, mode) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(temporary)?;
            create_new(temporary, mode)
        }
        created => created,
    }
}

/// A hidden name beside `path` that nobody else uses.
pub fn temporary_beside(path: &Path) -> PathBuf {
    static USED: AtomicU32 = AtomicU32::new(0);
    let number = USED.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id()))
}

/// Whether a file in a directory of ours has a name of [`temporary_beside`]: what a process that was killed has left.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(".tmp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_names_is_written_through_links_and_into_what_is_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let [real, link] = ["real", "link"].map(|name| dir.path().join(name));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        write_named(&link, b"new").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        write_named(Path::new("/dev/null"), b"new").unwrap();
        let error = write_named(dir.path(), b"new").unwrap_err();
        assert!(error.to_string().contains("failed to write `"), "{error}");
        let error = write_named(&dir.path().join("none/file"), b"new").unwrap_err();
        assert!(error.to_string().contains("there is no folder"), "{error}");
        assert!(!dir.path().join("none").exists());
    }

    #[test]
    fn a_file_that_is_filled_little_by_little_has_a_name_only_when_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let names = || fs::read_dir(dir.path()).unwrap().count();
        let fill = |end: Result<()>| {
            fill_named(&path, |file| {
                file.write_all(b"new")?;
                assert!(nameless_in(dir.path()).is_err() || names() == usize::from(path.exists()));
                end
            })
        };
        fill(Err(anyhow::anyhow!("no more"))).unwrap_err();
        assert_eq!(names(), 0);
        fs::write(&path, "old").unwrap();
        fill(Err(anyhow::anyhow!("no more"))).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        fill(Ok(())).unwrap();
        assert_eq!((fs::read(&path).unwrap().as_slice(), names()), (b"new".as_slice(), 1));
    }

    #[test]
    fn a_link_under_a_temporary_name_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let [victim, file] = ["victim", "file"].map(|name| dir.path().join(name));
        fs::write(&victim, "kept").unwrap();
        let temporary = dir.path().join("temporary");
        std::os::unix::fs::symlink(&victim, &temporary).unwrap();
        assert_eq!(write_new(&temporary, b"new", DATA).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        write_temporary(&temporary, b"new", DATA).unwrap();
        assert_eq!(fs::read(&temporary).unwrap(), b"new");
        write_atomic(&file, b"new").unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"kept");
    }
}

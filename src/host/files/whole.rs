//! Writes files whole: what is written is there with all of its bytes, or not at all.
//!
//! It gets a temporary name beside its target, and then the target's name by a rename. What a process that was killed left under
//! such a name is nobody's; the next one that comes to use it puts its own in place.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, ensure};

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
    let context = || format!("failed to write `{}`", path.display());
    match fs::metadata(path) {
        Ok(there) if there.is_file() => write_atomic(&path.canonicalize().with_context(context)?, bytes),
        Ok(_) => {
            let written =
                OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(bytes));
            written.with_context(context)
        }
        Err(_) => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            ensure!(
                parent.is_dir(),
                "failed to write `{}`: there is no folder `{}`",
                path.display(),
                parent.display()
            );
            write_atomic(path, bytes)
        }
    }
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
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    options.open(path)?.write_all(bytes)
}

/// Writes a file under the name of [`temporary_beside`], in place of what a process of the same number left there that was
/// killed.
///
/// # Errors
/// It cannot be written; then it may be there in part.
pub fn write_temporary(temporary: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    match write_new(temporary, bytes, mode) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(temporary)?;
            write_new(temporary, bytes, mode)
        }
        written => written,
    }
}

/// A hidden name beside `path` that nobody else uses.
pub fn temporary_beside(path: &Path) -> PathBuf {
    static USED: AtomicU32 = AtomicU32::new(0);
    let number = USED.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id()))
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

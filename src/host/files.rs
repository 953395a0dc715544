//! Files and directories: what is there, and what is in them.
//!
//! Errors name the path, but where the caller has more to say of it: those functions give the system's own error. How files are
//! written is in [`whole`], whose functions are re-exported here.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

mod whole;

use std::ffi::OsString;
use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::Digest;

pub use whole::{
    DATA, PROGRAM, fill_named, is_temporary, link_or_copy, replace, temporary_beside, write_atomic,
    write_if_changed, write_named, write_new, write_temporary,
};

/// The bytes of a file.
///
/// # Errors
/// It cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))
}

/// The bytes of a file, with the system's own error, for a caller that has more to say about it.
///
/// # Errors
/// It cannot be read.
pub fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

/// The same of a regular file alone. Reading a named pipe would wait for ever for someone to write into it, and some devices have
/// no end.
///
/// # Errors
/// It cannot be read, or is something else.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path)?;
    if !kind.is_file() && !kind.is_dir() {
        return Err(io::Error::other("it is no regular file"));
    }
    read_plain(path)
}

/// The bytes of a file, or nothing where there is no such file.
///
/// # Errors
/// It is there and cannot be read.
pub fn read_if_exists(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    }
}

/// Whether an error says that there is no such file.
pub fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The paths of all that is in a directory, sorted.
///
/// # Errors
/// It cannot be read.
pub fn list(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).with_context(|| format!("failed to list `{}`", path.display()))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .with_context(|| format!("failed to list `{}`", path.display()))?;
    paths.sort();
    Ok(paths)
}

/// The names in a directory, sorted, and what kind of file each is; a link is a link.
///
/// # Errors
/// It cannot be read.
pub fn kinds(path: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    let kind = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        Ok((entry.file_name(), entry.file_type()?))
    };
    let mut kinds = fs::read_dir(path)?.map(kind).collect::<io::Result<Vec<_>>>()?;
    kinds.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(kinds)
}

/// The directories in a directory, sorted; a link to one is none.
///
/// # Errors
/// It cannot be read.
pub fn directories(path: &Path) -> io::Result<Vec<PathBuf>> {
    let directories = kinds(path)?.into_iter().filter(|(_, kind)| kind.is_dir());
    Ok(directories.map(|(name, _)| path.join(name)).collect())
}

/// The names in a directory that are UTF-8, sorted; none where there is no such directory.
///
/// # Errors
/// It is there and cannot be read.
pub fn names(path: &Path) -> Result<Vec<String>> {
    if metadata(path).is_err_and(|error| is_absent(&error)) {
        return Ok(Vec::new());
    }
    let name = |path: PathBuf| path.file_name()?.to_str().map(str::to_owned);
    Ok(list(path)?.into_iter().filter_map(name).collect())
}

/// What the file system says of a path, without following a link.
///
/// # Errors
/// It is not there, or may not be asked for.
pub fn symlink_metadata(path: &Path) -> io::Result<Metadata> {
    fs::symlink_metadata(path)
}

/// The same, with an error that names the path.
///
/// # Errors
/// It is not there, or may not be asked for.
pub fn look(path: &Path) -> Result<Metadata> {
    symlink_metadata(path).with_context(|| format!("failed to look at `{}`", path.display()))
}

/// Where what was opened lies now, whatever became of the name by which it was opened (proc_pid_fd(5)).
///
/// # Errors
/// `/proc` is not mounted.
pub fn place_of(opened: &File) -> Result<PathBuf> {
    use std::os::fd::AsRawFd as _;
    let link = format!("/proc/self/fd/{}", opened.as_raw_fd());
    fs::read_link(&link).with_context(|| format!("failed to read the link `{link}`"))
}

/// What the file system says of a path, following links.
///
/// # Errors
/// It is not there, or may not be asked for.
pub fn metadata(path: &Path) -> io::Result<Metadata> {
    fs::metadata(path)
}

/// Opens a file for reading.
///
/// # Errors
/// It cannot be opened.
pub fn open(path: &Path) -> Result<File> {
    File::open(path).with_context(|| format!("failed to open `{}`", path.display()))
}

/// Opens a file for appending and makes it where it is absent.
///
/// # Errors
/// It cannot be opened.
pub fn open_append(path: &Path) -> Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .with_context(|| format!("failed to open `{}` for appending", path.display()))
}

/// Opens a file for appending, and for reading what is there; makes it where it is absent.
///
/// # Errors
/// It cannot be opened.
pub fn open_append_read(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
        .with_context(|| format!("failed to open `{}` for appending", path.display()))
}

/// The last byte of a file that is open for reading; nothing where it is empty.
///
/// # Errors
/// It cannot be read.
pub fn last_byte(file: &File) -> io::Result<Option<u8>> {
    use std::os::unix::fs::FileExt as _;
    let length = file.metadata()?.len();
    let mut byte = [0];
    let read = if length == 0 { 0 } else { file.read_at(&mut byte, length - 1)? };
    Ok((read == 1).then_some(byte[0]))
}

/// Makes an empty file, or empties one.
///
/// # Errors
/// It cannot be made.
pub fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("failed to create `{}`", path.display()))
}

/// Makes an empty file, or empties one, with room on the disk for its first bytes: those can be written though the disk is
/// full by then. Where the file system knows no such thing, it is just a file.
///
/// # Errors
/// It cannot be made, or there is no room.
pub fn create_with_room(path: &Path, room: u64) -> Result<File> {
    use rustix::fs::{FallocateFlags, fallocate};
    let file = create(path)?;
    match fallocate(&file, FallocateFlags::KEEP_SIZE, 0, room) {
        Err(error @ (rustix::io::Errno::NOSPC | rustix::io::Errno::DQUOT)) => {
            Err(error).with_context(|| format!("failed to create `{}`", path.display()))
        }
        _ => Ok(file),
    }
}

/// Makes a directory and its parents.
///
/// # Errors
/// One of them cannot be made.
pub fn create_dir_all(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("failed to create the directory `{}`", path.display()))
}

/// Removes a file; one that is not there is no error.
///
/// # Errors
/// It is there and cannot be removed.
pub fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if !is_absent(&error) => {
            Err(error).with_context(|| format!("failed to remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Renames within one file system, replacing what is there.
///
/// # Errors
/// It cannot be renamed.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to)
        .with_context(|| format!("failed to rename `{}` to `{}`", from.display(), to.display()))
}

/// Sets the permission bits of a file.
///
/// # Errors
/// It is not ours.
pub fn set_mode(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .with_context(|| format!("failed to set the mode of `{}`", path.display()))
}

/// Copies a file's bytes and permissions.
///
/// # Errors
/// It cannot be read, or the copy cannot be written.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(drop)
}

/// What tells that a file was not touched since: its content is not read. A program may set `mtime`, but not `ctime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Size in bytes.
    pub size: u64,
    /// The last change of its content, in nanoseconds since the Unix epoch.
    pub mtime: i64,
    /// The last change of anything about it, in nanoseconds since the Unix epoch.
    pub ctime: i64,
    /// Its number in its file system.
    pub inode: u64,
}

impl Identity {
    /// Of a file or folder, following links.
    ///
    /// # Errors
    /// It is not there, or may not be asked for.
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        Ok(Self {
            size: metadata.size(),
            mtime: nanos(metadata.mtime(), metadata.mtime_nsec()),
            ctime: nanos(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        })
    }
}

/// Whether a file has these bytes somewhere, without holding all of it.
///
/// # Errors
/// It cannot be read.
pub fn contains(path: &Path, word: &[u8]) -> Result<bool> {
    let mut file = open(path)?;
    let finder = memchr::memmem::Finder::new(word);
    let mut buffer = vec![0; 32 * 1024 + word.len()];
    // What was read and may begin the word.
    let mut kept = 0;
    loop {
        let read =
            file.read(&mut buffer[kept..]).with_context(|| format!("failed to read `{}`", path.display()))?;
        let held = kept + read;
        if finder.find(&buffer[..held]).is_some() {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        kept = held.min(word.len().saturating_sub(1));
        buffer.copy_within(held - kept..held, 0);
    }
}

/// The digest of a file's bytes, without holding them all.
///
/// # Errors
/// It cannot be read.
pub fn digest(path: &Path) -> Result<Digest> {
    let mut hasher = Sha256::new();
    hash_into(path, &mut hasher)?;
    Ok(Digest(hasher.finalize().into()))
}

/// Feeds a file to a digest, without holding all of it, and says how many bytes it has.
///
/// # Errors
/// It cannot be read.
pub fn hash_into(path: &Path, hasher: &mut Sha256) -> Result<u64> {
    let mut file = open(path)?;
    let mut buffer = vec![0; 128 * 1024];
    let mut total = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                total += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).with_context(|| format!("failed to read `{}`", path.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_a_file_wherever_it_lies() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let block = 32 * 1024;
        for at in [0, 1, block - 3, block - 1, block, block + 4, block + 5, 2 * block + 2, 3 * block] {
            let mut bytes = vec![b'f'; at];
            bytes.extend(b"fifo:");
            fs::write(&path, &bytes).unwrap();
            assert!(contains(&path, b"fifo:").unwrap(), "{at}");
            bytes.pop();
            fs::write(&path, &bytes).unwrap();
            assert!(!contains(&path, b"fifo:").unwrap(), "{at}");
        }
        fs::write(&path, "").unwrap();
        assert!(!contains(&path, b"fifo:").unwrap());
    }
}

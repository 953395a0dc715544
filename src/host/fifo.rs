//! A FIFO with bytes in it, each of which stands for something (fifo(7)).
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::fs::{CWD, Mode, OFlags};

use super::tree;

/// Makes a FIFO with these permission bits, and opens it. Its bytes stay as long as somebody has it open.
///
/// # Errors
/// It cannot be made; a file of that name is there.
pub fn make(path: &Path, mode: u32) -> Result<File> {
    let made = rustix::fs::mkfifoat(CWD, path, Mode::from_raw_mode(mode)).map_err(io::Error::from);
    // The umask takes bits off.
    made.and_then(|()| tree::set_exact_mode(path, mode))
        .and_then(|()| open(path))
        .with_context(|| format!("failed to make the FIFO `{}`", path.display()))
}

/// Opens a FIFO for both directions, so that neither the opening nor a later read or write ever waits.
///
/// # Errors
/// It cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)
}

/// How many bytes are in it.
///
/// # Errors
/// It is no FIFO.
pub fn count(fifo: &File) -> io::Result<usize> {
    let count = rustix::io::ioctl_fionread(fifo)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Takes a byte out of it, if one is there.
pub fn take(mut fifo: &File) -> bool {
    matches!(fifo.read(&mut [0]), Ok(1))
}

/// Takes what is in it, so many bytes at most.
pub fn take_all(mut fifo: &File, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; most];
    let read = fifo.read(&mut bytes).unwrap_or(0);
    bytes.truncate(read);
    bytes
}

/// Puts a byte into it, if it is not full.
pub fn put(mut fifo: &File, byte: u8) -> bool {
    matches!(fifo.write(&[byte]), Ok(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_often_as_they_were_put_in_and_nobody_waits() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("fifo");
        let fifo = make(&path, 0o666).unwrap();
        let other = open(&path).unwrap();
        assert!(!take(&fifo));
        assert!(put(&fifo, b'+') && put(&other, b'+'));
        assert_eq!(count(&fifo).unwrap(), 2);
        assert!(take(&other) && take(&fifo) && !take(&other));
        assert!(put(&fifo, b'a') && put(&fifo, b'b') && put(&fifo, b'c'));
        assert_eq!([take_all(&other, 2), take_all(&other, 2), take_all(&other, 2)], [&b"ab"[..], b"c", b""]);
        assert!(make(&path, 0o666).is_err());
    }
}

//! Locks of bytes of a file, which belong to an open file description.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd as _;

/// Locks bytes of a file, which need not have them, unless another open file description has a lock on one of them. The
/// kernel drops the lock when the last descriptor of this description is closed, so with the process at the latest, and no
/// other descriptor of the file that the process closes does that (fcntl_locking(2), "Open file description locks").
///
/// # Errors
/// The file system has no such locks, or the file is not open for writing.
pub fn lock_bytes(file: &File, bytes: Range<u64>) -> io::Result<bool> {
    match lock_operation(file, libc::F_OFD_SETLK, libc::F_WRLCK, bytes) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Drops what this open file description has locked of these bytes.
///
/// # Errors
/// The kernel has no memory for the locks on both sides of them.
pub fn unlock_bytes(file: &File, bytes: Range<u64>) -> io::Result<()> {
    lock_operation(file, libc::F_OFD_SETLK, libc::F_UNLCK, bytes).map(drop)
}

/// The bytes of some lock that another open file description has on one of these; nothing where none is locked. The lock is
/// not always the first one.
///
/// # Errors
/// The file system has no such locks.
pub fn locked_bytes(file: &File, bytes: Range<u64>) -> io::Result<Option<Range<u64>>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let found = lock_operation(file, libc::F_OFD_GETLK, libc::F_WRLCK, bytes)?;
    if i32::from(found.l_type) == libc::F_UNLCK {
        return Ok(None);
    }
    let start = u64::try_from(found.l_start).unwrap_or(0);
    // A length of 0 is all that follows.
    let length = u64::try_from(found.l_len).ok().filter(|&length| length > 0);
    Ok(Some(start..length.map_or(u64::MAX, |length| start + length)))
}

fn lock_operation(file: &File, command: i32, kind: i32, bytes: Range<u64>) -> io::Result<libc::flock> {
    let number = |value: u64| libc::off_t::try_from(value).map_err(io::Error::other);
    // SAFETY: all-zero is a valid value of this plain C structure.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = libc::c_short::try_from(kind).map_err(io::Error::other)?;
    lock.l_whence = libc::c_short::try_from(libc::SEEK_SET).map_err(io::Error::other)?;
    lock.l_start = number(bytes.start)?;
    lock.l_len = number(bytes.end.saturating_sub(bytes.start))?;
    // SAFETY: the descriptor is open as long as `file` is, and the structure lives until the call returns.
    match unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(lock),
    }
}

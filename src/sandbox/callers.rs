//! Files as a process names them that waits for an answer: found as the kernel would have found them for it.
//!
//! A caller may mean harm. Its path is copied before it is looked at, and never followed through what `/proc` has in place of
//! links, which would lead from this process to the host.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, fstat, open, openat, openat2};
use rustix::io::pread;
use rustix::process::{Pid, PidfdFlags, chroot, fchdir, pidfd_open};

use super::processes::own_number;
use crate::host::files;
use crate::host::raw::{self, Asked};

/// What the kernel takes of a path, with the byte that ends it (limits.h, `PATH_MAX`).
const LONGEST_PATH: usize = 4096;

/// How a place is opened that is only to be named.
const PLACE: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

/// Which file.
pub(super) enum Of {
    /// The file that the caller has opened.
    Opened(i32),
    /// A path; the flags are those of fchownat(2).
    Path(At, AtFlags),
}

/// A path, by its address in the caller's memory, from a directory that the caller has opened.
pub(super) struct At {
    pub dir: i32,
    pub address: u64,
}

/// Where a file is to be made.
pub(super) struct Place {
    /// Its directory.
    pub dir: OwnedFd,
    /// One name.
    pub name: CString,
    /// What the caller gives no file that it makes (umask(2)).
    pub umask: Mode,
}

/// What it takes to find callers and their files.
pub(super) struct Callers {
    /// This process's root.
    root: OwnedFd,
    /// Whether `/proc` has the numbers of this PID namespace, and not those of a container.
    own_proc: bool,
}

impl Callers {
    pub(super) fn new() -> Result<Self> {
        let root = open("/", PLACE, Mode::empty()).context("failed to open `/`")?;
        Ok(Self { root, own_proc: own_number() == Some(1) })
    }

    /// The file that a call is about, opened as a mere place. Nothing where the kernel will have an error for it.
    pub(super) fn find(&self, listener: BorrowedFd<'_>, asked: &Asked, of: &Of) -> Result<Option<OwnedFd>> {
        let Ok(caller) = self.caller(listener, asked) else { return Ok(None) };
        match of {
            Of::Opened(file) => Ok(caller.opened(*file).filter(|_| caller.still_asks())),
            Of::Path(at, flags) => {
                let Some(path) = caller.path(at, *flags) else { return Ok(None) };
                if path.is_empty() {
                    let is_dir = flags.contains(AtFlags::EMPTY_PATH);
                    return Ok(caller.opened(at.dir).filter(|_| is_dir && caller.still_asks()));
                }
                let nofollow = flags.contains(AtFlags::SYMLINK_NOFOLLOW);
                let nofollow = if nofollow { OFlags::NOFOLLOW } else { OFlags::empty() };
                self.look(&caller, at.dir, &path, nofollow)
            }
        }
    }

    /// Where a call makes a file. Nothing where the kernel will have an error for it, unless something has the name already.
    pub(super) fn find_place(
        &self,
        listener: BorrowedFd<'_>,
        asked: &Asked,
        at: &At,
    ) -> Result<Option<Place>> {
        let Ok(caller) = self.caller(listener, asked) else { return Ok(None) };
        let (path, umask) = (caller.path(at, AtFlags::empty()), caller.umask());
        let (Some(path), Some(umask)) = (path, umask) else { return Ok(None) };
        let Some((dir, name)) = split(&path) else { return Ok(None) };
        let dir = self.look(&caller, at.dir, &dir, OFlags::DIRECTORY)?;
        Ok(dir.map(|dir| Place { dir, name, umask }))
    }

    /// What `/proc` has of the thread that asks.
    fn caller<'a>(&self, listener: BorrowedFd<'a>, asked: &'a Asked) -> io::Result<Caller<'a>> {
        let number = if self.own_proc { asked.thread } else { number_in_proc(asked.thread)? };
        let proc = open(format!("/proc/{number}"), PLACE | OFlags::DIRECTORY, Mode::empty())?;
        Ok(Caller { proc, listener, asked })
    }

    /// Opens a path of a caller as a mere place.
    fn look(&self, caller: &Caller<'_>, dir: i32, path: &CStr, flags: OFlags) -> Result<Option<OwnedFd>> {
        let root = || caller.open("root");
        let start = if path.to_bytes().starts_with(b"/") { root() } else { caller.opened(dir) };
        let (Some(root), Some(start)) = (root(), start) else { return Ok(None) };
        if !caller.still_asks() {
            return Ok(None);
        }
        let look = || openat2(&start, path, PLACE | flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS).ok();
        if same_place(&root, &self.root)? { Ok(look()) } else { self.in_root(&root, look) }
    }

    /// Looks in the root that the caller has made its own by chroot(2): absolute links lead there.
    fn in_root<T>(&self, root: &OwnedFd, look: impl FnOnce() -> Option<T>) -> Result<Option<T>> {
        let enter = |root: &OwnedFd| fchdir(root).and_then(|()| chroot("."));
        // Else threads that look at `/proc` would look there.
        raw::unshare_root().context("failed to have a root apart from other threads")?;
        let found = enter(root).ok().and_then(|()| look());
        enter(&self.root).context("failed to leave a process's root")?;
        Ok(found)
    }
}

/// A thread that waits for an answer.
struct Caller<'a> {
    proc: OwnedFd,
    listener: BorrowedFd<'a>,
    asked: &'a Asked,
}

impl Caller<'_> {
    /// Where the caller has ended, its number may be another's, and what was opened by it too.
    fn still_asks(&self) -> bool {
        raw::still_asks(self.listener, self.asked)
    }

    fn open(&self, name: &str) -> Option<OwnedFd> {
        openat(&self.proc, name, PLACE, Mode::empty()).ok()
    }

    /// What it has opened under a number.
    fn opened(&self, number: i32) -> Option<OwnedFd> {
        if number == libc::AT_FDCWD { self.open("cwd") } else { self.open(&format!("fd/{number}")) }
    }

    /// The path at an address of its memory.
    fn path(&self, at: &At, flags: AtFlags) -> Option<CString> {
        if at.address == 0 && flags.contains(AtFlags::EMPTY_PATH) {
            // Since Linux 6.11 that says the same.
            return Some(CString::default());
        }
        let memory = openat(&self.proc, "mem", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
        let mut buffer = [0; LONGEST_PATH];
        // Less comes where the memory ends before that.
        let length = pread(memory, &mut buffer[..], at.address).ok()?;
        CStr::from_bytes_until_nul(&buffer[..length]).ok().map(CStr::to_owned)
    }

    /// Its umask (proc_pid_status(5)).
    fn umask(&self) -> Option<Mode> {
        let status = openat(&self.proc, "status", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
        let mut buffer = [0; 512];
        let length = rustix::io::read(status, &mut buffer[..]).ok()?;
        let status = String::from_utf8_lossy(&buffer[..length]);
        let mask = status.lines().find_map(|line| line.strip_prefix("Umask:"))?;
        u32::from_str_radix(mask.trim(), 8).ok().map(Mode::from_raw_mode)
    }
}

/// The directory of a path, and its last name. Nothing where that is none under which something could be made.
fn split(path: &CStr) -> Option<(CString, CString)> {
    let bytes = path.to_bytes();
    let at = bytes.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    let (dir, name) = bytes.split_at(at);
    let dir = if dir.is_empty() { b"." } else { dir };
    let is_name = !matches!(name, b"" | b"." | b"..");
    Some((CString::new(dir).ok()?, CString::new(name).ok().filter(|_| is_name)?))
}

/// The number that a thread of this PID namespace has in a `/proc` of another one (pidfd_open(2), proc_pid_fdinfo(5)).
fn number_in_proc(thread: u32) -> io::Result<u32> {
    /// For a thread that is not its process's first (`PIDFD_THREAD`, since Linux 6.9).
    const OF_A_THREAD: PidfdFlags = PidfdFlags::from_bits_retain(OFlags::EXCL.bits());
    let pid = i32::try_from(thread).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).or_else(|_| pidfd_open(pid, OF_A_THREAD))?;
    let info = files::read_plain(Path::new(&format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd())))?;
    let info = String::from_utf8_lossy(&info);
    let number = info.lines().find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok());
    number.ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn same_place(a: &OwnedFd, b: &OwnedFd) -> Result<bool> {
    let (a, b) = (fstat(a)?, fstat(b)?);
    Ok((a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_where_its_last_name_begins() {
        let split = |path: &str| {
            let (dir, name) = split(&CString::new(path).unwrap())?;
            Some((dir.into_string().unwrap(), name.into_string().unwrap()))
        };
        for (path, dir, name) in
            [("a", ".", "a"), ("/a", "/", "a"), ("b/../a", "b/../", "a"), ("b//a", "b//", "a")]
        {
            assert_eq!(split(path), Some((dir.to_owned(), name.to_owned())));
        }
        for path in ["", "/", "a/", ".", "..", "a/.."] {
            assert_eq!(split(path), None, "{path:?}");
        }
    }
}

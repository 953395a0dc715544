//! Who a file belongs to, in the root of an ordinary user, who has one number only and can give a file to nobody else.
//!
//! The filter has chown(2) and its like wait for the first process (seccomp_unotify(2)). That finds the file as the kernel
//! would have for the caller, and writes the wished owner beside the file (see [`Owner`]), from where it comes into the
//! manifest. Whatever is for the kernel to say, that there is no such file or that the owner is 0 as it was, the kernel says: it
//! is then told to do the call.
//!
//! A caller may mean harm. Its path is copied before it is looked at, and never followed through what `/proc` has in place of
//! links, which would lead from this process to the host; and what is done with the file that is found is to set or remove an
//! attribute, and to take bits off its mode.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context as _, Result};
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, ResolveFlags, chmod, fstat, open, openat, openat2, removexattr,
};
use rustix::io::{Errno, pread};
use rustix::process::{Pid, PidfdFlags, chroot, fchdir, pidfd_open};

use super::clock::Clock;
use crate::host::files;
use crate::host::owner::{Owner, way_to};
use crate::host::process::wait_for_any;
use crate::host::raw::{self, Answer, Asked};

/// What the kernel takes of a path, with the byte that ends it (limits.h, `PATH_MAX`).
const LONGEST_PATH: usize = 4096;

/// The first process, as the one who is asked.
pub(super) struct Owners {
    listener: OwnedFd,
    /// Is readable when a child has ended.
    children: OwnedFd,
    /// This process's root.
    root: OwnedFd,
    /// Whether `/proc` has the numbers of this PID namespace, and not those of a container.
    own_proc: bool,
    /// The root's own clock, about which it is asked as well.
    clock: Option<Rc<Clock>>,
}

/// A call of the chown(2) family.
struct Call {
    of: Of,
    wish: Wish,
}

/// Of which file.
enum Of {
    /// The file that the caller has opened.
    Opened(i32),
    /// A path.
    Path { dir: i32, address: u64, flags: AtFlags },
}

/// To whom: what is not there stays as it is.
#[derive(Clone, Copy)]
struct Wish {
    user: Option<u32>,
    group: Option<u32>,
}

impl Owners {
    /// Begins to answer what is asked at a descriptor of the filter's. From now on ends of children are signals that are held
    /// back, for this thread and all that it starts.
    pub(super) fn new(listener: OwnedFd, clock: Option<Rc<Clock>>) -> Result<Self> {
        let root = open("/", OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).context("failed to open `/`")?;
        let children = raw::ends_of_children().context("failed to watch for ends of processes")?;
        let own_proc = rustix::fs::readlink("/proc/self", Vec::new()).is_ok_and(|pid| pid.as_bytes() == b"1");
        Ok(Self { listener, children, root, own_proc, clock })
    }

    /// The root's own clock, if it has one.
    pub(super) fn clock(&self) -> Option<&Clock> {
        self.clock.as_deref()
    }

    /// Becomes readable when somebody asks.
    pub(super) fn questions(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// Answers until a child has ended.
    pub(super) fn answer_until_a_child_ends(&self) -> Result<()> {
        loop {
            match wait_for_any(&[self.children.as_fd(), self.questions()], None)? {
                Some(0) => {
                    // One signal stands for all children that have ended so far. It has 128 bytes (signalfd(2)).
                    rustix::io::read(&self.children, &mut [0; 128]).context("failed to read a signal")?;
                    return Ok(());
                }
                _ => self.answer()?,
            }
        }
    }

    /// Answers one question.
    pub(super) fn answer(&self) -> Result<()> {
        let Some(asked) = raw::asked(self.questions()).context("failed to take a system call")? else {
            return Ok(());
        };
        if let Some(answer) = self.clock().and_then(|clock| clock.answer(self.questions(), &asked)) {
            return raw::answer(self.questions(), &asked, answer).context("failed to answer a system call");
        }
        let answer = match Call::of(&asked) {
            Some(call) => {
                self.find(&asked, &call.of)?.map_or(Answer::ByKernel, |file| call.wish.write(&file))
            }
            None => Answer::ByKernel,
        };
        raw::answer(self.questions(), &asked, answer).context("failed to answer a system call")
    }

    /// The file that a call is about, opened as a mere place. Nothing where the kernel will have an error for it.
    fn find(&self, asked: &Asked, of: &Of) -> Result<Option<OwnedFd>> {
        let Ok(caller) = self.caller(asked) else { return Ok(None) };
        let place = OFlags::PATH | OFlags::CLOEXEC;
        let opened = |name: &str| openat(&caller, name, place, Mode::empty());
        let from =
            |dir: i32| if dir == libc::AT_FDCWD { opened("cwd") } else { opened(&format!("fd/{dir}")) };
        // Where the caller has ended, its number may be another's.
        let asks = || raw::still_asks(self.questions(), asked);
        let (dir, path, flags) = match *of {
            Of::Opened(file) => return Ok(from(file).ok().filter(|_| asks())),
            Of::Path { dir, address, flags } => match path(&caller, address, flags) {
                Some(path) => (dir, path, flags),
                None => return Ok(None),
            },
        };
        let bytes = path.to_bytes();
        if bytes.is_empty() {
            let is_dir = flags.contains(AtFlags::EMPTY_PATH);
            return Ok(from(dir).ok().filter(|_| is_dir && asks()));
        }
        let root = opened("root");
        let start = if bytes.starts_with(b"/") { opened("root") } else { from(dir) };
        let (Ok(root), Ok(start)) = (root, start) else { return Ok(None) };
        if !asks() {
            return Ok(None);
        }
        let nofollow =
            if flags.contains(AtFlags::SYMLINK_NOFOLLOW) { OFlags::NOFOLLOW } else { OFlags::empty() };
        let look = || openat2(&start, &path, place | nofollow, Mode::empty(), ResolveFlags::NO_MAGICLINKS);
        if same_place(&root, &self.root)? { Ok(look().ok()) } else { self.in_root(&root, || look().ok()) }
    }

    /// What `/proc` has of the thread that asks.
    fn caller(&self, asked: &Asked) -> io::Result<OwnedFd> {
        let number = if self.own_proc { asked.thread } else { number_in_proc(asked.thread)? };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(open(format!("/proc/{number}"), flags, Mode::empty())?)
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

/// The path at an address of the caller's memory.
fn path(caller: &OwnedFd, address: u64, flags: AtFlags) -> Option<CString> {
    if address == 0 && flags.contains(AtFlags::EMPTY_PATH) {
        // Since Linux 6.11 that says the same.
        return Some(CString::default());
    }
    let memory = openat(caller, "mem", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut buffer = [0; LONGEST_PATH];
    // Less comes where the memory ends before that.
    let length = pread(memory, &mut buffer[..], address).ok()?;
    CStr::from_bytes_until_nul(&buffer[..length]).ok().map(CStr::to_owned)
}

fn same_place(a: &OwnedFd, b: &OwnedFd) -> Result<bool> {
    let (a, b) = (fstat(a)?, fstat(b)?);
    Ok((a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

impl Call {
    /// Reads a call. Nothing where it is none of the family, or one that the kernel refuses for its flags. It looks at 32 bits of
    /// each argument that is no address.
    fn of(asked: &Asked) -> Option<Self> {
        let [first, second, third, fourth, fifth, _] = asked.arguments;
        let number = |argument: u64| u32::try_from(argument & u64::from(u32::MAX)).unwrap_or_default();
        let signed = |argument: u64| number(argument).cast_signed();
        let wish = |user, group| Wish { user: id(number(user)), group: id(number(group)) };
        let at = |address, flags| Of::Path { dir: libc::AT_FDCWD, address, flags };
        let (of, wish) = match asked.call {
            libc::SYS_fchown => (Of::Opened(signed(first)), wish(second, third)),
            libc::SYS_fchownat => {
                let flags = AtFlags::from_bits_retain(number(fifth));
                if !(AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH).contains(flags) {
                    return None;
                }
                (Of::Path { dir: signed(first), address: second, flags }, wish(third, fourth))
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_chown => (at(first, AtFlags::empty()), wish(second, third)),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_lchown => (at(first, AtFlags::SYMLINK_NOFOLLOW), wish(second, third)),
            _ => return None,
        };
        Some(Self { of, wish })
    }
}

/// -1 changes nothing (chown(2)).
fn id(number: u32) -> Option<u32> {
    (number != u32::MAX).then_some(number)
}

impl Wish {
    /// Whether this is for the kernel to do.
    fn is_possible(self) -> bool {
        [self.user, self.group].into_iter().flatten().all(|id| id == 0)
    }

    /// Writes it down.
    fn write(self, file: &OwnedFd) -> Answer {
        match self.try_write(file) {
            Ok(()) if self.is_possible() => Answer::ByKernel,
            Ok(()) => Answer::Done,
            Err(error) => Answer::Fails(error.raw_os_error().unwrap_or(libc::EPERM)),
        }
    }

    fn try_write(self, file: &OwnedFd) -> io::Result<()> {
        let stat = fstat(file)?;
        if stat.st_uid != 0 {
            // It is one of the host's, which root alone could give away. The kernel says so of what is possible.
            return if self.is_possible() { Ok(()) } else { Err(Errno::PERM.into()) };
        }
        let kind = FileType::from_raw_mode(stat.st_mode);
        // Nothing else can have the attribute.
        if matches!(kind, FileType::RegularFile | FileType::Directory) {
            let way = way_to(file);
            let was = Owner::wished_of(&way)?.unwrap_or_default();
            let wish = Owner { uid: self.user.unwrap_or(was.uid), gid: self.group.unwrap_or(was.gid) };
            match if wish == was { Ok(()) } else { wish.wish_for(&way) } {
                // A file system in memory of before Linux 6.6, whose files are gone with the step.
                Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => {}
                other => other?,
            }
        }
        if !self.is_possible() && kind != FileType::Directory && kind != FileType::Symlink {
            take_privileges(file, stat.st_mode)?;
        }
        Ok(())
    }
}

/// A file that is given away gives its new owner's privileges to nobody (chown(2)).
fn take_privileges(file: &OwnedFd, mode: u32) -> io::Result<()> {
    let mode = Mode::from_raw_mode(mode);
    // Without the right to execute, the bit of the group means something else (inode(7)).
    let group = if mode.contains(Mode::XGRP) { Mode::SGID } else { Mode::empty() };
    let less = mode.difference(Mode::SUID | group);
    let way = way_to(file);
    if less != mode {
        chmod(&way, less)?;
    }
    // Most files have none, and some cannot.
    let _ = removexattr(&way, "security.capability");
    Ok(())
}

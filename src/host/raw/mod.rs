//! What neither the standard library nor rustix offers in a safe form: to clone a process into new namespaces, to wait for one
//! and learn what it used, to enter a user namespace and to learn why one cannot, to read signals from a descriptor, to lock bytes
//! of a file for an open file description, to answer system calls of others, and to stop their threads.
//!
//! This is the only module with `unsafe` in it. Each function is safe to call: what it needs, it checks.
#![expect(unsafe_code, reason = "system calls without a safe wrapper; every block says why it holds")]

mod calls;
mod locks;
mod signals;
mod traced;

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rustix::process::Pid;
use rustix::thread::UnshareFlags;

pub use calls::{
    Answer, Asked, answer, asked, filter_and_be_asked, filter_system_calls, still_asks, write_for,
};
pub use locks::{lock_bytes, locked_bytes, unlock_bytes};
pub use signals::{
    default_signals, end_all_in_reach, ends_of_children, keep_ended_children, outlive_large_files,
    release_signals, stop_signals, tied_to_us,
};
pub use traced::{Registers, Trace, read_memory, registers, set_registers, trace, traceable};

use super::clock::{self, Stopwatch};
use super::process::task_count;

/// Another process that this one has cloned.
#[derive(Debug)]
pub struct Cloned {
    pid: Pid,
    pidfd: OwnedFd,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It left with this status.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
}

/// What a process and everything that it waited for used (getrusage(2)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time in user mode.
    pub user: Duration,
    /// Processor time in the kernel.
    pub system: Duration,
    /// Peak resident memory of the largest process, in KiB.
    pub max_rss_kib: u64,
    /// Bytes that disks had to be read for.
    pub read: u64,
    /// Bytes that were given to be written to disks.
    pub written: u64,
}

/// In what blocks are counted that were read and written, on every disk (`task_io_get_inblock` in the kernel's
/// include/linux/task_io_accounting_ops.h).
const BLOCK: u64 = 512;

/// Clones this process into new namespaces. The clone runs `child` and leaves with the status that it returns; it
/// never returns from here.
///
/// The clone keeps standard input, output, error and the descriptors in `keep`; all others are closed in it, so
/// `child` must not use them.
///
/// # Errors
/// The process has other threads (then a lock might be held for ever in the clone), or the kernel refuses.
pub fn clone_into(
    namespaces: UnshareFlags,
    keep: &[BorrowedFd<'_>],
    child: impl FnOnce() -> u8,
) -> io::Result<Cloned> {
    require_one_thread()?;
    keep_ended_children();
    let mut pidfd: RawFd = -1;
    // SAFETY: all-zero is a valid value of this plain C structure.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags = u64::from(namespaces.bits()) | libc::CLONE_PIDFD as u64;
    arguments.pidfd = (&raw mut pidfd) as u64;
    arguments.exit_signal = libc::SIGCHLD as u64;
    // SAFETY: without CLONE_VM this is fork(2): the clone has a copy of the memory and goes on from here on a copy of
    // the stack. There is one thread, so that no lock is held by a thread that the clone lacks. The kernel writes the
    // descriptor to `pidfd`, which lives until the call returns.
    let mut pid =
        unsafe { libc::syscall(libc::SYS_clone3, &raw mut arguments, size_of::<libc::clone_args>()) };
    if pid == -1 && namespaces.is_empty() && io::Error::last_os_error().raw_os_error() == Some(libc::ENOSYS) {
        // Containers' filters deny that there is such a call, because they cannot see what it asks for. The call before it does the
        // same here, and has its flags, no stack and the place of the descriptor in this order on all processors (clone(2)).
        let flags = libc::c_long::from(libc::CLONE_PIDFD | libc::SIGCHLD);
        // SAFETY: as above.
        pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, &raw mut pidfd, 0_usize, 0_usize) };
    }
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            close_all_but(keep);
            let status = catch_unwind(AssertUnwindSafe(child)).unwrap_or(101);
            // SAFETY: leaves at once, without the exit handlers, which belong to the original process.
            unsafe { libc::_exit(i32::from(status)) }
        }
        pid => {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("clone returns a process id");
            // SAFETY: the kernel has just made this descriptor for us, and nothing else knows it.
            Ok(Cloned { pid, pidfd: unsafe { OwnedFd::from_raw_fd(pidfd) } })
        }
    }
}

impl Cloned {
    /// A descriptor that becomes readable when the process has ended (pidfd_open(2)).
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsFd as _;
        self.pidfd.as_fd()
    }

    /// Its number.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Ends it at once, and everything in its PID namespace if it is the first process of one.
    pub fn kill(&self) {
        // The only error possible is that it has ended already.
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, rustix::process::Signal::KILL);
    }

    /// Asks it to end, as SIGTERM does.
    pub fn terminate(&self) {
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, rustix::process::Signal::TERM);
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// The kernel refuses to say.
    pub fn wait(self) -> io::Result<(Ended, Usage)> {
        let mut status = 0;
        // SAFETY: all-zero is a valid value of this plain C structure.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        loop {
            // SAFETY: both pointers are to live variables of the right types. The process is ours and was not waited
            // for, since only this function does and it consumes `self`: the id cannot belong to another one.
            let waited =
                unsafe { libc::wait4(self.pid.as_raw_nonzero().get(), &raw mut status, 0, &raw mut usage) };
            if waited != -1 {
                break;
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        let ended = if libc::WIFSIGNALED(status) {
            Ended::Signalled(libc::WTERMSIG(status))
        } else {
            Ended::Exited(libc::WEXITSTATUS(status))
        };
        let usage = Usage {
            user: duration(usage.ru_utime),
            system: duration(usage.ru_stime),
            max_rss_kib: count(usage.ru_maxrss),
            read: count(usage.ru_inblock).saturating_mul(BLOCK),
            written: count(usage.ru_oublock).saturating_mul(BLOCK),
        };
        Ok((ended, usage))
    }
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(count(time.tv_sec)) + Duration::from_micros(count(time.tv_usec))
}

fn count(number: libc::c_long) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Moves this process into a new user namespace, in which it is nobody until a map is written
/// (user_namespaces(7)).
///
/// # Errors
/// The process has other threads, or the kernel refuses.
pub fn unshare_user_namespace() -> io::Result<()> {
    require_one_thread()?;
    // SAFETY: only `CLONE_FILES` would be unsound here, and it is not given.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER) }.map_err(io::Error::from)
}

/// Whether unshare(2) reaches the kernel, and no filter answers in its place: a bit that means nothing is refused as such
/// before anything else is looked at (unshare(2), `EINVAL`). Nothing is made.
pub fn unshare_is_answered_by_the_kernel() -> bool {
    let meaningless = UnshareFlags::NEWUSER | UnshareFlags::from_bits_retain(1);
    // SAFETY: only `CLONE_FILES` would be unsound here, and it is not given.
    let answer = unsafe { rustix::thread::unshare_unsafe(meaningless) };
    answer == Err(rustix::io::Errno::INVAL)
}

/// The same of clone3(2), whose arguments are refused for a size of nothing (clone(2), `EINVAL`). Nothing is made.
pub fn clone3_is_answered_by_the_kernel() -> bool {
    // SAFETY: the kernel looks at the size first, and reads nothing of arguments without one.
    let answer =
        unsafe { libc::syscall(libc::SYS_clone3, std::ptr::null_mut::<libc::clone_args>(), 0_usize) };
    answer == -1 && io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL)
}

/// Takes back what setarch(8) changed, such as fixed addresses (personality(2)).
///
/// # Errors
/// The kernel refuses.
pub fn default_personality() -> io::Result<()> {
    const PER_LINUX: libc::c_ulong = 0;
    // SAFETY: takes a number, and touches no memory. The addresses of what is mapped already stay.
    match unsafe { libc::personality(PER_LINUX) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Gives this thread a root and a working directory that other threads do not share (unshare(2), `CLONE_FS`).
///
/// # Errors
/// The kernel has no memory.
pub fn unshare_root() -> io::Result<()> {
    // SAFETY: only `CLONE_FILES` would be unsound here, and it is not given.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::FS) }.map_err(io::Error::from)
}

/// A thread that was waited for may be counted for a moment more.
fn require_one_thread() -> io::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(1);
    let watch = Stopwatch::start();
    loop {
        match task_count()? {
            1 => return Ok(()),
            _ if watch.elapsed() < PATIENCE => clock::sleep(Duration::from_millis(1)),
            count => {
                return Err(io::Error::other(format!("the process has {count} threads and must have one")));
            }
        }
    }
}

/// Closes every descriptor above standard error that is not in `keep`. Only for a fresh clone: whatever still
/// believes that it owns one of them must never use or drop it, which holds where the clone leaves by `_exit`.
fn close_all_but(keep: &[BorrowedFd<'_>]) {
    let mut kept: Vec<u32> = keep.iter().filter_map(|fd| u32::try_from(fd.as_raw_fd()).ok()).collect();
    kept.sort_unstable();
    let mut first: u32 = 3;
    for fd in kept.into_iter().chain([u32::MAX]) {
        if first < fd {
            let last = if fd == u32::MAX { fd } else { fd - 1 };
            // SAFETY: takes numbers only; see above for who owned them.
            unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        }
        first = first.max(fd.saturating_add(1));
    }
}

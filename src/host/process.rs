//! Other programs and this process: how they are started, waited for and signalled, and what the machine has for them to
//! use.
//!
//! No shell is in between: a program is its path and its arguments.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::ffi::OsStr;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal};
use rustix::thread::CpuSet;

use super::cgroup;
use crate::model::Arch;

/// A command to be filled in and started.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

/// The same for a program that is only asked something. It works in `/`, and so finds nothing of a project that nobody has read
/// yet: Python would run a `json.py` where it is started, and other programs read their settings there.
pub fn question(program: impl AsRef<OsStr>) -> Command {
    let mut command = command(program);
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// How many processors this process may use; one where the kernel does not say. It is asked once: the answer takes a dozen system
/// calls, since control groups have a say in it.
pub fn cpus() -> u32 {
    static COUNT: OnceLock<u32> = OnceLock::new();
    *COUNT.get_or_init(|| {
        std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX))
    })
}

/// How much memory there is for this process and what it starts, in bytes: the machine's (sysinfo(2)), or less where its control
/// groups set a limit. They are asked once.
pub fn memory() -> u64 {
    static LIMIT: OnceLock<Option<u64>> = OnceLock::new();
    let info = rustix::system::sysinfo();
    let machine = info.totalram.saturating_mul(u64::from(info.mem_unit));
    LIMIT.get_or_init(cgroup::memory_limit).map_or(machine, |limit| limit.min(machine))
}

/// The kernel's version: its first two numbers; zeros where it does not say (uname(2)).
pub fn kernel() -> (u32, u32) {
    let name = rustix::system::uname();
    version(&name.release().to_string_lossy())
}

fn version(release: &str) -> (u32, u32) {
    let mut numbers =
        release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or_default());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

/// How many threads this process has.
///
/// # Errors
/// `/proc` is not mounted.
pub fn task_count() -> io::Result<usize> {
    let tasks = std::fs::read_dir("/proc/self/task")?;
    Ok(tasks.count())
}

/// The parent of a process, by the numbers that `/proc` has; nothing where it has ended.
pub fn parent(pid: u32) -> Option<u32> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    u32::try_from(stat_field(&text, PARENT)?).ok()
}

/// Which field of proc_pid_stat(5) is the parent.
const PARENT: usize = 4;

/// A field of proc_pid_stat(5) that is a number, counted from one as there. The second is a name in parentheses, with anything in it.
fn stat_field(text: &[u8], field: usize) -> Option<u64> {
    let name_ends = text.iter().rposition(|&byte| byte == b')')?;
    let rest = str::from_utf8(&text[name_ends + 1..]).ok()?;
    rest.split_ascii_whitespace().nth(field - 3)?.parse().ok()
}

/// The machine's architecture, if it is one that LFS is built for.
pub fn arch() -> Option<Arch> {
    let name = rustix::system::uname();
    let name = name.machine().to_str().ok()?;
    Arch::named(name)
}

/// The numbers of the processors that this thread may run on; none where the kernel does not tell.
pub fn processors() -> Vec<usize> {
    let Ok(set) = rustix::thread::sched_getaffinity(None) else { return Vec::new() };
    (0..CpuSet::MAX_CPU).filter(|&number| set.is_set(number)).collect()
}

/// Has this thread, and what it starts from now on, run on one processor (sched_setaffinity(2)). Where the kernel refuses,
/// nothing changes.
pub fn stay_on(processor: usize) {
    let mut set = CpuSet::new();
    set.set(processor);
    let _ = rustix::thread::sched_setaffinity(None, &set);
}

/// A descriptor that becomes readable when a child has ended (pidfd_open(2)).
///
/// # Errors
/// The kernel has none left.
pub fn end_of(child: &Child) -> io::Result<OwnedFd> {
    Ok(rustix::process::pidfd_open(Pid::from_child(child), PidfdFlags::empty())?)
}

/// Waits for one of the signals that [`super::raw::stop_signals`] holds back, so long at most, and not longer than until
/// the other descriptor, if any, is readable.
///
/// # Errors
/// The descriptor is not one of those.
pub fn wait_for_signal(
    signals: BorrowedFd<'_>,
    or_until: Option<BorrowedFd<'_>>,
    at_most: Duration,
) -> io::Result<Option<Signal>> {
    let timeout = Timespec::try_from(at_most).map_err(io::Error::other)?;
    let descriptors = std::iter::once(signals).chain(or_until);
    let mut watched: Vec<_> =
        descriptors.map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN)).collect();
    match poll(&mut watched, Some(&timeout)) {
        Err(rustix::io::Errno::INTR) => return Ok(None),
        other => other?,
    };
    if watched[0].revents().is_empty() {
        return Ok(None);
    }
    // A `signalfd_siginfo` has 128 bytes and begins with the signal's number (signalfd(2)).
    let mut info = [0; 128];
    rustix::io::read(signals, &mut info)?;
    let number = i32::from_ne_bytes([info[0], info[1], info[2], info[3]]);
    Ok(Signal::from_named_raw(number))
}

/// Waits until one of these can be read from or was closed on the other side, and says which, the first of several;
/// nothing where none was within that time.
///
/// # Errors
/// The kernel has no memory.
pub fn wait_for_any(files: &[BorrowedFd<'_>], at_most: Option<Duration>) -> io::Result<Option<usize>> {
    let timeout = at_most.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
    let mut watched: Vec<_> = files.iter().map(|file| PollFd::new(file, PollFlags::IN)).collect();
    loop {
        match poll(&mut watched, timeout.as_ref()) {
            // Only a debugger or a stopped process comes this way; then the time starts again.
            Err(rustix::io::Errno::INTR) => {}
            other => {
                other?;
                break;
            }
        }
    }
    Ok(watched.iter().position(|file| !file.revents().is_empty()))
}

/// Ends this process, whatever its other threads are at.
pub fn leave(status: i32) -> ! {
    std::process::exit(status)
}

/// Sends a signal to a child that leads a process group, and to all of its group. One that is gone is no error.
///
/// # Errors
/// The kernel refuses.
pub fn signal_group(child: &Child, signal: Signal) -> io::Result<()> {
    match rustix::process::kill_process_group(Pid::from_child(child), signal) {
        Err(rustix::io::Errno::SRCH) => Ok(()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_a_process_is_found_whatever_its_name() {
        let text = b"12 (a) R 7 (\xff) S 34 5 6\n";
        assert_eq!(stat_field(text, PARENT), Some(34));
        assert_eq!(stat_field(text, 6), Some(6));
        assert_eq!(stat_field(text, 7), None);
        assert_eq!(stat_field(b"", PARENT), None);
    }

    #[test]
    fn a_kernels_version_is_its_first_two_numbers() {
        assert_eq!(version("6.14.0-rc1"), (6, 14));
        assert_eq!(version("7-custom"), (7, 0));
        assert_eq!(version(""), (0, 0));
    }
}

//! Other programs.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::ffi::OsStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::model::Arch;

/// A command to be filled in and started.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

/// How many processors this process may use; one where the kernel does not say.
pub fn cpus() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX))
}

/// How much memory the machine has, in bytes (sysinfo(2)).
pub fn memory() -> u64 {
    let info = rustix::system::sysinfo();
    info.totalram.saturating_mul(u64::from(info.mem_unit))
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

/// The machine's architecture, if it is one that LFS is built for.
pub fn arch() -> Option<Arch> {
    let name = rustix::system::uname();
    let name = name.machine().to_str().ok()?;
    Arch::ALL.into_iter().find(|arch| arch.name() == name)
}

/// Waits for one of the signals that [`super::raw::stop_signals`] holds back, so long at most.
///
/// # Errors
/// The descriptor is not one of those.
pub fn wait_for_signal(signals: BorrowedFd<'_>, at_most: Duration) -> io::Result<Option<Signal>> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let timeout = Timespec::try_from(at_most).map_err(io::Error::other)?;
    match poll(&mut [PollFd::new(&signals, PollFlags::IN)], Some(&timeout)) {
        Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
        other => other?,
    };
    // A `signalfd_siginfo` has 128 bytes and begins with the signal's number (signalfd(2)).
    let mut info = [0; 128];
    rustix::io::read(signals, &mut info)?;
    let number = i32::from_ne_bytes([info[0], info[1], info[2], info[3]]);
    Ok(Signal::from_named_raw(number))
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
    fn a_kernels_version_is_its_first_two_numbers() {
        assert_eq!(version("6.14.0-rc1"), (6, 14));
        assert_eq!(version("7-custom"), (7, 0));
        assert_eq!(version(""), (0, 0));
    }
}

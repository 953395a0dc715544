//! Other programs.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::ffi::OsStr;
use std::io;
use std::process::Command;

use crate::model::Arch;

/// A command to be filled in and started.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

/// How many processors this process may use; one where the kernel does not say.
pub fn cpus() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX))
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

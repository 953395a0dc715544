//! How much of the machine a command may use: what the kernel enforces by itself. What it does not, `watch` looks at.

use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::host::{files, process, tree};

/// How much of the machine a command may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory for all its processes together, with what lies in its file systems in memory.
    pub memory: u64,
    /// Bytes that it may write to its layers, if there is a limit.
    pub disk: Option<u64>,
}

impl Limits {
    /// Process ids that a root has, for processes and threads.
    pub(super) fn pids() -> u64 {
        (256 * u64::from(process::cpus())).max(4096)
    }

    /// Processes that a command may have at once: far more than builds start, and few enough for the machine to get through.
    pub(super) fn processes() -> u64 {
        Self::pids() / 4
    }

    /// Options of a tmpfs that the command writes to (tmpfs(5)): half of its memory, as by itself the kernel gives half of
    /// the machine's, and as many files as the kernel gives to that size.
    pub(super) fn tmpfs(&self) -> String {
        let size = (self.memory / 2).max(1 << 20);
        format!("size={size},nr_inodes={}", size / 8192)
    }

    /// Sets what holds for this process, the first of its root, and for all that it starts. Where the kernel refuses some
    /// of it, as in a container with a read-only `/proc/sys`, there is less of a wall.
    pub(super) fn enforce(&self) -> Result<()> {
        // Before, it was the whole machine's.
        if process::kernel() >= (6, 14) {
            set("kernel/pid_max", &Self::pids().to_string());
        }
        // For whom the kernel counts processes by user: not for root (setrlimit(2), `RLIMIT_NPROC`).
        let most = getrlimit(Resource::Nproc).maximum.map_or(Self::pids(), |hard| hard.min(Self::pids()));
        setrlimit(Resource::Nproc, Rlimit { current: Some(most), maximum: Some(most) })
            .context("failed to limit processes")?;
        // What no process has attached is no process's memory: shared memory, in pages; queues of messages, of which one takes a
        // mebibyte at most; and semaphores, of 64 bytes, together (proc_sys_kernel(5)).
        set("kernel/shmall", &(self.memory / 2 / rustix::param::page_size() as u64).to_string());
        set("kernel/msgmni", "128");
        set("kernel/sem", "32000 256000 500 32000");
        be_the_first_victim();
        Ok(())
    }
}

/// Sets what belongs to one of this process's own namespaces.
fn set(name: &str, value: &str) {
    let _ = tree::write_kernel_file(&format!("/proc/sys/{name}"), value);
}

/// Has the kernel end processes of the step, rather than its runner or others, where memory runs out
/// (proc_pid_oom_score_adj(5)).
fn be_the_first_victim() {
    const FIRST: i32 = 500;
    let path = "/proc/self/oom_score_adj";
    let now =
        files::read(Path::new(path)).ok().and_then(|text| str::from_utf8(&text).ok()?.trim().parse().ok());
    if now.is_some_and(|now: i32| now < FIRST) {
        let _ = tree::write_kernel_file(path, &FIRST.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_in_memory_have_half_of_it_and_never_nothing() {
        let limits = |memory| Limits { memory, disk: None };
        assert_eq!(limits(1 << 30).tmpfs(), "size=536870912,nr_inodes=65536");
        assert_eq!(limits(0).tmpfs(), "size=1048576,nr_inodes=128");
    }
}

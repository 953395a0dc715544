//! What a process has from whoever started it, made the same for every step: limits, signals, groups and the like. Else a
//! build would depend on the shell that it was started from.
//!
//! What a person may have meant for the whole build stays: processors (taskset(1)), priority (nice(1)), and hard limits.

use anyhow::{Context as _, Result};
use rustix::fs::Mode;
use rustix::process::{Gid, Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets};

use crate::host::raw;

/// Soft and hard limits (getrlimit(2)); none is "unlimited". They are those that most systems start with, but for core
/// dumps. A hard limit of the caller that is lower stays.
const LIMITS: [(Resource, Option<u64>, Option<u64>); 15] = [
    (Resource::As, None, None),
    (Resource::Cpu, None, None),
    (Resource::Data, None, None),
    (Resource::Fsize, None, None),
    (Resource::Locks, None, None),
    (Resource::Memlock, Some(8 << 20), Some(8 << 20)),
    (Resource::Msgqueue, Some(819_200), Some(819_200)),
    (Resource::Nice, Some(0), Some(0)),
    // 1024, for programs that use select(2) or close each number that they could have open.
    (Resource::Nofile, Some(1024), Some(524_288)),
    (Resource::Nproc, None, None),
    (Resource::Rss, None, None),
    (Resource::Rtprio, Some(0), Some(0)),
    (Resource::Rttime, None, None),
    (Resource::Sigpending, None, None),
    (Resource::Stack, Some(8 << 20), None),
];

/// Settles this process, which has one thread, and whatever it starts from now on.
pub(super) fn settle() -> Result<()> {
    rustix::process::umask(Mode::from_raw_mode(0o022));
    raw::default_signals();
    raw::default_personality().context("failed to settle the personality")?;
    for (resource, soft, hard) in LIMITS {
        let hard = lower(hard, getrlimit(resource).maximum);
        let limit = Rlimit { current: lower(soft, hard), maximum: hard };
        setrlimit(resource, limit).with_context(|| format!("failed to settle the limit {resource:?}"))?;
    }
    no_core_dumps()?;
    leave_groups()?;
    keep_no_inheritable_capabilities()
}

fn lower(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// With a limit of 0 the kernel would still start the host's program for dumps, if it has one. 1 keeps it from that, and is
/// less than the smallest dump (`coredump_pipe` and `min_coredump` in the kernel's fs/coredump.c).
fn no_core_dumps() -> Result<()> {
    let limit = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::Core, limit(1))
        .or_else(|_| setrlimit(Resource::Core, limit(0)))
        .context("failed to forbid core dumps")
}

/// Root leaves every group but its own. An ordinary user may leave none: in a user namespace a group could be there to
/// take something away (user_namespaces(7), `setgroups`).
fn leave_groups() -> Result<()> {
    match rustix::thread::set_thread_groups(&[]) {
        Ok(()) => {
            let root = Gid::ROOT;
            rustix::thread::set_thread_res_gid(root, root, root).context("failed to settle the group")
        }
        Err(rustix::io::Errno::PERM) => Ok(()),
        Err(error) => Err(error).context("failed to leave supplementary groups"),
    }
}

/// A capability that the caller has made inheritable would come back to user 0 at execve(2), whatever the bounding set says
/// (capabilities(7), "Transformation of capabilities during execve()").
fn keep_no_inheritable_capabilities() -> Result<()> {
    let sets = rustix::thread::capabilities(None).context("failed to read capabilities")?;
    // This takes what is ambient too.
    let sets = CapabilitySets { inheritable: CapabilitySet::empty(), ..sets };
    rustix::thread::set_capabilities(None, sets).context("failed to settle inheritable capabilities")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_limits_the_lower_one_counts_and_none_is_the_highest() {
        assert_eq!(lower(Some(2), Some(1)), Some(1));
        assert_eq!(lower(None, Some(1)), Some(1));
        assert_eq!(lower(Some(2), None), Some(2));
        assert_eq!(lower(None, None), None);
    }
}

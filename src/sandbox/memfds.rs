//! Memory of files without a name (memfd_create(2)), which is no process's while it is only written to, and lies in no file
//! system of the root.
//!
//! Who has opened such a file shows in `/proc`, and each file counts once. What is only mapped, or on its way through a socket,
//! does not show.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::fs::{MemfdFlags, fstat, memfd_create, stat};

use super::processes::processes;
use super::watch::{OFTEN, REST, bytes_of};
use crate::host::clock::{self, Stopwatch};
use crate::host::files;

/// Thousands of descriptors are looked at less often, but no less often than this.
const LONGEST: Duration = Duration::from_secs(60);

/// Counts for good what such files take, in bytes. So that a build pays nothing for it, nobody's descriptors are looked at as
/// long as the whole machine has no more in memory that is shared than a quarter of the limit.
pub(super) fn watch(limit: u64, bytes: &AtomicU64) {
    // All of them lie in one file system, which is the kernel's own.
    let probe = memfd_create("probe", MemfdFlags::CLOEXEC);
    let Ok(device) = probe.and_then(fstat).map(|stat| stat.st_dev) else { return };
    loop {
        let look = Stopwatch::start();
        let used = if shared_on_the_machine() > limit / 4 { opened(device) } else { 0 };
        bytes.store(used, Ordering::Relaxed);
        clock::sleep((look.elapsed() * REST).clamp(OFTEN, LONGEST));
    }
}

/// What of the machine's memory is in such files, in file systems in memory, or shared, and what is swapped out, in bytes
/// (proc_meminfo(5)).
fn shared_on_the_machine() -> u64 {
    let text = files::read(Path::new("/proc/meminfo")).unwrap_or_default();
    shared(&String::from_utf8_lossy(&text))
}

fn shared(meminfo: &str) -> u64 {
    let bytes = |name| bytes_of(meminfo, name).unwrap_or(0);
    bytes("Shmem") + bytes("SwapTotal").saturating_sub(bytes("SwapFree"))
}

/// What the files of a device take that processes of the root have opened, in bytes.
fn opened(device: u64) -> u64 {
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    for pid in processes() {
        let dir = format!("/proc/{pid}/fd");
        for name in files::names(Path::new(&dir)).unwrap_or_default() {
            let Ok(stat) = stat(Path::new(&dir).join(name)) else { continue };
            if stat.st_dev == device && seen.insert(stat.st_ino) {
                // In units of 512 bytes, whatever the file system's own (stat(2)).
                bytes += u64::try_from(stat.st_blocks).unwrap_or(0) * 512;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_swapped_out_may_have_been_shared() {
        let text =
            "MemTotal: 900 kB\nShmemHugePages: 7 kB\nShmem:   40 kB\nSwapTotal:  100 kB\nSwapFree:  98 kB\n";
        assert_eq!(shared(text), 42 << 10);
        assert_eq!(shared("Shmem: 3 kB\n"), 3 << 10);
        assert_eq!(shared(""), 0);
    }
}

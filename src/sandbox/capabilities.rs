//! What user 0 of a root may not do, even where lfsgen runs as the real root.

use anyhow::{Context as _, Result};
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set, set_no_new_privs};

/// Capabilities over the machine rather than over files (capabilities(7)). Installing a package needs none of them:
/// `chown`, `mknod`, setuid bits, `chroot` and changing one's user remain.
const OVER_THE_MACHINE: [CapabilitySet; 20] = [
    CapabilitySet::SYS_ADMIN,
    // Else the command could trace the first process, which keeps what its children give up. Tracing one's own needs no
    // capability (ptrace(2), "Ptrace access mode checking").
    CapabilitySet::SYS_PTRACE,
    CapabilitySet::SYS_MODULE,
    CapabilitySet::SYS_RAWIO,
    CapabilitySet::SYS_BOOT,
    CapabilitySet::SYS_TIME,
    CapabilitySet::SYS_PACCT,
    CapabilitySet::SYS_RESOURCE,
    // To come before everything else on the machine, lfsgen and its limits among it (sched(7)).
    CapabilitySet::SYS_NICE,
    CapabilitySet::SYS_TTY_CONFIG,
    CapabilitySet::NET_ADMIN,
    CapabilitySet::SYSLOG,
    CapabilitySet::AUDIT_CONTROL,
    CapabilitySet::AUDIT_READ,
    CapabilitySet::MAC_ADMIN,
    CapabilitySet::MAC_OVERRIDE,
    CapabilitySet::WAKE_ALARM,
    CapabilitySet::BLOCK_SUSPEND,
    CapabilitySet::BPF,
    CapabilitySet::PERFMON,
];

/// Gives up what no package needs, for this process's children and for good.
pub(super) fn drop_privileges() -> Result<()> {
    for capability in OVER_THE_MACHINE {
        match remove_capability_from_bounding_set(capability) {
            // A kernel that is older than a capability says so.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(error) => return Err(error).context("failed to give up a capability"),
        }
    }
    set_no_new_privs(true).context("failed to forbid new privileges")
}

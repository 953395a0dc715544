//! Who we are, and how an ordinary user becomes user 0 of a user namespace.

use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::thread::CapabilitySet;

use super::causes::Tried;
use super::refused::refused;
use crate::host::{files, raw, tree};

/// Whether this process may make namespaces as it is: the machine's root, unless a container keeps that from it.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
        && rustix::thread::capabilities(None)
            .is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_ADMIN))
}

/// Makes an ordinary user's process user 0 of a new user namespace, with every capability over what that user owns; does
/// nothing for the machine's root.
///
/// The runner itself does this, not only the step: what a step left behind may be unreadable for its owner, such as a
/// program of mode 0111, and must be read and removed all the same.
///
/// # Errors
/// The machine does not let its users do this; the error names the remedy.
pub fn enter_user_namespace() -> Result<()> {
    if is_root() {
        return Ok(());
    }
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    raw::unshare_user_namespace()
        .map_err(refused(Tried::UserNamespace))
        .context("this machine gives ordinary users no user namespace")?;
    // Without this an ordinary user may not write a map of groups (user_namespaces(7)).
    let maps = [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("0 {user} 1")),
        ("/proc/self/gid_map", format!("0 {group} 1")),
    ];
    for (path, value) in maps {
        tree::write_kernel_file(path, &value)
            .map_err(refused(Tried::Map))
            .with_context(|| format!("failed to write `{path}`"))
            .map_err(|error| error.context("failed to become user 0 of a user namespace"))?;
    }
    Ok(())
}

/// Whether this process's user namespace has user 0 and no other, as that of an ordinary user. Of each line of a map the last
/// number says how many it has (user_namespaces(7)).
pub(super) fn has_one_number() -> Result<bool> {
    let map = files::read(Path::new("/proc/self/uid_map"))?;
    let map = String::from_utf8_lossy(&map);
    Ok(map.split_ascii_whitespace().skip(2).eq(["1"]))
}

/// Asks the kernel to stop this process as SIGTERM does when whoever started it ends: a step must not outlive a ninja
/// that was killed. Entering a user namespace undoes this (prctl(2), `PR_SET_PDEATHSIG`).
///
/// # Errors
/// None that is known.
pub fn end_with_parent() -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
        .context("failed to ask for a signal at the parent's end")
}

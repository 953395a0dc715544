//! `/dev`, `/proc` and the other directories that belong to no layer.
//!
//! They are made anew for each root and are gone with it. Devices are those of the host, but only the harmless ones; of
//! `/proc`, what changes the machine is read-only, and what shows its memory is hidden.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::mount::MountFlags;

use super::Limits;
use super::mounts::{bind, close_devices, make_read_only, mount};
use crate::host::{files, tree};

/// The devices that every program may expect.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// Links that programs expect in `/dev`.
const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// What of `/proc` says or does something to the whole machine. Most of it asks for no capability but only for user 0
/// (proc_sys(5)): `sys/kernel/core_pattern` names a program that the kernel starts as root outside of every namespace.
const READ_ONLY: [&str; 6] = ["acpi", "bus", "fs", "irq", "sys", "sysrq-trigger"];

/// What of `/proc` shows the machine's memory and messages. `/dev/null` lies over it.
const HIDDEN: [&str; 7] = ["kcore", "keys", "kmsg", "kpagecgroup", "kpagecount", "kpageflags", "timer_list"];

/// Where a root has file systems in memory that its command writes to, and their modes.
pub(super) const IN_MEMORY: [(&str, &str); 3] = [("tmp", "1777"), ("run", "0755"), ("dev/shm", "1777")];

/// Mounts `/dev`, `/proc` and what is [`IN_MEMORY`] in the root that is the working directory. `own` is an empty directory in
/// memory, and becomes its `/dev`.
pub(super) fn mount_all(own: &Path, limits: &Limits) -> Result<()> {
    dev(own, Path::new("dev"))?;
    proc(Path::new("proc"))?;
    for (at, mode) in IN_MEMORY {
        let options = format!("mode={mode},{}", limits.tmpfs());
        mount("tmpfs", Path::new(at), "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, &options)?;
    }
    Ok(())
}

/// Not sticky, as file systems in memory are by default: in such a directory, opening another user's device with `O_CREAT`, as in
/// `>/dev/null`, is refused (proc_sys_fs(5), `protected_regular`). Each device is a mount, and no other file there opens one: root's
/// steps may make files for any.
fn dev(own: &Path, dev: &Path) -> Result<()> {
    bind(own, dev)?;
    for name in DEVICES {
        let from = Path::new("/dev").join(name);
        if let Ok(metadata) = files::metadata(&from) {
            device(&from, &metadata, &dev.join(name))?;
        }
    }
    for (name, target) in LINKS {
        tree::ensure_symlink(Path::new(target), &dev.join(name))?;
    }
    for name in ["pts", "shm"] {
        tree::ensure_dir(&dev.join(name), 0o755)?;
    }
    let quiet = MountFlags::NOSUID | MountFlags::NOEXEC;
    mount("devpts", &dev.join("pts"), "devpts", quiet, "newinstance,ptmxmode=0666,mode=0620")?;
    close_devices(dev)
}

/// Root's steps have a device file of their own, since they may change its mode and owner. An ordinary user makes none, and may not
/// change the host's. What something is mounted on cannot be removed by mistake, as in `install x /dev/null`.
fn device(from: &Path, metadata: &Metadata, at: &Path) -> Result<()> {
    let (kind, mode) = (FileType::CharacterDevice, Mode::from_raw_mode(0o666));
    match mknodat(CWD, at, kind, mode, metadata.rdev()) {
        Ok(()) => {
            tree::set_exact_mode(at, 0o666)?;
            bind(at, at)
        }
        Err(_) => {
            files::create(at)?;
            bind(from, at)
        }
    }
}

/// A `/proc` of the new PID namespace; the host's where the kernel refuses one, which it does in containers whose own
/// `/proc` is masked in part.
fn proc(at: &Path) -> Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("proc", at, "proc", flags, "").or_else(|refused| {
        rustix::mount::mount_bind_recursive("/proc", at).with_context(|| {
            format!("failed to mount `/proc`: neither a new one ({refused:#}) nor the host's")
        })
    })?;
    let there = |name: &&str| files::symlink_metadata(&at.join(name)).is_ok();
    for name in READ_ONLY.iter().filter(|name| there(name)) {
        let path = at.join(name);
        bind(&path, &path)?;
        make_read_only(&path)?;
    }
    for name in HIDDEN.iter().filter(|name| there(name)) {
        bind(Path::new("/dev/null"), &at.join(name))?;
    }
    Ok(())
}

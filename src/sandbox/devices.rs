//! `/dev`, `/proc` and the other directories that belong to no layer.
//!
//! They are made anew for each root and are gone with it. Devices are those of the host, but only the harmless ones; of
//! `/proc`, what changes the machine is read-only, and what shows its memory is hidden.

use std::ffi::OsString;
use std::fs::{FileType as FileKind, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

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

/// Directories of `/proc` beside those of processes in which nobody can do anything to the machine.
const HARMLESS: [&str; 3] = ["pressure", "sysvipc", "tty"];

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
    for path in of_the_machine(at)? {
        bind(&path, &path)?;
        make_read_only(&path)?;
    }
    let there = |name: &&str| files::symlink_metadata(&at.join(name)).is_ok();
    for name in HIDDEN.iter().filter(|name| there(name)) {
        bind(Path::new("/dev/null"), &at.join(name))?;
    }
    Ok(())
}

/// What of `/proc` does something to the whole machine where it is written to. Most of it asks for no capability but only for user
/// 0 (proc_sys(5)): `sys/kernel/core_pattern` names a program that the kernel starts as root outside of every namespace, and
/// `scsi/scsi` takes disks away. Every driver may have more.
fn of_the_machine(proc: &Path) -> Result<Vec<PathBuf>> {
    let entries = files::kinds(proc).with_context(|| format!("failed to list `{}`", proc.display()))?;
    let does_something = |(name, kind): (OsString, FileKind)| {
        let is_process = name.as_bytes().first().is_some_and(u8::is_ascii_digit);
        let path = proc.join(&name);
        let may_be_written = || files::symlink_metadata(&path).is_ok_and(|file| file.mode() & 0o222 != 0);
        let is_one = match kind {
            _ if is_process => false,
            kind if kind.is_dir() => !HARMLESS.iter().any(|harmless| name == *harmless),
            kind => kind.is_file() && may_be_written(),
        };
        is_one.then_some(path)
    };
    Ok(entries.into_iter().filter_map(does_something).collect())
}

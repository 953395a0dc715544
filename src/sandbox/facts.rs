//! What a machine tells of its rules, read where the kernel has refused something.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::mount::MountFlags;
use rustix::thread::UnshareFlags;

use super::causes::Tried;
use super::user::is_root;
use crate::host::mountinfo::{Mount, mounts};
use crate::host::{files, process, raw, tree};

/// Settings of the kernel that forbid namespaces or limit them: Debian's `unprivileged_userns_clone` (also of Arch's and
/// other hardened kernels), AppArmor's (Ubuntu 23.10 and later), and namespaces(7), "The /proc/sys/user directory".
pub(super) const SETTINGS: [&str; 8] = [
    "kernel.unprivileged_userns_clone",
    "kernel.apparmor_restrict_unprivileged_userns",
    "user.max_user_namespaces",
    "user.max_mnt_namespaces",
    "user.max_pid_namespaces",
    "user.max_ipc_namespaces",
    "user.max_uts_namespaces",
    "user.max_net_namespaces",
];

/// Everything that [`super::causes`] judges by.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// Linux's version.
    pub kernel: (u32, u32),
    /// Those of [`SETTINGS`] that this kernel has.
    pub settings: BTreeMap<&'static str, u64>,
    /// The system call that a filter answers instead of the kernel.
    pub filtered: Option<&'static str>,
    /// Whether the root directory was changed by chroot(2).
    pub chroot: bool,
    /// Whether an ordinary user runs this, be it as user 0 of a user namespace.
    pub ordinary: bool,
    /// What a security module calls this process: `docker-default (enforce)`, `system_u:system_r:container_t:s0`.
    pub label: Option<String>,
    /// Which of the namespaces that were asked for the kernel refuses by themselves.
    pub refused: Vec<UnshareFlags>,
    /// The kind of file system that an overlay was to write to.
    pub upper: Option<String>,
    /// What lies over parts of `/proc`.
    pub over_proc: Vec<PathBuf>,
}

impl Facts {
    /// Reads what is there. What cannot be read counts as not there.
    pub(super) fn of(tried: &Tried<'_>, errno: Errno) -> Self {
        let mounted = mounts(&read("/proc/self/mountinfo"));
        let first = mounts(&read("/proc/1/mountinfo"));
        let upper = match tried {
            Tried::Overlay { upper } | Tried::Whiteout { upper } => kind_at(&mounted, upper),
            _ => None,
        };
        Self {
            kernel: process::kernel(),
            settings: SETTINGS.into_iter().filter_map(|name| Some((name, setting(name)?))).collect(),
            filtered: filtered(tried),
            chroot: is_chroot(&mounted, &first),
            // The first one's map holds every number (user_namespaces(7)).
            ordinary: !is_root() || !text("/proc/self/uid_map").trim_end().ends_with("4294967295"),
            label: label(),
            refused: match tried {
                Tried::Namespaces(all) => all.iter().filter(|one| is_refused(*one, errno)).collect(),
                _ => Vec::new(),
            },
            upper,
            over_proc: mounted.into_iter().map(|mount| mount.at).filter(|at| is_below_proc(at)).collect(),
        }
    }
}

fn read(path: &str) -> Vec<u8> {
    files::read(Path::new(path)).unwrap_or_default()
}

fn text(path: &str) -> String {
    String::from_utf8_lossy(&read(path)).into_owned()
}

fn setting(name: &str) -> Option<u64> {
    text(&format!("/proc/sys/{}", name.replace('.', "/"))).trim().parse().ok()
}

/// AppArmor's first: where there are several modules, `attr/current` belongs to only one of them (apparmor(7); the kernel's
/// Documentation/admin-guide/LSM/index.rst).
fn label() -> Option<String> {
    let labels = ["/proc/self/attr/apparmor/current", "/proc/self/attr/current"];
    let labels = labels.into_iter().map(|path| text(path).trim_matches(['\0', '\n', ' ']).to_owned());
    labels.into_iter().find(|label| !label.is_empty())
}

/// Whether the kernel refuses a namespace also by itself.
fn is_refused(namespace: UnshareFlags, errno: Errno) -> bool {
    match raw::clone_into(namespace, &[], || 0) {
        Ok(child) => {
            // It has nothing to do but leave.
            let _ = child.wait();
            false
        }
        Err(error) => Errno::from_io_error(&error) == Some(errno),
    }
}

/// Finds out who answers a system call, the kernel or a filter (seccomp(2)), by a call that the kernel refuses for its
/// arguments before it asks who is calling. What else it answers is not its own.
fn filtered(tried: &Tried<'_>) -> Option<&'static str> {
    // 2 is `SECCOMP_MODE_FILTER` (proc_pid_status(5)).
    let has_filter =
        text("/proc/self/status").lines().any(|line| line.split_whitespace().eq(["Seccomp:", "2"]));
    let (call, is_kernel) = match tried {
        Tried::UserNamespace => ("unshare", raw::unshare_is_answered_by_the_kernel()),
        Tried::Map | Tried::Whiteout { .. } => return None,
        Tried::Namespaces(_) => ("clone3", raw::clone3_is_answered_by_the_kernel()),
        Tried::Private | Tried::Mount | Tried::Overlay { .. } | Tried::NewProc => {
            // The kernel looks for the place first (path_mount in fs/namespace.c).
            let nowhere =
                rustix::mount::mount("none", "/proc/self/nowhere", "tmpfs", MountFlags::empty(), None);
            ("mount", nowhere == Err(Errno::NOENT))
        }
    };
    (has_filter && !is_kernel).then_some(call)
}

/// Whether the root directory is not that of the mount namespace. Then it is no mount point, so that no line of `mountinfo`
/// has it; or it is the mount that the machine's first process sees elsewhere.
fn is_chroot(mounted: &[Mount], first: &[Mount]) -> bool {
    let root = mounted.iter().rfind(|mount| mount.at == Path::new("/"));
    let Some(root) = root else { return !mounted.is_empty() };
    first.iter().any(|mount| mount.id == root.id && mount.at != Path::new("/"))
}

fn is_below_proc(at: &Path) -> bool {
    at.starts_with("/proc") && at != Path::new("/proc") && !at.starts_with("/proc/sys/fs/binfmt_misc")
}

/// The kind of file system that has a path, if that can be seen.
pub(super) fn kind_of(path: &Path) -> Option<String> {
    kind_at(&mounts(&read("/proc/self/mountinfo")), &tree::canonical(path).ok()?)
}

fn kind_at(mounted: &[Mount], path: &Path) -> Option<String> {
    let around = mounted.iter().filter(|mount| path.starts_with(&mount.at));
    around.max_by_key(|mount| mount.at.as_os_str().len()).map(|mount| mount.kind.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_root_is_told_from_that_of_the_machine() {
        let first = mounts(b"22 27 0:21 / /proc rw - proc proc rw\n27 1 254:0 / / rw - ext4 /dev/vda rw\n65 27 254:0 /x /srv/x rw - ext4 /dev/vda rw\n");
        assert!(!is_chroot(&first, &first));
        let no_mount_point = mounts(b"66 44 0:21 / /proc rw - proc proc rw\n");
        let mount_point = mounts(b"65 27 254:0 /x / rw - ext4 /dev/vda rw\n");
        assert!(is_chroot(&no_mount_point, &first) && is_chroot(&mount_point, &first));
        let another_namespace = mounts(b"91 80 254:0 / / rw - ext4 /dev/vda rw\n");
        assert!(!is_chroot(&another_namespace, &first) && !is_chroot(&another_namespace, &[]));
        assert!(!is_chroot(&[], &[]), "nothing is known");
    }

    #[test]
    fn a_path_is_on_the_mount_that_is_nearest() {
        let mounted = mounts(b"1 0 0:1 / / rw - overlay overlay rw\n2 1 0:2 / /work rw - ext4 /dev/vda rw\n3 1 0:3 / /work rw - tmpfs t rw\n");
        assert_eq!(kind_at(&mounted, Path::new("/work/state")).as_deref(), Some("tmpfs"));
        assert_eq!(kind_at(&mounted, Path::new("/workshop")).as_deref(), Some("overlay"));
    }
}

//! Which rule of a machine forbids isolation, judged by what was tried, the kernel's error and the machine's facts; and the
//! remedy for each. Nothing here looks at the machine.

use std::path::Path;

use rustix::io::Errno;
use rustix::thread::UnshareFlags;

use super::OLDEST_KERNEL;
use super::facts::Facts;

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tried<'a> {
    /// A user namespace.
    UserNamespace,
    /// To say who is user 0 of it.
    Map,
    /// These namespaces, together.
    Namespaces(UnshareFlags),
    /// To hide this namespace's mounts from others.
    Private,
    /// Any other mount.
    Mount,
    /// Layers.
    Overlay {
        /// The layer that is written to.
        upper: &'a Path,
    },
    /// A mark in a layer that hides what lies below.
    Whiteout {
        /// Where it was to lie.
        upper: &'a Path,
    },
    /// A `/proc` of a namespace's own processes.
    NewProc,
}

/// A rule that forbids something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    /// The rule.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

fn because(what: impl Into<String>, remedy: impl Into<String>) -> Option<Cause> {
    Some(Cause { what: what.into(), remedy: remedy.into() })
}

/// The names of namespaces in `/proc/sys/user`, and what the kernel must be built with (namespaces(7), clone(2)).
const NAMESPACES: [(UnshareFlags, &str, &str); 6] = [
    (UnshareFlags::NEWUSER, "user.max_user_namespaces", "CONFIG_USER_NS"),
    (UnshareFlags::NEWNS, "user.max_mnt_namespaces", "CONFIG_NAMESPACES"),
    (UnshareFlags::NEWPID, "user.max_pid_namespaces", "CONFIG_PID_NS"),
    (UnshareFlags::NEWIPC, "user.max_ipc_namespaces", "CONFIG_IPC_NS"),
    (UnshareFlags::NEWUTS, "user.max_uts_namespaces", "CONFIG_UTS_NS"),
    (UnshareFlags::NEWNET, "user.max_net_namespaces", "CONFIG_NET_NS"),
];

/// File systems that hold layers which are written.
const GOOD_FOR_LAYERS: [&str; 6] = ["bcachefs", "btrfs", "ext4", "f2fs", "tmpfs", "xfs"];

const LOG: &str = "the kernel's log (`dmesg`) may say more";

/// What forbids it; nothing where the error says all that can be said.
pub(super) fn cause(tried: &Tried<'_>, errno: Errno, facts: &Facts) -> Option<Cause> {
    let refused = matches!(errno, Errno::PERM | Errno::ACCESS);
    match *tried {
        // `EUSERS` before Linux 4.9.
        Tried::UserNamespace if matches!(errno, Errno::NOSPC | Errno::USERS) => {
            limit(&[UnshareFlags::NEWUSER], facts)
        }
        Tried::UserNamespace if errno == Errno::INVAL => not_built(&[UnshareFlags::NEWUSER]),
        Tried::UserNamespace if refused || errno == Errno::NOSYS => {
            by_filter(facts).or_else(|| user_namespace(facts))
        }
        Tried::Namespaces(_) if errno == Errno::NOSPC => limit(&facts.refused, facts),
        Tried::Namespaces(_) if errno == Errno::INVAL => not_built(&facts.refused),
        Tried::Private if errno == Errno::INVAL && facts.chroot => because(
            "this is a chroot whose directory is no mount point",
            "make it one before chroot(1) enters it: `mount --bind DIR DIR`",
        ),
        Tried::Overlay { .. } => overlay(errno, facts),
        // An overlay itself takes no marks of another one (`ovl_mknod` in fs/overlayfs/dir.c).
        Tried::Whiteout { .. } if not_good_for_layers(facts).is_some() => {
            not_good_for_layers(facts).map(no_layers_on)
        }
        Tried::NewProc if errno == Errno::PERM && !facts.over_proc.is_empty() => masked_proc(facts),
        _ if refused || errno == Errno::NOSYS => by_rule(facts),
        _ => None,
    }
}

/// A limit of namespaces(7): of this user in this namespace or in one around it, or of 32 levels for user and PID
/// namespaces (user_namespaces(7), pid_namespaces(7)).
fn limit(which: &[UnshareFlags], facts: &Facts) -> Option<Cause> {
    let names: Vec<_> = NAMESPACES.iter().filter(|(flag, ..)| which.contains(flag)).collect();
    let limits: Vec<_> =
        names.iter().map(|(_, name, _)| (*name, facts.settings.get(name).copied())).collect();
    if let Some((name, _)) = limits.iter().find(|(_, limit)| *limit == Some(0)) {
        return because(
            format!("`{name}` is 0"),
            format!(
                "allow some, as root: `sysctl {name}=10000`, and the same in a file in `/etc/sysctl.d` to keep it"
            ),
        );
    }
    let (name, _) = limits.first()?;
    because(
        format!(
            "more than `{name}` allows here or, in a container, outside of it; or more than 32 inside one another"
        ),
        format!("raise it, as root and where it is lowest: `sysctl {name}=100000`"),
    )
}

fn not_built(which: &[UnshareFlags]) -> Option<Cause> {
    let (_, _, option) = NAMESPACES.iter().find(|(flag, ..)| which.contains(flag))?;
    let or = if *option == "CONFIG_USER_NS" { ", or run lfsgen as root" } else { "" };
    because(
        format!("this kernel was built without `{option}`"),
        format!("boot one that was built with it{or}"),
    )
}

fn user_namespace(facts: &Facts) -> Option<Cause> {
    const CLONE: &str = "kernel.unprivileged_userns_clone";
    if facts.settings.get(CLONE) == Some(&0) {
        return because(
            format!("`{CLONE}` is 0"),
            format!(
                "allow it, as root: `sysctl {CLONE}=1`, and the same in a file in `/etc/sysctl.d` to keep it"
            ),
        );
    }
    if facts.chroot {
        // user_namespaces(7), clone(2): `EPERM`, since Linux 3.9.
        return because(
            "this is a chroot, and nobody in one gets a user namespace",
            "run lfsgen as root in it, or enter it in a way that changes the root for good, such as systemd-nspawn or bwrap",
        );
    }
    by_module(facts).or_else(|| unknown("a security module's, a container's, or that this is a chroot"))
}

fn by_rule(facts: &Facts) -> Option<Cause> {
    by_filter(facts).or_else(|| by_module(facts)).or_else(|| unknown("a security module's, or a container's"))
}

fn by_filter(facts: &Facts) -> Option<Cause> {
    let call = facts.filtered?;
    because(
        format!("a seccomp filter refuses the system call `{call}`"),
        "start the container with `--security-opt seccomp=unconfined` (Docker, Podman) or `seccompProfile: {type: \
         Unconfined}` (Kubernetes), or the service without `RestrictNamespaces=` and `SystemCallFilter=` (systemd)",
    )
}

/// A security module, by what it says of itself.
fn by_module(facts: &Facts) -> Option<Cause> {
    const RESTRICT: &str = "kernel.apparmor_restrict_unprivileged_userns";
    // `NAME (MODE)` is AppArmor's way (aa_getcon(2)), `USER:ROLE:TYPE:LEVEL` SELinux's (getcon(3)).
    let label = facts.label.as_deref().filter(|label| *label != "unconfined" && *label != "kernel");
    let profile = label.and_then(|label| label.strip_suffix(" (enforce)"));
    let restricted = facts.settings.get(RESTRICT).is_some_and(|&value| value != 0);
    if profile.is_some_and(|profile| profile.starts_with("unprivileged_userns"))
        || restricted && profile.is_none() && facts.ordinary
    {
        return because(
            format!("AppArmor gives ordinary users no rights in their user namespaces (`{RESTRICT}` is 1)"),
            format!(
                "give `lfsgen` a profile with the rule `userns`, as docs/runner.md shows, or lift it for everybody, as \
                 root: `sysctl {RESTRICT}=0`"
            ),
        );
    }
    if let Some(profile) = profile {
        return because(
            format!("the AppArmor profile `{profile}` denies it"),
            "start the container with `--security-opt apparmor=unconfined` (Docker, Podman), or allow it in the profile",
        );
    }
    if let Some(label) = label.filter(|label| label.contains(':')) {
        return because(
            format!("a security module denies it, probably SELinux to `{label}`"),
            "ask `ausearch -m avc` which rule it is; a container starts without with `--security-opt label=disable`",
        );
    }
    None
}

fn unknown(whose: &str) -> Option<Cause> {
    because(
        format!("a rule of this machine that cannot be seen from here: {whose}"),
        format!("run lfsgen outside of containers and sandboxes; {LOG}"),
    )
}

fn overlay(errno: Errno, facts: &Facts) -> Option<Cause> {
    let (major, minor) = facts.kernel;
    if errno == Errno::NODEV {
        return because(
            "this kernel has no overlay file system",
            "load it, as root: `modprobe overlay`, and keep it with a file in `/etc/modules-load.d`; or boot a kernel that \
             was built with `CONFIG_OVERLAY_FS`",
        );
    }
    if facts.kernel < OLDEST_KERNEL {
        return because(
            format!("Linux {major}.{minor} is too old for layers that lfsgen can use"),
            format!("boot Linux {}.{} or later", OLDEST_KERNEL.0, OLDEST_KERNEL.1),
        );
    }
    if matches!(errno, Errno::PERM | Errno::ACCESS | Errno::NOSYS) {
        return by_rule(facts);
    }
    if errno == Errno::INVAL
        && let Some(kind) = not_good_for_layers(facts)
    {
        return Some(no_layers_on(kind));
    }
    because(format!("the layers lie on `{}`", facts.upper.as_deref()?), LOG)
}

fn not_good_for_layers(facts: &Facts) -> Option<&str> {
    facts.upper.as_deref().filter(|kind| !GOOD_FOR_LAYERS.contains(kind))
}

/// The state directory's file system cannot hold layers.
pub(super) fn no_layers_on(kind: &str) -> Cause {
    let remedy = "set `state` in `lfsgen.yaml` to a directory on a local file system such as ext4, xfs, btrfs, or tmpfs from \
                  Linux 6.6";
    Cause {
        what: format!("the state directory's file system, `{kind}`, cannot hold layers that are written"),
        remedy: remedy.to_owned(),
    }
}

/// The kernel gives a user namespace no file system that shows more than it can see already (`mount_too_revealing` in
/// fs/namespace.c).
fn masked_proc(facts: &Facts) -> Option<Cause> {
    let paths: Vec<_> = facts.over_proc.iter().take(3).map(|path| format!("`{}`", path.display())).collect();
    let more = if facts.over_proc.len() > paths.len() { " and others" } else { "" };
    because(
        format!("mounts hide {}{more}, as in a container", paths.join(", ")),
        "start the container with `--security-opt systempaths=unconfined` (Docker), `--security-opt unmask=ALL` (Podman) or \
         `procMount: Unmasked` (Kubernetes)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(settings: &[(&'static str, u64)]) -> Facts {
        let settings = settings.iter().copied().collect();
        Facts { kernel: (6, 1), settings, ordinary: true, ..Facts::default() }
    }

    fn said(tried: Tried<'_>, errno: Errno, facts: &Facts) -> String {
        let cause = cause(&tried, errno, facts).unwrap();
        format!("{}; {}", cause.what, cause.remedy)
    }

    #[track_caller]
    fn has(said: &str, words: &[&str]) {
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }

    #[test]
    fn a_limit_is_named_with_how_to_raise_it() {
        let none = facts(&[("user.max_user_namespaces", 0)]);
        let user = Tried::UserNamespace;
        has(
            &said(user, Errno::NOSPC, &none),
            &["`user.max_user_namespaces` is 0", "sysctl user.max_user_namespaces="],
        );
        let some = facts(&[("user.max_user_namespaces", 5)]);
        has(&said(user, Errno::NOSPC, &some), &["more than `user.max_user_namespaces` allows", "raise it"]);
        let refused = vec![UnshareFlags::NEWPID, UnshareFlags::NEWNET];
        let network =
            Facts { refused, ..facts(&[("user.max_pid_namespaces", 9), ("user.max_net_namespaces", 0)]) };
        let all = Tried::Namespaces(UnshareFlags::all());
        has(&said(all, Errno::NOSPC, &network), &["`user.max_net_namespaces` is 0"]);
    }

    #[test]
    fn a_kernel_that_was_built_without_is_told_of() {
        has(&said(Tried::UserNamespace, Errno::INVAL, &facts(&[])), &["CONFIG_USER_NS", "as root"]);
        let network = Facts { refused: vec![UnshareFlags::NEWNET], ..facts(&[]) };
        has(&said(Tried::Namespaces(UnshareFlags::NEWNET), Errno::INVAL, &network), &["CONFIG_NET_NS"]);
    }

    #[test]
    fn what_answers_for_the_kernel_is_named_before_all_else() {
        let setting = [("kernel.unprivileged_userns_clone", 0)];
        let filtered = Facts { filtered: Some("unshare"), chroot: true, ..facts(&setting) };
        has(
            &said(Tried::UserNamespace, Errno::PERM, &filtered),
            &["seccomp filter refuses the system call `unshare`"],
        );
        has(
            &said(Tried::UserNamespace, Errno::PERM, &facts(&setting)),
            &["`kernel.unprivileged_userns_clone` is 0"],
        );
        let chroot = Facts { chroot: true, ..facts(&[("kernel.unprivileged_userns_clone", 1)]) };
        has(&said(Tried::UserNamespace, Errno::PERM, &chroot), &["this is a chroot", "as root in it"]);
        has(&said(Tried::Private, Errno::INVAL, &chroot), &["no mount point", "mount --bind"]);
    }

    #[test]
    fn a_security_module_is_named_by_what_it_calls_the_process() {
        let restrict = [("kernel.apparmor_restrict_unprivileged_userns", 1)];
        let label = |label: &str, settings| Facts { label: Some(label.to_owned()), ..facts(settings) };
        for facts in [
            facts(&restrict),
            label("unconfined", &restrict),
            label("unprivileged_userns (enforce)", &restrict),
            label("unprivileged_userns (enforce)", &[]),
        ] {
            has(
                &said(Tried::Map, Errno::PERM, &facts),
                &["AppArmor gives ordinary users no rights", "`userns`"],
            );
        }
        let docker = label("docker-default (enforce)", &restrict);
        has(&said(Tried::Mount, Errno::ACCESS, &docker), &["`docker-default`", "apparmor=unconfined"]);
        let selinux = label("system_u:system_r:container_t:s0:c1,c2", &[]);
        has(
            &said(Tried::Mount, Errno::PERM, &selinux),
            &["SELinux to `system_u:system_r:container_t", "label=disable"],
        );
        let off = label("unconfined", &[("kernel.apparmor_restrict_unprivileged_userns", 0)]);
        has(&said(Tried::UserNamespace, Errno::PERM, &off), &["cannot be seen from here", "dmesg"]);
    }

    #[test]
    fn an_overlay_fails_for_its_module_its_kernel_or_its_file_system() {
        let overlay = Tried::Overlay { upper: Path::new("/state") };
        let on = |kind: &str, kernel| Facts { upper: Some(kind.to_owned()), kernel, ..Facts::default() };
        let whiteout = Tried::Whiteout { upper: Path::new("/state/layer") };
        has(&said(whiteout, Errno::PERM, &on("overlay", (6, 1))), &["`overlay`, cannot hold layers"]);
        has(&said(overlay, Errno::NODEV, &on("ext4", (6, 1))), &["modprobe overlay"]);
        has(&said(overlay, Errno::INVAL, &on("ext4", (5, 10))), &["Linux 5.10 is too old", "5.11"]);
        has(
            &said(overlay, Errno::INVAL, &on("overlay", (6, 1))),
            &["`overlay`, cannot hold layers", "set `state`"],
        );
        has(&said(overlay, Errno::INVAL, &on("ext4", (6, 1))), &["`ext4`", "dmesg"]);
        has(&said(overlay, Errno::PERM, &on("ext4", (6, 1))), &["cannot be seen from here"]);
    }

    #[test]
    fn a_masked_proc_names_what_lies_over_it() {
        let over = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/scsi"];
        let facts = Facts { over_proc: over.map(Into::into).to_vec(), ..facts(&[]) };
        let said = said(Tried::NewProc, Errno::PERM, &facts);
        has(&said, &["`/proc/acpi`, `/proc/kcore`, `/proc/keys` and others", "systempaths=unconfined"]);
    }

    #[test]
    fn an_error_that_says_it_all_gets_nothing_added() {
        assert_eq!(cause(&Tried::Mount, Errno::NOENT, &facts(&[])), None);
        assert_eq!(cause(&Tried::Private, Errno::INVAL, &facts(&[])), None);
    }
}

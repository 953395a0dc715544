//! Puts a root together and moves into it.
//!
//! This runs in the first process of a root, in a mount namespace of its own: nothing that is mounted here is seen on the
//! host, and all of it goes with the namespace. Options of mount(2) have one page, so that layers are given by short
//! names.

use std::ffi::CString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::fs::StatVfsMountFlags;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

use super::causes::Tried;
use super::refused::refused;
use super::{BoundFile, Overlay, Sandbox, devices};
use crate::host::{files, tree};

/// What mount(2) takes of options: one page.
const LONGEST_OPTIONS: usize = 4095;
/// What overlayfs takes of layers in one mount (`OVL_MAX_STACK` in the kernel's fs/overlayfs/params.h).
const MOST_LAYERS: usize = 500;

/// A file system in memory for what belongs to no layer: a root's `/dev` and the directory of its sources.
const OWN: &str = "mode=0755,size=1m,nr_inodes=16k";

/// Builds the root in this process's own mount namespace and makes it `/`.
pub(super) fn enter(sandbox: &Sandbox) -> Result<()> {
    // Else what is mounted here would appear on the host too.
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(refused(Tried::Private))
        .context("failed to make the mounts private")?;
    let own = &sandbox.mount_point;
    mount("tmpfs", own, "tmpfs", MountFlags::NOSUID | MountFlags::NOEXEC, OWN)?;
    // Short paths from here on: each call walks along one or two.
    go_to(own)?;
    for dir in [ROOT, DEVICES, FILES] {
        tree::ensure_dir(Path::new(dir), 0o755)?;
    }
    let mut names = ShortNames { count: 0 };
    let root = own.join(ROOT);
    for overlay in &sandbox.overlays {
        mount_overlay(overlay, &root, own, &mut names)?;
    }
    go_to(&root)?;
    devices::mount_all(&own.join(DEVICES), &sandbox.limits)?;
    bind_files(sandbox, &own.join(FILES))?;
    if let Some(user) = sandbox.command.user {
        give(inside(&sandbox.command.dir), user)?;
    }
    become_root()
}

/// Where the root is put together, below the mount point.
const ROOT: &str = "root";
/// What is bound to the root's `/dev`.
const DEVICES: &str = "dev";
/// What is bound to the directory of files.
const FILES: &str = "files";
/// Links to layers.
const NAMES: &str = "l";

fn go_to(dir: &Path) -> Result<()> {
    rustix::process::chdir(dir).with_context(|| format!("failed to enter `{}`", dir.display()))
}

/// Overlays take their layers as text in one page, and `:` and `,` mean something in it; links with short names
/// keep hundreds of layers, of any name, inside it.
struct ShortNames {
    count: usize,
}

impl ShortNames {
    /// A name for `target`, relative to the mount point.
    fn name(&mut self, target: &Path) -> Result<String> {
        if self.count == 0 {
            // With as much memory as they take: each long one has a page.
            tree::ensure_dir(Path::new(NAMES), 0o755)?;
            mount("tmpfs", Path::new(NAMES), "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, "mode=0755")?;
        }
        let name = format!("{NAMES}/{}", self.count);
        self.count += 1;
        tree::ensure_symlink(target, Path::new(&name))?;
        Ok(name)
    }
}

/// A path as an overlay's options take it, unless something in it could mean something there.
fn plain(path: &Path) -> Result<String> {
    let text = path.to_str().filter(|text| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+'))
    });
    text.map(str::to_owned).context("a path that needs another name")
}

fn options(overlay: &Overlay, mut name: impl FnMut(&Path) -> Result<String>) -> Result<String> {
    let mut options = String::from("userxattr,volatile,lowerdir=");
    for (index, lower) in overlay.lower.iter().enumerate() {
        let colon = if index == 0 { "" } else { ":" };
        write!(options, "{colon}{}", name(lower)?)?;
    }
    write!(options, ",upperdir={},workdir={}", name(&overlay.upper)?, name(&overlay.work)?)?;
    Ok(options)
}

/// The directory around an overlay's layers, those of the host apart. Named from there they are short, and the root's `/proc/mounts`
/// does not tell where on the machine the build lies.
fn around(overlay: &Overlay) -> PathBuf {
    let common = |a: &Path, b: &Path| -> PathBuf {
        a.iter().zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    };
    overlay.lower.iter().fold(common(&overlay.upper, &overlay.work), |around, lower| {
        let both = common(&around, lower);
        if both.parent().is_some() { both } else { around }
    })
}

/// Mounts an overlay in the root at `root`. Leaves this process in some other directory.
fn mount_overlay(overlay: &Overlay, root: &Path, own: &Path, names: &mut ShortNames) -> Result<()> {
    let at = root.join(&overlay.at);
    ensure!(
        overlay.lower.len() <= MOST_LAYERS,
        "`/{}` has {} layers, and the kernel takes {MOST_LAYERS}",
        overlay.at.display(),
        overlay.lower.len(),
    );
    if !overlay.at.as_os_str().is_empty() {
        files::create_dir_all(&at)?;
    }
    let around = around(overlay);
    let options = match options(overlay, |path| plain(path.strip_prefix(&around).unwrap_or(path))) {
        Ok(options) if options.len() <= LONGEST_OPTIONS => {
            go_to(&around)?;
            options
        }
        _ => {
            go_to(own)?;
            options(overlay, |path| names.name(path))?
        }
    };
    let tried = Tried::Overlay { upper: &overlay.upper };
    try_mount(tried, "overlay", &at, "overlay", MountFlags::NODEV, &options).with_context(|| {
        format!("failed to lay {} layers over `/{}`", overlay.lower.len(), overlay.at.display())
    })
}

/// Binds files read-only, those of `files_dir` into a directory of their own, which is `own` until then.
fn bind_files(sandbox: &Sandbox, own: &Path) -> Result<()> {
    let dir = sandbox.files_dir.as_deref().map(inside);
    if let Some(dir) = dir {
        bind(own, dir)?;
    }
    for BoundFile { from, at } in &sandbox.files {
        let at = inside(at);
        if dir.is_some_and(|dir| at.starts_with(dir)) {
            files::create(at)?;
        }
        bind(from, at)?;
        make_read_only(at)?;
    }
    dir.map_or(Ok(()), make_read_only)
}

fn give(path: &Path, (user, group): (u32, u32)) -> Result<()> {
    std::os::unix::fs::chown(path, Some(user), Some(group))
        .with_context(|| format!("failed to give `{}` to user {user}", path.display()))
}

/// Makes the working directory the root.
fn become_root() -> Result<()> {
    // With both names the same, the old root comes to lie over the new one, and is taken off (pivot_root(2), NOTES).
    rustix::process::pivot_root(".", ".")
        .and_then(|()| rustix::mount::unmount(".", UnmountFlags::DETACH))
        .and_then(|()| rustix::process::chdir("/"))
        .context("failed to move into the new root")
}

/// An absolute path of the root, as seen from the root's own directory.
fn inside(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

/// Mounts a file system.
pub(super) fn mount(source: &str, at: &Path, kind: &str, flags: MountFlags, options: &str) -> Result<()> {
    try_mount(Tried::Mount, source, at, kind, flags, options)
}

fn try_mount(
    tried: Tried<'_>,
    source: &str,
    at: &Path,
    kind: &str,
    flags: MountFlags,
    options: &str,
) -> Result<()> {
    if options.len() > LONGEST_OPTIONS {
        bail!("the options of a mount on `{}` are longer than the kernel takes", at.display());
    }
    let options = CString::new(options)?;
    rustix::mount::mount(source, at, kind, flags, options.as_c_str())
        .map_err(refused(tried))
        .with_context(|| format!("failed to mount {kind} on `{}`", at.display()))
}

/// Makes a file of the host appear at `at`.
pub(super) fn bind(from: &Path, at: &Path) -> Result<()> {
    rustix::mount::mount_bind(from, at)
        .map_err(refused(Tried::Mount))
        .with_context(|| format!("failed to bind `{}` to `{}`", from.display(), at.display()))
}

/// Forbids writes through a mount.
pub(super) fn make_read_only(at: &Path) -> Result<()> {
    forbid(MountFlags::RDONLY, at).with_context(|| format!("failed to make `{}` read-only", at.display()))
}

/// Forbids to open devices that lie on a mount; those that are mounted there themselves stay open.
pub(super) fn close_devices(at: &Path) -> Result<()> {
    forbid(MountFlags::NODEV, at)
        .with_context(|| format!("failed to close the devices in `{}`", at.display()))
}

/// Gives a mount a flag more. Those that it has must be said again: in a user namespace the kernel refuses to take any of them off
/// (mount_namespaces(7)).
fn forbid(what: MountFlags, at: &Path) -> Result<()> {
    let has = rustix::fs::statvfs(at)?.f_flag;
    let same = [
        (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ];
    let kept = same.into_iter().filter(|(has_flag, _)| has.contains(*has_flag)).map(|(_, flag)| flag);
    let flags = kept.fold(MountFlags::BIND | what, |all, flag| all | flag);
    rustix::mount::mount_remount(at, flags, "").map_err(refused(Tried::Mount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_which_something_means_something_to_an_overlay_needs_another_name() {
        let overlay = |lower: &str| Overlay {
            at: PathBuf::new(),
            lower: vec![lower.into(), "/usr".into()],
            upper: "/state/up-1".into(),
            work: "/state/work".into(),
        };
        let text = "userxattr,volatile,lowerdir=/a/b:/usr,upperdir=/state/up-1,workdir=/state/work";
        assert_eq!(options(&overlay("/a/b"), plain).unwrap(), text);
        let state = Overlay { lower: vec!["/state/artifacts/1".into(), "/usr".into()], ..overlay("/a") };
        assert_eq!(around(&state), Path::new("/state"));
        for odd in ["/a:b", "/a,b", r"/a\b", "/a b", "/ä"] {
            assert!(options(&overlay(odd), plain).is_err(), "{odd}");
        }
    }
}

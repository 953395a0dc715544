//! Puts a root together and moves into it.

use std::collections::BTreeMap;
use std::ffi::CString;
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

/// Builds the root in this process's own mount namespace and makes it `/`.
pub(super) fn enter(sandbox: &Sandbox) -> Result<()> {
    // Else what is mounted here would appear on the host too.
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(refused(Tried::Private))
        .context("failed to make the mounts private")?;
    let place = &sandbox.mount_point;
    mount("tmpfs", place, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, "mode=0755")?;
    tree::ensure_dir(&place.join("root"), 0o755)?;
    let mut names = ShortNames::new(place.join("l"))?;
    rustix::process::chdir(place).with_context(|| format!("failed to enter `{}`", place.display()))?;
    let root = place.join("root");
    for overlay in &sandbox.overlays {
        mount_overlay(overlay, &root, &mut names)?;
    }
    devices::mount_all(&root, &sandbox.limits)?;
    bind_files(sandbox, &root)?;
    if let Some(user) = sandbox.command.user {
        let dir = inside(&root, &sandbox.command.dir);
        own(&dir, user)?;
    }
    become_root(&root)
}

/// Overlays take their layers as text in one page, and `:` and `,` mean something in it; links with short names
/// keep hundreds of layers, of any name, inside it.
struct ShortNames {
    dir: PathBuf,
    links: BTreeMap<PathBuf, usize>,
}

impl ShortNames {
    fn new(dir: PathBuf) -> Result<Self> {
        tree::ensure_dir(&dir, 0o755)?;
        Ok(Self { dir, links: BTreeMap::new() })
    }

    /// A link to `target`, relative to the directory that holds the links' directory.
    fn link(&mut self, target: &Path) -> Result<String> {
        let next = self.links.len();
        let number = *self.links.entry(target.to_owned()).or_insert(next);
        if number == next {
            tree::ensure_symlink(target, &self.dir.join(number.to_string()))?;
        }
        Ok(format!("l/{number}"))
    }

    /// A name for `target`: its place in something that has a link, such as the `usr` of an artifact; else a link.
    fn name(&mut self, target: &Path) -> Result<String> {
        let linked = target.ancestors().find_map(|above| Some((above, self.links.get(above)?)));
        let inside = linked.and_then(|(above, number)| {
            let rest = target.strip_prefix(above).ok()?.to_str()?;
            let means_nothing =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
            (!rest.is_empty() && rest.bytes().all(means_nothing)).then(|| format!("l/{number}/{rest}"))
        });
        inside.map_or_else(|| self.link(target), Ok)
    }
}

fn mount_overlay(overlay: &Overlay, root: &Path, names: &mut ShortNames) -> Result<()> {
    let at = inside(root, &overlay.at);
    ensure!(
        overlay.lower.len() <= MOST_LAYERS,
        "`/{}` has {} layers, and the kernel takes {MOST_LAYERS}",
        overlay.at.display(),
        overlay.lower.len(),
    );
    files::create_dir_all(&at)?;
    // What is written by the step and what is for the kernel lie side by side.
    overlay.upper.parent().map(|attempt| names.link(attempt)).transpose()?;
    let mut options = options(overlay, |path| names.name(path))?;
    if options.len() > LONGEST_OPTIONS {
        options = self::options(overlay, |path| names.link(path))?;
    }
    let tried = Tried::Overlay { upper: &overlay.upper };
    try_mount(tried, "overlay", &at, "overlay", MountFlags::NODEV, &options).with_context(|| {
        format!("failed to lay {} layers over `/{}`", overlay.lower.len(), overlay.at.display())
    })
}

/// The options of an overlay whose directories have these names.
fn options(overlay: &Overlay, mut name: impl FnMut(&Path) -> Result<String>) -> Result<String> {
    let lower = overlay.lower.iter().map(|path| name(path)).collect::<Result<Vec<_>>>()?.join(":");
    let (upper, work) = (name(&overlay.upper)?, name(&overlay.work)?);
    Ok(format!("userxattr,volatile,lowerdir={lower},upperdir={upper},workdir={work}"))
}

/// Binds files read-only, those of `files_dir` into a directory of their own.
fn bind_files(sandbox: &Sandbox, root: &Path) -> Result<()> {
    let dir = sandbox.files_dir.as_ref().map(|dir| inside(root, dir));
    if let Some(dir) = &dir {
        mount("tmpfs", dir, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, "mode=0755")?;
    }
    for BoundFile { from, at } in &sandbox.files {
        let at = inside(root, at);
        if dir.as_ref().is_some_and(|dir| at.starts_with(dir)) {
            files::create(&at)?;
        }
        bind(from, &at)?;
        make_read_only(&at)?;
    }
    dir.map_or(Ok(()), |dir| make_read_only(&dir))
}

fn own(path: &Path, (user, group): (u32, u32)) -> Result<()> {
    std::os::unix::fs::chown(path, Some(user), Some(group))
        .with_context(|| format!("failed to give `{}` to user {user}", path.display()))
}

fn become_root(root: &Path) -> Result<()> {
    // With both names the same, the old root comes to lie over the new one, and is taken off (pivot_root(2), NOTES).
    rustix::process::chdir(root)
        .and_then(|()| rustix::process::pivot_root(".", "."))
        .and_then(|()| rustix::mount::unmount(".", UnmountFlags::DETACH))
        .and_then(|()| rustix::process::chdir("/"))
        .context("failed to move into the new root")
}

/// An absolute path of the root, as seen from outside.
fn inside(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
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

/// Forbids writes through a mount. The flags that it has must be said again: in a user namespace the kernel refuses to
/// take any of them off (mount_namespaces(7)).
pub(super) fn make_read_only(at: &Path) -> Result<()> {
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
    let flags = kept.fold(MountFlags::BIND | MountFlags::RDONLY, |all, flag| all | flag);
    rustix::mount::mount_remount(at, flags, "")
        .map_err(refused(Tried::Mount))
        .with_context(|| format!("failed to make `{}` read-only", at.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_something_with_a_link_needs_none_unless_its_name_means_something() {
        let dir = tempfile::tempdir().unwrap();
        let mut names = ShortNames::new(dir.path().join("l")).unwrap();
        let mut name = |path: &str| names.name(Path::new(path)).unwrap();
        assert_eq!(name("/state/artifacts/a:b/tree"), "l/0");
        assert_eq!(name("/state/artifacts/a:b/tree"), "l/0");
        assert_eq!(name("/state/artifacts/a:b/tree/usr/lib"), "l/0/usr/lib");
        assert_eq!(name("/state/artifacts/a:b/tree2/usr"), "l/1");
        assert_eq!(name("/state/artifacts/a:b/tree/a,b"), "l/2");
        assert_eq!(name("/state/artifacts/a:b/tree/a,b/c"), "l/2/c");
        let target = tree::read_link(&dir.path().join("l/2")).unwrap();
        assert_eq!(target, Path::new("/state/artifacts/a:b/tree/a,b"));
    }
}

//! What lies under everything else in a root: the host's system directories, or nothing.
//!
//! An overlay over the whole of `/` is not to be had: the kernel refuses it in a user namespace, and elsewhere where the
//! layers lie on the same file system. So each of the host's system directories is an overlay of its own, over a small
//! *skeleton* that has the root's other directories, empty.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::host::{files, tree};
use crate::layout::guest;
use crate::model::Digest;

/// The host's directories that a root shows, where the host has them. Everything else of it is invisible.
const TOPS: [&str; 10] = ["usr", "etc", "opt", "var", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// Directories that every root has, and their modes.
const EMPTY: [(&str, u32); 5] =
    [("dev", 0o755), ("proc", 0o555), ("sys", 0o555), ("run", 0o755), ("tmp", 0o1777)];

/// Directories that a root on the host has too, without the host's content (FHS 3.0, 3.2).
const HOST_EMPTY: [(&str, u32); 6] =
    [("boot", 0o755), ("home", 0o755), ("media", 0o755), ("mnt", 0o755), ("root", 0o700), ("srv", 0o755)];

/// The host's tree as the lowest layers of a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRoot {
    /// What lies under the root's own directory.
    pub skeleton: PathBuf,
    /// Directories with content.
    pub tops: Vec<HostTop>,
}

/// One of the host's directories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostTop {
    /// Its name below `/`.
    pub name: &'static str,
    /// The layers of it, the uppermost first.
    pub lower: Vec<PathBuf>,
}

impl HostRoot {
    /// Makes what is missing below `base` and says what lies where.
    ///
    /// # Errors
    /// `state` lies inside one of the host's system directories, or `base` cannot be written.
    pub fn prepare(base: &Path, state: &Path) -> Result<Self> {
        let skeleton = base.join("host");
        make_skeleton(&skeleton, &HOST_EMPTY)?;
        let mut tops = Vec::new();
        for name in TOPS {
            let host = Path::new("/").join(name);
            match files::symlink_metadata(&host) {
                Ok(metadata) if metadata.is_symlink() => {
                    tree::ensure_symlink(&tree::read_link(&host)?, &skeleton.join(name))?;
                }
                Ok(metadata) if metadata.is_dir() => {
                    refuse_inside(&host, state)?;
                    tree::ensure_dir(&skeleton.join(name), 0o755)?;
                    tops.push(HostTop { name, lower: vec![host] });
                }
                _ => {}
            }
        }
        if !host_is_ours() {
            let own = own_directories(base, &tops)?;
            for top in &mut tops {
                top.lower.insert(0, own.join(top.name));
            }
        }
        Ok(Self { skeleton, tops })
    }
}

/// Makes the skeleton of a root without the host's content.
///
/// # Errors
/// It cannot be written.
pub fn composed_skeleton(base: &Path) -> Result<PathBuf> {
    let skeleton = base.join("composed");
    make_skeleton(&skeleton, &[])?;
    Ok(skeleton)
}

fn make_skeleton(skeleton: &Path, more: &[(&str, u32)]) -> Result<()> {
    let script = skeleton.join(relative(guest::SCRIPT));
    if script.exists() {
        return Ok(());
    }
    files::create_dir_all(skeleton)?;
    for (name, mode) in EMPTY.iter().chain(more) {
        tree::ensure_dir(&skeleton.join(name), *mode)?;
    }
    for path in [guest::HOME, guest::WORK, guest::SOURCES] {
        tree::ensure_dir(&skeleton.join(relative(path)), 0o755)?;
    }
    // Last, for it says that all the rest is there.
    files::write_atomic(&script, b"")
}

fn relative(path: &str) -> &str {
    path.trim_start_matches('/')
}

/// The kernel refuses layers that lie inside one another.
fn refuse_inside(host: &Path, state: &Path) -> Result<()> {
    if state.starts_with(host) {
        bail!(
            "the state directory `{}` lies inside `{}`, which is itself part of the root of a `host` stage; set `state` \
             in `lfsgen.yaml` to a directory elsewhere, such as below `/home`, `/srv` or `/tmp`",
            state.display(),
            host.display(),
        );
    }
    Ok(())
}

/// Whether user 0 here is user 0 of the host's files. In an ordinary user's namespace that one has no number.
fn host_is_ours() -> bool {
    let owner = files::metadata(Path::new("/usr")).map(|metadata| metadata.uid());
    owner.is_ok_and(|owner| owner == rustix::process::geteuid().as_raw())
}

/// The host's directories alone, without files, owned by us.
///
/// In a user namespace the host's directories belong to a user who has no number there, and stay closed even to user
/// 0. With a directory of our own as an upper layer of each, files can be made in it, and removed, and replaced. (To
/// change one of the host's files in place is still refused.)
fn own_directories(base: &Path, tops: &[HostTop]) -> Result<PathBuf> {
    let path = base.join(format!("host-directories-{}", signature(tops)?.short()));
    if path.exists() {
        return Ok(path);
    }
    let _lock = tree::lock(&base.join("host-directories.lock"))?;
    if path.exists() {
        return Ok(path);
    }
    let temporary = files::temporary_beside(&path);
    tree::remove(&temporary)?;
    files::create_dir_all(&temporary)?;
    for HostTop { name, lower: _ } in tops {
        let host = Path::new("/").join(name);
        let device = files::metadata(&host)?.dev();
        copy_directories(&host, &temporary.join(name), device)?;
    }
    files::rename(&temporary, &path)?;
    Ok(path)
}

/// Changes when a directory is added or removed near the top, which installing a package on the host mostly does.
fn signature(tops: &[HostTop]) -> Result<Digest> {
    let mut text = format!("{:?}\n", rustix::process::getuid());
    for HostTop { name, lower: _ } in tops {
        let host = Path::new("/").join(name);
        for path in std::iter::once(host.clone()).chain(files::list(&host)?) {
            if let Ok(metadata) = files::symlink_metadata(&path)
                && metadata.is_dir()
            {
                text.push_str(&format!("{} {}\n", path.display(), metadata.mtime()));
            }
        }
    }
    Ok(Digest::of(text.as_bytes()))
}

fn copy_directories(from: &Path, to: &Path, device: u64) -> Result<()> {
    let metadata = files::symlink_metadata(from)?;
    tree::make_dir(to, metadata.mode() & 0o7777)?;
    // What we may not read stays the host's: a directory of ours over it could not be listed.
    let Ok(entries) = files::list(from) else {
        tree::remove_dir(to)?;
        return Ok(());
    };
    for entry in entries {
        let metadata = files::symlink_metadata(&entry)?;
        if metadata.is_dir()
            && metadata.dev() == device
            && let Some(name) = entry.file_name()
        {
            copy_directories(&entry, &to.join(name), device)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_directory_inside_a_layer_is_refused_with_what_to_do() {
        let error = refuse_inside(Path::new("/var"), Path::new("/var/lib/ci/build")).unwrap_err().to_string();
        assert!(
            error.contains("`/var/lib/ci/build` lies inside `/var`") && error.contains("set `state`"),
            "{error}"
        );
        refuse_inside(Path::new("/var"), Path::new("/variable/build")).unwrap();
    }

    #[test]
    fn a_skeleton_is_whole_and_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let skeleton = composed_skeleton(dir.path()).unwrap();
        for path in ["dev", "proc", "tmp", "lfsgen/work", "lfsgen/sources", "lfsgen/script.sh"] {
            assert!(skeleton.join(path).exists(), "{path}");
        }
        assert_eq!(composed_skeleton(dir.path()).unwrap(), skeleton);
    }
}

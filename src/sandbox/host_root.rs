//! What lies under everything else in a root: the host's system directories, or nothing.
//!
//! An overlay over the whole of `/` is not to be had: the kernel refuses it in a user namespace, and elsewhere where the
//! layers lie on the same file system. So each of the host's system directories is an overlay of its own, over a small
//! *skeleton* that has the root's other directories, empty.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{host_closed, host_own};
use crate::host::{files, tree};
use crate::layout::guest;

/// The host's directories that a root shows, where the host has them. Everything else of it is invisible.
pub(super) const TOPS: [&str; 10] =
    ["usr", "etc", "opt", "var", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

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
    /// Directories with content; one that lies in another comes after it.
    pub tops: Vec<HostTop>,
}

/// One of the host's directories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostTop {
    /// Its path below `/`.
    pub at: PathBuf,
    /// The layers of it, the uppermost first.
    pub lower: Vec<PathBuf>,
}

impl HostRoot {
    /// Makes what is missing below `base` and says what lies where.
    ///
    /// # Errors
    /// `state` lies inside one of the host's system directories, or `base` cannot be written.
    pub fn prepare(base: &Path, state: &Path) -> Result<Self> {
        refuse_inside_host(state)?;
        let skeleton = base.join("host");
        make_skeleton(&skeleton, &HOST_EMPTY)?;
        for name in TOPS {
            if let Ok(target) = tree::read_link(&Path::new("/").join(name)) {
                tree::ensure_symlink(&target, &skeleton.join(name))?;
            }
        }
        let tops = tops();
        for name in &tops {
            tree::ensure_dir(&skeleton.join(name), 0o755)?;
        }
        let host = |name| HostTop { at: PathBuf::from(name), lower: vec![Path::new("/").join(name)] };
        let tops = if host_is_ours() {
            host_closed::hide(base, tops.into_iter().map(host).collect())?
        } else {
            host_own::layers(base, &tops)?
        };
        Ok(Self { skeleton, tops })
    }

    /// Whether [`HostRoot::prepare`] has nothing left to make.
    pub(super) fn is_there(base: &Path) -> bool {
        base.join("host").join(relative(guest::JOBS)).exists() && Self::is_prepared(base).unwrap_or(false)
    }

    /// Whether [`HostRoot::prepare`] will take no more than a moment.
    ///
    /// # Errors
    /// `/proc` is not mounted.
    pub fn is_prepared(base: &Path) -> Result<bool> {
        Ok(host_is_ours() || host_own::are_there(base, &tops())?)
    }
}

/// Those of the host's directories that it has, and not by a link.
fn tops() -> Vec<&'static str> {
    let is_dir = |top: &&str| {
        files::symlink_metadata(&Path::new("/").join(top)).is_ok_and(|metadata| metadata.is_dir())
    };
    TOPS.into_iter().filter(is_dir).collect()
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
    let places = [guest::SCRIPT, guest::JOBS, guest::BEFORE_SCRIPT, guest::FAILING];
    let places = places.map(|path| skeleton.join(relative(path)));
    if places.last().is_some_and(|last| last.exists()) {
        return Ok(());
    }
    files::create_dir_all(skeleton)?;
    for (name, mode) in EMPTY.iter().chain(more) {
        tree::ensure_dir(&skeleton.join(name), *mode)?;
    }
    for path in [guest::HOME, guest::WORK, guest::SOURCES] {
        tree::ensure_dir(&skeleton.join(relative(path)), 0o755)?;
    }
    // The last of them says that all the rest is there.
    places.iter().try_for_each(|place| files::write_atomic(place, b""))
}

fn relative(path: &str) -> &str {
    path.trim_start_matches('/')
}

/// Whether a file of the host's can be in a root: it lies, without links, in one of the directories that a root shows.
pub fn shows(path: &Path) -> bool {
    TOPS.iter().any(|top| path.starts_with(Path::new("/").join(top)))
}

/// Refuses a state directory that lies inside one of the host's directories that a root shows: the kernel takes no
/// layers that lie inside one another.
///
/// # Errors
/// It does.
pub fn refuse_inside_host(state: &Path) -> Result<()> {
    let is_around = |top: &PathBuf| state.starts_with(top);
    if let Some(top) = TOPS.iter().map(|top| Path::new("/").join(top)).find(is_around) {
        bail!(
            "the state directory `{}` lies inside `{}`, which is itself part of the root of a `host` stage; set `state` \
             in `lfsgen.yaml` to a directory elsewhere, such as below `/home`, `/srv` or `/tmp`",
            state.display(),
            top.display(),
        );
    }
    Ok(())
}

/// Whether user 0 here is user 0 of the host's files. In an ordinary user's namespace that one has no number.
fn host_is_ours() -> bool {
    let owner = files::metadata(Path::new("/usr")).map(|metadata| metadata.uid());
    owner.is_ok_and(|owner| owner == rustix::process::geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_directory_inside_a_layer_is_refused_with_what_to_do() {
        let error = refuse_inside_host(Path::new("/var/lib/ci/build")).unwrap_err().to_string();
        assert!(
            error.contains("`/var/lib/ci/build` lies inside `/var`") && error.contains("set `state`"),
            "{error}"
        );
        refuse_inside_host(Path::new("/variable/build")).unwrap();
    }

    #[test]
    fn a_skeleton_is_whole_and_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let skeleton = composed_skeleton(dir.path()).unwrap();
        for path in ["dev", "proc", "tmp", "lfsgen/work", "lfsgen/sources", "lfsgen/script.sh", "lfsgen/jobs"]
        {
            assert!(skeleton.join(path).exists(), "{path}");
        }
        assert_eq!(composed_skeleton(dir.path()).unwrap(), skeleton);
    }
}

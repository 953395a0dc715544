//! The host's directories for an ordinary user, as layers that this user can write over.
//!
//! In a user namespace the host's directories belong to a user who has no number there, and stay closed even to user 0.
//! With a directory of our own as an upper layer of each, files can be made in it, and removed, and replaced. (To
//! change one of the host's files in place is still refused.)
//!
//! Nor may such a user see what lies under a mount, so that the kernel takes no directory for a layer that has one
//! somewhere in it (`has_locked_children` in the kernel's fs/namespace.c): a container's `/etc` over which `hosts` is
//! bound, a `/var` with a `/var/log` of its own. Such a directory is *divided*: each directory in it is a part for itself, and
//! its files are copied.
//!
//! None of it is forced to the disk: it is thousands of directories, which are made anew sooner than that. So it is good for
//! one run of the machine, which is part of its name.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::HostTop;
use super::of_this_run;
use crate::host::mountinfo::mounts;
use crate::host::{files, lock, tree};
use crate::model::Digest;

/// A directory of the host that is looked at for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    dir: PathBuf,
    /// Whether it can be a layer; else it is divided, or may not be read.
    whole: bool,
}

/// Makes what is missing below `base`, and says what lies where, parents first.
pub(super) fn layers(base: &Path, tops: &[&str]) -> Result<Vec<HostTop>> {
    let layer = |part: Part| {
        let own = part.own_directories(base)?;
        let at = part.dir.strip_prefix("/").unwrap_or(&part.dir).to_owned();
        Ok(HostTop { at, lower: std::iter::once(own).chain(part.whole.then_some(part.dir)).collect() })
    };
    parts(tops)?.into_iter().map(layer).collect()
}

/// Whether all that [`layers`] makes is there.
pub(super) fn are_there(base: &Path, tops: &[&str]) -> Result<bool> {
    Ok(parts(tops)?.iter().all(|part| part.place(base).exists()))
}

fn parts(tops: &[&str]) -> Result<Vec<Part>> {
    let mounts = mounts(&files::read(Path::new("/proc/self/mountinfo"))?);
    let mounts: Vec<_> = mounts.into_iter().map(|mount| mount.at).collect();
    let mut parts = Vec::new();
    for top in tops {
        divide(&Path::new("/").join(top), &mounts, &mut parts);
    }
    Ok(parts)
}

fn divide(dir: &Path, mounts: &[PathBuf], parts: &mut Vec<Part>) {
    let has_mount = mounts.iter().any(|mount| mount != dir && mount.starts_with(dir));
    let inside = files::directories(dir);
    parts.push(Part { dir: dir.to_owned(), whole: !has_mount && inside.is_ok() });
    if has_mount {
        inside.unwrap_or_default().iter().for_each(|dir| divide(dir, mounts, parts));
    }
}

impl Part {
    /// Makes the part's directories, and the files of one that is divided, owned by us.
    fn own_directories(&self, base: &Path) -> Result<PathBuf> {
        let path = self.place(base);
        if path.exists() {
            return Ok(path);
        }
        let _lock = lock::hold(&base.join("host-directories.lock"))?;
        if path.exists() {
            return Ok(path);
        }
        of_this_run::remove_old(base, NAME)?;
        let temporary = files::temporary_beside(&path);
        let metadata = files::symlink_metadata(&self.dir)?;
        if self.whole {
            copy_directories(&self.dir, &metadata, &temporary)?;
        } else {
            tree::make_dir(&temporary, metadata.mode() & 0o7777)?;
            copy_names(&self.dir, &temporary)?;
        }
        files::rename(&temporary, &path)?;
        Ok(path)
    }

    /// Where they lie. It changes when a directory is added or removed near the top, which installing a package on the
    /// host mostly does, and with every file that is copied.
    fn place(&self, base: &Path) -> PathBuf {
        let mut text = format!("{}\n", if self.whole { "whole" } else { "divided" });
        for path in std::iter::once(self.dir.clone()).chain(files::list(&self.dir).unwrap_or_default()) {
            if let Ok(metadata) = files::symlink_metadata(&path)
                && (metadata.is_dir() || !self.whole)
            {
                text.push_str(&format!("{} {} {}\n", path.display(), metadata.mtime(), metadata.len()));
            }
        }
        base.join(format!("{}{}", of_this_run::names(NAME), Digest::of(text.as_bytes()).short()))
    }
}

/// How the names of what was made begin.
const NAME: &str = "host-directories-";

fn copy_directories(from: &Path, metadata: &Metadata, to: &Path) -> Result<()> {
    tree::make_dir(to, metadata.mode() & 0o7777)?;
    // What we may not read stays the host's: a directory of ours over it could not be listed.
    let Ok(inside) = files::directories(from) else {
        tree::remove_dir(to)?;
        return Ok(());
    };
    for dir in inside {
        let below = files::symlink_metadata(&dir)?;
        if below.dev() == metadata.dev()
            && let Some(name) = dir.file_name()
        {
            copy_directories(&dir, &below, &to.join(name))?;
        }
    }
    Ok(())
}

/// Copies the files and links of a directory, as far as they may be read, and makes the directories that parts lie on.
fn copy_names(from: &Path, to: &Path) -> Result<()> {
    for path in files::list(from).unwrap_or_default() {
        let (Some(name), Ok(metadata)) = (path.file_name(), files::symlink_metadata(&path)) else { continue };
        let to = to.join(name);
        if metadata.is_symlink() {
            tree::ensure_symlink(&tree::read_link(&path)?, &to)?;
        } else if metadata.is_dir() {
            tree::make_dir(&to, metadata.mode() & 0o7777)?;
        } else if metadata.is_file() {
            match files::copy(&path, &to) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                other => other.with_context(|| format!("failed to copy `{}`", path.display()))?,
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_divided_where_something_is_mounted_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["a/log/old", "a/lib", "b/c"] {
            files::create_dir_all(&path(name)).unwrap();
        }
        let mut parts = Vec::new();
        divide(&path("a"), &[path("a/log"), path("a/hosts"), path("b")], &mut parts);
        divide(&path("b"), &[path("a/log"), path("b")], &mut parts);
        let part = |name: &str, whole| Part { dir: path(name), whole };
        let expected = [part("a", false), part("a/lib", true), part("a/log", true), part("b", true)];
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_divided_directory_has_its_files_and_a_whole_one_directories_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (base, path) = (dir.path().join("base"), |name: &str| dir.path().join(name));
        for name in ["a/file", "a/lib/file", "a/lib/sub/file"] {
            files::write_atomic(&path(name), b"text").unwrap();
        }
        files::create_dir_all(&base).unwrap();
        let own = |name: &str, whole| Part { dir: path(name), whole }.own_directories(&base).unwrap();
        let (divided, whole) = (own("a", false), own("a/lib", true));
        assert!(
            divided.join("file").exists()
                && divided.join("lib").exists()
                && !divided.join("lib/sub").exists()
        );
        assert!(whole.join("sub").exists() && !whole.join("file").exists());
        files::write_atomic(&path("a/file"), b"longer").unwrap();
        assert_ne!(own("a", false), divided, "it goes with its files");
        assert_eq!(own("a/lib", true), whole);
    }

    #[test]
    fn what_was_made_before_the_machine_started_is_made_again_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().join("base");
        files::create_dir_all(&dir.path().join("a/sub")).unwrap();
        files::create_dir_all(&base.join("empty")).unwrap();
        let part = Part { dir: dir.path().join("a"), whole: true };
        let made = part.own_directories(&base).unwrap();
        assert!(made.join("sub").exists());
        // As a lost machine leaves it: the name is there, what is in it is not.
        let name = made.file_name().unwrap().to_str().unwrap();
        let old = name.replace(&of_this_run::names(NAME), "host-directories-00000000-");
        assert_ne!(old, name);
        tree::remove(&made).unwrap();
        for left in [&old, "host-directories-0123456789ab", ".host-directories-x.1-0.tmp"] {
            files::create_dir_all(&base.join(left)).unwrap();
        }
        assert!(part.own_directories(&base).unwrap().join("sub").exists());
        assert_eq!(files::names(&base).unwrap(), ["empty", name, "host-directories.lock"]);
    }
}

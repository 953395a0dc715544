//! What the host keeps from its ordinary users, hidden from the steps of root: hashes of passwords, private keys, logs.
//!
//! A layer of whiteouts lies over the host's directories (the kernel's Documentation/filesystems/overlayfs.rst). Going by modes rather
//! than by names, it hides what no list would have. An ordinary user's steps need it not: they read what that user may.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::HostTop;
use super::causes::Tried;
use super::of_this_run;
use super::refused::refused;
use crate::host::{clock, files, lock, tree};
use crate::model::Digest;

/// Directories that differ from machine to machine. What is in the others comes from a distribution, for everyone.
const LOOKED_AT: [&str; 3] = ["etc", "opt", "var"];
/// After so long, they are looked at again: it takes some milliseconds for each thousand files.
const OLD: Duration = Duration::from_secs(600);

/// How the names of layers begin. One that lost its marks would hide nothing.
const NAME: &str = "host-closed-";

/// How they begin for the directories that are here now: a container has others than its host.
fn names_of_now() -> String {
    let id = |top| {
        let metadata = files::metadata(&Path::new("/").join(top)).ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    let ids = Digest::of(format!("{:?}", LOOKED_AT.map(id)).as_bytes()).short();
    format!("{}{ids}-", of_this_run::names(NAME))
}

/// Lays what hides closed files over the host's directories. What is made for that goes below `base`.
pub(super) fn hide(base: &Path, tops: Vec<HostTop>) -> Result<Vec<HostTop>> {
    let layer = layer(base)?;
    let over = |HostTop { at, lower }: HostTop| {
        let own = layer.join(&at);
        let hides = files::symlink_metadata(&own).is_ok();
        HostTop { lower: hides.then_some(own).into_iter().chain(lower).collect(), at }
    };
    Ok(tops.into_iter().map(over).collect())
}

/// The layer of the last look, if that was not too long ago; else a new one, unless it would be the same.
fn layer(base: &Path) -> Result<PathBuf> {
    let looked = base.join("host-closed");
    if let Some(layer) = recent(base, &looked) {
        return Ok(layer);
    }
    let _lock = lock::hold(&base.join("host-closed.lock"))?;
    if let Some(layer) = recent(base, &looked) {
        return Ok(layer);
    }
    let mut closed = Closed::default();
    for top in LOOKED_AT {
        closed.look(Path::new("/"), &Path::new("/").join(top));
    }
    of_this_run::remove_old(base, NAME)?;
    let name = format!("{}{}", names_of_now(), Digest::of(&closed.text()).short());
    let layer = base.join(&name);
    // Roots that are mounted have one of these: none is changed.
    if !layer.exists() {
        let temporary = files::temporary_beside(&layer);
        tree::remove(&temporary)?;
        closed.make(&temporary)?;
        files::rename(&temporary, &layer)?;
    }
    files::write_atomic(&looked, name.as_bytes())?;
    Ok(layer)
}

fn recent(base: &Path, looked: &Path) -> Option<PathBuf> {
    let at = u64::try_from(files::metadata(looked).ok()?.mtime()).ok()?;
    let name = String::from_utf8(files::read(looked).ok()?).ok()?;
    let layer = base.join(&name);
    // A clock that was put back says of what was looked at then that it is still to come.
    let is_recent = (clock::unix_millis() / 1000).abs_diff(at) < OLD.as_secs();
    (is_recent && name.starts_with(&names_of_now()) && layer.exists()).then_some(layer)
}

/// Paths below some directory: what is closed, and the mode and owner of each directory on the way to it.
#[derive(Debug, Default)]
struct Closed {
    paths: BTreeSet<PathBuf>,
    parents: BTreeMap<PathBuf, (u32, u32, u32)>,
}

impl Closed {
    /// Looks at a path of `from`, and at all that lies in it on the same file system; says whether something is closed.
    fn look(&mut self, from: &Path, path: &Path) -> bool {
        // What vanishes meanwhile, or is no directory, is not looked into.
        let (Ok(metadata), Ok(inside)) = (files::symlink_metadata(path), files::list(path)) else {
            return false;
        };
        if metadata.is_symlink() {
            return false;
        }
        let mut some = false;
        for entry in inside {
            let Ok(of) = files::symlink_metadata(&entry) else { continue };
            if of.dev() == metadata.dev() && is_closed(&entry, &of) {
                self.paths.insert(entry.strip_prefix(from).unwrap_or(&entry).to_owned());
                some = true;
            } else if of.dev() == metadata.dev() && of.is_dir() {
                some |= self.look(from, &entry);
            }
        }
        if some {
            let at = path.strip_prefix(from).unwrap_or(path).to_owned();
            self.parents.insert(at, (metadata.mode() & 0o7777, metadata.uid(), metadata.gid()));
        }
        some
    }

    fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for path in &self.paths {
            text.extend_from_slice(path.as_os_str().as_bytes());
            text.push(0);
        }
        text.extend_from_slice(format!("{:?}", self.parents).as_bytes());
        text
    }

    /// Makes the layer. Its directories look like those that they lie over.
    fn make(&self, layer: &Path) -> Result<()> {
        files::create_dir_all(layer)?;
        for (dir, &(mode, uid, gid)) in &self.parents {
            let dir = layer.join(dir);
            lchown_new(&dir, mode, uid, gid)
                .with_context(|| format!("failed to make `{}`", dir.display()))?;
        }
        for path in &self.paths {
            let at = layer.join(path);
            mknodat(CWD, &at, FileType::CharacterDevice, Mode::empty(), 0)
                .map_err(refused(Tried::Whiteout { upper: &at }))
                .with_context(|| format!("failed to hide `/{}`", path.display()))?;
        }
        Ok(())
    }
}

fn lchown_new(dir: &Path, mode: u32, uid: u32, gid: u32) -> std::io::Result<()> {
    tree::make_dir(dir, mode)?;
    lchown(dir, Some(uid), Some(gid))?;
    // A change of the owner takes some bits away (chown(2)).
    tree::set_exact_mode(dir, mode)
}

/// Whether others than its owner and group may not read a file, or not enter a directory. What is empty keeps no secret.
fn is_closed(path: &Path, metadata: &Metadata) -> bool {
    if metadata.is_dir() {
        metadata.mode() & 0o001 == 0 && files::list(path).is_ok_and(|inside| !inside.is_empty())
    } else {
        metadata.is_file() && metadata.mode() & 0o004 == 0 && metadata.len() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_look_counts_for_this_run_of_the_machine_and_for_its_time_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (base, looked) = (dir.path(), dir.path().join("host-closed"));
        let old =
            [format!("{NAME}0123456789ab"), format!("{NAME}0123-4567-89ab"), format!(".{NAME}x.1-0.tmp")];
        old.iter().for_each(|name| files::create_dir_all(&base.join(name)).unwrap());
        let made = base.join(format!("{}0123456789ab", names_of_now()));
        files::create_dir_all(&made).unwrap();
        files::write_atomic(&looked, made.file_name().unwrap().as_encoded_bytes()).unwrap();
        assert_eq!(recent(base, &looked), Some(made.clone()));
        of_this_run::remove_old(base, NAME).unwrap();
        assert!(old.iter().all(|name| !base.join(name).exists()), "they are of no use any more");
        let file = files::open_append(&looked).unwrap();
        for moment in [clock::now() - 2 * OLD, clock::now() + 2 * OLD] {
            file.set_modified(moment).unwrap();
            assert_eq!(recent(base, &looked), None);
        }
        // As a lost machine leaves it, with its name and without its content; and what is named was made before that.
        for left in ["", &old[1]] {
            files::create_dir_all(&base.join(&old[1])).unwrap();
            files::write_atomic(&looked, left.as_bytes()).unwrap();
            assert_eq!(recent(base, &looked), None, "{left:?}");
        }
        assert!(made.exists());
    }

    #[test]
    fn what_others_may_not_read_is_closed_wherever_it_lies() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let modes = [
            ("etc/shadow", 0o640),
            ("etc/passwd", 0o644),
            ("etc/ssh/key", 0o600),
            ("etc/ssh/key.pub", 0o644),
            ("etc/private/deep/file", 0o644),
            ("etc/open/file", 0o644),
        ];
        for (name, mode) in modes {
            files::write_atomic(&path(name), b"text").unwrap();
            files::set_mode(&path(name), mode).unwrap();
        }
        files::write_atomic(&path("etc/.lock"), b"").unwrap();
        files::set_mode(&path("etc/.lock"), 0o600).unwrap();
        files::set_mode(&path("etc/private"), 0o710).unwrap();
        files::set_mode(&path("etc/ssh"), 0o751).unwrap();
        let mut closed = Closed::default();
        closed.look(dir.path(), &path("etc"));
        let paths: Vec<_> = closed.paths.iter().map(|path| path.display().to_string()).collect();
        assert_eq!(paths, ["etc/private", "etc/shadow", "etc/ssh/key"]);

        closed.make(&path("layer")).unwrap();
        let made = |name: &str| files::symlink_metadata(&path("layer").join(name));
        assert_eq!(made("etc/ssh").unwrap().mode() & 0o7777, 0o751);
        assert!(made("etc/ssh/key").unwrap().rdev() == 0 && !made("etc/ssh/key").unwrap().is_file());
        assert!(made("etc/ssh/key.pub").is_err() && made("etc/open").is_err());
    }
}

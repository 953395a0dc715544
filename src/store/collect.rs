//! What is in the store, and how it is removed while others build.
//!
//! Who removes an artifact first decides by what it saw, and then has to see the same again under the artifact's lock:
//! whoever used it meanwhile has set its time (see [`hold`](super::hold())). So nothing is lost that a step relies on. Which
//! artifacts are worth keeping, this module does not know.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Result;

use super::hold::{is_gone, lock_names, open, try_lock};
use super::{has_artifact, link_target, trash};
use crate::host::files::{self, Identity};
use crate::host::lock;
use crate::layout::Layout;
use crate::model::Digest;

/// An artifact as it was found, or what is left of one.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The key under which it was made.
    pub key: Digest,
    /// Its other keys.
    pub other_keys: Vec<Digest>,
    /// When a step last used it, since the Unix epoch; when it was made, if none has.
    pub used: Duration,
    /// Whether it has its files and its manifest.
    pub is_whole: bool,
    /// What changes with every use.
    seen: Identity,
}

/// What came of an attempt to remove an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is out of the store.
    Done,
    /// A step uses it, or has used it since it was found.
    InUse,
}

/// Every artifact of the store, sorted by key. Names that are no keys are not ours.
///
/// # Errors
/// The store cannot be read.
pub fn inventory(layout: &Layout) -> Result<Vec<Stored>> {
    let (mut found, mut links) = (Vec::new(), BTreeMap::<Digest, Vec<Digest>>::new());
    for name in files::names(&layout.artifacts())? {
        let Ok(key) = Digest::parse(&name) else { continue };
        let path = layout.artifact(&key);
        // What goes while we look is no artifact any more.
        let Ok(metadata) = files::symlink_metadata(&path) else { continue };
        if metadata.is_symlink() {
            if let Some(made) = link_target(&path) {
                links.entry(made).or_default().push(key);
            }
        } else if let Ok(seen) = Identity::of(&path) {
            let used = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let is_whole = has_artifact(layout, &key);
            found.push(Stored {
                key,
                other_keys: Vec::new(),
                used: used.unwrap_or_default(),
                is_whole,
                seen,
            });
        }
    }
    for stored in &mut found {
        stored.other_keys = links.remove(&stored.key).unwrap_or_default();
    }
    Ok(found)
}

/// Whether a step uses an artifact at this moment.
///
/// # Errors
/// It cannot be opened or locked.
pub fn is_in_use(layout: &Layout, stored: &Stored) -> Result<bool> {
    let path = layout.artifact(&stored.key);
    let Some(dir) = open(&path)? else { return Ok(false) };
    try_lock(&path, &dir).map(|is_locked| !is_locked)
}

/// Takes an artifact, with all its keys, out of the store. What it was lies with the trash then.
///
/// # Errors
/// It cannot be locked or moved.
pub fn remove(layout: &Layout, stored: &Stored) -> Result<Removal> {
    let path = layout.artifact(&stored.key);
    let Some(dir) = open(&path)? else { return Ok(Removal::Done) };
    if !try_lock(&path, &dir)? {
        return Ok(Removal::InUse);
    }
    let _names = lock_names(layout)?;
    let is_same = lock::is_named(&path, &dir)? && Identity::of(&path).is_ok_and(|now| now == stored.seen);
    if !is_same {
        // Another who removes may have been faster.
        return Ok(if is_gone(&path) { Removal::Done } else { Removal::InUse });
    }
    trash::put(layout, &path)?;
    for key in &stored.other_keys {
        unlink(layout, key, &stored.key)?;
    }
    Ok(Removal::Done)
}

/// Removes keys of artifacts that are not in the store. A collector that was killed may leave some.
///
/// # Errors
/// The store cannot be read, or a link not removed.
pub fn remove_lost_keys(layout: &Layout) -> Result<()> {
    let _names = lock_names(layout)?;
    for name in files::names(&layout.artifacts())? {
        let Ok(key) = Digest::parse(&name) else { continue };
        if let Some(made) = link_target(&layout.artifact(&key))
            && files::symlink_metadata(&layout.artifact(&made)).is_err_and(|error| files::is_absent(&error))
        {
            unlink(layout, &key, &made)?;
        }
    }
    Ok(())
}

/// Removes a key, if it still stands for the artifact that was made under another one. Needs the lock of names.
fn unlink(layout: &Layout, key: &Digest, made: &Digest) -> Result<()> {
    let link = layout.artifact(key);
    if link_target(&link) == Some(*made) { files::remove_file(&link) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tree;
    use crate::store::{commit_artifact, hold, made_as, name_artifact};

    fn store(keys: &[&str]) -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        for key in keys {
            let staged = dir.path().join("staged");
            files::write_atomic(&staged.join("tree/file"), b"text").unwrap();
            commit_artifact(&layout, &staged, &Digest::of(key.as_bytes()), b"{}").unwrap();
        }
        (dir, layout)
    }

    #[test]
    fn an_artifact_in_use_stays_until_nobody_uses_it_and_then_goes_with_all_its_keys() {
        let (_dir, layout) = store(&["one", "two"]);
        let (one, two, other) = (Digest::of(b"one"), Digest::of(b"two"), Digest::of(b"other"));
        name_artifact(&layout, &one, &other).unwrap();
        let held = hold(&layout, &other).unwrap().unwrap();
        let of = |key| inventory(&layout).unwrap().into_iter().find(|stored| stored.key == key);
        let found = of(one).unwrap();
        assert_eq!(found.other_keys, [other]);
        assert!(is_in_use(&layout, &found).unwrap());
        assert_eq!(remove(&layout, &found).unwrap(), Removal::InUse);
        drop(held);
        assert!(!is_in_use(&layout, &found).unwrap());
        assert_eq!(remove(&layout, &found).unwrap(), Removal::Done);
        assert_eq!(remove(&layout, &found).unwrap(), Removal::Done, "it is gone already");
        for key in [one, other] {
            assert!(files::symlink_metadata(&layout.artifact(&key)).is_err());
            assert!(hold(&layout, &key).unwrap().is_none());
        }
        assert!(of(two).unwrap().is_whole);
    }

    #[test]
    fn several_that_remove_the_same_artifacts_at_once_do_not_get_into_each_others_way() {
        const MANY: usize = 300;
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let keys: Vec<_> = (0..MANY).map(|number| Digest::of(&number.to_le_bytes())).collect();
        for key in &keys {
            files::create_dir_all(&layout.artifact_tree(key)).unwrap();
            files::write_atomic(&layout.artifact_manifest(key), b"{}").unwrap();
            name_artifact(&layout, key, &Digest::of(&key.0)).unwrap();
        }
        let found = inventory(&layout).unwrap();
        let start = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    for stored in &found {
                        // While another holds it, it is in use.
                        while remove(&layout, stored).unwrap() == Removal::InUse {
                            is_in_use(&layout, stored).unwrap();
                        }
                        remove_lost_keys(&layout).unwrap();
                    }
                });
            }
        });
        assert!(files::names(&layout.artifacts()).unwrap().is_empty());
    }

    #[test]
    fn what_was_used_or_made_again_since_it_was_found_stays() {
        let (dir, layout) = store(&["used", "made"]);
        let found = inventory(&layout).unwrap();
        drop(hold(&layout, &Digest::of(b"used")).unwrap());
        let staged = dir.path().join("staged");
        files::create_dir_all(&staged.join("tree")).unwrap();
        commit_artifact(&layout, &staged, &Digest::of(b"made"), b"{}").unwrap();
        for stored in &found {
            assert_eq!(remove(&layout, stored).unwrap(), Removal::InUse);
        }
        let again = inventory(&layout).unwrap();
        assert!(again.iter().all(|stored| remove(&layout, stored).unwrap() == Removal::Done));
        assert!(inventory(&layout).unwrap().is_empty());
    }

    #[test]
    fn the_last_use_is_remembered_and_what_is_half_there_is_known() {
        let (_dir, layout) = store(&["one", "half"]);
        let (one, half) = (Digest::of(b"one"), Digest::of(b"half"));
        let before = inventory(&layout).unwrap();
        let used = |key, found: &[Stored]| found.iter().find(|stored| stored.key == key).unwrap().used;
        drop(hold(&layout, &one).unwrap());
        files::remove_file(&layout.artifact_manifest(&half)).unwrap();
        let after = inventory(&layout).unwrap();
        assert!(used(one, &after) > used(one, &before));
        assert!(hold(&layout, &half).unwrap().is_none());
        let whole: Vec<_> = after.iter().filter(|stored| stored.is_whole).map(|stored| stored.key).collect();
        assert_eq!(whole, [one]);
    }

    #[test]
    fn keys_of_artifacts_that_are_lost_are_removed_and_no_others() {
        let (_dir, layout) = store(&["one", "lost"]);
        let (one, lost, first, second) =
            (Digest::of(b"one"), Digest::of(b"lost"), Digest::of(b"1"), Digest::of(b"2"));
        name_artifact(&layout, &one, &first).unwrap();
        name_artifact(&layout, &lost, &second).unwrap();
        tree::remove(&layout.artifact(&lost)).unwrap();
        files::write_atomic(&layout.artifacts().join("note.txt"), b"mine").unwrap();
        remove_lost_keys(&layout).unwrap();
        assert_eq!(made_as(&layout, &first), one);
        assert!(files::symlink_metadata(&layout.artifact(&second)).is_err());
        assert!(layout.artifacts().join("note.txt").exists());
    }
}

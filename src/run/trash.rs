//! What a step leaves over is small, but removing it is slow where the file system is busy: each removed directory may
//! wait for a write to the disk, and ext4 looks at each inode that was freed in the last minutes before it takes one for
//! a new file. So it is only put aside, and removed while the command of a later step runs that takes its time.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::host::{clock, files, tree};
use crate::layout::Layout;
use crate::sandbox::Stop;

/// A command that has run this long is not over in a moment.
const PATIENCE: Duration = Duration::from_millis(100);

/// Puts a directory aside; one that is not there is no error. Where it cannot be put aside it is removed.
pub(super) fn put(layout: &Layout, dir: &Path) -> Result<()> {
    let aside = layout.trash().join(format!("{}-{}", std::process::id(), clock::unix_millis()));
    match files::create_dir_all(&layout.trash()).and_then(|()| files::rename(dir, &aside)) {
        Ok(()) => Ok(()),
        Err(_) => tree::remove(dir),
    }
}

/// Removes what was put aside, by whomever, until it is told to stop. Others may do the same at the same time.
pub(super) fn empty(layout: &Layout, stop: &Stop) {
    if stop.said_within(PATIENCE) {
        return;
    }
    for dir in files::list(&layout.trash()).unwrap_or_default() {
        empty_one(&dir, stop);
    }
}

fn empty_one(path: &Path, stop: &Stop) {
    if stop.said_within(Duration::ZERO) {
        return;
    }
    let is_dir = files::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    // What cannot be removed now is tried again by the next step; `lfsgen clean` tells of it.
    if is_dir {
        // The kernel leaves a directory of mode 000 in an overlay's work directory.
        let _ = tree::set_exact_mode(path, 0o700);
        files::list(path).unwrap_or_default().iter().for_each(|child| empty_one(child, stop));
        let _ = tree::remove_dir(path);
    } else {
        let _ = files::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_aside_is_removed_unless_there_is_no_time() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let left = dir.path().join("left");
        files::write_atomic(&left.join("work/file"), b"").unwrap();
        files::set_mode(&left.join("work"), 0).unwrap();
        put(&layout, &left).unwrap();
        put(&layout, &left).unwrap();
        assert!(!left.exists());
        let stop = Stop::default();
        stop.say();
        empty(&layout, &stop);
        assert_eq!(files::list(&layout.trash()).unwrap().len(), 1);
        empty(&layout, &Stop::default());
        assert_eq!(files::list(&layout.trash()).unwrap().len(), 0);
    }

    #[test]
    fn where_nothing_can_be_put_aside_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        files::write_atomic(&layout.trash(), b"no directory").unwrap();
        let left = dir.path().join("left");
        files::write_atomic(&left.join("file"), b"").unwrap();
        put(&layout, &left).unwrap();
        assert!(!left.exists());
    }
}

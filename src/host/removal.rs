//! Removes whole trees, however deep they are and whatever the permissions of their directories say.
//!
//! A package may leave thousands of directories inside one another: tests of getcwd(3) and the like do, where they are killed.
//! So no path is longer than a name, no more than three directories are open at once, and nothing calls itself.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, chmod, fchmod, fstat, openat, statat, unlinkat};
use rustix::io::Errno;
use rustix::path::Arg;

use super::files;
use super::owner::way_to;

/// Removes whatever a path names; a link itself, and not what it points to. What is not there is no error.
///
/// # Errors
/// Something of it belongs to somebody else. Everything else is gone.
pub fn remove(path: &Path) -> Result<()> {
    remove_while(path, || true).map(drop)
}

/// The same, as long as there is time; says whether there was.
///
/// # Errors
/// As [`remove`].
pub fn remove_while(path: &Path, goes_on: impl Fn() -> bool) -> Result<bool> {
    let mut removal = Removal { goes_on, is_over: false, first: None };
    let is_done = removal.all_of(path);
    match removal.first {
        Some(error) => Err(error).with_context(|| format!("failed to remove `{}`", path.display())),
        None => Ok(is_done),
    }
}

struct Removal<F> {
    goes_on: F,
    /// Whether there is no time any more.
    is_over: bool,
    /// What went wrong first: what is told of. The rest goes all the same.
    first: Option<io::Error>,
}

/// A directory on the way to the one that is open, which is the last of them.
struct Level {
    /// Its name in the one before.
    name: CString,
    /// Its device and inode.
    id: (u64, u64),
    /// The directories in it that are still to be removed.
    inside: Vec<CString>,
}

impl<F: Fn() -> bool> Removal<F> {
    /// Says whether there was time.
    fn all_of(&mut self, path: &Path) -> bool {
        match files::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => {
                self.note(unlinkat(CWD, path, AtFlags::empty()));
                return true;
            }
            Err(error) if files::is_absent(&error) => return true,
            Err(error) => {
                self.first = Some(error);
                return true;
            }
        }
        let Some((mut open, top)) = self.enter(CWD, path, CString::default()) else { return true };
        let mut levels = vec![top];
        while let Some(level) = levels.last_mut() {
            if self.is_over() {
                return false;
            }
            if let Some(name) = level.inside.pop() {
                if let Some((inner, level)) = self.enter(open.as_fd(), name.as_c_str(), name.clone()) {
                    open = inner;
                    levels.push(level);
                }
                continue;
            }
            let emptied = levels.pop();
            let (Some(Level { name, .. }), Some(above)) = (emptied, levels.last()) else { break };
            match up(&open, above.id) {
                Ok(parent) => open = parent,
                Err(error) => {
                    self.first.get_or_insert(error);
                    return true;
                }
            }
            self.note(unlinkat(&open, &name, AtFlags::REMOVEDIR));
        }
        self.note(unlinkat(CWD, path, AtFlags::REMOVEDIR));
        true
    }

    /// Opens a directory and removes all in it that is none; nothing where it cannot be opened.
    fn enter(&mut self, at: impl AsFd, path: impl Arg + Copy, name: CString) -> Option<(OwnedFd, Level)> {
        match self.try_enter(at, path, name) {
            Ok(entered) => Some(entered),
            Err(error) => {
                self.note(Err(error));
                None
            }
        }
    }

    fn try_enter(
        &mut self,
        at: impl AsFd,
        path: impl Arg + Copy,
        name: CString,
    ) -> rustix::io::Result<(OwnedFd, Level)> {
        const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
        let open = |flags| openat(&at, path, DIRECTORY | flags, Mode::empty());
        let dir = match open(OFlags::RDONLY) {
            // The kernel leaves a directory of mode 000 in an overlay's work directory, and a package what it likes.
            Err(Errno::ACCESS) => {
                let place = open(OFlags::PATH)?;
                chmod(way_to(&place), Mode::RWXU)?;
                open(OFlags::RDONLY)?
            }
            other => other?,
        };
        let stat = fstat(&dir)?;
        if !Mode::from_raw_mode(stat.st_mode).contains(Mode::RWXU) {
            // Where it is somebody else's, what is in it will say so.
            let _ = fchmod(&dir, Mode::RWXU);
        }
        let mut inside = Vec::new();
        for (name, is_dir) in entries(&dir)? {
            if is_dir {
                inside.push(name);
            } else if !self.is_over() {
                self.note(unlinkat(&dir, &name, AtFlags::empty()));
            }
        }
        Ok((dir, Level { name, id: (stat.st_dev, stat.st_ino), inside }))
    }

    fn is_over(&mut self) -> bool {
        self.is_over = self.is_over || !(self.goes_on)();
        self.is_over
    }

    fn note(&mut self, done: rustix::io::Result<()>) {
        match done {
            // Somebody else was faster.
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => {
                self.first.get_or_insert(error.into());
            }
        }
    }
}

/// What is in a directory, and whether each is a directory.
fn entries(dir: &OwnedFd) -> rustix::io::Result<Vec<(CString, bool)>> {
    let mut entries = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            // Not every file system says it here (readdir(3)).
            FileType::Unknown => {
                let stat = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW);
                stat.map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
            }
            kind => kind,
        };
        entries.push((name.to_owned(), kind == FileType::Directory));
    }
    Ok(entries)
}

/// The directory around one, which must be the one from which it was entered.
fn up(dir: &OwnedFd, id: (u64, u64)) -> io::Result<OwnedFd> {
    let around = openat(dir, "..", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let stat = fstat(&around)?;
    if (stat.st_dev, stat.st_ino) == id {
        Ok(around)
    } else {
        Err(io::Error::other("something in it was moved meanwhile"))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rustix::fs::mkdirat;

    use super::*;
    use crate::host::tree;

    #[test]
    fn a_tree_with_closed_directories_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        for file in ["a/b/file", "a/c/d/e/file", "file"] {
            files::write_atomic(&tree.join(file), b"").unwrap();
        }
        tree::ensure_symlink(dir.path(), &tree.join("a/link")).unwrap();
        for (path, mode) in [("a/b", 0), ("a/c/d", 0o300), ("a/c", 0o600), ("a", 0o500)] {
            files::set_mode(&tree.join(path), mode).unwrap();
        }
        remove(&tree).unwrap();
        assert!(!tree.exists() && dir.path().exists());
        remove(&tree).unwrap();
    }

    #[test]
    fn a_link_and_a_file_are_removed_themselves() {
        let dir = tempfile::tempdir().unwrap();
        let [kept, link] = ["kept", "link"].map(|name| dir.path().join(name));
        files::write_atomic(&kept.join("file"), b"").unwrap();
        tree::ensure_symlink(&kept, &link).unwrap();
        remove(&link).unwrap();
        assert!(files::symlink_metadata(&link).is_err() && kept.join("file").exists());
        remove(&kept.join("file")).unwrap();
        assert_eq!(files::names(&kept).unwrap(), [""; 0]);
    }

    #[test]
    fn a_tree_deeper_than_any_path_is_removed_and_its_removal_can_be_stopped() {
        const DEEP: usize = 4000;
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("top");
        tree::make_dir(&top, 0o755).unwrap();
        let mut at = openat(CWD, &top, OFlags::DIRECTORY, Mode::empty()).unwrap();
        for _ in 0..DEEP {
            mkdirat(&at, "d", Mode::RWXU).unwrap();
            at = openat(&at, "d", OFlags::DIRECTORY, Mode::empty()).unwrap();
        }
        let asked = Cell::new(0);
        let goes_on = || {
            asked.set(asked.get() + 1);
            asked.get() < DEEP + DEEP / 2
        };
        assert!(!remove_while(&top, goes_on).unwrap());
        assert!(top.exists());
        assert!(remove_while(&top, || true).unwrap());
        assert!(!top.exists());
    }
}

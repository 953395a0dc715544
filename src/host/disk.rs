//! What directory trees take of the disk, however deep somebody has made them.

use std::collections::BTreeSet;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, statat};

/// Directories below this many others are not looked into: each one that is open takes a descriptor. No source has as many.
const DEEPEST: u32 = 256;

/// Bytes that this user may still write to the file system of a directory; nothing where it does not say (statvfs(3)).
pub fn free(dir: &Path) -> Option<u64> {
    let of = rustix::fs::statvfs(dir).ok()?;
    Some(of.f_bavail * of.f_frsize)
}

/// Bytes on the disk of everything below some directories of one file system; a file with several names is counted once.
/// What is removed meanwhile is counted or not, and no link is followed.
pub fn used<'a>(dirs: impl Iterator<Item = BorrowedFd<'a>>) -> u64 {
    let mut seen = BTreeSet::new();
    dirs.map(|dir| reopen(dir, ".").map_or(0, |dir| below(&dir, &mut seen, 0))).sum()
}

fn reopen(dir: BorrowedFd<'_>, name: impl rustix::path::Arg) -> rustix::io::Result<OwnedFd> {
    openat(dir, name, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

fn below(dir: &OwnedFd, seen: &mut BTreeSet<u64>, depth: u32) -> u64 {
    use std::os::fd::AsFd as _;
    let Ok(entries) = Dir::read_from(dir) else { return 0 };
    let mut sum = 0;
    for entry in entries.flatten() {
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let Ok(stat) = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let is_dir = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        if is_dir || stat.st_nlink == 1 || seen.insert(stat.st_ino) {
            sum += size(&stat);
        }
        if is_dir
            && depth < DEEPEST
            && let Ok(inner) = reopen(dir.as_fd(), name)
        {
            sum += below(&inner, seen, depth + 1);
        }
    }
    sum
}

/// In units of 512 bytes, whatever the file system's own (stat(2)).
fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_blocks).unwrap_or(0) * 512
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use super::*;
    use crate::host::{files, tree};

    #[test]
    fn files_in_directories_are_counted_once_and_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let [inside, outside] = ["inside", "outside"].map(|name| dir.path().join(name));
        files::write_atomic(&inside.join("a/b/file"), &[1; 100_000]).unwrap();
        files::write_atomic(&outside.join("file"), &[1; 500_000]).unwrap();
        tree::hard_link(&inside.join("a/b/file"), &inside.join("other")).unwrap();
        tree::ensure_symlink(&outside, &inside.join("link")).unwrap();
        let opened = files::open(&inside).unwrap();
        let used = used(std::iter::once(opened.as_fd()));
        assert!((100_000..200_000).contains(&used), "{used}");
        assert_eq!(used, super::used(std::iter::once(opened.as_fd())), "and again");
    }
}

//! The owner that a file was meant to have, beside the one that it has.
//!
//! An ordinary user can give a file to nobody else (chown(2)). What a step wished is kept as an extended attribute of the
//! file, which every copy of the file takes along that takes attributes along.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _};
use std::path::{Path, PathBuf};

use rustix::fs::XattrFlags;
use rustix::io::Errno;

/// The attribute's name. Regular files and directories can have attributes of this kind, and nothing else (xattr(7)).
pub const WISHED_OWNER: &str = "user.lfsgen.owner";

/// A user and a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Owner {
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
}

impl Owner {
    /// Reads an attribute's value. What no [`Owner::wish_for`] has written is none.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (uid, gid) = str::from_utf8(value).ok()?.split_once(':')?;
        let owner = Self { uid: uid.parse().ok()?, gid: gid.parse().ok()? };
        (owner.to_text().as_bytes() == value && owner != Self::default()).then_some(owner)
    }

    /// The attribute's value.
    pub fn to_text(self) -> String {
        format!("{}:{}", self.uid, self.gid)
    }

    /// The owner that a file is meant to have, where that is not the one that it has. Follows links.
    ///
    /// # Errors
    /// The file is not there, or may not be read from.
    pub fn wished_of(path: &Path) -> io::Result<Option<Self>> {
        let mut value = [0; 32];
        match rustix::fs::getxattr(path, WISHED_OWNER, &mut value[..]) {
            Ok(length) => Ok(Self::parse(&value[..length])),
            Err(Errno::NODATA | Errno::NOTSUP | Errno::RANGE) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes down that a file is meant to have this owner; user and group 0 are what it has. Follows links.
    ///
    /// # Errors
    /// The file is not ours, or its file system is full, read-only or without such attributes.
    pub fn wish_for(self, path: &Path) -> io::Result<()> {
        if self != Self::default() {
            let value = self.to_text();
            return Ok(rustix::fs::setxattr(path, WISHED_OWNER, value.as_bytes(), XattrFlags::empty())?);
        }
        match rustix::fs::removexattr(path, WISHED_OWNER) {
            Err(Errno::NODATA) => Ok(()),
            other => Ok(other?),
        }
    }
}

/// A path that leads to an opened file and to nothing else, also where it was opened as a mere place (proc_pid_fd(5), open(2),
/// `O_PATH`).
pub fn way_to(file: impl AsFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_fd().as_raw_fd()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::files;

    #[test]
    fn what_is_wished_for_a_file_reads_back_until_it_is_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        files::write_atomic(&file, b"").unwrap();
        for owner in [Owner { uid: 0, gid: 5 }, Owner { uid: u32::MAX, gid: 0 }] {
            owner.wish_for(&file).unwrap();
            let opened = files::open(&file).unwrap();
            assert_eq!(Owner::wished_of(&way_to(&opened)).unwrap(), Some(owner));
        }
        for _ in 0..2 {
            Owner::default().wish_for(&file).unwrap();
            assert_eq!(Owner::wished_of(&file).unwrap(), None);
        }
    }

    #[test]
    fn what_nobody_would_have_written_is_no_owner() {
        for value in
            ["", ":", "5", "0:0", "05:0", "+5:0", "5:0 ", "-1:0", "4294967296:0", "5:0:0", "\u{665}:0"]
        {
            assert_eq!(Owner::parse(value.as_bytes()), None, "{value:?}");
        }
        assert_eq!(Owner::parse(b"\xff:5"), None);
    }
}

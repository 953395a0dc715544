//! What a file was meant to be, where an ordinary user could only make something else: a device, or a link, pipe or socket
//! of another owner.
//!
//! Links, pipes and sockets cannot have attributes like a regular file's (xattr(7), "Extended user attributes"). But user 0 of
//! a user namespace may give them file capabilities, which mean nothing on what nobody can execute (capabilities(7)). So these
//! have the record in their numbers. It goes where the file goes: to another name, into a copy that takes attributes along, away.
//!
//! In place of a device is a socket with such a record. Like a device in a step's root, nobody can open it.

use std::io;
use std::path::Path;

use rustix::fs::XattrFlags;
use rustix::io::Errno;

use super::owner::Owner;

/// The attribute's name.
pub const CAPABILITY: &str = "security.capability";

/// How a value begins (`struct vfs_ns_cap_data` in the kernel's include/uapi/linux/capability.h): in the second version two
/// words with what is permitted and what can be inherited follow, and the same again for the capabilities from 32 on. The third
/// has the user namespace's owner behind them; the kernel makes it of the second, and shows it outside of the namespace.
const SECOND: u32 = 0x0200_0000;
const THIRD: u32 = 0x0300_0000;

/// What can be inherited says, with a fourth byte, that this is a record and of what.
const TAG: [u8; 3] = *b"lfs";

/// What such a file was meant to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Node {
    /// Its owner.
    pub owner: Owner,
    /// The device that a socket stands for.
    pub device: Option<Device>,
}

/// A device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// Whether it is a block device and not a character device.
    pub is_block: bool,
    /// Its number, as mknod(2) takes it.
    pub number: u32,
}

impl Node {
    /// Reads an attribute's value. What no [`Node::write`] has written is none.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut words = value.chunks_exact(4).filter_map(|word| word.try_into().ok()).map(u32::from_le_bytes);
        match (value.len(), words.next()?) {
            (20, SECOND) | (24, THIRD) => {}
            _ => return None,
        }
        let (uid, tag, gid, number) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let [tag @ .., of] = tag.to_le_bytes();
        let device = match of {
            b'o' => None,
            b'b' => Some(Device { is_block: true, number }),
            b'c' => Some(Device { is_block: false, number }),
            _ => return None,
        };
        let node = Self { owner: Owner { uid, gid }, device };
        (tag == TAG && node.to_value().is_some_and(|own| own[4..] == value[4..20])).then_some(node)
    }

    /// The attribute's value; nothing where there is nothing to say.
    fn to_value(self) -> Option<[u8; 20]> {
        let Self { owner, device } = self;
        let (of, number) = match device {
            None if owner == Owner::default() => return None,
            // What hides a name of a layer is no device.
            Some(Device { is_block: false, number: 0 }) => return None,
            None => (b'o', 0),
            Some(Device { is_block: true, number }) => (b'b', number),
            Some(Device { is_block: false, number }) => (b'c', number),
        };
        let [a, b, c] = TAG;
        let words = [SECOND, owner.uid, u32::from_le_bytes([a, b, c, of]), owner.gid, number];
        let mut value = [0; 20];
        for (place, word) in value.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        Some(value)
    }

    /// What is written down of a file. Follows links.
    ///
    /// # Errors
    /// The file is not there.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut value = [0; 32];
        match rustix::fs::getxattr(path, CAPABILITY, &mut value[..]) {
            Ok(length) => Ok(Self::parse(&value[..length]).unwrap_or_default()),
            Err(Errno::NODATA | Errno::NOTSUP | Errno::RANGE) => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes down what a file was meant to be. Follows links.
    ///
    /// # Errors
    /// The file is not ours, or its file system is full, read-only or without such attributes.
    pub fn write(self, path: &Path) -> io::Result<()> {
        if let Some(value) = self.to_value() {
            return Ok(rustix::fs::setxattr(path, CAPABILITY, &value, XattrFlags::empty())?);
        }
        match rustix::fs::removexattr(path, CAPABILITY) {
            Err(Errno::NODATA) => Ok(()),
            other => Ok(other?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> Vec<Node> {
        let owner = Owner { uid: u32::MAX - 1, gid: 5 };
        let device = |is_block, number| Some(Device { is_block, number });
        let mut nodes = vec![Node { owner, device: None }];
        for device in [device(true, 0), device(true, 0xfe00), device(false, 0x103), device(false, u32::MAX)] {
            nodes.extend([Node { owner, device }, Node { owner: Owner::default(), device }]);
        }
        nodes
    }

    #[test]
    fn a_record_reads_back_also_where_the_kernel_has_added_a_namespace_to_it() {
        for node in nodes() {
            let value = node.to_value().unwrap();
            assert_eq!(Node::parse(&value), Some(node));
            let third = [&THIRD.to_le_bytes(), &value[4..], &54321_u32.to_le_bytes()].concat();
            assert_eq!(Node::parse(&third), Some(node));
        }
    }

    #[test]
    fn what_was_cut_off_and_what_setcap_writes_is_no_record() {
        for node in nodes() {
            let value = node.to_value().unwrap();
            for length in 0..20 {
                assert_eq!(Node::parse(&value[..length]), None);
            }
        }
        // cap_net_raw+ep, and what every byte of a record must be.
        assert_eq!(Node::parse(b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), None);
        let record = *b"\0\0\0\x02\x01\0\0\0lfso\0\0\0\0\0\0\0\0";
        assert!(Node::parse(&record).is_some());
        for (at, byte) in [(0, 1), (3, 3), (4, 0), (8, b'L'), (11, b'x'), (11, b'c'), (16, 1)] {
            let mut other = record;
            other[at] = byte;
            assert_eq!(Node::parse(&other), None, "byte {at} as {byte}");
        }
    }

    #[test]
    fn what_hides_a_name_is_no_device() {
        let device = Some(Device { is_block: false, number: 0 });
        assert_eq!(Node { owner: Owner::default(), device }.to_value(), None);
    }
}

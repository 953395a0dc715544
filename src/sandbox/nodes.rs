//! Devices, in the root of an ordinary user, who can make none.
//!
//! The first process makes a socket in the device's place, and writes down what it stands for (see [`Node`]), from where it comes
//! into the manifest. No root of a step can open a device, and nobody can open a socket (open(2), `ENXIO`).

use std::io;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, mknodat, openat, unlinkat};
use rustix::io::Errno;

use super::callers::{At, Place};
use super::owners::number;
use crate::host::node::{Device, Node};
use crate::host::owner::{Owner, way_to};
use crate::host::raw::{Answer, Asked};

/// A device that somebody wants to make.
pub(super) struct Wished {
    /// Where.
    pub at: At,
    mode: Mode,
    device: Device,
}

impl Wished {
    /// Reads a call of mknod(2) and its like. Nothing where it is none, or one that an ordinary user may make.
    pub(super) fn of(asked: &Asked) -> Option<Self> {
        let [first, second, third, fourth, ..] = asked.arguments;
        let (dir, address, mode, device) = match asked.call {
            libc::SYS_mknodat => (number(first).cast_signed(), second, third, fourth),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_mknod => (libc::AT_FDCWD, first, second, third),
            _ => return None,
        };
        let mode = number(mode);
        let is_block = match FileType::from_raw_mode(mode) {
            FileType::BlockDevice => true,
            FileType::CharacterDevice => false,
            _ => return None,
        };
        let device = Device { is_block, number: number(device) };
        // Overlays let nobody make this one, and file systems in memory everybody: it hides a name of a layer.
        let is_whiteout = device == Device { is_block: false, number: 0 };
        let wished = Self { at: At { dir, address }, mode: Mode::from_raw_mode(mode & 0o7777), device };
        (!is_whiteout).then_some(wished)
    }

    /// Makes what stands for it.
    pub(super) fn make(&self, place: &Place) -> Answer {
        match self.try_make(place) {
            Ok(()) => Answer::Done,
            Err(error) => Answer::Fails(error.raw_os_error().unwrap_or(libc::EPERM)),
        }
    }

    fn try_make(&self, Place { dir, name, umask }: &Place) -> io::Result<()> {
        // This process makes no other files.
        rustix::process::umask(*umask);
        mknodat(dir, name, FileType::Socket, self.mode, 0)?;
        let write = || {
            let made = openat(dir, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
            if FileType::from_raw_mode(fstat(&made)?.st_mode) != FileType::Socket {
                // Somebody has put something else there meanwhile.
                return Err(Errno::PERM.into());
            }
            Node { owner: Owner::default(), device: Some(self.device) }.write(&way_to(&made))
        };
        let written = write();
        if written.is_err() {
            let _ = unlinkat(dir, name, AtFlags::empty());
        }
        written
    }
}

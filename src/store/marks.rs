//! The marks that overlayfs leaves in a layer (the kernel's Documentation/filesystems/overlayfs.rst): a *whiteout*
//! hides a name of the layers below; an *opaque* directory hides everything below it.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::fs::{CWD, FileType, Mode, XattrFlags, mknodat};
use rustix::io::Errno;

use super::manifest::Kind;
use crate::host::node::{CAPABILITY, Device, Node};
use crate::host::owner::{Owner, WISHED_OWNER};

/// Where overlays that are mounted with `userxattr` keep their marks.
const PREFIX: &str = "user.overlay.";
const OPAQUE: &str = "user.overlay.opaque";
const ORIGIN: &str = "user.overlay.origin";

/// Attributes that the machine sets by itself, and that mean nothing on another.
const OF_THE_MACHINE: [&str; 2] = ["trusted.overlay.", "security.selinux"];

/// Whether a file stands for the absence of one.
pub(super) fn is_whiteout(metadata: &Metadata) -> bool {
    metadata.file_type().is_char_device() && metadata.rdev() == 0
}

/// Makes a whiteout. Every user may (mknod(2), since Linux 5.8 for this one number).
pub(super) fn make_whiteout(path: &Path) -> Result<()> {
    mknodat(CWD, path, FileType::CharacterDevice, Mode::empty(), 0)
        .with_context(|| format!("failed to mark `{}` as removed", path.display()))
}

/// The extended attributes of a file, and what overlayfs and an ordinary user's root say with some of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Attributes {
    /// Whether a directory hides what is below it.
    pub opaque: bool,
    /// Whether the file was copied up from a lower layer, not made.
    pub copied_up: bool,
    /// To whom the file was given, where that is not its owner.
    wished: Option<Owner>,
    /// The device that a socket stands for.
    device: Option<Device>,
    /// What says these two things: name and value.
    records: Vec<(OsString, Vec<u8>)>,
    /// Names of overlayfs's own.
    marks: Vec<OsString>,
    /// Everything else: name and value, sorted.
    pub own: Vec<(OsString, Vec<u8>)>,
}

impl Attributes {
    /// Reads them.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let mut attributes = Self::default();
        for name in
            names(path).with_context(|| format!("failed to read the attributes of `{}`", path.display()))?
        {
            let begins = |prefix: &str| name.as_bytes().starts_with(prefix.as_bytes());
            if begins(PREFIX) {
                attributes.opaque |= name == OPAQUE && value(path, &name)? == b"y";
                attributes.copied_up |= name == ORIGIN;
                attributes.marks.push(name);
            } else if !OF_THE_MACHINE.into_iter().any(begins) {
                let value = value(path, &name)?;
                let is_record = attributes.take(&name, &value);
                let to = if is_record { &mut attributes.records } else { &mut attributes.own };
                to.push((name, value));
            }
        }
        attributes.own.sort();
        Ok(attributes)
    }

    /// Takes from an attribute what an ordinary user's root says with it; whether that was anything.
    fn take(&mut self, name: &OsStr, value: &[u8]) -> bool {
        match name.to_str() {
            Some(WISHED_OWNER) => {
                let wished = Owner::parse(value);
                self.wished = wished.or(self.wished);
                wished.is_some()
            }
            Some(CAPABILITY) => {
                let node = Node::parse(value);
                let Node { owner, device } = node.unwrap_or_default();
                self.wished = self.wished.or(Some(owner).filter(|owner| *owner != Owner::default()));
                self.device = device;
                node.is_some()
            }
            _ => false,
        }
    }

    /// The owner of the file with these attributes and this metadata, in the root.
    pub(super) fn owner(&self, metadata: &Metadata) -> Owner {
        self.wished.unwrap_or(Owner { uid: metadata.uid(), gid: metadata.gid() })
    }

    /// The device that a socket with these attributes stands for.
    pub(super) fn stands_for(&self) -> Option<Kind> {
        self.device.map(|Device { is_block, number }| Kind::of_device(is_block, number.into()))
    }

    /// Removes overlayfs's own from the file: another overlay over it must not take them for its own.
    pub(super) fn strip_marks(&self, path: &Path) -> Result<()> {
        for name in &self.marks {
            match rustix::fs::lremovexattr(path, name.as_os_str()) {
                Ok(()) | Err(Errno::NODATA) => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("failed to remove marks from `{}`", path.display()));
                }
            }
        }
        Ok(())
    }

    /// Gives another file the same ones; one that was copied up is marked as that.
    pub(super) fn copy_to(&self, path: &Path) -> Result<()> {
        for (name, value) in self.records.iter().chain(&self.own) {
            set(path, name, value)?;
        }
        if self.copied_up {
            set(path, ORIGIN.as_ref(), b"")?;
        }
        if self.opaque { make_opaque(path) } else { Ok(()) }
    }
}

fn set(path: &Path, name: &OsStr, value: &[u8]) -> Result<()> {
    rustix::fs::lsetxattr(path, name, value, XattrFlags::empty())
        .with_context(|| format!("failed to set `{}` of `{}`", name.display(), path.display()))
}

/// Makes a directory hide what is below it.
pub(super) fn make_opaque(path: &Path) -> Result<()> {
    set(path, OPAQUE.as_ref(), b"y")
}

fn names(path: &Path) -> io::Result<Vec<OsString>> {
    let mut buffer = vec![0; 1024];
    let length = loop {
        match rustix::fs::llistxattr(path, &mut buffer[..]) {
            Ok(length) => break length,
            Err(Errno::RANGE) if buffer.len() < 1 << 20 => buffer.resize(buffer.len() * 8, 0),
            Err(Errno::NOTSUP) => break 0,
            Err(error) => return Err(error.into()),
        }
    };
    buffer.truncate(length);
    let names = buffer.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| OsString::from_vec(name.to_vec())).collect())
}

fn value(path: &Path, name: &OsStr) -> Result<Vec<u8>> {
    // The kernel's limit for one value (xattr(7)).
    let mut buffer = vec![0; 64 * 1024];
    let length = rustix::fs::lgetxattr(path, name, &mut buffer[..])
        .with_context(|| format!("failed to read `{}` of `{}`", name.display(), path.display()))?;
    buffer.truncate(length);
    Ok(buffer)
}

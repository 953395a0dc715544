//! Artifacts as one tar archive, with the owners, devices and attributes that their manifests have, whoever built them.
//!
//! The format is that of GNU tar, with a pax header (POSIX.1-2017, pax, "pax Extended Header") before each file that has
//! extended attributes, in the notation of star(5) that GNU tar and bsdtar read. The same artifacts give the same bytes.
//! This module does not know what a package is.

mod sparse;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

use self::sparse::Pieces;
use crate::host::files;
use crate::model::Digest;
use crate::store::{Entry, Kind, Part, Shown, Union, text_path};

/// What stands before the name of an extended attribute in a pax header.
const ATTRIBUTE: &str = "SCHILY.xattr.";

/// What came into an archive.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Regular files; one with several names counts once.
    pub files: u64,
    /// What these hold, in bytes.
    pub bytes: u64,
    /// Sockets, which no archive can hold.
    pub left_out: Vec<PathBuf>,
}

/// Writes what `parts` show together, whose positions `union` has.
///
/// # Errors
/// A file cannot be read, or is not the one in its manifest any more; then what was written is no whole archive. Those of
/// `to` come as they are.
pub fn write(to: impl Write, union: &Union, parts: &[Part<'_>]) -> Result<Packed> {
    let mut pack = Pack { archive: Builder::new(to), names: BTreeMap::new(), packed: Packed::default() };
    for (path, Shown { entry, part }) in &union.shown {
        let here = parts[*part].tree.join(path);
        pack.entry(path, entry, *part, &here)?;
    }
    pack.archive.into_inner()?.flush()?;
    Ok(pack.packed)
}

struct Pack<'a, W: Write> {
    archive: Builder<W>,
    /// Of files with several names, by artifact and first name there: the name that is in the archive already.
    names: BTreeMap<(usize, &'a str), &'a Path>,
    packed: Packed,
}

impl<'a, W: Write> Pack<'a, W> {
    fn entry(&mut self, path: &'a Path, entry: &'a Entry, part: usize, here: &Path) -> Result<()> {
        if entry.kind == Kind::Socket {
            self.packed.left_out.push(path.to_owned());
            return Ok(());
        }
        self.attributes(entry, here)?;
        let header = &mut header(entry, here)?;
        match &entry.kind {
            Kind::File { size, sha256, link_of } => {
                let first = link_of.as_deref().unwrap_or(&entry.path);
                if let Some(name) = self.names.get(&(part, first)) {
                    header.set_entry_type(EntryType::Link);
                    self.archive.append_link(header, path, name)?;
                } else {
                    self.names.insert((part, first), path);
                    self.file(header, path, here, *size, sha256)?;
                }
            }
            Kind::Symlink { target } => {
                header.set_entry_type(EntryType::Symlink);
                let target = text_path(target);
                // What fits into the header must go there as it is: `append_link` would make `./a//b` to `a/b`.
                if header.set_link_name_literal(target.as_os_str().as_bytes()).is_ok() {
                    self.archive.append_data(header, path, io::empty())?;
                } else {
                    self.archive.append_link(header, path, target)?;
                }
            }
            Kind::Directory => self.node(header, EntryType::Directory, path, None)?,
            Kind::Fifo => self.node(header, EntryType::Fifo, path, None)?,
            Kind::CharDevice { major, minor } => {
                self.node(header, EntryType::Char, path, Some((*major, *minor)))?;
            }
            Kind::BlockDevice { major, minor } => {
                self.node(header, EntryType::Block, path, Some((*major, *minor)))?;
            }
            Kind::Socket => {}
        }
        Ok(())
    }

    fn attributes(&mut self, entry: &Entry, here: &Path) -> Result<()> {
        let mut records = Vec::new();
        for (name, value) in &entry.xattrs {
            let name = format!("{ATTRIBUTE}{}", text_path(name).display());
            records.push((name, bytes_of(value).with_context(|| damaged(here))?));
        }
        let records = records.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        Ok(self.archive.append_pax_extensions(records)?)
    }

    fn node(
        &mut self,
        header: &mut Header,
        kind: EntryType,
        path: &Path,
        device: Option<(u32, u32)>,
    ) -> Result<()> {
        header.set_entry_type(kind);
        if let Some((major, minor)) = device {
            header.set_device_major(major)?;
            header.set_device_minor(minor)?;
        }
        Ok(self.archive.append_data(header, path, io::empty())?)
    }

    fn file(
        &mut self,
        header: &mut Header,
        path: &Path,
        here: &Path,
        size: u64,
        sha256: &Digest,
    ) -> Result<()> {
        header.set_entry_type(EntryType::Regular);
        header.set_size(size);
        let named = |error| unreadable(here, &error);
        let sparse = sparse::pieces(files::open(here)?, size).map_err(named)?;
        let map = sparse.as_ref().map_or_else(Vec::new, |pieces| sparse::map(header, pieces, size));
        let pieces = sparse.unwrap_or_else(|| [(0, size)].into());
        let mut file = Hashed { path: here, file: files::open(here)?, pieces, at: 0, hasher: Sha256::new() };
        self.archive.append_data(header, path, map.as_slice().chain(&mut file))?;
        ensure!(
            Digest(file.hasher.finalize().into()) == *sha256,
            "`{}` was changed after it was built: remove the artifact that it lies in, and build that package again",
            here.display()
        );
        self.packed.files += 1;
        self.packed.bytes += size;
        Ok(())
    }
}

/// What is said of each path alike. Its time is not in the manifest: it is what the package gave it.
fn header(entry: &Entry, here: &Path) -> Result<Header> {
    let mut header = Header::new_gnu();
    header.set_mode(u32::from_str_radix(&entry.mode, 8).with_context(|| damaged(here))?);
    header.set_uid(entry.uid.into());
    header.set_gid(entry.gid.into());
    header.set_mtime(u64::try_from(files::look(here)?.mtime()).unwrap_or(0));
    header.set_size(0);
    Ok(header)
}

/// What is said of a path whose entry cannot be read.
fn damaged(here: &Path) -> String {
    format!("the manifest that has `{}` is damaged", here.display())
}

/// The bytes of hexadecimal digits.
fn bytes_of(digits: &str) -> Result<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

/// A reader of a file's pieces that digests the whole of it, with zeros between them, and names it where it fails.
struct Hashed<'a> {
    path: &'a Path,
    file: File,
    pieces: Pieces,
    /// How much of it is digested.
    at: u64,
    hasher: Sha256,
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some((offset, left)) = self.pieces.front_mut() else { return Ok(0) };
            if self.at < *offset {
                const ZEROS: [u8; 1 << 12] = [0; 1 << 12];
                let mut hole = *offset - self.at;
                while hole > 0 {
                    let some = hole.min(ZEROS.len() as u64);
                    self.hasher.update(&ZEROS[..some as usize]);
                    hole -= some;
                }
                self.at = self.file.seek(SeekFrom::Start(*offset))?;
            }
            if *left == 0 {
                self.pieces.pop_front();
                continue;
            }
            let most = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
            let count = self.file.read(&mut buffer[..most]).map_err(|error| match error.kind() {
                io::ErrorKind::Interrupted => error,
                _ => unreadable(self.path, &error),
            })?;
            self.hasher.update(&buffer[..count]);
            let read = count as u64;
            (self.at, *offset, *left) = (self.at + read, *offset + read, *left - read);
            return Ok(count);
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("failed to read `{}`: {error}", path.display()))
}

//! What an artifact adds, changes and removes.
//!
//! A manifest is a function of the artifact's tree alone: no time, key or name is in it, and its paths are sorted. So two
//! artifacts are the same if, and only if, the bytes of their manifests are; cut-off and the comparison of builds rest on
//! that.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::host::files;
use crate::model::Digest;

/// The version of this shape.
pub(super) const VERSION: u32 = 1;

/// Every path that an artifact adds, changes or removes, sorted. Equal content has an equal manifest, byte for byte: it
/// holds no times, no key and no name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`VERSION`].
    pub lfsgen: u32,
    /// How it is known.
    #[serde(default, skip_serializing_if = "Captured::is_whole")]
    pub captured: Captured,
    /// What is in its tree, parents before what they hold.
    pub entries: Vec<Entry>,
    /// What it hides of the layers below, as paths like those of the entries.
    pub removes: Vec<String>,
}

/// How it is known what a package installed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Captured {
    /// Everything that it wrote lay in a layer of its own.
    #[default]
    Layer,
    /// It ran on the machine itself, and what it put into `DESTDIR` is all that is known.
    Destdir,
}

impl Captured {
    /// Whether nothing of it can be missing.
    pub fn is_whole(&self) -> bool {
        *self == Self::Layer
    }
}

/// One path of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Relative to the stage's mount point, in the form of [`path_text`].
    pub path: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
    /// Permission bits with setuid, setgid and sticky, in octal.
    pub mode: String,
    /// Its owner in the root, or the one that the package wished where it could have no other.
    pub uid: u32,
    /// Its group, likewise.
    pub gid: u32,
    /// Extended attributes: names in the form of [`path_text`], values in hexadecimal digits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub xattrs: BTreeMap<String, String>,
}

/// What a path is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Kind {
    /// A regular file.
    File {
        /// In bytes.
        size: u64,
        /// The digest of its bytes.
        sha256: Digest,
        /// Another name of the same file, the first in the order of the manifest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link_of: Option<String>,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Where it points, in the form of [`path_text`].
        target: String,
    },
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character device.
    CharDevice {
        /// Its driver.
        major: u32,
        /// The driver's device.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// Its driver.
        major: u32,
        /// The driver's device.
        minor: u32,
    },
}

impl Kind {
    /// A device, by its number as stat(2) has it.
    pub(super) fn of_device(is_block: bool, number: u64) -> Self {
        let (major, minor) = (rustix::fs::major(number), rustix::fs::minor(number));
        if is_block { Self::BlockDevice { major, minor } } else { Self::CharDevice { major, minor } }
    }
}

impl fmt::Display for Kind {
    /// What it is, as a fragment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { .. } => f.write_str("file"),
            Self::Directory => f.write_str("directory"),
            Self::Symlink { target } => write!(f, "link to {target}"),
            Self::Fifo => f.write_str("named pipe"),
            Self::Socket => f.write_str("socket"),
            Self::CharDevice { major, minor } => write!(f, "character device {major}:{minor}"),
            Self::BlockDevice { major, minor } => write!(f, "block device {major}:{minor}"),
        }
    }
}

impl Manifest {
    /// Of entries and removed paths, both sorted.
    pub(crate) fn new(entries: Vec<Entry>, removes: Vec<String>) -> Self {
        Self { lfsgen: VERSION, captured: Captured::Layer, entries, removes }
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is not there, or is no manifest of this version.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = files::read(path)?;
        Self::parse(&bytes).with_context(|| format!("`{}` is damaged", path.display()))
    }

    /// Reads the bytes of one.
    ///
    /// # Errors
    /// They are no manifest of this version.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let manifest: Self = serde_json::from_slice(bytes)?;
        ensure!(manifest.lfsgen == VERSION, "version {} instead of {VERSION}", manifest.lfsgen);
        Ok(manifest)
    }

    /// Its bytes: JSON with one path a line, so that a line-wise comparison reads well.
    ///
    /// # Errors
    /// None that an entry of ours can cause.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let Self { lfsgen, captured, entries, removes } = self;
        let mut bytes = format!("{{\"lfsgen\":{lfsgen},").into_bytes();
        if !captured.is_whole() {
            bytes.extend(b"\"captured\":");
            serde_json::to_writer(&mut bytes, captured)?;
            bytes.push(b',');
        }
        bytes.extend(b"\"entries\":");
        write_lines(&mut bytes, entries)?;
        bytes.extend(b",\"removes\":");
        write_lines(&mut bytes, removes)?;
        bytes.extend(b"}\n");
        Ok(bytes)
    }

    /// How many regular files it holds, and their size together; one with several names counts once.
    pub fn totals(&self) -> (u64, u64) {
        let sizes = self.entries.iter().filter_map(|entry| match &entry.kind {
            Kind::File { size, link_of: None, .. } => Some(*size),
            _ => None,
        });
        sizes.fold((0, 0), |(files, bytes), size| (files + 1, bytes + size))
    }
}

fn write_lines<T: Serialize>(bytes: &mut Vec<u8>, items: &[T]) -> Result<()> {
    for (index, item) in items.iter().enumerate() {
        bytes.extend(if index == 0 { b"[\n" } else { b",\n" });
        serde_json::to_writer(&mut *bytes, item)?;
    }
    bytes.extend(if items.is_empty() { b"[]".as_slice() } else { b"\n]" });
    Ok(())
}

/// A path as text, without loss: a backslash is doubled, and a byte that is not UTF-8 becomes `\x` and two digits.
pub fn path_text(path: &Path) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', r"\\"));
        for byte in chunk.invalid() {
            let _ = write!(text, r"\x{byte:02x}");
        }
    }
    text
}

/// The path of a text that [`path_text`] has made.
pub fn text_path(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            // If it is not `x` that follows, it is another backslash.
            b'\\' if rest.next() == Some(b'x') => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).unwrap_or(0);
                u8::try_from(digit() << 4 | digit()).unwrap_or_default()
            }
            byte => byte,
        });
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_manifest_reads_back() {
        let manifest = Manifest::new(vec![], vec![]);
        let json = manifest.to_json().unwrap();
        assert_eq!(json, b"{\"lfsgen\":1,\"entries\":[],\"removes\":[]}\n");
        assert_eq!(Manifest::parse(&json).unwrap(), manifest);
    }

    #[test]
    fn a_manifest_of_another_version_is_refused() {
        let error = Manifest::parse(b"{\"lfsgen\":9,\"entries\":[],\"removes\":[]}").unwrap_err().to_string();
        assert_eq!(error, "version 9 instead of 1");
    }

    proptest! {
        #[test]
        fn whatever_bytes_there_are_reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Manifest::parse(&bytes);
        }

        #[test]
        fn every_path_reads_back_from_its_text(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\\'), Just(b'x'), Just(b'f'), Just(0xff), any::<u8>()], 1..8),
        ) {
            let path = Path::new(OsStr::from_bytes(&bytes));
            prop_assert_eq!(text_path(&path_text(path)), path);
        }

        #[test]
        fn what_was_written_reads_back(path in ".*", target in ".*", mode in any::<u32>(), size in any::<u64>()) {
            let file = Kind::File { size, sha256: Digest::of(b""), link_of: Some(path.clone()) };
            let entry = |kind| Entry {
                path: path.clone(),
                kind,
                mode: format!("{mode:04o}"),
                uid: 0,
                gid: mode,
                xattrs: BTreeMap::from([(target.clone(), "00".to_owned())]),
            };
            let manifest = Manifest::new(vec![entry(file), entry(Kind::Symlink { target: target.clone() }), entry(Kind::Fifo)], vec![path.clone(), target]);
            prop_assert_eq!(Manifest::parse(&manifest.to_json().unwrap()).unwrap(), manifest);
        }
    }
}

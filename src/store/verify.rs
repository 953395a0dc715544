//! Whether an artifact is still what its manifest says.
//!
//! This is asked each time an artifact would be used again, and so reads no file's content unless that is asked for. An artifact
//! that is found damaged is not mended: whoever asks has it built anew.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use rayon::prelude::*;

use super::manifest::{Entry, Kind, Manifest, path_text, text_path};
use super::marks::{Attributes, is_whiteout};
use crate::diagnose::plain;
use crate::host::{files, tree};
use crate::layout::Layout;
use crate::model::Digest;

/// What is wrong with the artifact of a key: the first path that is not as its manifest has it, and how. Nothing where
/// there is no artifact at all.
///
/// It goes by what lstat(2) says: presence, type, size and mode. That takes milliseconds where the digests of all bytes
/// would take seconds, and sees whatever a stray `rm`, a full disk or an interrupted copy does.
pub fn damage(layout: &Layout, key: &Digest) -> Option<String> {
    files::symlink_metadata(&layout.artifact(key)).ok()?;
    let manifest = match Manifest::read(&layout.artifact_manifest(key)) {
        Ok(manifest) => manifest,
        Err(error) => return Some(format!("{error:#}")),
    };
    let tree = layout.artifact_tree(key);
    let entries = manifest.entries.iter().map(|entry| (entry.path.as_str(), Some(entry)));
    let removes = manifest.removes.iter().map(|path| (path.as_str(), None));
    let mut wrong = entries.chain(removes).filter_map(|(path, entry)| {
        let at = tree.join(text_path(path));
        let metadata = files::symlink_metadata(&at);
        Some(format!("`{}` {}", plain(path), difference(entry, &at, metadata)?))
    });
    if tree.is_dir() { wrong.next() } else { Some("its files are not there".to_owned()) }
}

/// The same, where all bytes count: of each file its digest, and of each link where it points.
pub fn damage_of_bytes(layout: &Layout, key: &Digest) -> Option<String> {
    if let Some(found) = damage(layout, key) {
        return Some(found);
    }
    let manifest = Manifest::read(&layout.artifact_manifest(key)).ok()?;
    let tree = layout.artifact_tree(key);
    let wrong = |entry: &Entry| {
        let at = tree.join(text_path(&entry.path));
        let how = match &entry.kind {
            Kind::File { sha256, .. } => match files::digest(&at) {
                Ok(found) if found == *sha256 => return None,
                Ok(_) => "is of another content".to_owned(),
                // An ordinary user's package may close a file to its own owner.
                Err(error) if is_denied(&error) => return None,
                Err(error) => format!("cannot be read: {}", error.root_cause()),
            },
            Kind::Symlink { target } => match tree::read_link(&at) {
                Ok(found) if path_text(&found) == *target => return None,
                _ => "points elsewhere".to_owned(),
            },
            _ => return None,
        };
        Some(format!("`{}` {how}", plain(&entry.path)))
    };
    manifest.entries.par_iter().filter_map(wrong).find_first(|_| true)
}

fn is_denied(error: &anyhow::Error) -> bool {
    let source = error.root_cause().downcast_ref::<io::Error>();
    source.is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

/// How the path `at` differs from its entry, or from the whiteout that stands for its removal.
fn difference(entry: Option<&Entry>, at: &Path, metadata: io::Result<Metadata>) -> Option<&'static str> {
    let metadata = match metadata {
        Ok(metadata) => metadata,
        // An ordinary user's package may close a directory to its own owner.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return None,
        Err(_) => return Some("is not there"),
    };
    let Some(Entry { kind, mode, .. }) = entry else {
        return (!is_whiteout(&metadata)).then_some("is not marked as removed");
    };
    let found = metadata.file_type();
    let is_same_type = match kind {
        Kind::File { .. } => found.is_file(),
        Kind::Directory => found.is_dir(),
        Kind::Symlink { .. } => found.is_symlink(),
        Kind::Fifo => found.is_fifo(),
        Kind::Socket => found.is_socket(),
        Kind::CharDevice { .. } | Kind::BlockDevice { .. } if found.is_socket() => {
            // An ordinary user can make no device.
            Attributes::of(at).is_ok_and(|attributes| attributes.stands_for().as_ref() == Some(kind))
        }
        Kind::CharDevice { .. } => found.is_char_device(),
        Kind::BlockDevice { .. } => found.is_block_device(),
    };
    if !is_same_type {
        return Some("is of another type");
    }
    if matches!(kind, Kind::File { size, .. } if *size != metadata.len()) {
        return Some("is of another size");
    }
    (format!("{:04o}", metadata.mode() & 0o7777) != *mode).then_some("has another mode")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::store::{Below, Captured, Lower, capture, commit_artifact};

    /// An artifact of a file, a link and a removed path.
    fn artifact(dir: &Path) -> (Layout, Digest) {
        let (layout, key) = (Layout::new(dir), Digest::of(b"key"));
        let (staged, below) = (dir.join("staged"), dir.join("below"));
        let written = staged.join("tree");
        for file in [written.join("usr/bin/tool"), below.join("usr/bin/tool.old")] {
            files::write_atomic(&file, b"text").unwrap();
        }
        tree::ensure_symlink(Path::new("tool"), &written.join("usr/bin/link")).unwrap();
        crate::store::marks::make_whiteout(&written.join("usr/bin/tool.old")).unwrap();
        let below = Below(vec![Lower { at: PathBuf::new(), dir: below }]);
        let manifest = capture(&written, &below, Captured::Layer).unwrap();
        commit_artifact(&layout, &staged, &key, &manifest.to_json().unwrap()).unwrap();
        assert_eq!(damage(&layout, &key), None);
        (layout, key)
    }

    /// What is wrong with it after something was done to its tree.
    fn after(change: impl Fn(&Path)) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let (layout, key) = artifact(dir.path());
        change(&layout.artifact(&key));
        damage(&layout, &key)
    }

    /// A path of the artifact, what is said of it, and what was done to it.
    type Case = (&'static str, &'static str, fn(&Path));

    #[test]
    fn whatever_is_lost_or_changed_is_named() {
        let cases: [Case; 6] = [
            ("tree", "its files are not there", |path| tree::remove(path).unwrap()),
            ("tree/usr/bin/tool", "`usr/bin/tool` is not there", |path| files::remove_file(path).unwrap()),
            ("tree/usr/bin/tool", "`usr/bin/tool` is of another size", |path| {
                files::write_atomic(path, b"").unwrap();
            }),
            ("tree/usr/bin/tool", "`usr/bin/tool` has another mode", |path| {
                files::set_mode(path, 0o4755).unwrap();
            }),
            ("tree/usr/bin/link", "`usr/bin/link` is of another type", |path| {
                files::write_atomic(path, b"text").unwrap();
            }),
            ("tree/usr/bin/tool.old", "`usr/bin/tool.old` is not marked as removed", |path| {
                files::write_atomic(path, b"text").unwrap();
            }),
        ];
        for (path, expected, change) in cases {
            assert_eq!(after(|artifact| change(&artifact.join(path))).as_deref(), Some(expected), "{path}");
        }
        let found = after(|artifact| files::write_atomic(&artifact.join("manifest.json"), b"{").unwrap());
        assert!(found.unwrap().contains("manifest.json` is damaged"));
    }

    #[test]
    fn what_changed_within_the_same_size_is_found_by_its_digest() {
        let cases: [Case; 2] = [
            ("tree/usr/bin/tool", "`usr/bin/tool` is of another content", |path| {
                let mode = files::metadata(path).unwrap().mode();
                files::write_atomic(path, b"tent").unwrap();
                files::set_mode(path, mode & 0o7777).unwrap();
            }),
            ("tree/usr/bin/link", "`usr/bin/link` points elsewhere", |path| {
                files::remove_file(path).unwrap();
                tree::ensure_symlink(Path::new("loot"), path).unwrap();
            }),
        ];
        for (path, expected, change) in cases {
            let dir = tempfile::tempdir().unwrap();
            let (layout, key) = artifact(dir.path());
            assert_eq!(damage_of_bytes(&layout, &key), None);
            change(&layout.artifact(&key).join(path));
            assert_eq!(damage(&layout, &key), None, "{path}");
            assert_eq!(damage_of_bytes(&layout, &key).as_deref(), Some(expected));
        }
    }

    #[test]
    fn no_artifact_is_no_damaged_one() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(damage(&Layout::new(dir.path()), &Digest::of(b"key")), None);
    }

    #[test]
    fn an_artifact_whose_manifest_was_cut_off_anywhere_is_damaged() {
        after(|artifact| {
            let bytes = files::read(&artifact.join("manifest.json")).unwrap();
            // Without its line end it says the same.
            for length in 0..bytes.len() - 1 {
                assert!(Manifest::parse(&bytes[..length]).is_err(), "{length} bytes");
            }
        });
    }
}

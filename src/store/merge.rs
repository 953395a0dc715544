//! Lays one layer under another, into one tree.
//!
//! The result means the same over any layers as the two did: whiteouts and opaque directories of both keep what they
//! hide. Files are copied, so that the lower layer stays as it is.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::marks::{Attributes, is_whiteout, make_opaque, make_whiteout};
use crate::host::{files, tree};

/// The copies of files with several names, by the device and inode of what they were copied from.
type Copies = BTreeMap<(u64, u64), PathBuf>;

/// Adds to the layer `upper` what the layer `lower` has below it, as if both were mounted: copies of its files,
/// directories and marks, which can be changed while `lower` stays as it is. A top-level directory named `without` is left
/// out.
///
/// # Errors
/// Something cannot be read or made; then `upper` is in an unknown state.
pub fn merge_under(upper: &Path, lower: &Path, without: &str) -> Result<()> {
    merge(upper, lower, Some(without), &mut Copies::new())
}

fn merge(upper: &Path, lower: &Path, without: Option<&str>, copies: &mut Copies) -> Result<()> {
    if Attributes::of(upper)?.opaque {
        return Ok(());
    }
    for from in files::list(lower)? {
        let Some(name) = from.file_name() else { continue };
        if without.is_some_and(|without| name == without) {
            continue;
        }
        let to = upper.join(name);
        let below = files::look(&from)?;
        match files::symlink_metadata(&to) {
            Err(error) if files::is_absent(&error) => graft(&from, &below, &to, copies)?,
            Err(error) => return Err(error).with_context(|| format!("failed to look at `{}`", to.display())),
            Ok(above) if above.is_dir() && below.is_dir() => merge(&to, &from, None, copies)?,
            // Above a whiteout or a file, a directory is new: it hides what lies below the whiteout.
            Ok(above) if above.is_dir() => make_opaque(&to)?,
            Ok(_) => {}
        }
    }
    if Attributes::of(lower)?.opaque { make_opaque(upper) } else { Ok(()) }
}

fn graft(from: &Path, metadata: &Metadata, to: &Path, copies: &mut Copies) -> Result<()> {
    if is_whiteout(metadata) {
        return make_whiteout(to);
    }
    let inode = (metadata.dev(), metadata.ino());
    if let Some(copy) = copies.get(&inode) {
        return tree::hard_link(copy, to);
    }
    let kind = metadata.file_type();
    let copied = if kind.is_dir() {
        tree::make_dir(to, 0o700)
    } else if kind.is_symlink() {
        tree::read_link(from).and_then(|target| std::os::unix::fs::symlink(target, to))
    } else if kind.is_file() {
        files::copy(from, to)
    } else {
        let kind = FileType::from_raw_mode(metadata.mode());
        mknodat(CWD, to, kind, Mode::RUSR, metadata.rdev()).map_err(Into::into)
    };
    let failed = || format!("failed to copy `{}`", from.display());
    copied.with_context(failed)?;
    if kind.is_dir() {
        for child in files::list(from)? {
            if let Some(name) = child.file_name() {
                graft(&child, &files::look(&child)?, &to.join(name), copies)?;
            }
        }
    } else if metadata.nlink() > 1 {
        copies.insert(inode, to.to_owned());
    }
    // A change of owner may clear bits of the mode, and attributes too.
    lchown(to, Some(metadata.uid()), Some(metadata.gid())).with_context(failed)?;
    Attributes::of(from)?.copy_to(to)?;
    if !kind.is_symlink() {
        tree::set_exact_mode(to, metadata.mode()).with_context(failed)?;
    }
    tree::copy_times(metadata, to).with_context(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        files::write_atomic(path, text.as_bytes()).unwrap();
    }

    #[test]
    fn the_upper_layer_wins_and_everything_else_of_the_lower_comes_through() {
        let dir = tempfile::tempdir().unwrap();
        let (upper, lower) = (dir.path().join("upper"), dir.path().join("lower"));
        write(&upper.join("usr/both"), "upper");
        for path in ["usr/both", "usr/removed", "usr/kept", "usr/old/a", "new/b", "lfsgen/work/c"] {
            write(&lower.join(path), "lower");
        }
        make_whiteout(&upper.join("usr/removed")).unwrap();
        files::create_dir_all(&upper.join("usr/old")).unwrap();
        make_opaque(&upper.join("usr/old")).unwrap();
        make_whiteout(&lower.join("usr/gone")).unwrap();

        merge_under(&upper, &lower, "lfsgen").unwrap();

        assert_eq!(files::read(&upper.join("usr/both")).unwrap(), b"upper");
        assert_eq!(files::read(&upper.join("usr/kept")).unwrap(), b"lower");
        assert!(
            upper.join("new/b").exists()
                && !upper.join("usr/old/a").exists()
                && !upper.join("lfsgen").exists()
        );
        assert!(is_whiteout(&files::look(&upper.join("usr/removed")).unwrap()));
        assert!(is_whiteout(&files::look(&upper.join("usr/gone")).unwrap()));
        assert!(lower.join("usr/kept").exists(), "the lower layer stays as it is");
    }

    #[test]
    fn a_directory_over_what_the_lower_layer_had_removed_hides_what_lies_below_both() {
        let dir = tempfile::tempdir().unwrap();
        let (upper, lower) = (dir.path().join("upper"), dir.path().join("lower"));
        write(&upper.join("doc/new"), "");
        files::create_dir_all(&lower).unwrap();
        make_whiteout(&lower.join("doc")).unwrap();
        merge_under(&upper, &lower, "lfsgen").unwrap();
        assert!(Attributes::of(&upper.join("doc")).unwrap().opaque);
    }
}

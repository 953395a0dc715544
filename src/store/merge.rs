//! Lays one layer under another, into one tree.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::marks::{Attributes, is_whiteout, make_opaque, make_whiteout};
use crate::host::{files, tree};

/// Adds to the layer `upper` what the layer `lower` has below it, as if both were mounted. `lower` stays as it is, whatever
/// becomes of `upper`: they share no file. A top-level directory named `without` is left out.
///
/// # Errors
/// Something cannot be read or made; then `upper` is in an unknown state.
pub fn merge_under(upper: &Path, lower: &Path, without: &str) -> Result<()> {
    merge(upper, lower, Some(without), &mut Copies::new())
}

/// The first copy of each file that has several names, by device and inode.
type Copies = BTreeMap<(u64, u64), PathBuf>;

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
        let below = look(&from)?;
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
    if !metadata.is_dir() {
        return copy(from, metadata, to, copies);
    }
    tree::make_dir(to, metadata.mode() & 0o7777)
        .with_context(|| format!("failed to copy `{}`", from.display()))?;
    own_like(from, metadata, to)?;
    Attributes::of(from)?.copy_to(to)?;
    for child in files::list(from)? {
        if let Some(name) = child.file_name() {
            graft(&child, &look(&child)?, &to.join(name), copies)?;
        }
    }
    tree::date_like(metadata, to)
}

/// Copies a file with all that an artifact keeps of it, and the mark that tells whether overlayfs copied it up.
fn copy(from: &Path, metadata: &Metadata, to: &Path, copies: &mut Copies) -> Result<()> {
    if metadata.nlink() > 1 {
        let identity = (metadata.dev(), metadata.ino());
        if let Some(first) = copies.get(&identity) {
            return tree::hard_link(first, to);
        }
        copies.insert(identity, to.to_owned());
    }
    if metadata.is_symlink() {
        tree::ensure_symlink(&tree::read_link(from)?, to)?;
        lchown(to, Some(metadata.uid()), Some(metadata.gid()))
            .with_context(|| format!("failed to copy `{}`", from.display()))?;
        return tree::date_like(metadata, to);
    }
    if !metadata.is_file() {
        // Nothing in it could be changed, and an ordinary user could not make another device.
        return tree::hard_link(from, to);
    }
    tree::copy_file(from, to)?;
    own_like(from, metadata, to)?;
    Attributes::of(from)?.copy_all_to(to)?;
    tree::date_like(metadata, to)
}

fn own_like(from: &Path, metadata: &Metadata, to: &Path) -> Result<()> {
    lchown(to, Some(metadata.uid()), Some(metadata.gid()))
        // A change of owner may have cleared bits.
        .and_then(|()| tree::set_exact_mode(to, metadata.mode()))
        .with_context(|| format!("failed to copy `{}`", from.display()))
}

fn look(path: &Path) -> Result<Metadata> {
    files::symlink_metadata(path).with_context(|| format!("failed to look at `{}`", path.display()))
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
        assert!(is_whiteout(&look(&upper.join("usr/removed")).unwrap()));
        assert!(is_whiteout(&look(&upper.join("usr/gone")).unwrap()));
        assert!(lower.join("usr/kept").exists(), "the lower layer stays as it is");
    }

    #[test]
    fn what_comes_of_the_upper_layer_does_not_reach_the_lower_one() {
        let dir = tempfile::tempdir().unwrap();
        let (upper, lower) = (dir.path().join("upper"), dir.path().join("lower"));
        write(&lower.join("etc/file"), "lower");
        tree::hard_link(&lower.join("etc/file"), &lower.join("etc/other")).unwrap();
        tree::ensure_symlink(Path::new("file"), &lower.join("etc/link")).unwrap();
        let mark = |path: &Path| {
            rustix::fs::lsetxattr(path, "user.overlay.origin", b"x", rustix::fs::XattrFlags::empty())
                .unwrap();
        };
        mark(&lower.join("etc/file"));
        let seen = |name: &str| {
            let path = lower.join(name);
            let metadata = look(&path).unwrap();
            (metadata.mtime_nsec(), metadata.ino(), Attributes::of(&path).unwrap())
        };
        let names = ["etc", "etc/file", "etc/other", "etc/link"];
        let before = names.map(seen);
        files::create_dir_all(&upper).unwrap();

        merge_under(&upper, &lower, "lfsgen").unwrap();
        let [file, other] = ["etc/file", "etc/other"].map(|name| look(&upper.join(name)).unwrap());
        assert_eq!(file.ino(), other.ino(), "two names of one file stay so");
        let attributes = Attributes::of(&upper.join("etc/file")).unwrap();
        assert!(attributes.copied_up, "capture must know whose it was");
        attributes.strip_marks(&upper.join("etc/file")).unwrap();
        tree::date_no_later(&upper, 1000).unwrap();

        assert_eq!(names.map(seen), before);
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

//! What a layer was written over.
//!
//! Capturing compares what a package wrote with what was there before. This answers the second half of that from the
//! layers themselves, as overlayfs would show them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::marks::is_whiteout;
use crate::host::files;

/// The layers of a root below a package's own, the uppermost first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Below(pub Vec<Lower>);

/// One of them. It has whiteouts but no opaque directories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lower {
    /// Where it lies in the root; empty for the root itself.
    pub at: PathBuf,
    /// The directory.
    pub dir: PathBuf,
}

impl Lower {
    /// The host's path of a path of the root, where this layer could have it.
    fn host_path(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.at).ok().map(|rest| self.dir.join(rest))
    }
}

impl Below {
    /// What a path of the root, relative to it, was before the package; nothing where it was not there.
    ///
    /// # Errors
    /// A layer cannot be read.
    pub(super) fn find(&self, path: &Path) -> Result<Option<(PathBuf, Metadata)>> {
        for lower in &self.0 {
            let Some(candidate) = lower.host_path(path) else { continue };
            match files::symlink_metadata(&candidate) {
                Ok(metadata) if is_whiteout(&metadata) => return Ok(None),
                Ok(metadata) => return Ok(Some((candidate, metadata))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                // A file or a whiteout takes the place of one of its parents.
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
                // What could not be seen was not there for the package either.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(None),
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("failed to look at `{}`", candidate.display()));
                }
            }
        }
        Ok(None)
    }

    /// The names in a directory of the root before the package.
    ///
    /// # Errors
    /// A layer cannot be read.
    pub(super) fn names(&self, dir: &Path) -> Result<BTreeSet<OsString>> {
        let mut names = BTreeSet::new();
        for lower in &self.0 {
            let Some(candidate) = lower.host_path(dir) else { continue };
            if files::symlink_metadata(&candidate).is_ok_and(|metadata| metadata.is_dir()) {
                names.extend(
                    files::list(&candidate)?.iter().filter_map(|path| path.file_name()).map(OsString::from),
                );
            }
        }
        let mut there = BTreeSet::new();
        for name in names {
            if self.find(&dir.join(&name))?.is_some() {
                there.insert(name);
            }
        }
        Ok(there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::marks::make_whiteout;

    #[test]
    fn an_upper_layer_hides_what_it_removed_and_shows_what_it_did_not() {
        let dir = tempfile::tempdir().unwrap();
        let (upper, lower) = (dir.path().join("upper"), dir.path().join("lower"));
        for file in ["lower/usr/lib/a", "lower/usr/lib/b", "lower/usr/doc/c", "upper/usr/lib/d"] {
            files::write_atomic(&dir.path().join(file), b"").unwrap();
        }
        make_whiteout(&upper.join("usr/lib/a")).unwrap();
        make_whiteout(&upper.join("usr/doc")).unwrap();
        let below = Below(vec![
            Lower { at: PathBuf::new(), dir: upper },
            Lower { at: "usr".into(), dir: lower.join("usr") },
        ]);
        let there = |path: &str| below.find(Path::new(path)).unwrap().is_some();
        assert!(!there("usr/lib/a") && there("usr/lib/b") && there("usr/lib/d") && !there("usr/doc/c"));
        let names = below.names(Path::new("usr/lib")).unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["b", "d"]);
        assert!(below.names(Path::new("etc")).unwrap().is_empty());
    }
}

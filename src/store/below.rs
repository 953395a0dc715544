//! What a layer was written over.
//!
//! Capturing compares what a package wrote with what was there before. This answers the second half of that from the
//! layers themselves, as overlayfs would show them.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io;
use std::path::PathBuf;

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

impl Below {
    /// The root itself, as it was before the package.
    pub(super) fn root(&self) -> Dir<'_> {
        let whole = self.0.iter().enumerate().filter(|(_, lower)| lower.at.as_os_str().is_empty());
        let parts = whole.map(|(layer, lower)| (layer, lower.dir.clone())).collect();
        Dir { below: self, path: PathBuf::new(), parts }
    }
}

/// A directory of the root as it was before the package: it is made of those that layers have at its path. No link leads to one,
/// since a path is what overlayfs calls it.
#[derive(Debug, Clone)]
pub(super) struct Dir<'a> {
    below: &'a Below,
    path: PathBuf,
    /// Those directories, each with the number of its layer, the uppermost first.
    parts: Vec<(usize, PathBuf)>,
}

/// What a layer has under a name.
struct Shown {
    layer: usize,
    path: PathBuf,
    /// Nothing where it could not be seen, and so was not there for the package either; but it hides what lies below.
    metadata: Option<Metadata>,
}

impl Dir<'_> {
    /// What had a name in it; nothing where nothing had.
    ///
    /// # Errors
    /// A layer cannot be read.
    pub(super) fn find(&self, name: &OsStr) -> Result<Option<(PathBuf, Metadata)>> {
        let uppermost = self.shown(name).next().transpose()?;
        let seen = uppermost.and_then(|Shown { path, metadata, .. }| Some((path, metadata?)));
        Ok(seen.filter(|(_, metadata)| !is_whiteout(metadata)))
    }

    /// The directory of a name in it. It does not exist where that was something else, or nothing.
    ///
    /// # Errors
    /// A layer cannot be read.
    pub(super) fn inside(&self, name: &OsStr) -> Result<Self> {
        let mut parts = Vec::new();
        for shown in self.shown(name) {
            let Shown { layer, path, metadata } = shown?;
            if !metadata.is_some_and(|metadata| metadata.is_dir()) {
                // It hides what lies below it.
                break;
            }
            parts.push((layer, path));
        }
        Ok(Self { below: self.below, path: self.path.join(name), parts })
    }

    /// The names in it.
    ///
    /// # Errors
    /// A layer cannot be read.
    pub(super) fn names(&self) -> Result<BTreeSet<OsString>> {
        let mut names = BTreeSet::new();
        for (_, part) in &self.parts {
            names.extend(files::list(part)?.iter().filter_map(|path| path.file_name()).map(OsString::from));
        }
        let mut there = BTreeSet::new();
        for name in names {
            if self.find(&name)?.is_some() {
                there.insert(name);
            }
        }
        Ok(there)
    }

    /// What the layers have under a name in it, the uppermost first.
    fn shown(&self, name: &OsStr) -> impl Iterator<Item = Result<Shown>> {
        let path = self.path.join(name);
        let place = move |(layer, lower): (usize, &Lower)| {
            let part = self.parts.iter().find(|(of, _)| *of == layer).map(|(_, part)| part.join(name));
            Some((layer, part.or_else(|| (lower.at == path).then(|| lower.dir.clone()))?))
        };
        let look = |(layer, path): (usize, PathBuf)| match files::symlink_metadata(&path) {
            Ok(metadata) => Some(Ok(Shown { layer, path, metadata: Some(metadata) })),
            Err(error) if files::is_absent(&error) => None,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Some(Ok(Shown { layer, path, metadata: None }))
            }
            Err(error) => Some(Err(error).with_context(|| format!("failed to look at `{}`", path.display()))),
        };
        self.below.0.iter().enumerate().filter_map(place).filter_map(look)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::host::tree;
    use crate::store::marks::make_whiteout;

    fn dir<'a>(below: &'a Below, path: &str) -> Dir<'a> {
        Path::new(path).iter().fold(below.root(), |dir, name| dir.inside(name).unwrap())
    }

    fn names(below: &Below, path: &str) -> Vec<OsString> {
        dir(below, path).names().unwrap().into_iter().collect()
    }

    #[test]
    fn an_upper_layer_hides_what_it_removed_and_shows_what_it_did_not() {
        let temporary = tempfile::tempdir().unwrap();
        let (upper, lower) = (temporary.path().join("upper"), temporary.path().join("lower"));
        for file in ["lower/usr/lib/a", "lower/usr/lib/b", "lower/usr/doc/c", "upper/usr/lib/d"] {
            files::write_atomic(&temporary.path().join(file), b"").unwrap();
        }
        make_whiteout(&upper.join("usr/lib/a")).unwrap();
        make_whiteout(&upper.join("usr/doc")).unwrap();
        let below = Below(vec![
            Lower { at: PathBuf::new(), dir: upper },
            Lower { at: "usr".into(), dir: lower.join("usr") },
        ]);
        assert_eq!(names(&below, "usr/lib"), ["b", "d"]);
        assert_eq!(names(&below, "usr"), ["lib"]);
        let lib = dir(&below, "usr/lib");
        assert!(lib.find(OsStr::new("a")).unwrap().is_none() && lib.find(OsStr::new("b")).unwrap().is_some());
        assert!(dir(&below, "usr/doc").parts.is_empty() && dir(&below, "etc").parts.is_empty());
    }

    #[test]
    fn a_link_leads_nowhere_and_hides_the_directory_below_it() {
        let temporary = tempfile::tempdir().unwrap();
        let [upper, lower] = ["upper", "lower"].map(|name| temporary.path().join(name));
        for file in ["upper/there/a", "lower/opt/link/b"] {
            files::write_atomic(&temporary.path().join(file), b"").unwrap();
        }
        tree::ensure_dir(&upper.join("opt"), 0o755).unwrap();
        tree::ensure_symlink(Path::new("../there"), &upper.join("opt/link")).unwrap();
        let below = Below([upper, lower].map(|dir| Lower { at: PathBuf::new(), dir }).to_vec());
        let link = dir(&below, "opt/link");
        assert!(link.parts.is_empty() && link.find(OsStr::new("a")).unwrap().is_none());
        assert!(link.names().unwrap().is_empty());
        let (_, metadata) = dir(&below, "opt").find(OsStr::new("link")).unwrap().unwrap();
        assert!(metadata.is_symlink());
    }
}

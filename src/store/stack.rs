//! What layers look like together, one over the other, while they still have the marks of overlayfs.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::marks::{Attributes, is_whiteout};
use crate::host::files;

/// One directory of several layers: those of them that have it, the uppermost first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack(pub Vec<PathBuf>);

/// What a name in such a directory is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It is not there.
    Nothing,
    /// A directory.
    Directory(Stack),
    /// Anything else, and the layer's file.
    File(PathBuf),
    /// A layer says that what is below it under this name is gone.
    Removed,
}

impl Stack {
    /// What a name in it is.
    ///
    /// # Errors
    /// A layer cannot be read.
    pub fn look(&self, name: &OsStr) -> Result<Seen> {
        let mut found = Vec::new();
        for path in self.0.iter().map(|dir| dir.join(name)) {
            match files::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {
                    let is_opaque = Attributes::of(&path)?.opaque;
                    found.push(path);
                    if is_opaque {
                        break;
                    }
                }
                // A file hides what is below it; and a directory above hides the file.
                Ok(_) if !found.is_empty() => break,
                Ok(metadata) if is_whiteout(&metadata) => return Ok(Seen::Removed),
                Ok(_) => return Ok(Seen::File(path)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("failed to look at `{}`", path.display()));
                }
            }
        }
        Ok(if found.is_empty() { Seen::Nothing } else { Seen::Directory(Self(found)) })
    }

    /// The directory at a path below it; an empty one where there is none.
    ///
    /// # Errors
    /// A layer cannot be read.
    pub fn inside(&self, path: &Path) -> Result<Self> {
        path.components().try_fold(self.clone(), |stack, part| {
            Ok(match stack.look(part.as_os_str())? {
                Seen::Directory(inside) => inside,
                _ => Self::default(),
            })
        })
    }

    /// The names in it, sorted, those of what was removed included.
    ///
    /// # Errors
    /// A layer cannot be read.
    pub fn names(&self) -> Result<BTreeSet<OsString>> {
        let mut names = BTreeSet::new();
        for dir in &self.0 {
            names.extend(files::list(dir)?.iter().filter_map(|path| path.file_name()).map(OsString::from));
        }
        Ok(names)
    }

    /// Whether its uppermost layer hides what lies below all of them.
    ///
    /// # Errors
    /// The layer cannot be read.
    pub fn is_opaque(&self) -> Result<bool> {
        self.0.first().map_or(Ok(false), |dir| Ok(Attributes::of(dir)?.opaque))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::marks::{make_opaque, make_whiteout};

    #[test]
    fn a_layer_hides_what_it_removed_replaced_or_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["0/kept/new", "0/anew/b", "0/file", "1/kept/old", "1/anew/a", "1/gone", "1/file/x"] {
            files::write_atomic(&dir.path().join(file), b"").unwrap();
        }
        make_whiteout(&dir.path().join("0/gone")).unwrap();
        make_whiteout(&dir.path().join("0/kept/away")).unwrap();
        make_opaque(&dir.path().join("0/anew")).unwrap();
        let stack = Stack([0, 1].map(|layer| dir.path().join(layer.to_string())).to_vec());
        let look = |name: &str| stack.look(OsStr::new(name)).unwrap();
        assert_eq!([look("gone"), look("never")], [Seen::Removed, Seen::Nothing]);
        assert_eq!(look("file"), Seen::File(dir.path().join("0/file")));
        let names = |path: &str| stack.inside(Path::new(path)).unwrap().names().unwrap().len();
        assert_eq!([names("kept"), names("anew"), names("gone"), names("file")], [3, 1, 0, 0]);
        assert!(stack.inside(Path::new("anew")).unwrap().is_opaque().unwrap());
    }
}

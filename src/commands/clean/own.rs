//! What lfsgen made in a folder of the state directory, by what it calls things there. Whatever has another name is somebody's own:
//! the folder may have been there before the project.

use std::fs::FileType;
use std::path::{Path, PathBuf};

use crate::host::files;
use crate::model::{Digest, PackageName, SCHEMES};

/// What may lie in a folder: whether something of this name and kind is lfsgen's.
pub(super) type Rule = fn(&str, FileType) -> bool;

/// A folder a package.
pub(super) const OF_PACKAGES: Rule = |name, kind| kind.is_dir() && PackageName::new(name).is_ok();
/// A file a package.
pub(super) const FILES_OF_PACKAGES: Rule = |name, kind| kind.is_file() && PackageName::new(name).is_ok();
/// A folder a digest, or a link to one.
pub(super) const OF_DIGESTS: Rule = |name, kind| !kind.is_file() && Digest::parse(name).is_ok();
/// What lies under the layers of roots.
pub(super) const BASES: Rule =
    |name, _| ["empty", "host", "composed"].contains(&name) || name.starts_with("host-");
/// What providers of sources keep.
pub(super) const OF_PROVIDERS: Rule =
    |name, kind| kind.is_dir() && SCHEMES.iter().any(|(scheme, _)| *scheme == name);
/// Reports.
pub(super) const REPORTS: Rule = |name, _| name.starts_with("report.");

/// What is lfsgen's of a folder; all of it, where nothing else is in it.
pub(super) fn own(folder: PathBuf, rule: Rule) -> Vec<PathBuf> {
    // A link is removed and not followed, and so is what is no folder.
    let is_folder = files::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_dir());
    // One that cannot be read cannot be removed either, and that is told then.
    let Some(kinds) = is_folder.then(|| files::kinds(&folder).ok()).flatten() else { return vec![folder] };
    let all = kinds.len();
    let made = kinds.into_iter().filter(|(name, kind)| {
        name.to_str().is_some_and(|name| files::is_temporary(name) || rule(name, *kind))
    });
    let made: Vec<_> = made.map(|(name, _)| folder.join(name)).collect();
    if made.len() == all { vec![folder] } else { made }
}

/// Whether something of lfsgen's is in a folder.
pub(super) fn has_own(folder: &Path, rule: Rule) -> bool {
    let kinds = files::kinds(folder).unwrap_or_default();
    kinds.iter().any(|(name, kind)| name.to_str().is_some_and(|name| rule(name, *kind)))
}

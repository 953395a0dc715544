//! What lfsgen made in a folder of the state directory, by what it calls things there. Whatever has another name is somebody's own:
//! the folder may have been there before the project.

use std::fs::FileType;
use std::path::{Path, PathBuf};

use crate::host::files;
use crate::layout::{Layout, is_scratch};
use crate::model::{Digest, PackageName, SCHEMES};

/// What may lie in a folder: whether something of this name and kind is lfsgen's.
pub(super) type Rule = fn(&str, FileType) -> bool;

/// A folder a package.
const OF_PACKAGES: Rule = |name, kind| kind.is_dir() && PackageName::new(name).is_ok();
/// A file a package.
const FILES_OF_PACKAGES: Rule = |name, kind| kind.is_file() && PackageName::new(name).is_ok();
/// A folder a digest, or a link to one.
const OF_DIGESTS: Rule = |name, kind| !kind.is_file() && Digest::parse(name).is_ok();
/// What lies under the layers of roots.
const BASES: Rule = |name, _| ["empty", "host", "composed"].contains(&name) || name.starts_with("host-");
/// What providers of sources keep.
const OF_PROVIDERS: Rule = |name, kind| kind.is_dir() && SCHEMES.iter().any(|(scheme, _)| *scheme == name);
/// Reports.
const REPORTS: Rule = |name, _| name.starts_with("report.");

/// What may lie in a folder of the state directory, if there is a rule for it.
pub(super) fn rule_of(layout: &Layout, folder: &Path) -> Option<Rule> {
    let rules: [(PathBuf, Rule); 10] = [
        (layout.all_layers(), OF_PACKAGES),
        (layout.scratch(), |name, _| is_scratch(name)),
        (layout.base(), BASES),
        (layout.logs(), OF_PACKAGES),
        (layout.reports(), REPORTS),
        (layout.artifacts(), OF_DIGESTS),
        (layout.stamps(), OF_PACKAGES),
        (layout.all_passed(), FILES_OF_PACKAGES),
        (layout.sources(), OF_DIGESTS),
        (layout.providers(), OF_PROVIDERS),
    ];
    rules.into_iter().find(|(of, _)| of == folder).map(|(_, rule)| rule)
}

/// What is lfsgen's of a part of the state directory; all of it, where nothing else is in it.
pub(super) fn own(layout: &Layout, part: &Path) -> Vec<PathBuf> {
    // A link is removed and not followed, and so is what is no folder.
    let is_folder = files::symlink_metadata(part).is_ok_and(|metadata| metadata.is_dir());
    let rule = rule_of(layout, part).filter(|_| is_folder);
    // One that cannot be read cannot be removed either, and that is told then.
    let Some((rule, kinds)) = rule.and_then(|rule| Some((rule, files::kinds(part).ok()?))) else {
        return vec![part.to_owned()];
    };
    let all = kinds.len();
    let made = kinds.into_iter().filter(|(name, kind)| {
        name.to_str().is_some_and(|name| files::is_temporary(name) || rule(name, *kind))
    });
    let made: Vec<_> = made.map(|(name, _)| part.join(name)).collect();
    if made.len() == all { vec![part.to_owned()] } else { made }
}

/// Whether something of lfsgen's is in a folder.
pub(super) fn has_own(folder: &Path, rule: Rule) -> bool {
    let kinds = files::kinds(folder).unwrap_or_default();
    kinds.iter().any(|(name, kind)| name.to_str().is_some_and(|name| rule(name, *kind)))
}

//! What is to be done where something cannot be written because another user has made it, as `sudo lfsgen` does.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::Global;
use super::place::Place;
use crate::host::files;

/// How far below a folder to look: locks and downloads lie no deeper.
const DEPTH: u32 = 3;

/// What to do, if that is the reason: nothing for root, who may write it all, or where all is one's own.
pub(super) fn remedy(global: &Global) -> Option<String> {
    let place = Place::find(global).ok()?;
    let state = place.layout.root();
    let (found, what_to_do) = match anothers(state, DEPTH) {
        Some(found) => (
            found,
            "go on as that user, or have the whole folder removed: `sudo lfsgen clean --all`".to_owned(),
        ),
        None => (
            anothers(&place.output, DEPTH)?,
            format!("make it your own: `sudo chown -R {} {}`", geteuid().as_raw(), place.output.display()),
        ),
    };
    let owner = match files::symlink_metadata(&found).ok()?.uid() {
        0 => "root".to_owned(),
        uid => format!("user {uid}"),
    };
    Some(format!("`{}` belongs to {owner}, as after `sudo lfsgen`: {what_to_do}", found.display()))
}

/// A path that another user owns: this one or the first below it. What cannot be looked into is passed over.
fn anothers(path: &Path, depth: u32) -> Option<PathBuf> {
    let metadata = files::symlink_metadata(path).ok()?;
    if metadata.uid() != geteuid().as_raw() {
        return Some(path.to_owned());
    }
    if depth == 0 || !metadata.is_dir() {
        return None;
    }
    files::list(path).ok()?.iter().find_map(|below| anothers(below, depth - 1))
}

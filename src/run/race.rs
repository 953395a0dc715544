//! Whether a failed build phase seems to have failed for the order in which its jobs ran.
//!
//! GNU make stops at the first failure, so that what was missing may be missing still though a rule makes it: that proves
//! nothing. What tells one way or the other is what the phase wrote. Where the file is there now, another job made it. And
//! where it was looked for in a directory outside of the build tree in which the phase wrote nothing, no job was about to.
//!
//! A makefile that leaves out a dependency is right with one job, for its author ran it like that. Ninja seldom runs with
//! one job, and starts what is ready in much the same order whatever the number of jobs. So one job helps only whoever
//! lacked what had been started; and ninja waits for what it started before it gives up (ninja's `src/build.cc`,
//! `Builder::Build`), so that the file has to be there then.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use super::card::Card;
use super::left::Left;
use super::root::Root;
use crate::diagnose::{Diagnosis, Kind};
use crate::host::files;
use crate::layout::guest;

/// What GNU make says where a job fails while others run; where none did, no order of jobs is to blame.
const MAKE: &[u8] = b"*** Waiting for unfinished jobs";
/// How ninja begins what it says where it gives up.
const NINJA: &[u8] = b"ninja: build stopped: ";

/// Directories of the root of which nothing is left when a step has ended.
const GONE: [&str; 3] = ["/tmp", "/run", "/dev/shm"];

/// What the tree of a failed phase says of what it lacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lacked {
    /// The phase itself made it: here in the root, or below the build tree.
    Made(String),
    /// It is no file that a job of this phase makes.
    NeverMade,
    /// Its job may not have begun, or there is none.
    Unknown,
}

/// Looks in what a failed phase wrote for what it lacked. The layers of earlier phases are the uppermost first.
pub(super) fn lacked(found: &Diagnosis, root: &Root, earlier: &[PathBuf]) -> Lacked {
    let Some(name) = &found.name else { return Lacked::Unknown };
    let names = match found.kind {
        Kind::MissingLibrary => ["a", "so", "la"].map(|end| format!("lib{name}.{end}")).to_vec(),
        Kind::MissingFile | Kind::MissingHeader => vec![name.clone()],
        _ => return Lacked::Unknown,
    };
    let tree = Left::new(std::iter::once(&root.tree).chain(earlier).map(PathBuf::as_path));
    let path = Path::new(name);
    let made = if let Ok(exact) = path.strip_prefix(guest::WORK) {
        tree.made(exact).then(|| exact.display().to_string())
    } else if path.is_absolute() {
        return outside(path, root);
    } else {
        // Nobody knows from which directory it was looked for.
        names.iter().filter_map(|name| below_anything(name)).find_map(|path| tree.made_somewhere(&path))
    };
    made.map_or(Lacked::Unknown, Lacked::Made)
}

/// The same of a file outside of the build tree.
fn outside(path: &Path, root: &Root) -> Lacked {
    if GONE.iter().any(|gone| path.starts_with(gone)) {
        return Lacked::Unknown;
    }
    let written = root.written(path);
    if files::symlink_metadata(&written).is_ok_and(|metadata| metadata.is_file() || metadata.is_symlink()) {
        return Lacked::Made(path.display().to_string());
    }
    let is_used = written.parent().is_some_and(|dir| files::list(dir).is_ok_and(|names| !names.is_empty()));
    if is_used { Lacked::Unknown } else { Lacked::NeverMade }
}

/// A path without what leads out of the directory where it begins.
fn below_anything(name: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    path.file_name().is_some().then_some(path)
}

/// Whether one job is likely to build what failed with several.
///
/// # Errors
/// The log cannot be read.
pub(super) fn is_likely(card: &Card, lacked: &Lacked, log: &Path) -> Result<bool> {
    let Some(found) = card.diagnosis() else { return Ok(false) };
    Ok(match lacked {
        Lacked::NeverMade => false,
        // Another package may have one as well.
        Lacked::Made(_) => {
            (found.race || found.kind == Kind::MissingHeader)
                && (files::contains(log, MAKE)? || files::contains(log, NINJA)?)
        }
        // What another package has is taken for what is missing.
        Lacked::Unknown => found.race && card.providers.is_empty() && files::contains(log, MAKE)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_for_wherever_it_could_be_meant() {
        for (name, path) in [
            ("made", Some("made")),
            ("./lib/a.h", Some("lib/a.h")),
            ("../../lib/liba.a", Some("lib/liba.a")),
            ("src/../gen/a.h", Some("gen/a.h")),
            ("..", None),
            ("", None),
            ("/etc/passwd", None),
        ] {
            assert_eq!(below_anything(name), path.map(PathBuf::from), "{name}");
        }
    }
}

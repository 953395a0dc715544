//! Which job servers the programs in a root understand, told by words in their files: to ask them for their version
//! would cost more than everything else that a step costs.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use crate::host::{files, tree};
use crate::sandbox::Overlay;

/// A word that GNU make has had since it opens FIFOs (4.4, `src/posixos.c`).
const MAKE_WORD: &[u8] = b"fifo:";
/// A word that ninja has had since it knows job servers (1.13, `src/jobserver.cc`).
const NINJA_WORD: &[u8] = b"jobserver";
/// Links that are followed at most (`MAXSYMLINKS` in the kernel's include/linux/namei.h).
const MOST_LINKS: usize = 40;

/// Whether the make along a root's `PATH` opens a FIFO by its name, as GNU make does from 4.4 on; else it wants open
/// descriptors. True where there is no make.
///
/// # Errors
/// A make is there and cannot be read.
pub(super) fn make_opens(overlays: &[Overlay], path: &str) -> Result<bool> {
    knows(overlays, path, "make", MAKE_WORD)
}

/// Whether the ninja along a root's `PATH` takes its jobs from a FIFO, as it does from 1.13 on. True where there is no ninja.
///
/// # Errors
/// A ninja is there and cannot be read.
pub(super) fn ninja_takes(overlays: &[Overlay], path: &str) -> Result<bool> {
    knows(overlays, path, "ninja", NINJA_WORD)
}

/// Whether the first program of that name, in the root that these overlays make, has a word; true where there is none.
fn knows(overlays: &[Overlay], path: &str, name: &str, word: &[u8]) -> Result<bool> {
    let mut dirs = path.split(':').filter(|dir| dir.starts_with('/'));
    let Some(file) = dirs.find_map(|dir| resolve(overlays, &Path::new(dir).join(name))) else {
        return Ok(true);
    };
    files::contains(&file, word)
}

/// The host's file that a path of the root shows, if that is a regular file.
fn resolve(overlays: &[Overlay], path: &Path) -> Option<PathBuf> {
    let mut rest: Vec<PathBuf> = parts(path);
    let mut at = PathBuf::from("/");
    let mut links = 0;
    while let Some(part) = rest.pop() {
        if part == Path::new("..") {
            at.pop();
            continue;
        }
        let next = at.join(&part);
        let shown = shown(overlays, &next)?;
        let kind = files::symlink_metadata(&shown).ok()?.file_type();
        if kind.is_symlink() {
            links += 1;
            let target = tree::read_link(&shown).ok().filter(|_| links <= MOST_LINKS)?;
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            rest.append(&mut parts(&target));
        } else if rest.is_empty() {
            return kind.is_file().then_some(shown);
        } else {
            at = next;
        }
    }
    None
}

/// The parts of a path, the last one first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let named = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    let mut parts: Vec<_> = named.map(|part| PathBuf::from(part.as_os_str())).collect();
    parts.reverse();
    parts
}

/// What lies uppermost at a path of the root whose directories are no links.
fn shown(overlays: &[Overlay], path: &Path) -> Option<PathBuf> {
    let below = path.strip_prefix("/").ok()?;
    // A later overlay lies on a directory of an earlier one.
    let overlay = overlays.iter().rev().find(|overlay| below.starts_with(&overlay.at))?;
    let inside = below.strip_prefix(&overlay.at).ok()?;
    overlay.lower.iter().map(|dir| dir.join(inside)).find(|file| files::symlink_metadata(file).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(at: &str, lower: &[PathBuf]) -> Overlay {
        let (upper, work) = (PathBuf::from("/none"), PathBuf::from("/none"));
        Overlay { at: at.into(), lower: lower.to_vec(), upper, work }
    }

    #[test]
    fn the_uppermost_program_counts_through_links_of_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let [artifact, skeleton, usr] = ["artifact", "skeleton", "usr"].map(|name| dir.path().join(name));
        let write = |path: PathBuf, text: &str| files::write_atomic(&path, text.as_bytes()).unwrap();
        write(skeleton.join("lfsgen/script.sh"), "");
        write(usr.join("bin/make"), "GNU make 4.3");
        write(usr.join("bin/ninja"), "ninja 1.11");
        tree::ensure_symlink(Path::new("usr/bin"), &skeleton.join("bin")).unwrap();
        let base = [overlay("", std::slice::from_ref(&skeleton)), overlay("usr", std::slice::from_ref(&usr))];
        let know = |overlays: &[Overlay], path| {
            [make_opens(overlays, path).unwrap(), ninja_takes(overlays, path).unwrap()]
        };
        assert_eq!(know(&base, "/usr/bin"), [false, false]);
        assert_eq!(know(&base, "none:/bin"), [false, false]);
        assert_eq!(know(&base, "/sbin:/usr/sbin"), [true, true], "there is none");

        write(artifact.join("usr/bin/make"), "--jobserver-auth=fifo:%s");
        write(artifact.join("opt/ninja-1.13"), "jobserver: ");
        tree::ensure_symlink(Path::new("../../opt/ninja-1.13"), &artifact.join("usr/bin/ninja")).unwrap();
        let upper =
            [overlay("", &[artifact.clone(), skeleton]), overlay("usr", &[artifact.join("usr"), usr])];
        assert_eq!(know(&upper, "/bin"), [true, true]);
    }
}

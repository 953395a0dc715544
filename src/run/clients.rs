//! Which job servers the programs in a root understand, told by words in their files: to ask them for their version
//! would cost more than everything else that a step costs.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use crate::host::{files, tree};
use crate::sandbox::Overlay;

/// What the programs along a root's `PATH` understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clients {
    /// Whether make opens a FIFO by its name, as GNU make does from 4.4 on; else it wants open descriptors. True where there
    /// is no make.
    pub make_opens: bool,
    /// Whether ninja takes its jobs from a FIFO, as it does from 1.13 on. True where there is no ninja.
    pub ninja_takes: bool,
}

/// A word that GNU make has had since it opens FIFOs (4.4, `src/posixos.c`).
const MAKE_WORD: &[u8] = b"fifo:";
/// A word that ninja has had since it knows job servers (1.13, `src/jobserver.cc`).
const NINJA_WORD: &[u8] = b"jobserver";
/// Links that are followed at most (`MAXSYMLINKS` in the kernel's include/linux/namei.h).
const MOST_LINKS: usize = 40;

/// Looks for make and ninja in the directories of `path`, in the root that these overlays make.
///
/// # Errors
/// A program that is there cannot be read.
pub(super) fn find(overlays: &[Overlay], path: &str) -> Result<Clients> {
    let knows = |name: &str, word: &[u8]| -> Result<Option<bool>> {
        let files = path.split(':').filter(|dir| dir.starts_with('/'));
        let found = files.into_iter().find_map(|dir| resolve(overlays, &Path::new(dir).join(name)));
        found.map(|file| Ok(memchr::memmem::find(&files::read(&file)?, word).is_some())).transpose()
    };
    Ok(Clients {
        make_opens: knows("make", MAKE_WORD)?.unwrap_or(true),
        ninja_takes: knows("ninja", NINJA_WORD)?.unwrap_or(true),
    })
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
        let old = Clients { make_opens: false, ninja_takes: false };
        assert_eq!(find(&base, "/usr/bin").unwrap(), old);
        assert_eq!(find(&base, "none:/bin").unwrap(), old);
        let none = Clients { make_opens: true, ninja_takes: true };
        assert_eq!(find(&base, "/sbin:/usr/sbin").unwrap(), none);

        write(artifact.join("usr/bin/make"), "--jobserver-auth=fifo:%s");
        write(artifact.join("opt/ninja-1.13"), "jobserver: ");
        tree::ensure_symlink(Path::new("../../opt/ninja-1.13"), &artifact.join("usr/bin/ninja")).unwrap();
        let upper =
            [overlay("", &[artifact.clone(), skeleton]), overlay("usr", &[artifact.join("usr"), usr])];
        assert_eq!(find(&upper, "/bin").unwrap(), none);
    }
}

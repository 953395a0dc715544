//! The tree of a `build` phase that did not end well, and when the next attempt goes on in it.
//!
//! make, ninja and cargo can go on where they stopped; that is worth hours where a compiler's build fails at its end. So
//! what such a phase wrote stays in its attempt until the phase runs again, with a mark that says for which root it was
//! written: a digest of the machine's run (what is in memory alone is lost with it), of the key of the phase before, and
//! of all layers below. The phase's own text is not in it, for that is what one mends.
//!
//! Only where the commands ended by themselves does the next attempt go on. Who is killed leaves files that are cut off, and make
//! takes them for made: it removes what it was making where it can still do so (GNU make manual, "Interrupting or Killing
//! make"), and SIGKILL lets nobody. Such a tree is only looked at (`lfsgen shell`).
//!
//! Whoever writes such a tree has its attempt's lock for himself, and a shell that shows one shares it: so a shell never shows a tree
//! that is being written, and nobody goes on in one that a shell shows.
//!
//! Only the upper directories are used again. The kernel refuses the work directory of a volatile overlay
//! (Documentation/filesystems/overlayfs.rst, "Volatile mount"), and wants no more of it than that it is empty.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use sha2::{Digest as _, Sha256};

use super::root::{self, Root};
use super::runner::Runner;
use crate::host::{clock, files, tree};
use crate::layout::Layout;
use crate::model::{Digest, Phase};
use crate::plan::file::StepFile;
use crate::store::{self, trash};

/// The file of an attempt that says for which root its tree was written.
const MARK: &str = "mark";
/// A file that is there where its commands ended by themselves.
const ENDED: &str = "ended";

/// What was made of a tree that an attempt before has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Nobody asked for it, or there is none.
    Not,
    /// It is in the root.
    Used,
    /// It was written for another root, and is gone.
    Foreign,
    /// Its commands were killed while they wrote, and it is gone.
    Cut,
}

impl Kept {
    /// What is worth knowing of it.
    pub(super) fn note(self) -> Option<String> {
        let note = match self {
            Self::Not => return None,
            Self::Used => "went on in the tree of the attempt before",
            Self::Cut => "began anew: the attempt before was ended while it wrote",
            Self::Foreign => "began anew: what lies below the tree of the attempt before has changed since",
        };
        Some(note.to_owned())
    }
}

impl Runner {
    /// The root in which a phase runs, with what an attempt before has left in it where that is asked for.
    pub(super) fn root_to_run_in(&self, step: &StepFile, earlier: &[PathBuf]) -> Result<(Root, Kept)> {
        let attempt = self.attempt(step.phase);
        if step.phase != Phase::Build {
            return Ok((self.compose(step.phase, earlier, &attempt)?, Kept::Not));
        }
        let mut kept = Kept::Not;
        if self.go_on
            && let Some(mark) = files::read_if_exists(&attempt.join(MARK))?
        {
            let Some(own) = store::take_dir(&attempt)? else {
                bail!(
                    "a shell shows the tree of `{}` in which `--continue` would go on: leave that shell first, or build without \
                     `--continue`",
                    self.package.package,
                );
            };
            let ended = attempt.join(ENDED).exists();
            remove_all_but_trees(&attempt)?;
            let mut root = self.compose_over(step.phase, earlier, &attempt)?;
            root.own = Some(own);
            if ended && mark == self.mark(step, earlier, &root)? {
                files::write_atomic(&attempt.join(MARK), &mark)?;
                return Ok((root, Kept::Used));
            }
            kept = if ended { Kept::Foreign } else { Kept::Cut };
        }
        let mut root = self.compose(step.phase, earlier, &attempt)?;
        root.own = Some(store::own_dir(&attempt)?);
        files::write_atomic(&attempt.join(MARK), &self.mark(step, earlier, &root)?)?;
        Ok((root, kept))
    }

    /// Whether the tree that an attempt has left was written over a root like this one.
    pub(super) fn is_kept_over(
        &self,
        step: &StepFile,
        earlier: &[PathBuf],
        root: &Root,
        attempt: &Path,
    ) -> Result<bool> {
        let mark = files::read_if_exists(&attempt.join(MARK))?;
        Ok(mark == Some(self.mark(step, earlier, root)?))
    }

    fn mark(&self, step: &StepFile, earlier: &[PathBuf], root: &Root) -> Result<Vec<u8>> {
        let before = self.earlier(step.phase).last().unwrap_or(step);
        let base = self.layout.base();
        let mut hash = Sha256::new();
        let mut feed = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        feed(clock::boot_id().as_bytes());
        feed(&before.key.0);
        for overlay in &root.overlays {
            feed(overlay.at.as_os_str().as_encoded_bytes());
            // What stands for the machine itself is in none of its names for long: a new log is enough.
            let own = overlay.lower.iter().filter(|lower| !lower.starts_with(&base));
            own.for_each(|lower| feed(lower.as_os_str().as_encoded_bytes()));
        }
        for layer in earlier {
            // One that was made again under the same key has other files, with other times.
            let layer = files::metadata(layer)?;
            feed(&layer.ino().to_le_bytes());
            feed(&layer.mtime().to_le_bytes());
            feed(&layer.mtime_nsec().to_le_bytes());
        }
        Ok(Digest(hash.finalize().into()).to_string().into_bytes())
    }
}

/// Leaves the upper directories of an attempt, and nothing else.
fn remove_all_but_trees(attempt: &Path) -> Result<()> {
    for path in files::list(attempt)? {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if name.starts_with(root::WORK.as_bytes()) {
            tree::remove(&path)?;
        } else if !path.is_dir() {
            files::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Whether an attempt has a tree to go on in.
pub(super) fn is_marked(attempt: &Path) -> bool {
    attempt.join(MARK).exists()
}

/// Says of a tree that the commands which wrote it ended by themselves.
pub(super) fn has_ended(attempt: &Path) -> Result<()> {
    files::write_atomic(&attempt.join(ENDED), b"")
}

/// Throws the tree of a package away that needs it no longer.
pub(super) fn clear(layout: &Layout, attempt: &Path) -> Result<()> {
    if is_marked(attempt) { trash::put(layout, attempt) } else { Ok(()) }
}

/// Takes the mark off an attempt whose tree is about to be committed, so that nobody goes on in half of one.
pub(super) fn forget(attempt: &Path) -> Result<()> {
    files::remove_file(&attempt.join(MARK))
}

//! What `generate` remembers of its last run, to see at once that nothing changed.
//!
//! The stamp names every file and folder that was read and every file that was written, with what the file system says of
//! each. Where all of that still holds, for the same program and arguments, the output is what it would be again. What the run
//! had to say is in it too, because a run that is skipped has to say the same.

use std::path::Path;

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::emit::Backend;
use crate::host::clock::boot_id;
use crate::host::env;
use crate::host::files::{self, Identity};
use crate::model::RelPath;
use crate::render::Style;

/// How coarse a file's time may be. A file that changed this shortly before it was read could change again without a trace,
/// so it is not believed. Kernels stamp files by the tick, at most 10 ms (inode_set_ctime_current in Linux).
const GRAIN_MS: u64 = 20;

/// What a run was asked: all that its output depends on besides the program and the files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Question {
    pub(super) backend: Backend,
    /// The output folder that the command line names.
    pub(super) output: Option<RelPath>,
    /// Values of options that the command line gives.
    pub(super) options: Vec<String>,
}

/// How much a plan has of each.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) packages: usize,
    pub(super) steps: usize,
}

/// A run that has just written its output.
pub(super) struct Run<'a> {
    pub(super) question: Question,
    pub(super) counts: Counts,
    pub(super) said: Option<Said>,
    /// When it began, in milliseconds since the Unix epoch.
    pub(super) since: u64,
    /// What it read and what it wrote, relative to the project's root.
    pub(super) read: &'a [String],
    pub(super) written: &'a [String],
}

/// What is remembered of a run that wrote its output.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// The program's version.
    lfsgen: String,
    /// The program's own file.
    program: Option<Identity>,
    /// The machine's run: what was written in an earlier one may have been lost, behind a name and a time that stayed.
    boot: String,
    pub(super) question: Question,
    pub(super) counts: Counts,
    /// What was said, if anything.
    pub(super) said: Option<Said>,
    /// Everything that was read or written, relative to the project's root.
    files: Vec<(String, Identity)>,
}

/// What was wrong, in words.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) text: String,
    /// What it was laid out for.
    pub(super) style: Style,
}

impl Stamp {
    /// The last run's stamp, if all that it says still holds, and what was said can be said again in that style.
    pub(super) fn that_holds(path: &Path, root: &Path, question: &Question, style: Style) -> Option<Self> {
        let stamp = Self::last(path)?;
        let same_run = stamp.lfsgen == env!("CARGO_PKG_VERSION")
            && stamp.program == program()
            && stamp.boot == boot_id()
            && stamp.question == *question
            && stamp.said.as_ref().is_none_or(|said| said.style == style);
        (same_run && !stamp.is_outdated(root)).then_some(stamp)
    }

    /// The last run's stamp; nothing where nothing is known of one.
    pub(super) fn last(path: &Path) -> Option<Self> {
        serde_json::from_slice(&files::read(path).ok()?).ok()
    }

    /// Whether a file that the run read or wrote has changed since.
    pub(super) fn is_outdated(&self, root: &Path) -> bool {
        let is_same =
            |(path, then): &(String, Identity)| Identity::of(&root.join(path)).is_ok_and(|now| now == *then);
        !self.files.par_iter().all(is_same)
    }

    /// Remembers a run in a project. Nothing is remembered where a file is gone or too new to be told from a later version of
    /// itself.
    pub(super) fn take(root: &Path, run: Run<'_>) -> Option<Self> {
        let Run { question, counts, said, since, read, written } = run;
        let settled =
            i64::try_from(since.saturating_sub(GRAIN_MS)).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        let of = |path: &String| Some((path.clone(), Identity::of(&root.join(path)).ok()?));
        let is_settled = |(_, identity): &(String, Identity)| identity.ctime < settled;
        let read = read.par_iter().map(|path| of(path).filter(is_settled)).collect::<Option<Vec<_>>>()?;
        let written = written.par_iter().map(of).collect::<Option<Vec<_>>>()?;
        Some(Self {
            lfsgen: env!("CARGO_PKG_VERSION").to_owned(),
            program: program(),
            boot: boot_id(),
            question,
            counts,
            said,
            files: read.into_iter().chain(written).collect(),
        })
    }

    /// Writes it down.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_vec(self).context("failed to write down what was generated")?;
        files::write_atomic(path, &json)
    }
}

/// The program's own file: another build of the same version may write something else.
fn program() -> Option<Identity> {
    Identity::of(&env::current_exe().ok()?).ok()
}

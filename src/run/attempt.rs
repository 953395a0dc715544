//! What becomes of what a phase's command wrote, in whichever way it ran.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::artifact::{self, Committed};
use super::card::Card;
use super::failing::Listener;
use super::fallback::{OF_DESTDIR, Way};
use super::kept::Kept;
use super::race::{self, Lacked};
use super::root::Root;
use super::runner::{Runner, millis};
use super::share::Share;
use super::stopping::A_MOMENT;
use super::{REAL_CLOCK, StepResult, kept, limits, log};
use crate::host::{files, tree};
use crate::journal::{Event, Outcome, Usage};
use crate::model::{Limited, Over, Phase};
use crate::plan::file::StepFile;
use crate::sandbox::{Ended, How};
use crate::store::{self, trash};

/// How a phase's command was run, and how that ended.
pub(super) struct Attempt {
    pub(super) result: StepResult,
    /// What it has used of the phase's time limit.
    pub(super) spent: Duration,
    /// Whether it could run more than one job at once.
    pub(super) several_jobs: bool,
    /// What became of the tree that an attempt before has left.
    pub(super) kept: Kept,
    /// Of a failure: what its tree says of what it lacked.
    pub(super) lacked: Lacked,
}

/// What a phase's command was run in, and how it ended.
pub(super) struct Ran {
    pub(super) root: Root,
    /// What became of the tree that an attempt before has left.
    pub(super) kept: Kept,
    pub(super) ended: Ended,
    /// Whether it could run more than one job at once.
    pub(super) several_jobs: bool,
    pub(super) failing: Listener,
}

impl Runner {
    /// Runs a scripted phase, for which all is prepared, and commits what it wrote. So much of its time limit is spent.
    pub(super) fn attempt_to_run(
        &mut self,
        step: &StepFile,
        share: &mut Share,
        spent: Duration,
    ) -> Result<Attempt> {
        let phase = step.phase;
        let layer = |step: &StepFile| self.layout.layer_tree(&self.package.package, step.phase);
        let mut earlier: Vec<_> = self.earlier(phase).map(layer).collect();
        earlier.reverse();
        let ran = match self.way {
            Way::Isolated => self.run_isolated(step, share, &earlier, spent)?,
            Way::OnMachine(_) => self.run_on_machine(step, share, &earlier, spent)?,
        };
        let Ran { root, kept, ended, several_jobs, failing } = ran;
        let (usage, spent) = (usage(&ended), ended.counted);
        let (mut outcome, note) = self.judge(phase, ended.how)?;
        let mut note = ended.clock_refused.map(|why| format!("{REAL_CLOCK}: {why}")).or(note).or(kept.note());
        let (mut card, mut lacked) = (None, Lacked::Unknown);
        if outcome.is_failure() {
            let failed = self.card(step, &outcome, &root, &earlier).of(failing.command());
            if phase == Phase::Build && matches!(outcome, Outcome::Failed { .. }) {
                // Where it cannot be written, as on a full disk, the next attempt begins anew.
                let _ = kept::has_ended(&self.attempt(phase));
                lacked = failed.diagnosis().map_or(lacked, |found| race::lacked(found, &root, &earlier));
            }
            card = Some(failed);
        } else if let Some(how) = self.nothing_in_destdir(phase, &root)?.filter(|_| outcome.is_ok()) {
            outcome = Outcome::Failed { status: 1 };
            card = Some(Card::of_finding(&self.package.package, step, &outcome, how.to_owned(), Vec::new()));
        } else if outcome.is_ok() && phase != Phase::Check {
            kept::forget(&self.attempt(phase))?;
            let thrown_away = artifact::thrown_away(&root, &self.package)?;
            root.fold()?;
            let damage = (phase == Phase::COMPLETING).then(|| self.damage()).flatten();
            let made_again = |how: String| {
                let was = if how == OF_DESTDIR { "" } else { "was damaged and " };
                format!("its artifact {was}was made again: {how}")
            };
            note = damage.map(made_again).or(note);
            let missing = self.watched(step, A_MOMENT, |runner| runner.commit(step, &root, &earlier))??;
            note = note
                .or_else(|| artifact::installed_nothing(&self.layout, &self.package, phase, &self.output))
                .or(thrown_away);
            if !missing.is_empty() {
                let how = artifact::lacks(&self.package);
                outcome = Outcome::Failed { status: 1 };
                card = Some(Card::of_finding(&self.package.package, step, &outcome, how, missing));
            }
        }
        // What it holds is free again.
        drop(root);
        let is_full = matches!(outcome, Outcome::OverLimit(Over { of: Limited::Room, .. }));
        if is_full || !kept::is_marked(&self.attempt(phase)) {
            trash::put(&self.layout, &self.attempt(phase))?;
        }
        if is_full {
            // What it wrote is what others lack, the journal first of all.
            self.watched(step, Duration::ZERO, |runner| trash::empty(&runner.layout, || true))??;
        }
        let result = StepResult { phase, outcome, usage, note, card };
        Ok(Attempt { result, spent, several_jobs, kept, lacked })
    }

    /// What the end of a phase's command comes to.
    pub(super) fn outcome(&self, how: How) -> Outcome {
        match how {
            How::Exited(0) => Outcome::Succeeded,
            How::Exited(status) => Outcome::Failed { status },
            How::Signalled(signal) => Outcome::Killed { signal },
            How::TimedOut => Outcome::TimedOut { seconds: self.package.limits.timeout.unwrap_or(0) },
            How::Over(over) => Outcome::OverLimit(limits::whose(&self.package.limits, over)),
            How::Stopped => Outcome::Interrupted,
        }
    }

    /// The same, but for tests that may fail; and what is worth knowing of them.
    fn judge(&self, phase: Phase, how: How) -> Result<(Outcome, Option<String>)> {
        let outcome = self.outcome(how);
        let expected = &self.package.expected_failures;
        if phase == Phase::Check && !expected.is_empty() {
            let results = log::results(&self.layout, &self.package.package, phase, expected)?;
            match outcome {
                Outcome::Failed { status } if results.excuses(status, expected) => {
                    return Ok((Outcome::Succeeded, results.note(expected)));
                }
                Outcome::Succeeded => return Ok((outcome, results.note(expected))),
                _ => {}
            }
        }
        Ok((outcome, None))
    }

    /// Commits a successful phase; says what an artifact lacks, and then has committed nothing.
    fn commit(&mut self, step: &StepFile, root: &Root, earlier: &[PathBuf]) -> Result<Vec<store::Missing>> {
        let attempt = self.attempt(step.phase);
        if step.phase == Phase::COMPLETING {
            return self.commit_artifact(root, earlier, &attempt);
        }
        let staged = attempt.join("layer");
        files::create_dir_all(&staged)?;
        files::rename(&root.tree, &staged.join("tree"))?;
        let key = self.way.key(&step.key);
        store::commit_layer(&self.layout, &staged, &self.package.package, step.phase, &key)?;
        Ok(Vec::new())
    }

    /// Commits the artifact of a package whose last phase is this one; says what it lacks.
    fn commit_artifact(
        &mut self,
        root: &Root,
        earlier: &[PathBuf],
        attempt: &Path,
    ) -> Result<Vec<store::Missing>> {
        match artifact::commit(&self.layout, &self.package, root, earlier, attempt)? {
            Committed::Lacks(missing) => Ok(missing),
            Committed::Yes(artifact) => {
                self.journal.append(Event::ArtifactCommitted(artifact))?;
                self.name_by_contents()?;
                // The artifact has what they had; only the build tree goes with them.
                store::remove_layers(&self.layout, &self.package.package)?;
                tree::remove(&attempt.join(artifact::BUILD_TREE))?;
                Ok(Vec::new())
            }
        }
    }
}

fn usage(ended: &Ended) -> Usage {
    Usage {
        wall_ms: millis(ended.wall),
        user_ms: millis(ended.usage.user),
        system_ms: millis(ended.usage.system),
        max_rss_kib: ended.usage.max_rss_kib,
        peak_bytes: ended.peak,
        read_bytes: ended.usage.read,
        written_bytes: ended.usage.written,
    }
}

//! A scripted step: its root, its command, and what becomes of what it wrote.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::artifact::{self, Committed};
use super::card::Card;
use super::kept::Kept;
use super::race::{self, Lacked};
use super::root::{self, Root};
use super::runner::{Runner, millis};
use super::script::Script;
use super::share::{Server, Share};
use super::stopping::A_MOMENT;
use super::{BUILDER, REAL_CLOCK, StepResult, environment, failing, fallback, kept, limits, log};
use crate::host::{files, tree};
use crate::journal::{Event, Outcome, Usage};
use crate::layout::guest;
use crate::model::{Limited, Over, Phase, RootKind};
use crate::plan::file::StepFile;
use crate::sandbox::{self, BoundFile, Command, Ended, HostRoot, How, Output, Sandbox};
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

impl Runner {
    /// Makes sure that this process can isolate a phase.
    pub(super) fn make_ready(&self) -> Result<()> {
        let mode = self.package.stage.sandbox;
        fallback::refuse_off(mode)?;
        sandbox::enter_user_namespace().map_err(fallback::nothing_instead(mode))?;
        sandbox::end_with_parent()
    }

    /// Fetches what is missing of a package's sources.
    pub(super) fn bring_sources(&self) -> Result<()> {
        self.sources().fetch(&mut std::io::sink()).map_err(|error| anyhow::anyhow!("{error}"))
    }

    /// Has all that takes long and comes before a phase's root done, and a signal heard meanwhile.
    pub(super) fn prepare(&mut self, step: &StepFile) -> Result<()> {
        if !self.sources().are_there() {
            self.watched(step, Duration::ZERO, |runner| runner.bring_sources())??;
        }
        self.make_ready()?;
        let is_first = self.earlier(step.phase).next().is_none();
        if is_first && !self.package.sources.is_empty() {
            // The phase that unpacks them; others see what it made of them.
            self.watched(step, Duration::ZERO, |runner| runner.sources().verify())??;
        }
        let base = self.layout.base();
        if self.package.stage.root == RootKind::Host && !HostRoot::is_prepared(&base)? {
            let state = self.layout.root().to_owned();
            self.watched(step, Duration::ZERO, |_| HostRoot::prepare(&base, &state))??;
        }
        Ok(())
    }

    /// The root of a phase over the trees of the layers below it, the uppermost first. What it writes goes to `attempt`,
    /// which is emptied.
    pub(super) fn compose(&self, phase: Phase, earlier: &[PathBuf], attempt: &Path) -> Result<Root> {
        // It may be large, and this process hears no signal now.
        trash::put(&self.layout, attempt)?;
        files::create_dir_all(attempt)?;
        self.compose_over(phase, earlier, attempt)
    }

    /// The same, with what an attempt has in it already.
    pub(super) fn compose_over(&self, phase: Phase, earlier: &[PathBuf], attempt: &Path) -> Result<Root> {
        let builder = root::needs_builder(&self.package, self.real_root);
        root::compose(&self.layout, &self.package, phase, earlier, attempt, builder)
    }

    /// The sandbox of a phase: its root, its files and its command.
    pub(super) fn sandbox(&self, phase: Phase, root: &Root) -> Result<Sandbox> {
        let script = Script::find(&self.output, &self.package)?;
        let mut files = self.sources().in_root()?;
        files.push(BoundFile { from: script.path.clone(), at: guest::SCRIPT.into() });
        let mount_point = self.layout.mount_point();
        files::create_dir_all(&mount_point)?;
        Ok(Sandbox {
            mount_point,
            overlays: root.overlays.clone(),
            files,
            files_dir: Some(guest::SOURCES.into()),
            network: self.package.stage.network,
            limits: limits::of(&self.package.limits),
            clock_ahead: self.clock_ahead,
            command: Command {
                argv: script.argv(phase),
                env: environment::environment(&self.package),
                dir: guest::WORK.into(),
                user: root::needs_builder(&self.package, self.real_root).then_some(BUILDER),
                timeout: self.package.limits.timeout.map(Duration::from_secs),
                opened: None,
            },
        })
    }

    /// Runs a scripted phase, for which all is prepared, and commits what it wrote. So much of its time limit is spent.
    pub(super) fn attempt_to_run(
        &mut self,
        step: &StepFile,
        share: &mut Share,
        spent: Duration,
    ) -> Result<Attempt> {
        let phase = step.phase;
        let name = &self.package.package;
        let mut earlier: Vec<_> =
            self.earlier(phase).map(|step| self.layout.layer_tree(name, step.phase)).collect();
        earlier.reverse();
        let (root, kept) = self.root_to_run_in(step, &earlier)?;
        let mut sandbox = self.sandbox(phase, &root)?;
        sandbox.command.timeout = sandbox.command.timeout.map(|limit| limit.saturating_sub(spent));
        let server = share.offer(&self.package, phase, &root, &mut sandbox)?;
        let several_jobs = !matches!(server, Server::Nobody);
        let failing = failing::listen(&root, &mut sandbox)?;
        let mut log = self.start_log(phase)?;
        let ended = sandbox
            .run(Output::Log(&mut log), |stop| server.serve(&self.layout, stop))
            .map_err(fallback::nothing_instead(self.package.stage.sandbox))?;
        drop(log);
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
        } else if outcome.is_ok() && phase != Phase::Check {
            kept::forget(&self.attempt(phase))?;
            root.fold()?;
            let damage = self.is_last(phase).then(|| self.damage()).flatten();
            note = damage.map(|how| format!("its artifact was damaged and was made again: {how}")).or(note);
            let missing = self.watched(step, A_MOMENT, |runner| runner.commit(step, &root, &earlier))??;
            note = note
                .or_else(|| artifact::installed_nothing(&self.layout, &self.package, phase, &self.output));
            if !missing.is_empty() {
                let how = artifact::lacks(&self.package);
                outcome = Outcome::Failed { status: 1 };
                card = Some(Card::of_finding(&self.package.package, step, &outcome, how, missing));
            }
        }
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
                Outcome::Failed { status } if results.excuse(status, expected).is_some() => {
                    return Ok((Outcome::Succeeded, results.note(expected.len())));
                }
                Outcome::Succeeded => return Ok((outcome, results.note(expected.len()))),
                _ => {}
            }
        }
        Ok((outcome, None))
    }

    /// Commits a successful phase; says what an artifact lacks, and then has committed nothing.
    fn commit(&mut self, step: &StepFile, root: &Root, earlier: &[PathBuf]) -> Result<Vec<store::Missing>> {
        let attempt = self.attempt(step.phase);
        if self.is_last(step.phase) {
            return self.commit_artifact(Some(root), earlier, &attempt);
        }
        let staged = attempt.join("layer");
        files::create_dir_all(&staged)?;
        files::rename(&root.tree, &staged.join("tree"))?;
        store::commit_layer(&self.layout, &staged, &self.package.package, step.phase, &step.key)?;
        Ok(Vec::new())
    }

    /// Commits the artifact of a package whose last phase is this one; says what it lacks.
    pub(super) fn commit_artifact(
        &mut self,
        root: Option<&Root>,
        earlier: &[PathBuf],
        attempt: &Path,
    ) -> Result<Vec<store::Missing>> {
        match artifact::commit(&self.layout, &self.package, root, earlier, attempt)? {
            Committed::Lacks(missing) => Ok(missing),
            Committed::Yes(artifact) => {
                self.journal.append(Event::ArtifactCommitted(artifact))?;
                self.name_by_contents()?;
                // The artifact has what they had; only the build tree goes with them.
                tree::remove(&self.layout.layers(&self.package.package))?;
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
    }
}

//! The order of things in a step.
//!
//! What is there already is passed on; else the package is locked, earlier phases whose layers are gone run again, and
//! then the step itself. Each has its start and its end in the journal, also where it could not be run; a stamp is
//! written last, when what it stands for is there.

use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};

use super::card::Card;
use super::fallback::{Standing, Way, standing};
use super::log::{self, Log};
use super::same::Manifests;
use super::sources::Sources;
use super::stopping::tell_of_failure;
use super::{Options, StepResult, kept};
use crate::diagnose::{plain, plain_lines};
use crate::host::clock::Stopwatch;
use crate::host::remedy::remedy;
use crate::host::{files, lock, tree};
use crate::journal::{Event, Outcome, StepFinished, StepStarted, Usage, Writer};
use crate::layout::Layout;
use crate::model::{Digest, Phase};
use crate::plan::file::{PackageFile, StepFile};
use crate::plan::{paths, read};
use crate::sandbox;
use crate::store::{self, Held, InUse, trash};

/// What is said of a step that waited for its share of the budget and never started.
const STOPPED: &str = "it was asked to stop before it could start";
/// The same, where as many steps of its run have failed as may.
const RUN_FAILED: &str = "another step of its run failed before it could start";

/// One package, ready to run its steps.
pub(super) struct Runner {
    pub(super) package: PackageFile,
    pub(super) layout: Layout,
    project: PathBuf,
    pub(super) output: PathBuf,
    cache: Option<PathBuf>,
    check: bool,
    pub(super) go_on: bool,
    pub(super) real_root: bool,
    pub(super) way: Way,
    pub(super) journal: Writer,
    pub(super) run: Option<String>,
    pub(super) slots: Option<u32>,
    pub(super) jobs: Option<u32>,
    pub(super) keep_going: Option<u32>,
    pub(super) clock_ahead: Option<u32>,
    /// Whether the step that runs has begun its log. Until then there may be that of an attempt before.
    pub(super) has_log: bool,
    /// The manifests that were read.
    pub(super) manifests: Manifests,
    /// Where signals that ask this process to stop are seen, once they are held back.
    pub(super) signals: Option<Arc<OwnedFd>>,
    /// What lies there stays as long as this runs.
    _state: InUse,
}

impl Runner {
    pub(super) fn open(options: &Options) -> Result<Self> {
        let package = read_plan(options)?;
        files::create_dir_all(&options.state)?;
        let layout = Layout::new(tree::canonical(&options.state)?);
        let output = options.plan.parent().map(|plan| plan.join("..")).unwrap_or_default();
        let state = store::use_state(&layout)?;
        let journal = Writer::open(&layout.journal(), options.run.clone())?;
        store::close_to_others(&layout)?;
        Ok(Self {
            way: Way::of(&package, &layout, options)?,
            journal,
            layout,
            project: tree::canonical(&options.project)?,
            output: tree::canonical(&output)?,
            cache: options.cache.clone(),
            check: options.check,
            go_on: options.go_on,
            real_root: sandbox::is_root(),
            run: options.run.clone(),
            slots: options.slots,
            jobs: options.jobs,
            keep_going: options.keep_going,
            clock_ahead: options.clock_ahead,
            has_log: false,
            manifests: Manifests::default(),
            signals: None,
            _state: state,
            package,
        })
    }

    /// Runs a step, unless its result is there.
    pub(super) fn step(mut self, phase: Phase) -> Result<StepResult> {
        let step = self.find(phase)?.clone();
        // What is found now must still be there when the step says so.
        let _held = store::hold(&self.layout, &self.package.key)?;
        // A step that waits must not outlive its ninja either.
        sandbox::end_with_parent()?;
        if self.is_done(&step) {
            return self.pass(&step, Outcome::Restored);
        }
        if phase == Phase::Check && !self.check {
            return self.pass(&step, Outcome::Skipped);
        }
        let _lock = lock::hold(&self.layout.lock(&self.package.package))?;
        // While this one waited for the lock, another may have done the work.
        let mut is_done = self.is_done(&step);
        // Where a layer of this package is there, an earlier phase looked for one that is the same, and there was none.
        let is_begun = self.earlier(phase).any(|step| self.has_layer(step));
        if !is_done && !is_begun && self.take_the_same()? {
            is_done = self.is_done(&step);
        }
        if is_done {
            return self.pass(&step, Outcome::Restored);
        }
        self.hold_signals()?;
        let earlier: Vec<_> = self.earlier(phase).cloned().collect();
        let first_missing = earlier.iter().position(|step| !self.has_layer(step)).unwrap_or(earlier.len());
        for step in &earlier[first_missing..] {
            let result = self.recorded(step)?;
            if !result.outcome.is_ok() {
                return Ok(result);
            }
        }
        let result = self.recorded(&step)?;
        if result.outcome.is_ok() {
            if phase == Phase::Check {
                self.remember_passed(&step)?;
            }
            self.stamp(&step, Some(&step.key))?;
        }
        if self.has_artifact() {
            // They were made again for a check that came after it.
            store::remove_layers(&self.layout, &self.package.package)?;
        }
        Ok(result)
    }

    pub(super) fn find(&self, phase: Phase) -> Result<&StepFile> {
        self.package.step(phase).with_context(|| {
            let names: Vec<_> = self.package.steps.iter().map(|step| format!("`{}`", step.phase)).collect();
            format!("`{}` has no phase `{phase}`; it has {}", self.package.package, names.join(", "))
        })
    }

    /// The steps whose layers lie under a phase's own, the lowest first.
    pub(super) fn earlier(&self, phase: Phase) -> impl Iterator<Item = &StepFile> {
        self.package.under(phase)
    }

    /// The scripted phase that would run next; the last one of a finished package.
    pub(super) fn next_phase(&self) -> Phase {
        let mut scripted = self.package.steps.iter().filter(|step| step.phase != Phase::Fetch);
        let next = scripted.clone().find(|step| !self.is_done(step)).or_else(|| scripted.next_back());
        next.map_or(Phase::Prepare, |step| step.phase)
    }

    pub(super) fn has_layer(&self, step: &StepFile) -> bool {
        store::has_layer(&self.layout, &self.package.package, step.phase, &self.way.key(&step.key))
    }

    /// Takes a phase's layer into use, if it is there.
    pub(super) fn hold_layer(&self, step: &StepFile) -> Result<Option<Held>> {
        store::hold_layer(&self.layout, &self.package.package, step.phase, &self.way.key(&step.key))
    }

    /// Whether the package has an artifact that will do for this machine.
    fn has_artifact(&self) -> bool {
        standing(&self.layout, &self.package, || self.way == Way::Isolated) == Standing::There
    }

    /// Whether the result of a step is there.
    fn is_done(&self, step: &StepFile) -> bool {
        let stamp = || store::read_stamp(&self.layout, &self.package.package, step.phase);
        match step.phase {
            Phase::Check => self.has_passed(step),
            Phase::COMPLETING => self.has_artifact() && self.damage().is_none(),
            Phase::Fetch => stamp() == Some(step.key) && self.sources().are_there(),
            _ => self.has_layer(step) || self.has_artifact(),
        }
    }

    /// What is wrong with the package's artifact, if there is one.
    pub(super) fn damage(&self) -> Option<String> {
        self.way.damage(&self.layout, &self.package.key)
    }

    /// Writes a step's stamp with its key, or that it was skipped.
    fn stamp(&self, step: &StepFile, key: Option<&Digest>) -> Result<()> {
        if step.phase == Phase::COMPLETING {
            kept::clear(&self.layout, &self.attempt(Phase::Build))?;
        }
        store::write_stamp(key, &self.layout, &self.package.package, step.phase)
    }

    /// A step that needs no work: it is restored, or skipped. An artifact that is there may still lack something.
    fn pass(&mut self, step: &StepFile, outcome: Outcome) -> Result<StepResult> {
        if let Some(failed) = self.lacking(step)? {
            return Ok(failed);
        }
        let key = Some(&step.key).filter(|_| outcome == Outcome::Restored);
        self.stamp(step, key)?;
        let result = StepResult::without_work(step.phase, outcome);
        self.record(step, &result, None)?;
        Ok(result)
    }

    /// Runs a step, with its start and end in the journal.
    fn recorded(&mut self, step: &StepFile) -> Result<StepResult> {
        let mut share = None;
        if step.phase != Phase::Fetch {
            share = self.wait_for_share(step.phase)?;
            if share.is_none() {
                let why = if self.is_asked_to_stop()? { STOPPED } else { RUN_FAILED };
                return Ok(StepResult::never_started(step.phase, why));
            }
        }
        self.journal.append(Event::StepStarted(StepStarted {
            package: self.package.package.clone(),
            phase: step.phase,
            key: step.key,
            pid: std::process::id(),
        }))?;
        self.has_log = false;
        let mut result = match &mut share {
            Some(share) => self.run(step, share).map(|result| self.way.told_in(result)),
            None => self.fetch(step),
        };
        if let Ok(result) = &mut result {
            // It may name files as the package has them.
            result.note = result.note.as_deref().map(plain);
        }
        if !result.as_ref().is_ok_and(|result| result.outcome.is_ok()) {
            // Where it cannot be told, as on a full disk, some steps more may start. The failure itself matters more.
            let _ = tell_of_failure(&self.layout, self.run.as_deref());
        }
        match &result {
            Ok(result) => {
                // Where it cannot be written, as on a full disk, who shows the failure makes do with the log.
                let _ = result.card.as_ref().map(|card| card.write(&self.layout));
                let message = result.card.as_ref().map(Card::message).or_else(|| result.note.clone());
                self.record(step, result, message)?;
            }
            Err(error) => {
                // It is thrown away at the next start at the latest; but where the disk is full, the journal needs its room.
                let attempt = self.attempt(step.phase);
                let _ = (!trash::is_used(&attempt)).then(|| tree::remove(&attempt));
                let errored = StepResult::without_work(step.phase, Outcome::Errored);
                let what_to_do = remedy(error).map_or_else(String::new, |remedy| format!("; {remedy}"));
                self.record(step, &errored, Some(plain_lines(&format!("{error:#}{what_to_do}"))))?;
            }
        }
        result
    }

    pub(super) fn record(
        &mut self,
        step: &StepFile,
        result: &StepResult,
        message: Option<String>,
    ) -> Result<()> {
        let finished = self.finished(step, result, message);
        self.journal.append(Event::StepFinished(Box::new(finished)))
    }

    /// What the journal says of a step that ended.
    pub(super) fn finished(
        &self,
        step: &StepFile,
        result: &StepResult,
        message: Option<String>,
    ) -> StepFinished {
        let log = self.layout.log(&self.package.package, step.phase);
        let log = log.strip_prefix(self.layout.root()).ok().filter(|_| self.has_log);
        StepFinished {
            package: self.package.package.clone(),
            phase: step.phase,
            key: step.key,
            outcome: result.outcome.clone(),
            usage: result.usage,
            log: log.map(|log| log.display().to_string()),
            message,
        }
    }

    pub(super) fn sources(&self) -> Sources<'_> {
        Sources {
            package: &self.package,
            project: &self.project,
            layout: &self.layout,
            shared: self.cache.as_deref(),
        }
    }

    pub(super) fn attempt(&self, phase: Phase) -> PathBuf {
        self.layout.attempt(&self.package.package, phase)
    }

    /// Begins the log of a step.
    pub(super) fn start_log(&mut self, phase: Phase) -> Result<Log> {
        let log = log::start(&self.layout, &self.package.package, phase)?;
        self.has_log = true;
        Ok(log)
    }

    fn fetch(&mut self, step: &StepFile) -> Result<StepResult> {
        let watch = Stopwatch::start();
        let mut log = self.start_log(step.phase)?;
        let fetched = self.watched(step, Duration::ZERO, |runner| runner.sources().fetch(&mut log))?;
        let usage = Usage { wall_ms: millis(watch.elapsed()), ..Usage::default() };
        let (outcome, card) = match fetched {
            Ok(()) => (Outcome::Succeeded, None),
            Err(error) => {
                writeln!(log, "{error}").context("failed to write the log")?;
                let failed = Outcome::Failed { status: 1 };
                let how = error.to_string();
                let card = Card::of_finding(&self.package.package, step, &failed, how, Vec::new());
                (failed, Some(card))
            }
        };
        Ok(StepResult { phase: step.phase, outcome, usage, note: None, card })
    }
}

fn read_plan(options: &Options) -> Result<PackageFile> {
    let usable =
        |path: &Path, why| anyhow!("`{}` {why}; run `lfsgen generate`, then build again", path.display());
    let path = &options.plan;
    let bytes = files::read(path).with_context(|| {
        format!("there is no plan of `{}` to go by; `lfsgen generate` writes it", options.package)
    })?;
    let package = read::package(&bytes).map_err(|why| usable(path, why))?;
    ensure!(
        package.package == options.package,
        "`{}` is the plan of `{}`, not of `{}`",
        path.display(),
        package.package,
        options.package,
    );
    let path = &paths::stage_of(path, &package.stage.name);
    let bytes = files::read(path).context("run `lfsgen generate`, then build again")?;
    let stage = read::stage(&bytes, &package.stage).map_err(|why| usable(path, why))?;
    Ok(package.with_stage(Arc::new(stage)))
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

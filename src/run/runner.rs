//! The order of things in a step.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::artifact::{self, Committed};
use super::card::Card;
use super::root::{self, Root};
use super::script::Script;
use super::sources::Sources;
use super::{BUILDER, Options, SKIPPED, StepResult, environment, expected, log};
use crate::host::clock::Stopwatch;
use crate::host::{files, tree};
use crate::journal::{Event, Outcome, StepFinished, Usage, Writer};
use crate::layout::{Layout, guest};
use crate::model::{Phase, SandboxMode};
use crate::plan::file::{self, PackageFile, StepFile};
use crate::sandbox::{self, BoundFile, Command, Ended, How, Output, Sandbox};
use crate::store;

/// One package, ready to run its steps.
pub(super) struct Runner {
    pub(super) package: PackageFile,
    pub(super) layout: Layout,
    project: PathBuf,
    output: PathBuf,
    cache: Option<PathBuf>,
    check: bool,
    real_root: bool,
    journal: Writer,
}

impl Runner {
    pub(super) fn open(options: &Options) -> Result<Self> {
        let package = read_plan(options)?;
        files::create_dir_all(&options.state)?;
        let layout = Layout::new(tree::canonical(&options.state)?);
        let output = options.plan.parent().map(|plan| plan.join("..")).unwrap_or_default();
        Ok(Self {
            journal: Writer::open(&layout.journal(), options.run.clone())?,
            layout,
            project: tree::canonical(&options.project)?,
            output: tree::canonical(&output)?,
            cache: options.cache.clone(),
            check: options.check,
            real_root: sandbox::is_root(),
            package,
        })
    }

    /// Runs a step, unless its result is there.
    pub(super) fn step(mut self, phase: Phase) -> Result<StepResult> {
        let step = self.find(phase)?.clone();
        if self.is_done(&step) {
            return self.pass(&step, Outcome::Restored, &step.key.to_string());
        }
        if phase == Phase::Check && !self.check {
            return self.pass(&step, Outcome::Skipped, SKIPPED);
        }
        let _lock = tree::lock(&self.layout.lock(&self.package.package))?;
        // While this one waited for the lock, another may have done the work.
        if self.is_done(&step) {
            return self.pass(&step, Outcome::Restored, &step.key.to_string());
        }
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
            self.stamp(&step, &step.key.to_string())?;
        }
        Ok(result)
    }

    fn find(&self, phase: Phase) -> Result<&StepFile> {
        let steps = &self.package.steps;
        steps.iter().find(|step| step.phase == phase).with_context(|| {
            let names: Vec<_> = steps.iter().map(|step| format!("`{}`", step.phase)).collect();
            format!("`{}` has no phase `{phase}`; it has {}", self.package.package, names.join(", "))
        })
    }

    /// The scripted steps whose layers lie under a phase's own, the lowest first. A check leaves no layer.
    pub(super) fn earlier(&self, phase: Phase) -> impl Iterator<Item = &StepFile> {
        let scripted =
            move |step: &&StepFile| !matches!(step.phase, Phase::Fetch | Phase::Check) && step.phase < phase;
        self.package.steps.iter().filter(scripted)
    }

    /// The scripted phase that would run next; the last one of a finished package.
    pub(super) fn next_phase(&self) -> Phase {
        let mut scripted = self.package.steps.iter().filter(|step| step.phase != Phase::Fetch);
        let next = scripted.clone().find(|step| !self.is_done(step)).or_else(|| scripted.next_back());
        next.map_or(Phase::Prepare, |step| step.phase)
    }

    /// Whether this phase's success completes the artifact.
    fn is_last(&self, phase: Phase) -> bool {
        let last = self.package.steps.iter().rev().find(|step| step.phase != Phase::Check);
        last.is_some_and(|step| step.phase == phase)
    }

    fn has_layer(&self, step: &StepFile) -> bool {
        store::has_layer(&self.layout, &self.package.package, step.phase, &step.key)
    }

    fn is_done(&self, step: &StepFile) -> bool {
        let stamped = || {
            let stamp = files::read_if_exists(&self.layout.stamp(&self.package.package, step.phase));
            stamp
                .is_ok_and(|bytes| bytes.is_some_and(|bytes| bytes == format!("{}\n", step.key).into_bytes()))
        };
        let has_artifact = || store::has_artifact(&self.layout, &self.package.key);
        match step.phase {
            Phase::Check => stamped(),
            phase if self.is_last(phase) => has_artifact(),
            Phase::Fetch => stamped() && self.sources().are_there(),
            _ => self.has_layer(step) || has_artifact(),
        }
    }

    fn stamp(&self, step: &StepFile, text: &str) -> Result<()> {
        let stamp = self.layout.stamp(&self.package.package, step.phase);
        files::write_if_changed(&stamp, format!("{text}\n").as_bytes()).map(drop)
    }

    /// A step that needs no work.
    fn pass(&mut self, step: &StepFile, outcome: Outcome, stamp: &str) -> Result<StepResult> {
        self.stamp(step, stamp)?;
        let result =
            StepResult { phase: step.phase, outcome, usage: Usage::default(), note: None, card: None };
        self.record(step, &result, None)?;
        Ok(result)
    }

    /// Runs a step, with its start and end in the journal.
    fn recorded(&mut self, step: &StepFile) -> Result<StepResult> {
        self.journal.append(Event::StepStarted {
            package: self.package.package.clone(),
            phase: step.phase,
            key: step.key,
            pid: std::process::id(),
        })?;
        let result = match step.phase {
            Phase::Fetch => self.fetch(step),
            _ => self.run(step),
        };
        match &result {
            Ok(result) => self.record(step, result, result.card.as_ref().map(Card::message))?,
            Err(error) => {
                let errored = StepResult {
                    phase: step.phase,
                    outcome: Outcome::Errored,
                    usage: Usage::default(),
                    note: None,
                    card: None,
                };
                self.record(step, &errored, Some(format!("{error:#}")))?;
                // It is thrown away at the next start at the latest.
                let _ = tree::remove(&self.attempt(step.phase));
            }
        }
        result
    }

    fn record(&mut self, step: &StepFile, result: &StepResult, message: Option<String>) -> Result<()> {
        let ran = !matches!(result.outcome, Outcome::Restored | Outcome::Skipped);
        let log = self.layout.log(&self.package.package, step.phase);
        let log = log.strip_prefix(self.layout.root()).ok().filter(|_| ran && log.exists());
        self.journal.append(Event::StepFinished(Box::new(StepFinished {
            package: self.package.package.clone(),
            phase: step.phase,
            key: step.key,
            outcome: result.outcome.clone(),
            usage: result.usage,
            log: log.map(|log| log.display().to_string()),
            message,
        })))
    }

    fn sources(&self) -> Sources<'_> {
        Sources {
            package: &self.package,
            project: &self.project,
            layout: &self.layout,
            shared: self.cache.as_deref(),
        }
    }

    fn attempt(&self, phase: Phase) -> PathBuf {
        self.layout.attempt(&self.package.package, phase)
    }

    fn fetch(&mut self, step: &StepFile) -> Result<StepResult> {
        let watch = Stopwatch::start();
        let mut log = log::start(&self.layout, &self.package.package, step.phase)?;
        let fetched = self.sources().fetch(&mut log);
        let usage = Usage { wall_ms: millis(watch.elapsed()), ..Usage::default() };
        let (outcome, card) = match fetched {
            Ok(()) => (Outcome::Succeeded, None),
            Err(error) => {
                writeln!(log, "{error}").context("failed to write the log")?;
                let card = Card::of_finding(&self.package.package, step.phase, error.to_string(), Vec::new());
                (Outcome::Failed { status: 1 }, Some(card))
            }
        };
        if outcome.is_ok() && self.is_last(step.phase) {
            self.commit_artifact(None, &[], &self.attempt(step.phase))?;
        }
        Ok(StepResult { phase: step.phase, outcome, usage, note: None, card })
    }

    /// Makes sure that a scripted phase can start: its sources are there, and the machine can isolate it.
    pub(super) fn make_ready(&self) -> Result<()> {
        if self.package.stage.sandbox == SandboxMode::Off {
            bail!(
                "`sandbox: off` would write to this machine and capture nothing, so that no artifact could be made; \
                 use `required`"
            );
        }
        if !self.sources().are_there() {
            self.sources().fetch(&mut std::io::sink()).map_err(|error| anyhow::anyhow!("{error}"))?;
        }
        sandbox::enter_user_namespace()
    }

    /// The root of a phase over the trees of the layers below it, the uppermost first. What it writes goes to `attempt`,
    /// which is emptied.
    pub(super) fn compose(&self, phase: Phase, earlier: &[PathBuf], attempt: &Path) -> Result<Root> {
        tree::remove(attempt)?;
        files::create_dir_all(attempt)?;
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
            command: Command {
                argv: script.argv(phase),
                env: environment::environment(&self.package),
                dir: guest::WORK.into(),
                user: root::needs_builder(&self.package, self.real_root).then_some(BUILDER),
                timeout: self.package.limits.timeout.map(Duration::from_secs),
            },
        })
    }

    fn run(&mut self, step: &StepFile) -> Result<StepResult> {
        let phase = step.phase;
        self.make_ready()?;
        let name = &self.package.package;
        let mut earlier: Vec<_> =
            self.earlier(phase).map(|step| store::layer_tree(&self.layout, name, step.phase)).collect();
        earlier.reverse();
        let root = self.compose(phase, &earlier, &self.attempt(phase))?;
        let sandbox = self.sandbox(phase, &root)?;
        let mut log = log::start(&self.layout, &self.package.package, phase)?;
        let ended = sandbox.run(Output::Log(&mut log))?;
        drop(log);
        let usage = usage(&ended);
        let (mut outcome, note) = self.judge(phase, ended.how)?;
        let mut card = None;
        if outcome.is_failure() {
            let log = self.layout.log(&self.package.package, phase);
            card = Some(Card::of_command(&self.package.package, phase, &outcome, &log)?);
        } else if outcome.is_ok() && phase != Phase::Check {
            root.fold()?;
            let missing = self.commit(step, &root, &earlier)?;
            if !missing.is_empty() {
                let how = "its artifact lacks what `artifacts.expect` names".to_owned();
                card = Some(Card::of_finding(&self.package.package, phase, how, missing));
                outcome = Outcome::Failed { status: 1 };
            }
        }
        tree::remove(&self.attempt(phase))?;
        Ok(StepResult { phase, outcome, usage, note, card })
    }

    fn judge(&self, phase: Phase, how: How) -> Result<(Outcome, Option<String>)> {
        let outcome = match how {
            How::Exited(0) => Outcome::Succeeded,
            How::Exited(status) => Outcome::Failed { status },
            How::Signalled(signal) => Outcome::Killed { signal },
            How::TimedOut => Outcome::TimedOut { seconds: self.package.limits.timeout.unwrap_or(0) },
            How::Stopped => Outcome::Interrupted,
        };
        if phase == Phase::Check && matches!(outcome, Outcome::Failed { .. }) {
            let log = files::read(&self.layout.log(&self.package.package, phase))?;
            let failed =
                expected::only_expected(&String::from_utf8_lossy(&log), &self.package.expected_failures);
            if let Some(failed) = failed {
                let note = format!("tests that may fail did: {}", failed.join(", "));
                return Ok((Outcome::Succeeded, Some(note)));
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

    fn commit_artifact(
        &mut self,
        root: Option<&Root>,
        earlier: &[PathBuf],
        attempt: &Path,
    ) -> Result<Vec<store::Missing>> {
        match artifact::commit(&self.layout, &self.package, root, earlier, attempt)? {
            Committed::Lacks(missing) => Ok(missing),
            Committed::Yes(event) => {
                self.journal.append(*event)?;
                // The artifact has what they had; only the build tree goes with them.
                tree::remove(&self.layout.layers(&self.package.package))?;
                Ok(Vec::new())
            }
        }
    }
}

fn read_plan(options: &Options) -> Result<PackageFile> {
    let bytes = files::read(&options.plan)?;
    let path = options.plan.display();
    let package: PackageFile = serde_json::from_slice(&bytes)
        .with_context(|| format!("`{path}` is not a plan of this lfsgen; run `lfsgen generate`"))?;
    ensure!(
        package.lfsgen == file::VERSION,
        "`{path}` has version {}, and this lfsgen reads {}; run `lfsgen generate`",
        package.lfsgen,
        file::VERSION,
    );
    ensure!(
        package.package == options.package,
        "`{path}` is the plan of `{}`, not of `{}`",
        package.package,
        options.package,
    );
    Ok(package)
}

fn usage(ended: &Ended) -> Usage {
    Usage {
        wall_ms: millis(ended.wall),
        user_ms: millis(ended.usage.user),
        system_ms: millis(ended.usage.system),
        max_rss_kib: ended.usage.max_rss_kib,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

//! The report as data: what every format shows, and the documented shape of the JSON one (`docs/reports.md`).

use serde::Serialize;

use super::bound::Bound;
use super::history::{Attempt, End, History, Run};
use super::plans::Plans;
use super::status::{self, Machine, PackageStatus, State};
use crate::diagnose::plain;
use crate::journal::{ArtifactCommitted, Usage};
use crate::model::{Digest, Phase};
use crate::store::Captured;

/// The version of the JSON shape.
pub const VERSION: u32 = 1;

/// Which attempts a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The last attempt at every step.
    Latest,
    /// Those of one run, by its position in the history.
    Run(usize),
}

impl Scope {
    /// Whether an attempt of this run may be in the report.
    pub fn includes(self, run: usize) -> bool {
        self == Self::Latest || self == Self::Run(run)
    }
}

/// Everything that a report shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// [`VERSION`].
    #[serde(rename = "lfsgen-report")]
    pub version: u32,
    /// When the last event happened, in milliseconds since the Unix epoch.
    pub until: Option<u64>,
    /// The runs in scope; for the latest state, all of them.
    pub runs: Vec<RunReport>,
    /// Every package of the plan by name, with the steps that were attempted.
    pub packages: Vec<PackageReport>,
    /// Of all packages together.
    pub totals: Totals,
    /// Lines of the journal that could not be read.
    pub skipped_lines: usize,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// What the journal says of it.
    #[serde(flatten)]
    pub run: Run,
    /// How far it was from the best possible.
    pub bound: Bound,
}

/// One package.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackageReport {
    /// Where it stands, by the present plan.
    #[serde(flatten)]
    pub status: PackageStatus,
    /// Its steps in order, as far as they were attempted.
    pub steps: Vec<StepReport>,
    /// What its steps used together; the peak of memory is the highest of theirs.
    pub usage: Usage,
    /// Its last artifact.
    pub artifact: Option<ArtifactReport>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepReport {
    /// Its phase.
    pub phase: Phase,
    /// Its key in that attempt.
    pub key: Digest,
    /// How the attempt ended, by its name in the journal; `unfinished` where it did not.
    pub outcome: &'static str,
    /// Whether it ended with something wrong.
    pub failed: bool,
    /// More about a failure; of a success what is worth knowing, if anything.
    pub message: Option<String>,
    /// When it started, in milliseconds since the Unix epoch.
    pub started: u64,
    /// What it used.
    pub usage: Usage,
    /// How many attempts there were.
    pub attempts: usize,
    /// Its log, relative to the state directory.
    pub log: Option<String>,
    /// The log's last lines, for a failure.
    pub log_tail: Vec<String>,
    /// Its run, by the position in the history.
    #[serde(skip)]
    pub run: usize,
}

/// A package's artifact.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtifactReport {
    /// The package's key when it was made.
    pub key: Digest,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// Regular files.
    pub files: u64,
    /// Their size together.
    pub bytes: u64,
    /// How it is known what the package installed, where that is not all that it wrote.
    #[serde(skip_serializing_if = "Captured::is_whole")]
    pub captured: Captured,
}

/// Sums.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct Totals {
    /// How many packages there are in each state, the most urgent first.
    pub states: Vec<(State, usize)>,
    /// Steps that were attempted.
    pub steps: usize,
    /// Those of them that failed.
    pub failed_steps: usize,
    /// What they used together.
    pub usage: Usage,
    /// Regular files in the last artifacts.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
}

impl Report {
    /// Puts together what the plan and the history say.
    pub fn new(plans: &Plans, history: &History, machine: &dyn Machine, scope: Scope) -> Self {
        let statuses = status::assess(plans, history, machine);
        let packages: Vec<_> = statuses.into_iter().map(|status| package(status, history, scope)).collect();
        let runs = history.runs.iter().enumerate().filter(|&(at, _)| scope.includes(at));
        let runs = runs.map(|(at, run)| RunReport { run: run.clone(), bound: Bound::of(at, plans, history) });
        Self {
            version: VERSION,
            until: history.runs.iter().map(|run| run.last).max(),
            runs: runs.collect(),
            totals: totals(&packages),
            packages,
            skipped_lines: history.skipped.len(),
        }
    }

    /// Every step that is in the report, with its package.
    pub fn steps(&self) -> impl Iterator<Item = (&PackageReport, &StepReport)> {
        self.packages.iter().flat_map(|package| package.steps.iter().map(move |step| (package, step)))
    }

    /// The steps that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&PackageReport, &StepReport)> {
        self.steps().filter(|(_, step)| step.failed)
    }

    /// The last run in which anything ran.
    pub fn last_run(&self) -> Option<&RunReport> {
        self.runs.iter().rev().find(|run| run.bound.steps > 0)
    }

    /// Packages whose last artifact is known by what they put into `DESTDIR` alone.
    pub fn of_destdir(&self) -> usize {
        let artifacts = self.packages.iter().filter_map(|package| package.artifact.as_ref());
        artifacts.filter(|artifact| artifact.captured == Captured::Destdir).count()
    }

    /// Adds the last lines of the logs of failed steps, as `tail` finds them.
    #[must_use]
    pub fn with_log_tails(mut self, tail: impl Fn(&str) -> Vec<String>) -> Self {
        for step in self.packages.iter_mut().flat_map(|package| &mut package.steps) {
            if let Some(log) = step.log.as_deref().filter(|_| step.failed) {
                step.log_tail = tail(log).iter().map(|line| plain(line)).collect();
            }
        }
        self
    }
}

fn package(status: PackageStatus, history: &History, scope: Scope) -> PackageReport {
    let in_scope = |attempt: &&Attempt| scope.includes(attempt.run);
    let step = |phase: Phase| {
        let attempts: Vec<_> = history.attempts_at(&status.package, phase).filter(in_scope).collect();
        choose(&attempts).map(|attempt| step_report(attempt, attempts.len()))
    };
    let steps: Vec<_> = Phase::ALL.into_iter().filter_map(step).collect();
    let artifact = history.commits_of(&status.package).next_back();
    let artifact = artifact.map(|&ArtifactCommitted { key, manifest, files, bytes, captured, .. }| {
        ArtifactReport { key, manifest, files, bytes, captured }
    });
    PackageReport { usage: together(steps.iter().map(|step| step.usage)), status, steps, artifact }
}

/// The last attempt; where it only took an earlier result, the one that made the result, if it is known.
fn choose<'a>(attempts: &[&'a Attempt]) -> Option<&'a Attempt> {
    let last = *attempts.last()?;
    let made = |attempt: &&&Attempt| attempt.key == last.key && attempt.ran() && attempt.is_ok();
    let maker = if last.ran() { None } else { attempts.iter().rev().find(made) };
    Some(maker.map_or(last, |maker| *maker))
}

/// What is said of how an attempt ended: of a failure always something.
fn message(end: &End) -> Option<String> {
    let said = end.message.as_deref().map(status::first_line);
    said.or_else(|| end.outcome.is_failure().then(|| status::describe(&end.outcome)))
}

fn step_report(attempt: &Attempt, attempts: usize) -> StepReport {
    let end = attempt.end.as_ref();
    let failure = end.filter(|end| end.outcome.is_failure());
    StepReport {
        phase: attempt.phase,
        key: attempt.key,
        outcome: end.map_or("unfinished", |end| end.outcome.name()),
        failed: failure.is_some(),
        message: end.and_then(message),
        started: attempt.started,
        usage: end.map(|end| end.usage).unwrap_or_default(),
        attempts,
        log: end.and_then(|end| end.log.clone()),
        log_tail: Vec::new(),
        run: attempt.run,
    }
}

fn totals(packages: &[PackageReport]) -> Totals {
    let count = |state| (state, packages.iter().filter(|package| package.status.state == state).count());
    let steps = || packages.iter().flat_map(|package| &package.steps);
    let artifacts = || packages.iter().filter_map(|package| package.artifact.as_ref());
    Totals {
        states: State::ALL.into_iter().map(count).collect(),
        steps: steps().count(),
        failed_steps: steps().filter(|step| step.failed).count(),
        usage: together(packages.iter().map(|package| package.usage)),
        files: artifacts().map(|artifact| artifact.files).sum(),
        bytes: artifacts().map(|artifact| artifact.bytes).sum(),
    }
}

fn together(usages: impl Iterator<Item = Usage>) -> Usage {
    usages.fold(Usage::default(), Usage::and)
}

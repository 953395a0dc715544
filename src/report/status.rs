//! Where each package stands, by what is there, the journal and the present plan.
//!
//! Whether a package is built, the store says, and stamps: a journal may be lost.
//! How an attempt ended counts only under the key that the plan has now. What neither of the two can say, such as whether
//! a process still lives, is asked of [`Machine`], so that tests need none.

use serde::Serialize;

use super::history::{Attempt, History};
use super::plans::Plans;
use super::text::duration;
use crate::diagnose::plain;
use crate::journal::Outcome;
use crate::model::{Digest, PackageName, Phase, RelPath};
use crate::plan::file::{PackageFile, StepFile};
use crate::run::Standing;

/// Where a package stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// One of its steps runs now.
    Running,
    /// Its last attempt failed, with the inputs that it still has.
    Failed,
    /// It was built, but from other inputs than it has now.
    Stale,
    /// There is no artifact of it.
    NeverBuilt,
    /// The artifact of its present inputs is there.
    Done,
}

impl State {
    /// Every state, the most urgent first.
    pub const ALL: [Self; 5] = [Self::Running, Self::Failed, Self::Stale, Self::NeverBuilt, Self::Done];

    /// As people read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Stale => "stale",
            Self::NeverBuilt => "never built",
            Self::Done => "done",
        }
    }
}

/// One package's state, with what is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageStatus {
    /// Its name.
    pub package: PackageName,
    /// Its version in the plan.
    pub version: String,
    /// Its stage.
    pub stage: String,
    /// Its key in the plan.
    pub key: Digest,
    /// Where it stands.
    pub state: State,
    /// The phase that runs or failed.
    pub phase: Option<Phase>,
    /// Steps that are finished under their present keys.
    pub finished_steps: usize,
    /// Phases that nobody asked for when they were due: a check that was left out.
    pub skipped: Vec<Phase>,
    /// Steps that the plan has.
    pub planned_steps: usize,
    /// For a running step since when, else when its last event was; milliseconds since the Unix epoch.
    pub since: Option<u64>,
    /// What failed, or what else is worth knowing, in a line.
    pub message: Option<String>,
}

impl PackageStatus {
    /// Where it stands, as people read it: `failed (build)`.
    pub fn state_and_phase(&self) -> String {
        match self.phase {
            Some(phase) => format!("{} ({phase})", self.state.name()),
            None => self.state.name().to_owned(),
        }
    }
}

/// What only the machine can say.
pub trait Machine {
    /// What there is of a package's artifact.
    fn artifact(&self, file: &PackageFile) -> Standing;
    /// Whether the layer of a step of a package that is being built is there.
    fn has_layer(&self, file: &PackageFile, step: &StepFile) -> bool;
    /// Whether a process lives and is a runner of a package's steps.
    fn is_alive(&self, package: &PackageName, pid: u32) -> bool;
    /// The key in a step's stamp, by which the program that runs the graph knows that it is finished.
    fn stamp(&self, package: &PackageName, phase: Phase) -> Option<Digest>;
    /// Whether a package's check has passed as it is now, under this key or another.
    fn has_passed(&self, file: &PackageFile, check: &StepFile) -> bool;
    /// What the spec expects of a package and its artifact does not have.
    fn lacks(&self, file: &PackageFile) -> Vec<RelPath>;
}

/// The state of every package of the plan, by name.
pub fn assess(plans: &Plans, history: &History, machine: &dyn Machine) -> Vec<PackageStatus> {
    plans.by_name().map(|file| assess_one(file, history, machine)).collect()
}

fn assess_one(file: &PackageFile, history: &History, machine: &dyn Machine) -> PackageStatus {
    let skipped: Vec<_> = ended(file, history, |attempt| attempt.ended_as(&Outcome::Skipped)).collect();
    let mut status = PackageStatus {
        package: file.package.clone(),
        version: file.version.clone(),
        stage: file.stage.name.to_string(),
        key: file.key,
        state: State::Done,
        phase: None,
        finished_steps: ended(file, history, Attempt::is_ok).count() - skipped.len(),
        skipped,
        planned_steps: file.steps.len(),
        since: None,
        message: None,
    };
    let last = history.attempts_of(&file.package).next_back();
    status.since = last.map(|attempt| attempt.end.as_ref().map_or(attempt.started, |end| end.at));
    let last_of = |phase| history.attempts_at(&file.package, phase).next_back();
    let mut last_attempts = file.steps.iter().filter_map(|step| last_of(step.phase));
    if let Some(attempt) = last_attempts.find(|attempt| runs(attempt, machine)) {
        status.state = State::Running;
        status.phase = Some(attempt.phase);
        status.since = Some(attempt.started);
        return status;
    }
    let current =
        |attempt: &&Attempt| file.steps.iter().any(|s| s.phase == attempt.phase && s.key == attempt.key);
    let failed = last.filter(current).and_then(|attempt| Some((attempt, attempt.end.as_ref()?)));
    if let Some((attempt, end)) = failed.filter(|(_, end)| end.outcome.is_failure()) {
        status.state = State::Failed;
        status.phase = Some(attempt.phase);
        status.message = Some(end.message.as_deref().map_or_else(|| describe(&end.outcome), first_line));
        return status;
    }
    let commits = || history.commits_of(&file.package);
    if machine.artifact(file) == Standing::There {
        status.finished_steps = status.planned_steps - status.skipped.len();
        if !commits().any(|commit| commit.key == file.key) {
            status.message = Some(FORGOTTEN.to_owned());
            status.finished_steps -= usize::from(status.skipped.is_empty() && is_check_due(file, machine));
        }
    } else if commits().next().is_some() {
        status.state = State::Stale;
    } else if was_built(file, machine) {
        status.state = State::Stale;
        status.message = Some(FORGOTTEN.to_owned());
    } else {
        status.state = State::NeverBuilt;
    }
    status
}

/// What is said of a package that was built, where that is all that is known of it.
const FORGOTTEN: &str = "the journal has nothing of how it was built";

/// Whether a package was ever built, from other inputs than it has now, by what its last stamp says.
pub(super) fn was_built(file: &PackageFile, machine: &dyn Machine) -> bool {
    let last = file.last_step().and_then(|step| machine.stamp(&file.package, step.phase));
    last.is_some_and(|stamp| stamp != file.key)
}

/// Whether a package has a check that has not passed as it is now.
pub(super) fn is_check_due(file: &PackageFile, machine: &dyn Machine) -> bool {
    file.step(Phase::Check).is_some_and(|check| {
        machine.stamp(&file.package, Phase::Check) != Some(check.key) && !machine.has_passed(file, check)
    })
}

/// What a message says in its first line; what follows is for who sees the step fail.
pub fn first_line(message: &str) -> String {
    plain(message.lines().next().unwrap_or_default())
}

fn runs(attempt: &Attempt, machine: &dyn Machine) -> bool {
    attempt.end.is_none() && attempt.pid.is_some_and(|pid| machine.is_alive(&attempt.package, pid))
}

/// The phases whose last attempt, under the plan's key, ended like that.
fn ended(
    file: &PackageFile,
    history: &History,
    how: impl Fn(&Attempt) -> bool,
) -> impl Iterator<Item = Phase> {
    file.steps
        .iter()
        .filter(move |step| {
            let last = history.attempts_at(&file.package, step.phase).next_back();
            last.is_some_and(|attempt| attempt.key == step.key && how(attempt))
        })
        .map(|step| step.phase)
}

/// An outcome in words.
pub fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Succeeded => "succeeded".to_owned(),
        Outcome::Restored => "restored".to_owned(),
        Outcome::Failed { status } => format!("exit status {status}"),
        Outcome::Killed { signal } => format!("killed by signal {signal}{}", signal_name(*signal)),
        Outcome::TimedOut { seconds } => {
            format!("ended after its limit of {}", duration(seconds.saturating_mul(1000)))
        }
        Outcome::OverLimit(over) => over.to_string(),
        Outcome::Interrupted => "interrupted".to_owned(),
        Outcome::Errored => "could not be run".to_owned(),
        Outcome::Skipped => "not asked for".to_owned(),
    }
}

/// The signals that end builds, by their numbers on Linux (signal(7); the same on every architecture of LFS).
fn signal_name(signal: i32) -> &'static str {
    match signal {
        1 => " (SIGHUP)",
        2 => " (SIGINT)",
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL: out of memory, or somebody killed it)",
        11 => " (SIGSEGV)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        24 => " (SIGXCPU)",
        25 => " (SIGXFSZ)",
        _ => "",
    }
}

//! Runs one step: what ninja starts for each edge.
//!
//! A step is a transaction. It writes into an attempt of its own below `tmp/`; success gives that a name by one rename (a
//! layer for the next phase, or the package's artifact after the last one), and anything else leaves the state as it
//! was. Only then does ninja see its stamp.
//!
//! What is there already under the step's key is not run again. And what should be there and is not, such as a layer
//! of an earlier phase after the machine went down, is made again first: stamps say what ninja may believe, the store
//! says what is true.

mod artifact;
mod attempt;
mod card;
mod clients;
mod environment;
mod expected;
mod failing;
mod fallback;
mod isolated;
mod kept;
mod lacking;
mod left;
mod limits;
mod log;
mod on_machine;
mod once_more;
mod provider;
mod race;
mod root;
mod runner;
mod same;
mod script;
mod share;
mod shell;
mod sources;
mod stopping;
mod times;

use std::path::PathBuf;

use anyhow::Result;

pub use card::Card;
pub use fallback::{Standing, Way, has_layer, standing};
pub use limits::project_memory;
pub use log::earlier_logs;
pub use same::check_has_passed;
pub use shell::{Inherited, Look, open_shells, shell};
pub use times::Times;

use crate::journal::{Outcome, Usage};
use crate::model::{PackageName, Phase};

/// The user and group of phases that run without privilege, where lfsgen itself has it.
pub const BUILDER: (u32, u32) = (1000, 1000);

/// How a step's note begins where its clock should have been ahead of the machine's and was not.
pub const REAL_CLOCK: &str = "its clock was the machine's own";

/// A step to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The package's plan file.
    pub plan: PathBuf,
    /// The project's root: files beside specs are relative to it.
    pub project: PathBuf,
    /// The state directory.
    pub state: PathBuf,
    /// A cache of sources that other projects share.
    pub cache: Option<PathBuf>,
    /// Whose step.
    pub package: PackageName,
    /// Which phase.
    pub phase: Phase,
    /// Whether a `check` phase really runs.
    pub check: bool,
    /// Whether a `build` phase goes on in the tree of its last attempt, if that did not end well.
    pub go_on: bool,
    /// What `lfsgen build` named its run.
    pub run: Option<String>,
    /// Jobs of all steps together, where that is not what the project says.
    pub slots: Option<u32>,
    /// The most jobs of this step, where that is less than its spec says.
    pub jobs: Option<u32>,
    /// Failures in its run after which no step starts; none where any number may fail.
    pub keep_going: Option<u32>,
    /// How phases run with `sandbox: preferred`, where whoever began the run has found that out.
    pub way: Option<Way>,
    /// By how many seconds the clock in its root is ahead of the machine's; none where it is the machine's.
    pub clock_ahead: Option<u32>,
}

/// How a step ended.
#[derive(Debug)]
pub struct StepResult {
    /// Whose step ended: the one that was asked for, or an earlier one that had to run again and failed.
    pub phase: Phase,
    /// How.
    pub outcome: Outcome,
    /// What it used.
    pub usage: Usage,
    /// More about how, in a line. Of a failure, what its card does not say.
    pub note: Option<String>,
    /// For a failure.
    pub card: Option<Card>,
}

impl StepResult {
    /// Of a step that ended without its command.
    fn without_work(phase: Phase, outcome: Outcome) -> Self {
        Self { phase, outcome, usage: Usage::default(), note: None, card: None }
    }

    /// Of a step that had waited for its share, and then was not to start any more.
    fn never_started(phase: Phase, why: &str) -> Self {
        Self { note: Some(why.to_owned()), ..Self::without_work(phase, Outcome::Interrupted) }
    }
}

/// Runs a step, unless its result is there already.
///
/// # Errors
/// It could not be run. That its command failed is not an error.
pub fn run_step(options: &Options) -> Result<StepResult> {
    runner::Runner::open(options)?.step(options.phase)
}

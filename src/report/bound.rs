//! How far a run was from the best possible.
//!
//! No build can be shorter than its longest chain of steps, nor than its processor time spread evenly over the
//! processors. The greater of the two is the bound; the makespan, from the first step's start to the last one's end, is what
//! the run took.

use serde::Serialize;

use super::history::History;
use super::plans::Plans;
use super::schedule::longest_chain;
use super::text::{count, duration};

/// What takes less says more of the clock than of the build, in milliseconds.
const MEASURABLE: u64 = 10;

/// A run's makespan beside the shortest that was possible.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Bound {
    /// From the first step's start to the last one's end, in milliseconds.
    pub makespan_ms: u64,
    /// The longest chain of steps that had to follow each other.
    pub critical_path_ms: u64,
    /// Its steps, as `package:phase`.
    pub critical_path: Vec<String>,
    /// Processor time of all steps, user and system.
    pub cpu_ms: u64,
    /// Processors that the run had; without them, processor time says nothing about the bound.
    pub cpus: Option<u32>,
    /// The greater of the critical path and the processor time over the processors.
    pub bound_ms: u64,
    /// Steps that ran.
    pub steps: usize,
}

impl Bound {
    /// The bound of one run.
    pub fn of(run: usize, plans: &Plans, history: &History) -> Self {
        let mut walls = vec![None; plans.steps.len()];
        let (mut first, mut last, mut cpu_ms, mut steps) = (u64::MAX, 0, 0_u64, 0);
        for attempt in history.attempts.iter().filter(|attempt| attempt.run == run && attempt.ran()) {
            let Some(end) = &attempt.end else { continue };
            first = first.min(attempt.started);
            last = last.max(end.at);
            cpu_ms = cpu_ms.saturating_add(end.usage.user_ms).saturating_add(end.usage.system_ms);
            steps += 1;
            let package = plans.position(attempt.package.as_str());
            if let Some(step) = package.and_then(|package| plans.step(package, attempt.phase)) {
                walls[step] = Some(walls[step].unwrap_or(0_u64).saturating_add(end.usage.wall_ms));
            }
        }
        let chain = longest_chain(&plans.steps, &walls);
        let cpus = history.runs[run].cpus.filter(|&cpus| cpus > 0);
        let spread = cpus.map_or(0, |cpus| cpu_ms / u64::from(cpus));
        let name = |&at: &usize| {
            let step = &plans.steps[at];
            format!("{}:{}", plans.packages[step.package].package, step.phase)
        };
        Self {
            makespan_ms: last.saturating_sub(first),
            critical_path_ms: chain.ms,
            critical_path: chain.steps.iter().map(name).collect(),
            cpu_ms,
            cpus,
            bound_ms: chain.ms.max(spread),
            steps,
        }
    }

    /// How many times the bound the run took; nothing where too little ran to say so.
    pub fn ratio(&self) -> Option<f64> {
        // The counts are far below 2^52, where a float stops being exact.
        (self.bound_ms >= MEASURABLE).then(|| self.makespan_ms as f64 / self.bound_ms as f64)
    }

    /// The bound in a line.
    pub fn describe(&self) -> String {
        let Some(ratio) = self.ratio() else {
            return if self.steps == 0 { "nothing ran".to_owned() } else { duration(self.makespan_ms) };
        };
        let spread = self.cpus.map_or_else(String::new, |cpus| {
            let spread = duration(self.cpu_ms / u64::from(cpus));
            format!(", processor time over {} {spread}", count(cpus as usize, "processor"))
        });
        format!(
            "{} for what could not take less than {} (critical path {}{spread}): {ratio:.2} times the bound",
            duration(self.makespan_ms),
            duration(self.bound_ms),
            duration(self.critical_path_ms),
        )
    }
}

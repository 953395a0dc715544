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

/// From this bound on, in milliseconds, the time that the graph's program and lfsgen take for themselves hardly counts.
const LONG_ENOUGH: u64 = 1000;

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

    /// How many times the bound the run took. Nothing where steps were so short that this would tell of how long it takes to start them.
    fn ratio(&self) -> Option<f64> {
        // The counts are far below 2^52, where a float stops being exact.
        (self.bound_ms >= LONG_ENOUGH).then(|| self.makespan_ms as f64 / self.bound_ms as f64)
    }

    /// The bound in a line; nothing where nothing ran, or was interrupted as it began.
    pub fn describe(&self) -> Option<String> {
        if self.bound_ms == 0 {
            return None;
        }
        let spread = self.cpus.map_or_else(String::new, |cpus| {
            let spread = duration(self.cpu_ms / u64::from(cpus));
            format!(", processor time over {} {spread}", count(cpus as usize, "processor"))
        });
        let ratio = self.ratio().map_or_else(String::new, |ratio| format!(": {ratio:.2} times the bound"));
        Some(format!(
            "{} for what could not take less than {} (critical path {}{spread}){ratio}",
            duration(self.makespan_ms),
            duration(self.bound_ms),
            duration(self.critical_path_ms),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_times_the_bound_a_run_took_is_said_where_it_was_long_enough_to_tell() {
        let bound = |ms| Bound {
            makespan_ms: 2 * ms,
            critical_path_ms: ms,
            bound_ms: ms,
            steps: 1,
            ..Bound::default()
        };
        let said = |ms| bound(ms).describe().unwrap();
        assert_eq!(said(50), "0.10 s for what could not take less than 0.05 s (critical path 0.05 s)");
        assert!(said(5000).ends_with("(critical path 5.00 s): 2.00 times the bound"), "{}", said(5000));
        assert_eq!(Bound::default().describe(), None);
    }
}

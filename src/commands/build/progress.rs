//! How far a build is, by the journal's events alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::journal::{Entry, Event, StepFinished, StepStarted};
use crate::model::{PackageName, Phase};
use crate::report::forecast::{Expected, Forecast, Time};
use crate::report::plans::Plans;
use crate::report::schedule::makespan;

/// A build under way.
#[derive(Debug)]
pub(super) struct Progress<'a> {
    plans: &'a Plans,
    /// For each step that is still to be finished, how long it usually takes.
    left: Vec<Option<u64>>,
    /// Steps that are still to be finished and of whose time nothing is known.
    unknown: BTreeSet<usize>,
    /// Those whose time is known by SBUs alone.
    by_sbu: BTreeSet<usize>,
    jobs: usize,
    /// Steps that are expected or have happened.
    expected: BTreeSet<usize>,
    /// Steps that the targets need.
    wanted: BTreeSet<usize>,
    /// Those of them whose last attempt ended well. One that was restored runs after all where a later step needs what
    /// it left.
    done: BTreeSet<usize>,
    failed: BTreeSet<usize>,
    /// What runs now, with its start.
    pub(super) running: BTreeMap<(PackageName, Phase), u64>,
}

impl<'a> Progress<'a> {
    /// Nothing has happened yet of what is expected.
    pub(super) fn new(plans: &'a Plans, forecast: &Forecast, jobs: u32) -> Self {
        let steps = || 0..forecast.steps.len();
        let unknown = steps().filter(|&at| forecast.steps[at] == Expected::Runs(Time::Unknown)).collect();
        let expected = steps().filter(|&at| forecast.steps[at] != Expected::Idle).collect();
        Self {
            plans,
            left: forecast.walls(),
            unknown,
            by_sbu: steps()
                .filter(|&at| matches!(forecast.steps[at], Expected::Runs(Time::BySbu(_))))
                .collect(),
            jobs: usize::try_from(jobs).unwrap_or(usize::MAX),
            expected,
            wanted: steps().filter(|&at| forecast.wanted[at]).collect(),
            done: BTreeSet::new(),
            failed: BTreeSet::new(),
            running: BTreeMap::new(),
        }
    }

    /// Takes in an event, and gives the step that it ended.
    pub(super) fn take(&mut self, entry: Entry) -> Option<Box<StepFinished>> {
        match entry.event {
            Event::StepStarted(StepStarted { package, phase, .. }) => {
                if let Some(step) = self.step(&package, phase) {
                    self.happens(step);
                }
                self.running.insert((package, phase), entry.at);
                None
            }
            Event::StepFinished(finished) => {
                self.running.remove(&(finished.package.clone(), finished.phase));
                if let Some(step) = self.step(&finished.package, finished.phase) {
                    self.happens(step);
                    if finished.outcome.is_ok() {
                        self.done.insert(step);
                    } else if finished.outcome.is_failure() {
                        self.failed.insert(step);
                    }
                    self.left[step] = None;
                    self.unknown.remove(&step);
                    self.by_sbu.remove(&step);
                }
                Some(finished)
            }
            Event::RunStarted { .. } | Event::RunFinished { .. } | Event::ArtifactCommitted(_) => None,
        }
    }

    /// Counts a step once. The graph's program goes by the times of files too, and so may start more than the keys ask
    /// for: where a package's plan was written anew, all of its steps that the targets need.
    fn happens(&mut self, step: usize) {
        if self.expected.insert(step) {
            let steps = self.plans.step_range(self.plans.steps[step].package);
            self.expected.extend(steps.filter(|step| self.wanted.contains(step)));
        }
        self.done.remove(&step);
        self.failed.remove(&step);
    }

    /// How many steps are expected or have happened.
    pub(super) fn total(&self) -> usize {
        self.expected.len()
    }

    /// How many steps ended, well or not.
    pub(super) fn ended(&self) -> usize {
        self.done.len() + self.failed.len()
    }

    /// How many steps failed.
    pub(super) fn failed(&self) -> usize {
        self.failed.len()
    }

    /// How long the rest takes by earlier runs, in milliseconds; nothing where too little is known.
    pub(super) fn estimate(&self, now: u64) -> Option<u64> {
        // Where a step was never timed, a number would be a guess.
        if !self.unknown.is_empty() {
            return None;
        }
        let mut left = self.left.clone();
        for ((package, phase), started) in &self.running {
            if let Some(step) = self.step(package, *phase) {
                left[step] = left[step].map(|usual| usual.saturating_sub(now.saturating_sub(*started)));
            }
        }
        Some(makespan(&self.plans.steps, &left, self.jobs))
    }

    /// Whether some of that is known by SBUs alone.
    pub(super) fn is_by_sbu(&self) -> bool {
        !self.by_sbu.is_empty()
    }

    /// How long a step usually takes.
    pub(super) fn usual(&self, package: &PackageName, phase: Phase) -> Option<u64> {
        self.step(package, phase).and_then(|step| self.left[step]).filter(|&ms| ms > 0)
    }

    fn step(&self, package: &PackageName, phase: Phase) -> Option<usize> {
        self.plans.step(self.plans.position(package.as_str())?, phase)
    }
}

//! What a build would run, in which order, and for how long by earlier runs.

use super::history::History;
use super::plans::Plans;
use super::schedule::{longest_chain, makespan};
use super::status::Machine;
use super::target::Target;
use crate::model::Phase;
use crate::plan::file::{PackageFile, StepFile};
use crate::run::Standing;

/// A build that has not happened yet.
#[derive(Debug, Clone)]
pub struct Forecast {
    /// For each step of the plan: whether it would run, and for how long.
    pub steps: Vec<Expected>,
    /// For each step of the plan, whether the targets need it.
    pub wanted: Vec<bool>,
    /// Packages with a step that would run, in the order of the plan.
    pub packages: Vec<ExpectedPackage>,
}

/// One step of a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It is finished, or nobody asked for it.
    Idle,
    /// It would run for so many milliseconds, if that is known.
    Runs(Option<u64>),
    /// Its package's artifact is in the store: it would only be put in place.
    Restored,
}

/// One package of a forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedPackage {
    /// Its position in the plan.
    pub package: usize,
    /// How many packages of the forecast must be finished one after the other before it.
    pub level: usize,
    /// The phases that would run.
    pub phases: Vec<Phase>,
    /// Whether they would only be restored.
    pub restored: bool,
    /// How long they take together, as far as that is known.
    pub wall_ms: u64,
    /// How many of them were never timed.
    pub unknown: usize,
}

impl Forecast {
    /// What a build of these targets would run now. A step runs where its stamp does not carry its key, and where
    /// something before it gets a new stamp.
    pub fn new(plans: &Plans, history: &History, machine: &dyn Machine, targets: &[Target]) -> Self {
        let mut wanted = vec![false; plans.steps.len()];
        targets.iter().flat_map(|target| target.last_steps(plans)).for_each(|step| wanted[step] = true);
        for at in (0..wanted.len()).rev() {
            if wanted[at] {
                plans.steps[at].needs.iter().for_each(|&need| wanted[need] = true);
            }
        }
        let lost: Vec<bool> = plans.packages.iter().map(|file| is_lost(file, machine)).collect();
        let mut steps: Vec<Expected> = Vec::with_capacity(plans.steps.len());
        let mut gets_stamp: Vec<bool> = Vec::with_capacity(plans.steps.len());
        for (at, step) in plans.steps.iter().enumerate() {
            let file = &plans.packages[step.package];
            let stamped = machine.stamp(&file.package, step.phase) == Some(step.key) && !lost[step.package];
            let is_there = || match (step.phase, file.step(step.phase)) {
                (Phase::Check, Some(check)) => machine.has_passed(file, check),
                _ => machine.artifact(file) == Standing::There,
            };
            gets_stamp.push(wanted[at] && !stamped);
            steps.push(if !wanted[at] || stamped && step.needs.iter().all(|&need| !gets_stamp[need]) {
                Expected::Idle
            } else if stamped || is_there() {
                Expected::Restored
            } else {
                Expected::Runs(history.usual_wall_ms(&file.package, step.phase))
            });
        }
        let packages = packages(plans, &steps);
        Self { steps, wanted, packages }
    }

    /// How many steps would run or be restored.
    pub fn count(&self) -> usize {
        self.steps.iter().filter(|step| **step != Expected::Idle).count()
    }

    /// How many steps would run that were never timed.
    pub fn unknown(&self) -> usize {
        self.steps.iter().filter(|step| **step == Expected::Runs(None)).count()
    }

    /// How long each step takes; nothing for one that does not run. One that was never timed takes none.
    pub fn walls(&self) -> Vec<Option<u64>> {
        let wall = |step: &Expected| match step {
            Expected::Idle => None,
            Expected::Restored => Some(0),
            Expected::Runs(ms) => Some(ms.unwrap_or(0)),
        };
        self.steps.iter().map(wall).collect()
    }

    /// How long it would last with so many steps at once.
    pub fn makespan_ms(&self, plans: &Plans, jobs: usize) -> u64 {
        makespan(&plans.steps, &self.walls(), jobs)
    }

    /// How long it would last with any number of steps at once.
    pub fn critical_path_ms(&self, plans: &Plans) -> u64 {
        longest_chain(&plans.steps, &self.walls()).ms
    }

    /// How many levels there are, and how many packages are in the widest.
    pub fn shape(&self) -> (usize, usize) {
        let levels = self.packages.iter().map(|package| package.level + 1).max().unwrap_or(0);
        let mut widths = vec![0; levels];
        self.packages.iter().for_each(|package| widths[package.level] += 1);
        (levels, widths.into_iter().max().unwrap_or(0))
    }
}

/// Whether the stamps of a package tell of an artifact that will not do: a build removes them first.
fn is_lost(file: &PackageFile, machine: &dyn Machine) -> bool {
    let is_told = |step: &StepFile| machine.stamp(&file.package, step.phase) == Some(step.key);
    file.last_step().is_some_and(is_told) && machine.artifact(file) != Standing::There
}

fn packages(plans: &Plans, steps: &[Expected]) -> Vec<ExpectedPackage> {
    let mut levels: Vec<Option<usize>> = vec![None; plans.packages.len()];
    let mut packages = Vec::new();
    for package in 0..plans.packages.len() {
        let running = || plans.step_range(package).filter(|&at| steps[at] != Expected::Idle);
        if running().next().is_none() {
            continue;
        }
        let before = plans.needs[package].iter().filter_map(|&need| levels[need]).max();
        let level = before.map_or(0, |level| level + 1);
        levels[package] = Some(level);
        let mut expected =
            ExpectedPackage { package, level, phases: Vec::new(), restored: true, wall_ms: 0, unknown: 0 };
        for at in running() {
            expected.phases.push(plans.steps[at].phase);
            match steps[at] {
                Expected::Runs(Some(ms)) => expected.wall_ms = expected.wall_ms.saturating_add(ms),
                Expected::Runs(None) => expected.unknown += 1,
                Expected::Idle | Expected::Restored => {}
            }
            expected.restored &= steps[at] == Expected::Restored;
        }
        packages.push(expected);
    }
    packages
}

//! What a build would run, in which order, and for how long by earlier runs.

use std::collections::BTreeSet;

use super::history::History;
use super::plans::Plans;
use super::sbu::Sbu;
use super::schedule::{longest_chain, makespan};
use super::status::Machine;
use super::target::Target;
use crate::model::Phase;
use crate::plan::file::StepFile;
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
    /// How long a standard build unit is here, if that is known.
    pub sbu: Option<Sbu>,
}

/// One step of a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It is finished, or nobody asked for it.
    Idle,
    /// It would run for so long.
    Runs(Time),
    /// Its package's artifact is in the store: it would only be put in place.
    Restored,
}

/// How long a step would run, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// As long as it took when it last succeeded.
    Usual(u64),
    /// Its share of what the spec says in standard build units.
    BySbu(u64),
    /// It was never timed.
    Unknown,
}

impl Time {
    /// The number, where there is one.
    pub fn ms(self) -> Option<u64> {
        match self {
            Self::Usual(ms) | Self::BySbu(ms) => Some(ms),
            Self::Unknown => None,
        }
    }
}

/// One package of a forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedPackage {
    /// Its position in the plan.
    pub package: usize,
    /// How many packages of the forecast must be finished one after the other before it.
    pub level: usize,
    /// The phases that would run; where none would, those that would be restored.
    pub phases: Vec<Phase>,
    /// Whether all of them would only be restored.
    pub restored: bool,
    /// How long they take together, as far as that is known.
    pub wall_ms: u64,
    /// Whether some of that is known by SBUs alone.
    pub by_sbu: bool,
    /// Of how many of them nothing is known.
    pub unknown: usize,
}

impl Forecast {
    /// What a build of these targets would run now, with its checks or without. The program that runs the graph starts a step whose
    /// stamp does not carry its key, and one before which something gets a new stamp; the runner then passes on what is there,
    /// and else runs the earlier phases whose layers are gone before the step itself.
    pub fn new(
        plans: &Plans,
        history: &History,
        machine: &dyn Machine,
        targets: &[Target],
        checks: bool,
    ) -> Self {
        let mut wanted = vec![false; plans.steps.len()];
        targets.iter().flat_map(|target| target.last_steps(plans)).for_each(|step| wanted[step] = true);
        for at in (0..wanted.len()).rev() {
            if wanted[at] {
                plans.steps[at].needs.iter().for_each(|&need| wanted[need] = true);
            }
        }
        let sbu = Sbu::here(plans, history);
        let mut walk = Walk {
            plans,
            history,
            machine,
            checks,
            sbu,
            wanted: &wanted,
            gets_stamp: Vec::new(),
            steps: Vec::new(),
        };
        (0..plans.packages.len()).for_each(|package| walk.package(package));
        let steps = walk.steps;
        let packages = packages(plans, &steps);
        Self { steps, wanted, packages, sbu }
    }

    /// How many steps would run or be restored.
    pub fn count(&self) -> usize {
        self.steps.iter().filter(|step| **step != Expected::Idle).count()
    }

    /// How many of them would only be put in place.
    pub fn restored(&self) -> usize {
        self.steps.iter().filter(|step| **step == Expected::Restored).count()
    }

    /// How many steps would run of whose time nothing is known.
    pub fn unknown(&self) -> usize {
        self.packages.iter().map(|package| package.unknown).sum()
    }

    /// How long each step takes; nothing for one that does not run. One of which nothing is known takes none.
    pub fn walls(&self) -> Vec<Option<u64>> {
        let wall = |step: &Expected| match step {
            Expected::Idle => None,
            Expected::Restored => Some(0),
            Expected::Runs(time) => Some(time.ms().unwrap_or(0)),
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

/// The way through the packages, each after what it needs.
struct Walk<'a> {
    plans: &'a Plans,
    history: &'a History,
    machine: &'a dyn Machine,
    checks: bool,
    sbu: Option<Sbu>,
    wanted: &'a [bool],
    gets_stamp: Vec<bool>,
    steps: Vec<Expected>,
}

impl Walk<'_> {
    fn package(&mut self, package: usize) {
        let file = &self.plans.packages[package];
        let stamp = |step: &StepFile| self.machine.stamp(&file.package, step.phase) == Some(step.key);
        let has_artifact = self.machine.artifact(file) == Standing::There;
        // A build takes the stamps of a lost artifact away.
        let is_lost = !has_artifact && file.last_step().is_some_and(stamp);
        let stamped: Vec<bool> = file.steps.iter().map(|step| !is_lost && stamp(step)).collect();
        let mut layers: BTreeSet<Phase> = file
            .steps
            .iter()
            .filter(|step| self.machine.has_layer(file, step))
            .map(|step| step.phase)
            .collect();
        for (step, stamped) in file.steps.iter().zip(stamped) {
            let at = self.steps.len();
            let starts = self.wanted[at]
                && (!stamped || self.plans.steps[at].needs.iter().any(|&need| self.gets_stamp[need]));
            // One that says what it said before keeps its time.
            self.gets_stamp.push(starts && !stamped);
            let is_there = || match step.phase {
                Phase::Fetch => stamped,
                Phase::Check => !self.checks || self.machine.has_passed(file, step),
                Phase::COMPLETING => has_artifact,
                _ => has_artifact || layers.contains(&step.phase),
            };
            if !starts || is_there() {
                self.steps.push(if starts { Expected::Restored } else { Expected::Idle });
                continue;
            }
            self.steps.push(self.runs(package, step.phase));
            if step.phase == Phase::Fetch {
                continue;
            }
            let under = file.under(step.phase).map(|step| step.phase);
            let again: Vec<_> = under.skip_while(|phase| layers.contains(phase)).collect();
            for &phase in &again {
                if let Some(at) = self.plans.step(package, phase) {
                    self.steps[at] = self.runs(package, phase);
                }
            }
            // Whoever makes a layer takes those over it away.
            layers.retain(|&phase| phase < step.phase);
            layers.extend(again.into_iter().chain([step.phase]));
            if has_artifact {
                // They were needed for a check alone.
                layers.clear();
            }
        }
    }

    fn runs(&self, package: usize, phase: Phase) -> Expected {
        let file = &self.plans.packages[package];
        let usual = self.history.usual_wall_ms(&file.package, phase).map(Time::Usual);
        let by_sbu = || Some(Time::BySbu(self.sbu?.share_ms(file, self.history, phase)?));
        Expected::Runs(usual.or_else(by_sbu).unwrap_or(Time::Unknown))
    }
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
        let restored = running().all(|at| steps[at] == Expected::Restored);
        let mut expected = ExpectedPackage {
            package,
            level,
            phases: Vec::new(),
            restored,
            wall_ms: 0,
            by_sbu: false,
            unknown: 0,
        };
        for at in running().filter(|&at| restored || steps[at] != Expected::Restored) {
            expected.phases.push(plans.steps[at].phase);
            if let Expected::Runs(time) = steps[at] {
                expected.wall_ms = expected.wall_ms.saturating_add(time.ms().unwrap_or(0));
                expected.by_sbu |= matches!(time, Time::BySbu(_));
                expected.unknown += usize::from(time == Time::Unknown);
            }
        }
        packages.push(expected);
    }
    packages
}

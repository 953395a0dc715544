//! What a journal tells, put in order: runs, attempts at steps, artifacts.
//!
//! This module knows events alone; it does not know the plan, and so not what is out of date.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::journal::{
    ArtifactCommitted, Entry, Event, Outcome, Reading, Skipped, StepFinished, StepStarted, Usage,
};
use crate::model::{Digest, PackageName, Phase};

/// Attempts without a run's name belong together unless nothing happened between them for this long.
const PAUSE_MS: u64 = 30_000;

/// Everything that happened in a state directory.
#[derive(Debug, Default, Clone)]
pub struct History {
    /// In the order in which they started.
    pub runs: Vec<Run>,
    /// In the order in which they started.
    pub attempts: Vec<Attempt>,
    /// Committed artifacts, in order.
    pub commits: Vec<ArtifactCommitted>,
    /// Lines of the journal that say nothing to us.
    pub skipped: Vec<Skipped>,
    attempts_of: BTreeMap<PackageName, Vec<usize>>,
    commits_of: BTreeMap<PackageName, Vec<usize>>,
}

/// One build: from an `lfsgen build`, or what a plain `ninja` did without a longer pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// What `lfsgen build` named it; nothing under a plain `ninja`.
    pub name: Option<String>,
    /// When its first event happened, in milliseconds since the Unix epoch.
    pub started: u64,
    /// When its last event happened.
    pub last: u64,
    /// Whether every step succeeded; nothing where it did not say so before it ended.
    pub ok: Option<bool>,
    /// What was asked for; empty for everything.
    pub targets: Vec<String>,
    /// Steps at once, if it said so.
    pub jobs: Option<u32>,
    /// Processors that it had, if it said so. Serialized where they are looked at, in its [`super::bound::Bound`].
    #[serde(skip)]
    pub cpus: Option<u32>,
    /// The program that ran the graph, if it said so.
    pub runner: Option<String>,
}

/// One attempt at a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Whose.
    pub package: PackageName,
    /// Which phase.
    pub phase: Phase,
    /// The step's key.
    pub key: Digest,
    /// Its run, by the position in [`History::runs`].
    pub run: usize,
    /// When it started.
    pub started: u64,
    /// The runner's process.
    pub pid: Option<u32>,
    /// How it ended; nothing while it runs, and where it was killed.
    pub end: Option<End>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// When.
    pub at: u64,
    /// How.
    pub outcome: Outcome,
    /// What it used.
    pub usage: Usage,
    /// Its log, relative to the state directory.
    pub log: Option<String>,
    /// For a failure: what failed, in a line.
    pub message: Option<String>,
}

impl Attempt {
    /// Whether it ended well.
    pub fn is_ok(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.outcome.is_ok())
    }

    /// Whether it ended in this way.
    pub fn ended_as(&self, outcome: &Outcome) -> bool {
        self.end.as_ref().is_some_and(|end| end.outcome == *outcome)
    }

    /// Whether its commands ran, rather than an earlier result being taken, or nothing being asked for.
    pub fn ran(&self) -> bool {
        self.end.as_ref().is_none_or(|end| !end.outcome.is_passed())
    }
}

impl History {
    /// Puts the events in order.
    pub fn new(reading: Reading) -> Self {
        let mut builder = Builder::default();
        for entry in reading.entries {
            builder.add(entry);
        }
        Self { skipped: reading.skipped, ..builder.history }
    }

    /// The attempts at any step of a package, in order.
    pub fn attempts_of(&self, package: &PackageName) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.attempts_of.get(package).into_iter().flatten().map(|&at| &self.attempts[at])
    }

    /// The attempts at one step, in order.
    pub fn attempts_at(
        &self,
        package: &PackageName,
        phase: Phase,
    ) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.attempts_of(package).filter(move |attempt| attempt.phase == phase)
    }

    /// The artifacts of a package, in order.
    pub fn commits_of(&self, package: &PackageName) -> impl DoubleEndedIterator<Item = &ArtifactCommitted> {
        self.commits_of.get(package).into_iter().flatten().map(|&at| &self.commits[at])
    }

    /// The artifacts of a package: first the one that it last made or took from the store, then all, the newest first.
    pub fn artifacts_of(&self, package: &PackageName) -> impl Iterator<Item = &ArtifactCommitted> {
        // The key of a package is that of its last step.
        let of_key = |key| self.commits_of(package).rev().find(|commit| commit.key == key);
        let used = self.attempts_of(package).rev().filter(|attempt| attempt.is_ok());
        used.filter_map(move |attempt| of_key(attempt.key)).take(1).chain(self.commits_of(package).rev())
    }

    /// What a step used when it last succeeded by running.
    pub fn usual(&self, package: &PackageName, phase: Phase) -> Option<Usage> {
        let mut ends = self.attempts_at(package, phase).rev().filter_map(|attempt| attempt.end.as_ref());
        ends.find(|end| end.outcome == Outcome::Succeeded).map(|end| end.usage)
    }

    /// How long a step took when it last succeeded by running, in milliseconds.
    pub fn usual_wall_ms(&self, package: &PackageName, phase: Phase) -> Option<u64> {
        self.usual(package, phase).map(|usage| usage.wall_ms)
    }

    /// Every package that an attempt was made at, sorted.
    pub fn packages(&self) -> impl Iterator<Item = &PackageName> {
        self.attempts_of.keys()
    }
}

#[derive(Default)]
struct Builder {
    history: History,
    /// Named runs.
    named: BTreeMap<String, usize>,
    /// The run that unnamed events belong to.
    unnamed: Option<usize>,
    /// Attempts that have not ended, by their run and step.
    open: BTreeMap<(usize, PackageName, Phase), usize>,
}

impl Builder {
    fn add(&mut self, Entry { at, run: name, event, .. }: Entry) {
        let run = self.run(at, name, &event);
        self.history.runs[run].last = at.max(self.history.runs[run].last);
        match event {
            Event::RunStarted { targets, jobs, cpus, runner, lfsgen: _ } => {
                let run = &mut self.history.runs[run];
                (run.targets, run.jobs, run.cpus, run.runner) = (targets, Some(jobs), cpus, Some(runner));
            }
            Event::RunFinished { ok } => self.history.runs[run].ok = Some(ok),
            Event::StepStarted(StepStarted { package, phase, key, pid }) => {
                let attempt = Attempt { package, phase, key, run, started: at, pid: Some(pid), end: None };
                let step = (run, attempt.package.clone(), phase);
                let index = self.attempt(attempt);
                self.open.insert(step, index);
            }
            Event::StepFinished(finished) => self.finish(at, run, *finished),
            Event::ArtifactCommitted(commit) => {
                let index = self.history.commits.len();
                self.history.commits_of.entry(commit.package.clone()).or_default().push(index);
                self.history.commits.push(*commit);
            }
        }
    }

    fn finish(&mut self, at: u64, run: usize, finished: StepFinished) {
        let StepFinished { package, phase, key, outcome, usage, log, message } = finished;
        let end = End { at, outcome, usage, log, message };
        // A step that is passed has no start: what is open is an attempt that was killed, or another runner's.
        let open =
            if end.outcome.is_passed() { None } else { self.open.remove(&(run, package.clone(), phase)) };
        let open = open.filter(|&index| self.history.attempts[index].key == key);
        // Of others, the line that told of the start may have been cut off.
        let index = open.unwrap_or_else(|| {
            let started = at.saturating_sub(usage.wall_ms);
            self.attempt(Attempt { package, phase, key, run, started, pid: None, end: None })
        });
        self.history.attempts[index].end = Some(end);
    }

    fn attempt(&mut self, attempt: Attempt) -> usize {
        let index = self.history.attempts.len();
        self.history.attempts_of.entry(attempt.package.clone()).or_default().push(index);
        self.history.attempts.push(attempt);
        index
    }

    fn run(&mut self, at: u64, name: Option<String>, event: &Event) -> usize {
        let known = match &name {
            Some(name) => self.named.get(name).copied(),
            None => self.unnamed.filter(|&run| !self.is_over(run, at, event)),
        };
        known.unwrap_or_else(|| {
            let index = self.history.runs.len();
            match &name {
                Some(name) => drop(self.named.insert(name.clone(), index)),
                None => self.unnamed = Some(index),
            }
            let (ok, targets, jobs, cpus, runner) = (None, Vec::new(), None, None, None);
            self.history.runs.push(Run { name, started: at, last: at, ok, targets, jobs, cpus, runner });
            index
        })
    }

    /// Whether an event after a pause begins another unnamed run. While a long step runs, nothing else need happen.
    fn is_over(&self, run: usize, at: u64, event: &Event) -> bool {
        let paused = at.saturating_sub(self.history.runs[run].last) > PAUSE_MS;
        // A step that was killed is begun again, or passed.
        let begun = match event {
            Event::StepStarted(step) => Some((run, step.package.clone(), step.phase)),
            Event::StepFinished(step) if step.outcome.is_passed() => {
                Some((run, step.package.clone(), step.phase))
            }
            _ => None,
        };
        let again = begun.is_some_and(|step| self.open.contains_key(&step));
        let busy = self.open.keys().any(|(of, ..)| *of == run);
        paused && (again || !busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(at: u64, package: &str, finished: bool) -> Entry {
        let event = if finished { ended(package, Outcome::Succeeded) } else { started(package) };
        Entry { v: 1, at, run: None, event }
    }

    fn started(package: &str) -> Event {
        let (package, key) = (PackageName::new(package).unwrap(), Digest::of(b""));
        Event::StepStarted(StepStarted { package, phase: Phase::Build, key, pid: 7 })
    }

    fn ended(package: &str, outcome: Outcome) -> Event {
        Event::StepFinished(Box::new(StepFinished {
            package: PackageName::new(package).unwrap(),
            phase: Phase::Build,
            key: Digest::of(b""),
            outcome,
            usage: Usage { wall_ms: 10, ..Usage::default() },
            log: None,
            message: None,
        }))
    }

    fn history(entries: Vec<Entry>) -> History {
        History::new(Reading { entries, skipped: Vec::new() })
    }

    /// Of each attempt: its run, when it started, when it ended.
    fn spans(history: &History) -> Vec<(usize, u64, Option<u64>)> {
        let end = |attempt: &Attempt| attempt.end.as_ref().map(|end| end.at);
        history.attempts.iter().map(|attempt| (attempt.run, attempt.started, end(attempt))).collect()
    }

    #[test]
    fn what_a_later_run_takes_from_the_store_ends_no_attempt_of_a_run_that_was_killed() {
        let of = |run: &str, at, event| Entry { v: 1, at, run: Some(run.to_owned()), event };
        let named = history(vec![
            of("first", 1_000, started("a")),
            of("second", 9_000, ended("a", Outcome::Restored)),
            of("first", 9_500, ended("a", Outcome::Succeeded)),
        ]);
        assert_eq!(spans(&named), [(0, 1_000, Some(9_500)), (1, 8_990, Some(9_000))]);
        let unnamed = |at, event| Entry { v: 1, at, run: None, event };
        let passed = [Outcome::Restored, Outcome::Skipped];
        for (at, run) in [(9_000, 0), (90_000, 1)] {
            for outcome in passed.clone() {
                let history = history(vec![unnamed(1_000, started("a")), unnamed(at, ended("a", outcome))]);
                assert_eq!(spans(&history), [(0, 1_000, None), (run, at - 10, Some(at))]);
            }
        }
    }

    #[test]
    fn an_attempt_ends_with_its_own_key_alone() {
        let mut other = step(5_000, "a", true);
        let Event::StepFinished(end) = &mut other.event else { unreachable!() };
        end.key = Digest::of(b"other");
        let history = history(vec![step(1_000, "a", false), other]);
        assert_eq!(spans(&history), [(0, 1_000, None), (0, 4_990, Some(5_000))]);
    }

    #[test]
    fn a_pause_with_nothing_running_parts_two_unnamed_runs() {
        let history = history(vec![
            step(1_000, "a", false),
            step(90_000, "a", true),
            step(91_000, "b", false),
            step(92_000, "b", true),
            step(200_000, "c", false),
        ]);
        let runs: Vec<_> = history.runs.iter().map(|run| (run.started, run.last)).collect();
        assert_eq!(runs, [(1_000, 92_000), (200_000, 200_000)]);
    }

    #[test]
    fn a_step_that_starts_again_leaves_the_killed_attempt_without_an_end() {
        let history =
            history(vec![step(1_000, "a", false), step(90_000, "a", false), step(90_010, "a", true)]);
        let ends: Vec<_> = history.attempts.iter().map(|attempt| attempt.end.is_some()).collect();
        assert_eq!(ends, [false, true]);
        assert_eq!(history.runs.len(), 2);
    }

    #[test]
    fn an_end_without_a_start_began_its_wall_time_earlier() {
        let history = history(vec![step(1_000, "a", true)]);
        assert_eq!(history.attempts[0].started, 990);
        assert_eq!(history.usual_wall_ms(&PackageName::new("a").unwrap(), Phase::Build), Some(10));
    }
}

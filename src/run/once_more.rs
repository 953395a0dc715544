//! A second attempt at a `build` phase, with one job, where the first one failed as makefiles do that leave out a dependency.
//!
//! Such a makefile works with one job, and with several only where the right one is done first. So what failed that way by chance
//! is built all the same, and whoever reads the journal or the card learns which of the two it was.

use std::time::Duration;

use anyhow::Result;

use super::StepResult;
use super::attempt::Attempt;
use super::kept::Kept;
use super::log;
use super::race::{self, Lacked};
use super::runner::Runner;
use super::share::Share;
use crate::journal::Outcome;
use crate::plan::file::StepFile;

impl Runner {
    /// Runs a scripted phase, and commits what it wrote; once more where jobs seem to have run in a wrong order.
    pub(super) fn run(&mut self, step: &StepFile, share: &mut Share) -> Result<StepResult> {
        self.prepare(step)?;
        let of_several = self.layout.log_of_several_jobs(&self.package.package, step.phase);
        log::remove(&of_several)?;
        let first = self.attempt_to_run(step, share, Duration::ZERO)?;
        let log = self.layout.log(&self.package.package, step.phase);
        let Some(card) = first.result.card.as_ref().filter(|_| can_be_race(&first)) else {
            return Ok(first.result);
        };
        if !race::is_likely(card, &first.lacked, &log)? {
            return Ok(first.result);
        }
        // It is no attempt of its own, by which logs are counted.
        log::rename(&log, &of_several)?;
        share.keep_one();
        // From the state before the phase: what is left half made is what the other jobs met.
        self.go_on = false;
        let second = self.attempt_to_run(step, share, first.spent)?.result;
        let mut result = together(first, second);
        result.card = result.card.map(|card| card.with_first_log(&self.layout));
        Ok(result)
    }
}

/// Whether the order of jobs can have been what an attempt failed for.
fn can_be_race(attempt: &Attempt) -> bool {
    // Whoever goes on in a tree is mending it, and wants to see what happens in it.
    attempt.several_jobs
        && attempt.kept != Kept::Used
        && matches!(attempt.result.outcome, Outcome::Failed { .. })
}

/// The second attempt's result, with what is to be learned from both.
fn together(Attempt { result: first, lacked, .. }: Attempt, second: StepResult) -> StepResult {
    let mut result = StepResult { usage: first.usage.and(second.usage), ..second };
    let made = if let Lacked::Made(path) = lacked { Some(path) } else { None };
    let said = first.card.map(|card| card.message()).unwrap_or_default();
    if result.outcome.is_ok() {
        let made = made.as_ref().map(|path| format!("; another job made `{path}`")).unwrap_or_default();
        result.note = Some(format!(
            "built with one job, after several at once failed ({said}{made}): its build rules leave out a dependency; \
             `resources: {{ jobs: 1 }}` in its spec saves the first attempt"
        ));
    }
    if let Some(card) = &mut result.card {
        card.alone = Some(if card.message() == said {
            let so = made.as_ref().map(|path| format!(", though another job makes `{path}`"));
            let so = so.as_deref().unwrap_or(": the order of jobs is not the cause");
            format!("it fails in the same way with one job{so}")
        } else if matches!(result.outcome, Outcome::TimedOut { .. }) {
            format!(
                "the limit is for both attempts, and this is the second, with one job; with several at once: {said}"
            )
        } else {
            format!("this is the second attempt, with one job; with several at once: {said}")
        });
    }
    result
}

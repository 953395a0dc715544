//! A second attempt at a `build` phase, with one job, where the first one failed as makefiles do that leave out a dependency.
//!
//! Such a makefile works with one job, and with several only where the right one is done first. So what failed that way by chance
//! is built all the same, and whoever reads the journal or the card learns which of the two it was.

use anyhow::Result;

use super::StepResult;
use super::isolated::Attempt;
use super::kept::Kept;
use super::runner::Runner;
use super::share::Share;
use crate::journal::{Outcome, Usage};
use crate::plan::file::StepFile;

impl Runner {
    /// Runs a scripted phase, and commits what it wrote; once more where jobs seem to have run in a wrong order.
    pub(super) fn run(&mut self, step: &StepFile, share: &mut Share) -> Result<StepResult> {
        self.prepare(step)?;
        let first = self.attempt_to_run(step, share)?;
        if !may_be_race(&first) {
            return Ok(first.result);
        }
        share.keep_one();
        // From the state before the phase: what is left half made is what the other jobs met.
        self.go_on = false;
        let second = self.attempt_to_run(step, share)?.result;
        Ok(together(first.result, second))
    }
}

/// Whether an attempt failed for want of something that another job may have been about to make.
fn may_be_race(attempt: &Attempt) -> bool {
    let Some(card) = &attempt.result.card else { return false };
    // Whoever goes on in a tree is mending it, and wants to see what happens in it.
    attempt.several_jobs
        && attempt.kept != Kept::Used
        && matches!(attempt.result.outcome, Outcome::Failed { .. })
        && card.may_be_race()
}

/// The second attempt's result, with what is to be learned from both.
fn together(first: StepResult, second: StepResult) -> StepResult {
    let usage = Usage {
        wall_ms: first.usage.wall_ms + second.usage.wall_ms,
        user_ms: first.usage.user_ms + second.usage.user_ms,
        system_ms: first.usage.system_ms + second.usage.system_ms,
        max_rss_kib: first.usage.max_rss_kib.max(second.usage.max_rss_kib),
    };
    let mut result = StepResult { usage, ..second };
    let said = first.card.map(|card| card.message()).unwrap_or_default();
    if result.outcome.is_ok() {
        result.note = Some(format!(
            "built with one job, after several at once failed ({said}): its makefiles leave out a dependency; `resources: {{ \
             jobs: 1 }}` in its spec saves the first attempt"
        ));
    }
    if let Some(card) = &mut result.card {
        card.alone = Some(if card.message() == said {
            "it fails in the same way with one job: the order of jobs is not the cause".to_owned()
        } else {
            format!("this is the second attempt, with one job; with several at once: {said}")
        });
    }
    result
}

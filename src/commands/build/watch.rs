//! Watches the program that runs the graph, and its steps, until all of them have ended.
//!
//! What the steps do is learnt from the journal alone, whichever program runs them.

use std::os::fd::{AsFd as _, BorrowedFd};
use std::process::{Child, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::progress::Progress;
use super::show::Show;
use super::stop::{PATIENCE, Runners, Stopping};
use crate::host::clock::{self, Stopwatch, unix_millis};
use crate::host::process;
use crate::journal::{Event, Follower, Outcome};
use crate::layout::Layout;
use crate::run::Card;

/// How often the journal is looked at.
const TICK: Duration = Duration::from_millis(100);

/// How a run ended.
pub(super) struct Ended {
    /// What the graph's program ended with.
    pub(super) status: ExitStatus,
    /// Whether somebody stopped it.
    pub(super) interrupted: bool,
    /// Steps that failed.
    pub(super) failed: usize,
    /// Whether any step was started.
    pub(super) any_step: bool,
}

/// A run that is under way.
pub(super) struct Watch<'a> {
    layout: &'a Layout,
    /// The run's name, by which its events are known.
    run: &'a str,
    follower: Follower,
    progress: Progress<'a>,
    show: Show,
    runners: Runners,
    stopping: Stopping,
    /// Whether a step was.
    interrupted: bool,
    any_step: bool,
}

impl<'a> Watch<'a> {
    /// Watches the run of this name, whose events `follower` has not passed yet.
    pub(super) fn new(
        layout: &'a Layout,
        run: &'a str,
        follower: Follower,
        progress: Progress<'a>,
        show: Show,
    ) -> Self {
        let (runners, stopping) = (Runners::default(), Stopping::default());
        Self { layout, run, follower, progress, show, runners, stopping, interrupted: false, any_step: false }
    }

    /// Shows what happens until the graph's program and its steps have ended, and passes signals on to them.
    ///
    /// # Errors
    /// The program cannot be watched or stopped, or the journal not be read.
    pub(super) fn until_end(mut self, mut child: Child, signals: BorrowedFd<'_>) -> Result<Ended> {
        let stopwatch = Stopwatch::start();
        let end = process::end_of(&child).context("failed to watch the program that runs the graph")?;
        let status = loop {
            self.take_news()?;
            if let Some(status) =
                child.try_wait().context("failed to wait for the program that runs the graph")?
            {
                break status;
            }
            self.show.tick(&self.progress, unix_millis(), stopwatch.elapsed());
            if let Some(signal) = process::wait_for_signal(signals, Some(end.as_fd()), TICK)?
                && let Some(words) = self.stopping.take(signal, &mut child)?
            {
                self.show.say(words);
            }
        };
        self.hear_out()?;
        self.runners.kill();
        self.show.finish();
        let interrupted = self.interrupted || self.stopping.is_asked();
        Ok(Ended { status, interrupted, failed: self.progress.failed(), any_step: self.any_step })
    }

    /// Takes in what the steps have to say still. The graph's program may have been killed; then they are ending, too.
    fn hear_out(&mut self) -> Result<()> {
        let stopwatch = Stopwatch::start();
        loop {
            // Asked before the journal is read, so that nothing that was written before the end is missed.
            let are_there = self.runners.are_there();
            let is_new = self.take_news()?;
            if !are_there && !is_new || stopwatch.elapsed() > PATIENCE {
                return Ok(());
            }
            if are_there {
                clock::sleep(TICK / 10);
            }
        }
    }

    /// Takes in what was written to the journal since, and shows it. Says whether any of it was of this run.
    fn take_news(&mut self) -> Result<bool> {
        let mut is_new = false;
        for entry in self.follower.poll()? {
            if entry.run.as_deref() != Some(self.run) {
                continue;
            }
            is_new = true;
            self.runners.see(&entry);
            self.any_step |= !matches!(entry.event, Event::RunStarted { .. });
            if let Event::StepStarted(step) = &entry.event {
                self.show.started(step, entry.at, self.layout);
            }
            if let Some(step) = self.progress.take(entry) {
                self.interrupted |= step.outcome == Outcome::Interrupted;
                self.show.ended(&step, &self.progress);
                if step.outcome.is_failure() {
                    self.show.say(&Card::of_event(&step, self.layout).to_string());
                }
            }
        }
        Ok(is_new)
    }
}

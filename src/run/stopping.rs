//! Stopping a step while this process itself is at work for it.
//!
//! While a step's command runs, the sandbox watches for the signals that ask this process to stop. Before and after it they
//! are held back and none is lost: what is over in a moment ends, and whoever looks next finds them. What may take long (a
//! download, the digests of sources, an artifact on its way to the disk) has another thread that watches. It says in the
//! journal that the step was interrupted, and then the process leaves wherever it is, which every part of a step stands:
//! it is no other than being killed.

use std::io::Write as _;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::pipe::{PipeFlags, pipe_with};

use super::StepResult;
use super::runner::{Runner, millis};
use crate::host::clock::Stopwatch;
use crate::host::{files, process, raw};
use crate::journal::{Event, Outcome, StepFinished, Usage, Writer};
use crate::layout::Layout;
use crate::plan::file::StepFile;

/// What has this long to end by itself is what would be a pity to do again.
pub(super) const A_MOMENT: Duration = Duration::from_secs(1);

/// What is said where a process leaves in the middle of a step.
struct LastWords {
    interrupted: StepFinished,
    layout: Layout,
    run: Option<String>,
    watch: Stopwatch,
}

impl Runner {
    /// Holds the signals back that ask this process to stop.
    pub(super) fn hold_signals(&mut self) -> Result<()> {
        self.signals = Some(Arc::new(raw::stop_signals().context("failed to watch for signals")?));
        Ok(())
    }

    /// Whether one came.
    pub(super) fn is_asked_to_stop(&self) -> Result<bool> {
        let Some(signals) = &self.signals else { return Ok(false) };
        Ok(process::wait_for_any(&[signals.as_fd()], Some(Duration::ZERO))? == Some(0))
    }

    /// Does a part of a step that may take long. Where a signal comes meanwhile and the work is not done after `patience`,
    /// this never returns.
    ///
    /// # Errors
    /// There is no descriptor left. What became of the work is the other result.
    pub(super) fn watched<T>(
        &mut self,
        step: &StepFile,
        patience: Duration,
        work: impl FnOnce(&mut Self) -> T,
    ) -> Result<T> {
        let Some(signals) = self.signals.clone() else { return Ok(work(self)) };
        let result = StepResult::without_work(step.phase, Outcome::Interrupted);
        let words = LastWords {
            interrupted: self.finished(step, &result, None),
            layout: self.layout.clone(),
            run: self.run.clone(),
            watch: Stopwatch::start(),
        };
        let (is_done, done): (OwnedFd, OwnedFd) = pipe_with(PipeFlags::CLOEXEC)?;
        Ok(thread::scope(|scope| {
            scope.spawn(move || {
                if must_leave(signals.as_fd(), is_done.as_fd(), patience) {
                    words.say();
                    process::leave(1);
                }
            });
            let result = work(self);
            drop(done);
            result
        }))
    }
}

/// Whether a signal came before the work was done, and the work did not end within `patience` then.
fn must_leave(signals: BorrowedFd<'_>, is_done: BorrowedFd<'_>, patience: Duration) -> bool {
    let first = process::wait_for_any(&[is_done, signals], None);
    matches!(first, Ok(Some(1))) && matches!(process::wait_for_any(&[is_done], Some(patience)), Ok(None))
}

impl LastWords {
    /// Says them to the journal, to the run's other steps and to standard error. Nobody can be told where that fails.
    fn say(mut self) {
        self.interrupted.usage = Usage { wall_ms: millis(self.watch.elapsed()), ..self.interrupted.usage };
        let StepFinished { package, phase, .. } = &self.interrupted;
        let _ = writeln!(std::io::stderr(), "{package} {phase}: interrupted");
        let _ = tell_of_failure(&self.layout, self.run.as_deref());
        let journal = Writer::open(&self.layout.journal(), self.run);
        let _ =
            journal.and_then(|mut journal| journal.append(Event::StepFinished(Box::new(self.interrupted))));
    }
}

/// Has the run's other steps know that one did not end well, before its share is free for one of them.
pub(super) fn tell_of_failure(layout: &Layout, run: Option<&str>) -> Result<()> {
    let Some(run) = run else { return Ok(()) };
    files::open_append(&layout.failures(run))?.write_all(b"x").context("failed to tell of a failure")
}

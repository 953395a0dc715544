//! A time limit that leaves out the time in which this process did not run.
//!
//! A container that was paused, or whoever was sent SIGSTOP, has used nothing of it; and where the runner alone was stopped, as by
//! Ctrl-Z under a plain ninja, the command may have ended long ago, and well. The clock that this goes by does not count while the
//! machine sleeps (clock_gettime(2), `CLOCK_MONOTONIC`). Nothing tells a process how long it was stopped; so it looks
//! at the clock often, and a look that comes late counts for no more than one that comes in time.

use std::time::Duration;

use crate::host::clock::Stopwatch;

/// How long to wait at most before the next look.
const OFTEN: Duration = Duration::from_secs(1);
/// What a look counts for at most: a machine with much to do is late, too.
const MOST: Duration = Duration::from_secs(2);

/// Counts down.
pub(super) struct TimeLimit {
    limit: Option<Duration>,
    spent: Duration,
    looked: Stopwatch,
}

impl TimeLimit {
    /// One that begins now, or none.
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, spent: Duration::ZERO, looked: Stopwatch::start() }
    }

    /// What counted of the time up to the last look.
    pub(super) fn spent(&self) -> Duration {
        self.spent
    }

    /// How long to wait before the next look: without end where nothing is limited, and not at all where the time is over.
    pub(super) fn look(&mut self) -> Option<Duration> {
        let since = self.looked.elapsed();
        self.looked = Stopwatch::start();
        self.spent += since.min(MOST);
        self.limit.map(|limit| limit.saturating_sub(self.spent).min(OFTEN))
    }
}

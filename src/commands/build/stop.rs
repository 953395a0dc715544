//! How a build is stopped: first asked, then killed.

use std::collections::BTreeMap;
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::Child;
use std::time::Duration;

use anyhow::Result;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::host::clock::Stopwatch;
use crate::host::process;
use crate::journal::{Entry, Event};
use crate::model::{PackageName, Phase};

/// How long steps may take to say in the journal that they were interrupted, once the graph's program has ended.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// A signal so soon after the first one is the same: one may come from the terminal and another from a shell.
const ECHO: Duration = Duration::from_millis(250);

/// The processes that run a build's steps, by what the journal says of their start and end.
#[derive(Debug, Default)]
pub(super) struct Runners(BTreeMap<(PackageName, Phase), OwnedFd>);

impl Runners {
    /// Takes in an event.
    pub(super) fn see(&mut self, entry: &Entry) {
        match &entry.event {
            Event::StepStarted(step) => {
                let pid = i32::try_from(step.pid).ok().and_then(Pid::from_raw);
                // One that has ended already needs no descriptor.
                let runner = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
                self.0.extend(runner.map(|runner| ((step.package.clone(), step.phase), runner)));
            }
            Event::StepFinished(step) => drop(self.0.remove(&(step.package.clone(), step.phase))),
            _ => {}
        }
    }

    /// Whether one is there that has not told how its step ended. One that was killed will not tell.
    pub(super) fn are_there(&self) -> bool {
        let ended = |runner: &OwnedFd| process::wait_for_any(&[runner.as_fd()], Some(Duration::ZERO));
        self.0.values().any(|runner| matches!(ended(runner), Ok(None)))
    }

    /// Kills those that are there.
    pub(super) fn kill(&self) {
        for runner in self.0.values() {
            // The only error possible is that it has ended already.
            let _ = pidfd_send_signal(runner, Signal::KILL);
        }
    }
}

/// What was done so far to stop a build.
#[derive(Debug, Default)]
pub(super) struct Stopping(Option<Stopwatch>);

impl Stopping {
    /// Whether anything was.
    pub(super) fn is_asked(&self) -> bool {
        self.0.is_some()
    }

    /// Passes a signal on to the graph's program, which passes it on to its steps; at the second Ctrl-C kills the program,
    /// of which its steps hear (prctl(2), `PR_SET_PDEATHSIG`). Returns what there is to say.
    ///
    /// # Errors
    /// The kernel lets nobody signal the graph's program.
    pub(super) fn take(&mut self, signal: Signal, child: &mut Child) -> Result<Option<&'static str>> {
        match &self.0 {
            None => {
                self.0 = Some(Stopwatch::start());
                process::signal_group(child, signal)?;
                Ok(Some("stopping: waiting for the steps that run; Ctrl-C again kills them\n"))
            }
            Some(first) if signal == Signal::INT && first.elapsed() > ECHO => {
                child.kill()?;
                Ok(Some("killing: what has not stopped in two seconds\n"))
            }
            Some(_) => Ok(None),
        }
    }
}

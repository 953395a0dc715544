//! The runner's side: clones the first process, takes the command's output, and ends it all when it must.
//!
//! It must at the time limit, for example, and when it is asked to stop. To end the root, killing its first process is
//! enough.

use std::io::Write;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{DumpableBehavior, Signal};
use rustix::thread::UnshareFlags;

use super::Sandbox;
use super::causes::Tried;
use super::init::{self, Descriptors};
use super::refused::{Refused, refused};
use super::report::{End, Report};
use super::time_limit::TimeLimit;
use crate::host::clock::Stopwatch;
use crate::host::process;
use crate::host::raw::{self, Cloned, Usage};
use crate::host::remedy::is_full_disk;
use crate::model::Over;

/// How long the kernel may take to end what was stopped: less than somebody waits who pressed Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(1400);

/// How long a first process may take to end the others itself. What it has waited for counts as its own usage; what the kernel ends
/// with it does not (`zap_pid_ns_processes` in kernel/pid_namespace.c).
const GRACE: Duration = Duration::from_millis(400);

/// How a command ended, and what it and everything that it started used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub how: How,
    /// Why it had the machine's clock, where it should have had one of its own.
    pub clock_refused: Option<String>,
    /// What was used.
    pub usage: Usage,
    /// The most memory that all processes had at once, in bytes, as far as that was looked at: 0 where it was over in a moment.
    pub peak: u64,
    /// From the first system call to the end of its last process.
    pub wall: Duration,
    /// What of that counts against a time limit: not the time in which this process was stopped.
    pub counted: Duration,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It left with this status.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// It took longer than it may.
    TimedOut,
    /// It used more of something than it may.
    Over(Over),
    /// The runner was asked to stop.
    Stopped,
}

/// Where a command's output goes.
pub enum Output<'a> {
    /// Standard output and error, in the order in which they were written and as soon as they were; standard input is empty.
    Log(&'a mut dyn Write),
    /// The command shares the runner's terminal.
    Terminal,
}

/// Tells a thread that its time is over.
#[derive(Debug, Default)]
pub struct Stop {
    over: Mutex<bool>,
    said: Condvar,
}

impl Stop {
    /// Says so, to everyone who waits and everyone who asks later.
    pub fn say(&self) {
        *self.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.said.notify_all();
    }

    /// Waits until it is said.
    pub fn wait(&self) {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.said.wait_while(over, |over| !*over);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether it was said, after waiting for it this long at most.
    pub fn said_within(&self, time: Duration) -> bool {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.said.wait_timeout_while(over, time, |over| !*over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// What is special about a kind of first process.
pub(super) struct Kind {
    /// Has it end, and everything that it has started with it. That this is wished it can see by itself.
    pub end: fn(&Cloned),
    /// Ends what is left when it has ended, where the kernel does not.
    pub end_rest: Option<fn(&Cloned)>,
    /// What it failed to do where it never started its command.
    pub purpose: &'static str,
}

impl Sandbox {
    /// Runs the command until it, and everything that it started, has ended. Meanwhile another thread does `meanwhile`,
    /// and is told by its argument when to stop.
    ///
    /// From here on the process no longer obeys SIGHUP, SIGINT and SIGTERM by itself: while the command runs they stop
    /// it (but for SIGINT where it shares the terminal), and afterwards whoever called is about to leave.
    ///
    /// # Errors
    /// The root could not be built. That the command failed is not an error.
    pub fn run(&self, output: Output<'_>, meanwhile: impl FnOnce(&Stop) + Send) -> Result<Ended> {
        let kind = Kind { end: end_soon, end_rest: None, purpose: "build the step's root" };
        let start = |keep: &[BorrowedFd<'_>], descriptors: &Descriptors<'_>| {
            clone_into(self.network, keep, || init::run(self, descriptors))
        };
        supervise(&kind, self.command.timeout, output, start, meanwhile)
    }
}

/// Waits until the first process of a root has ended, and kills it where it does not.
fn end_soon(first: &Cloned) {
    if !matches!(process::wait_for_any(&[first.pidfd()], Some(GRACE)), Ok(Some(_))) {
        first.kill();
    }
}

/// Starts a first process, and does for it what [`Sandbox::run`] says.
pub(super) fn supervise(
    kind: &Kind,
    timeout: Option<Duration>,
    output: Output<'_>,
    start: impl FnOnce(&[BorrowedFd<'_>], &Descriptors<'_>) -> Result<Cloned>,
    meanwhile: impl FnOnce(&Stop) + Send,
) -> Result<Ended> {
    let watch = Stopwatch::start();
    let signals = raw::stop_signals().context("failed to watch for signals")?;
    // Neither this process nor the first one, which inherits it, may be traced or looked into by the command: both hold
    // descriptors and an environment of the host (proc_pid_fd(5), PR_SET_DUMPABLE(2const)).
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let (runner, runner_end) = pipe_with(PipeFlags::CLOEXEC)?;
    let (report, report_end) = pipe_with(PipeFlags::CLOEXEC)?;
    let (log, sink) = match output {
        Output::Log(file) => (Some(pipe_with(PipeFlags::CLOEXEC)?), Some(file)),
        Output::Terminal => (None, None),
    };
    let (log, log_end) = log.map_or((None, None), |(read, write)| (Some(read), Some(write)));
    let child = {
        let output = log_end.as_ref().map(OwnedFd::as_fd);
        let descriptors = Descriptors { runner: runner.as_fd(), report: report_end.as_fd(), output };
        let keep: Vec<BorrowedFd<'_>> =
            [descriptors.runner, descriptors.report].into_iter().chain(output).collect();
        start(&keep, &descriptors)?
    };
    drop((report_end, log_end, runner));
    let time = TimeLimit::new(timeout);
    let mut supervisor = Supervisor { child, signals, log, sink, cut: None, time, end_rest: kind.end_rest };
    let stop = Stop::default();
    // The clone is made: only now may there be a second thread, and it must be gone before the next one.
    let early = std::thread::scope(|scope| {
        let other = scope.spawn(|| meanwhile(&stop));
        let early = supervisor.follow();
        stop.say();
        // Where it panicked, what it was for is left undone, and nothing else.
        let _ = other.join();
        early
    });
    if !matches!(early, Ok(None)) {
        drop(runner_end);
        (kind.end)(&supervisor.child);
    }
    // What hangs in the kernel ends when it can: the signal that ends it was sent.
    let gone = !matches!(early, Ok(Some(How::Stopped)))
        || process::wait_for_any(&[supervisor.child.pidfd()], Some(PATIENCE))?.is_some();
    let (usage, report) = if gone {
        let (_, usage) = supervisor.child.wait().context("failed to wait for the step")?;
        (usage, Report::read(&report)?)
    } else {
        (Usage::default(), None)
    };
    let wall = watch.elapsed();
    let peak = report.as_ref().map_or(0, |report| report.peak);
    let clock_refused = report.as_ref().and_then(|report| report.clock_refused.clone());
    let how = match early? {
        Some(how) => how,
        None => match (how(report, kind.purpose)?, supervisor.cut) {
            (how @ How::Over(_), _) | (how, None) => how,
            (_, Some(error)) => return Err(error),
        },
    };
    Ok(Ended { how, clock_refused, usage, peak, wall, counted: supervisor.time.spent() })
}

/// The namespaces of a step.
fn namespaces(network: bool) -> UnshareFlags {
    let network = if network { UnshareFlags::empty() } else { UnshareFlags::NEWNET };
    UnshareFlags::NEWNS | UnshareFlags::NEWPID | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS | network
}

/// Clones the first process of a root into namespaces of its own.
pub(super) fn clone_into(
    network: bool,
    keep: &[BorrowedFd<'_>],
    child: impl FnOnce() -> u8,
) -> Result<Cloned> {
    let namespaces = namespaces(network);
    raw::clone_into(namespaces, keep, child)
        .map_err(refused(Tried::Namespaces(namespaces)))
        .context("failed to make the step's namespaces")
}

/// How the command ended of which the first process has said this before it ended.
fn how(report: Option<Report>, purpose: &str) -> Result<How> {
    // Somebody else killed the first process, as the kernel does where memory ran out.
    let Some(report) = report else { return Ok(How::Signalled(Signal::KILL.as_raw())) };
    Ok(match report.end {
        End::Exited(status) => How::Exited(status),
        End::Signalled(signal) => How::Signalled(signal),
        End::Over(over) => How::Over(over),
        End::Failed { found, remedy } => {
            let error = match remedy {
                Some(remedy) => Refused { found, remedy }.into(),
                None => anyhow!(found),
            };
            return Err(error.context(format!("failed to {purpose}")));
        }
    })
}

struct Supervisor<'a> {
    child: Cloned,
    signals: OwnedFd,
    log: Option<OwnedFd>,
    sink: Option<&'a mut dyn Write>,
    /// Why a part of the output is not in the log, where the disk was full.
    cut: Option<anyhow::Error>,
    time: TimeLimit,
    /// What has to be done when the first process has ended, for the output to end as well.
    end_rest: Option<fn(&Cloned)>,
}

impl Supervisor<'_> {
    /// Takes output until the first process has ended, or until it must be ended, and then why.
    fn follow(&mut self) -> Result<Option<How>> {
        let mut buffer = vec![0; 64 * 1024];
        let mut ended = false;
        loop {
            let wait = match self.time.look() {
                Some(left) if left.is_zero() => return Ok(Some(How::TimedOut)),
                left => left.map(timespec),
            };
            if ended && self.log.is_none() {
                return Ok(None);
            }
            let mut watched = vec![PollFd::new(&self.signals, PollFlags::IN)];
            // Output ends after the process: the kernel closes it with the last process of the namespace.
            match &self.log {
                Some(log) => watched.push(PollFd::new(log, PollFlags::IN)),
                None => watched.push(PollFd::from_borrowed_fd(self.child.pidfd(), PollFlags::IN)),
            }
            if self.log.is_some() && self.end_rest.is_some() {
                watched.push(PollFd::from_borrowed_fd(self.child.pidfd(), PollFlags::IN));
            }
            match poll(&mut watched, wait.as_ref()) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error).context("failed to wait for the step"),
            }
            let has_rest = watched.get(2).is_some_and(|child| !child.revents().is_empty());
            let (signalled, ready) = (!watched[0].revents().is_empty(), !watched[1].revents().is_empty());
            // On a shared terminal a Ctrl-C is the command's: it has heard of it by itself.
            if signalled
                && (self.sink.is_some()
                    || process::wait_for_signal(self.signals.as_fd(), None, Duration::ZERO)?
                        != Some(Signal::INT))
            {
                return Ok(Some(How::Stopped));
            }
            if has_rest && let Some(end_rest) = self.end_rest.take() {
                end_rest(&self.child);
            }
            if ready {
                match &self.log {
                    Some(_) => self.take(&mut buffer)?,
                    None => ended = true,
                }
                ended |= self.log.is_none();
            }
        }
    }

    fn take(&mut self, buffer: &mut [u8]) -> Result<()> {
        let (Some(log), Some(sink)) = (&self.log, &mut self.sink) else { return Ok(()) };
        match rustix::io::read(log, &mut *buffer) {
            Ok(0) => self.log = None,
            Ok(count) => match sink.write_all(&buffer[..count]).context("failed to write the log") {
                // Who watches the disk has more to say of it, and ends the command.
                Err(error) if is_full_disk(&error) => drop(self.cut.get_or_insert(error)),
                written => written?,
            },
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).context("failed to read the step's output"),
        }
        Ok(())
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

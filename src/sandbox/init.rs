//! The first process of a root: builds it, starts the command, and reaps until the command has ended.
//!
//! It is process 1 of its namespace. When it ends, the kernel kills whatever the command has left running.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Stdio;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::io::FdFlags;
use rustix::process::{Pid, Resource, Signal, WaitOptions, WaitStatus, getrlimit};

use super::clock::{self, Clock};
use super::owners::Owners;
use super::refused::{Refused, split};
use super::{HOST_NAME, Sandbox, capabilities, filter, loopback, mounts, settle, watch};
use crate::host::remedy::MORE_OPEN_FILES;
use crate::host::{process, raw};
use crate::model::Over;

/// The descriptors that the first process has.
pub(super) struct Descriptors<'a> {
    /// Becomes readable when the runner has ended.
    pub runner: BorrowedFd<'a>,
    /// Takes a [`Report`].
    pub report: BorrowedFd<'a>,
    /// Takes the command's output; it shares the runner's terminal where there is none.
    pub output: Option<BorrowedFd<'a>>,
}

/// What the first process tells the runner, as text: the command's wait status, or why it never started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    /// It left with this status.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// It used more of something than it may.
    Over(Over),
    /// The root could not be built.
    Failed {
        /// Why.
        found: String,
        /// What to do, where that is known.
        remedy: Option<String>,
    },
}

impl Report {
    /// Of a first process that never started its command.
    pub(super) fn of_error(error: &anyhow::Error) -> Self {
        let (found, remedy) = split(error);
        Self::Failed { found, remedy }
    }

    /// Of a command that ended; nothing where it was merely stopped.
    pub(super) fn of_status(status: WaitStatus) -> Option<Self> {
        let signalled = status.terminating_signal().map(Self::Signalled);
        signalled.or_else(|| status.exit_status().map(Self::Exited))
    }

    /// The text of a report.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Exited(status) => format!("exited {status}"),
            Self::Signalled(signal) => format!("signalled {signal}"),
            Self::Failed { found, remedy: None } => format!("failed {found}"),
            Self::Failed { found, remedy: Some(remedy) } => format!("failed {found}\0{remedy}"),
            Self::Over(over) => format!("over {}", serde_json::to_string(over).unwrap_or_default()),
        }
    }

    /// Reads one; nothing where the process was killed before it wrote its own.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ')?;
        match word {
            "exited" => rest.parse().ok().map(Self::Exited),
            "signalled" => rest.parse().ok().map(Self::Signalled),
            "failed" => {
                let (found, remedy) = rest.split_once('\0').map_or((rest, None), |(a, b)| (a, Some(b)));
                Some(Self::Failed { found: found.to_owned(), remedy: remedy.map(str::to_owned) })
            }
            "over" => serde_json::from_str(rest).ok().map(Self::Over),
            _ => None,
        }
    }
}

/// Everything that the first process does. It leaves with the returned status, which nobody reads.
pub(super) fn run(sandbox: &Sandbox, descriptors: &Descriptors<'_>) -> u8 {
    let ended = start_and_reap(sandbox, descriptors);
    let (report, refused) = ended.unwrap_or_else(|error| (Report::of_error(&error), None));
    tell(descriptors, &clock::with_refusal(report.to_text(), refused));
    0
}

/// Writes what the runner reads as a [`Report`].
pub(super) fn tell(descriptors: &Descriptors<'_>, text: &str) {
    let mut rest = text.as_bytes();
    while let Ok(written @ 1..) = rustix::io::write(descriptors.report, rest) {
        rest = &rest[written..];
    }
}

/// How it ended, and why its clock was the machine's though it should have been another one.
fn start_and_reap(sandbox: &Sandbox, descriptors: &Descriptors<'_>) -> Result<(Report, Option<String>)> {
    tie_to(descriptors.runner, Signal::KILL)?;
    if descriptors.output.is_some() {
        // Without the runner's terminal: nothing may type into it.
        rustix::process::setsid().context("failed to start a session")?;
    }
    rustix::system::sethostname(HOST_NAME.as_bytes()).context("failed to set the host name")?;
    if !sandbox.network {
        loopback::bring_up()?;
    }
    settle::settle()?;
    sandbox.limits.enforce()?;
    let written = Arc::new(watch::open(sandbox.overlays.iter().map(|overlay| overlay.upper.as_path()))?);
    mounts::enter(sandbox)?;
    capabilities::drop_privileges()?;
    let clock = sandbox.clock_ahead.map(Clock::ahead).map(Rc::new);
    let questions = filter::install(clock.as_ref().map_or(&[], |clock| clock.calls()))?;
    // The runner holds signals back, for itself alone. Nothing of its own reaches this process, the first of its namespace.
    raw::release_signals();
    let child = match (&clock, &questions) {
        (Some(clock), Some(listener)) => {
            clock.start(listener.as_fd(), || start(&sandbox.command, true, descriptors))?
        }
        _ => start(&sandbox.command, sandbox.clock_ahead.is_some(), descriptors)?,
    };
    if questions.is_none() {
        clock.iter().for_each(|clock| clock.is_asked_nothing());
    }
    let owners = questions.map(|listener| Owners::new(listener, clock.clone())).transpose()?;
    let over = watch::start(sandbox.limits, Arc::clone(&written), child, owners.as_ref(), watch::in_memory)?;
    let report = reap_until(child, owners.as_ref())?;
    let over = over.get().copied().or_else(|| watch::full(&written));
    Ok((over.map_or(report, Report::Over), clock.and_then(|clock| clock.refused())))
}

/// Has this process get a signal when the runner ends. The runner may have ended already: then no signal will come.
pub(super) fn tie_to(runner: BorrowedFd<'_>, signal: Signal) -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(signal))?;
    let mut watched = [PollFd::from_borrowed_fd(runner, PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    if poll(&mut watched, Some(&at_once))? > 0 {
        bail!("the runner has ended");
    }
    Ok(())
}

/// Starts the command, which this process may trace if it shall be `traceable`.
pub(super) fn start(spec: &super::Command, traceable: bool, descriptors: &Descriptors<'_>) -> Result<Pid> {
    let (program, arguments) = spec.argv.split_first().context("there is no command to run")?;
    let mut command = process::command(program);
    command.args(arguments).env_clear().envs(&spec.env).current_dir(&spec.dir);
    if let Some(output) = descriptors.output {
        command.stdin(Stdio::null());
        command.stdout(Stdio::from(output.try_clone_to_owned()?));
        command.stderr(Stdio::from(output.try_clone_to_owned()?));
    }
    if let Some((user, group)) = spec.user {
        command.uid(user).gid(group);
    }
    if traceable {
        raw::traceable(&mut command);
    }
    let opened = spec.opened.as_ref().map(|(path, number)| open_as(path, *number)).transpose()?;
    let child = command
        .spawn()
        .map_err(|error| not_there(program, error))
        .with_context(|| format!("failed to start `{program}` in `{}` of the root", spec.dir.display()))?;
    drop(opened);
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process without an id")
}

/// Says what ENOENT of execve(2) means here: no layer has the program, or the loader that it names.
fn not_there(program: &str, error: io::Error) -> anyhow::Error {
    if error.kind() != io::ErrorKind::NotFound {
        return error.into();
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    let remedy = format!(
        "no layer of the root has it: name the package that has it (`lfsgen owns {name}` looks for one) in `depends`, or its \
         stage in the stage's `base`"
    );
    Refused { found: error.to_string(), remedy }.into()
}

/// Opens a file under a number that is free, for whatever is started from now on.
fn open_as(path: &Path, number: i32) -> Result<OwnedFd> {
    let open = || -> rustix::io::Result<OwnedFd> {
        let file = rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
        let file = rustix::io::fcntl_dupfd_cloexec(&file, number)?;
        rustix::io::fcntl_setfd(&file, FdFlags::empty())?;
        Ok(file)
    };
    // Beyond the limit no file can have it (fcntl(2), EINVAL).
    let explained = |error| match error {
        Errno::INVAL | Errno::MFILE => {
            let limit = getrlimit(Resource::Nofile).current.unwrap_or_default();
            let found = format!("{error}: a step may have no more than {limit} files open");
            Refused { found, remedy: MORE_OPEN_FILES.to_owned() }.into()
        }
        other => anyhow::Error::from(other),
    };
    open()
        .map_err(explained)
        .with_context(|| format!("failed to open `{}` of the root as {number}", path.display()))
}

/// Whatever loses its parent in a PID namespace becomes a child of its first process, which must wait for it: else it
/// stays as a zombie, and what it used is never counted. Who is asked about owners must not wait for that alone.
fn reap_until(command: Pid, owners: Option<&Owners>) -> Result<Report> {
    let options = if owners.is_some() { WaitOptions::NOHANG } else { WaitOptions::empty() };
    let clock = owners.and_then(Owners::clock);
    loop {
        let ended = rustix::process::wait(options);
        if let (Some(clock), Ok(Some((thread, status)))) = (clock, ended) {
            clock.see(thread, status);
        }
        match ended {
            Ok(Some((pid, status))) if pid == command => {
                if let Some(report) = Report::of_status(status) {
                    return Ok(report);
                }
            }
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => owners.map_or(Ok(()), Owners::answer_until_a_child_ends)?,
            Err(error) => return Err(error).context("failed to wait for the command"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Limited;

    #[test]
    fn a_report_reads_back_what_it_wrote_and_half_of_one_is_none() {
        let failed = |remedy: Option<&str>| Report::Failed {
            found: "failed to mount\nx".to_owned(),
            remedy: remedy.map(str::to_owned),
        };
        let over = Over::new(Limited::Memory, 3, 2);
        let reports = [
            Report::Exited(3),
            Report::Signalled(9),
            Report::Over(over),
            failed(None),
            failed(Some("lift it")),
        ];
        for report in reports {
            assert_eq!(Report::from_text(&report.to_text()), Some(report));
        }
        for text in ["", "exited", "exited ", "exited x", "ex 1", "over {"] {
            assert_eq!(Report::from_text(text), None, "{text:?}");
        }
    }
}

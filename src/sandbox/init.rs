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
use rustix::process::{Pid, Resource, Signal, WaitOptions, getrlimit};

use super::clock::Clock;
use super::owners::Owners;
use super::refused::Refused;
use super::report::{End, Report};
use super::{HOST_NAME, Sandbox, capabilities, filter, loopback, mounts, settle, watch};
use crate::host::remedy::MORE_OPEN_FILES;
use crate::host::{process, raw};

/// The descriptors that the first process has.
pub(super) struct Descriptors<'a> {
    /// A pipe whose other end is closed when the runner has ended, or wishes that everything else does.
    pub runner: BorrowedFd<'a>,
    /// Takes a [`Report`].
    pub report: BorrowedFd<'a>,
    /// Takes the command's output; it shares the runner's terminal where there is none.
    pub output: Option<BorrowedFd<'a>>,
}

/// Everything that the first process does. It leaves with the returned status, which nobody reads.
pub(super) fn run(sandbox: &Sandbox, descriptors: &Descriptors<'_>) -> u8 {
    let ended = start_and_reap(sandbox, descriptors);
    ended.unwrap_or_else(|error| Report::of_error(&error)).write(descriptors.report);
    0
}

fn start_and_reap(sandbox: &Sandbox, descriptors: &Descriptors<'_>) -> Result<Report> {
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
    let end = Some(descriptors.runner);
    let found =
        watch::start(sandbox.limits, Arc::clone(&written), child, owners.as_ref(), watch::in_memory, end)?;
    let ended = reap_until(child, owners.as_ref())?;
    end_the_rest();
    let over = found.over().or_else(|| watch::full(&written));
    let clock_refused = clock.and_then(|clock| clock.refused());
    Ok(Report { end: over.map_or(ended, End::Over), peak: found.peak(), clock_refused })
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

/// Ends what the command has left running, and waits for it: else the kernel would end it with this process, and count nothing of
/// what it used.
fn end_the_rest() {
    raw::end_all_in_reach();
    while matches!(rustix::process::wait(WaitOptions::empty()), Ok(_) | Err(Errno::INTR)) {}
}

/// Whatever loses its parent in a PID namespace becomes a child of its first process, which must wait for it: else it
/// stays as a zombie, and what it used is never counted. Who is asked about owners must not wait for that alone.
fn reap_until(command: Pid, owners: Option<&Owners>) -> Result<End> {
    let options = if owners.is_some() { WaitOptions::NOHANG } else { WaitOptions::empty() };
    let clock = owners.and_then(Owners::clock);
    loop {
        let ended = rustix::process::wait(options);
        if let (Some(clock), Ok(Some((thread, status)))) = (clock, ended) {
            clock.see(thread, status);
        }
        match ended {
            Ok(Some((pid, status))) if pid == command => {
                if let Some(end) = End::of_status(status) {
                    return Ok(end);
                }
            }
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => owners.map_or(Ok(()), Owners::answer_until_a_child_ends)?,
            Err(error) => return Err(error).context("failed to wait for the command"),
        }
    }
}

//! A command on the machine itself, for machines that give no namespaces.
//!
//! It has no root of its own. Landlock keeps it from writing to other places than it is given, and from reading more than a root
//! would show; a filter keeps it from the network; and its first process, of which everything that the command starts stays a
//! descendant (PR_SET_CHILD_SUBREAPER(2const)), watches the same limits as that of a root, and ends what the command leaves
//! running. docs/security.md has what this does not keep off.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use landlock::{
    ABI, Access as _, AccessFs, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _, RulesetCreated,
    RulesetCreatedAttr as _, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions};
use rustix::thread::UnshareFlags;

use super::host_root::TOPS;
use super::init::{self, Descriptors};
use super::report::{End, Report};
use super::supervise::{Ended, Kind, Output, Stop, supervise};
use super::{Command, Limits, filter, processes, settle, watch};
use crate::host::clock::{self, Stopwatch};
use crate::host::process::wait_for_any;
use crate::host::raw;

/// A command and what of the machine it may use.
#[derive(Debug, Clone)]
pub struct Confined {
    /// What runs. All paths are the machine's.
    pub command: Command,
    /// What it may read beside the machine's system directories: files, and directories with all that is in them.
    pub reads: Vec<PathBuf>,
    /// What it may read and write, likewise. Directories count against the limit of the disk.
    pub writes: Vec<PathBuf>,
    /// Whether it may make sockets.
    pub network: bool,
    /// How much of the machine it may use.
    pub limits: Limits,
}

/// Landlock that also knows links and renames from one directory to another (Linux 5.19): without it neither is ever allowed
/// (landlock(7), `LANDLOCK_ACCESS_FS_REFER`).
const OLDEST: ABI = ABI::V2;
/// Landlock that also keeps signals and abstract sockets in (Linux 6.12). What is known of it here is used as far as the machine
/// has it.
const NEWEST: ABI = ABI::V6;

/// How long the runner waits for what it has ended: less than somebody waits who pressed Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(300);

/// Devices that the command may use. Terminals, which may be the user's own, are not among them.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

impl Confined {
    /// Whether this process may run a command so.
    ///
    /// # Errors
    /// It is root's, or the machine has no Landlock.
    pub fn is_possible() -> Result<()> {
        if rustix::process::geteuid().is_root() {
            bail!(
                "as root, nothing would keep a package's commands from changing modes and owners of the machine's own files: build \
                 as an ordinary user"
            );
        }
        ruleset().map(drop)
    }

    /// Runs the command, as [`Sandbox::run`](super::Sandbox::run) does.
    ///
    /// # Errors
    /// It could not be confined. That it failed is not an error.
    pub fn run(&self, output: Output<'_>, meanwhile: impl FnOnce(&Stop) + Send) -> Result<Ended> {
        let kind = Kind {
            end: raw::Cloned::terminate,
            end_rest: Some(|first| end_all(Some(first.pid()), Some(PATIENCE))),
            purpose: "confine the step",
        };
        let start = |keep: &[BorrowedFd<'_>], descriptors: &Descriptors<'_>| {
            raw::clone_into(UnshareFlags::empty(), keep, || {
                let report = self.start_and_reap(descriptors);
                report.unwrap_or_else(|error| Report::of_error(&error)).write(descriptors.report);
                0
            })
            .context("failed to start a process")
        };
        // What a first process that was killed could not end becomes a child of this one.
        adopt()?;
        let ended = supervise(&kind, self.command.timeout, output, start, meanwhile);
        end_all(None, Some(PATIENCE));
        ended
    }

    /// What the first process does.
    fn start_and_reap(&self, descriptors: &Descriptors<'_>) -> Result<Report> {
        let stop = raw::stop_signals().context("failed to watch for signals")?;
        let children = raw::ends_of_children().context("failed to watch for ends of processes")?;
        init::tie_to(descriptors.runner, Signal::TERM)?;
        if descriptors.output.is_some() {
            rustix::process::setsid().context("failed to start a session")?;
        }
        adopt()?;
        settle::settle()?;
        self.limits.enforce()?;
        let directories = self.writes.iter().filter(|path| path.is_dir());
        let written = Arc::new(watch::open(directories.map(PathBuf::as_path))?);
        std::thread::scope(|scope| {
            let (tell, told) = mpsc::channel();
            let (end, ends) = mpsc::channel();
            // Who is confined is a thread, and what it starts. The first process stays out of its reach.
            scope.spawn(move || {
                let started = self.confine_and_start(descriptors);
                let is_walled = started.as_ref().is_ok_and(|(_, walled)| *walled);
                let _ = tell.send(started.map(|(child, _)| child));
                if ends.recv().is_ok() && is_walled {
                    raw::end_all_in_reach();
                }
            });
            let child = told.recv().context("failed to start the command")??;
            self.follow(child, &written, [children, stop], &end)
        })
    }

    /// Confines this thread, and starts the command. Says whether signals of this thread reach what it started, and nobody else.
    fn confine_and_start(&self, descriptors: &Descriptors<'_>) -> Result<(Pid, bool)> {
        let is_walled = self.confine()?;
        // What signals end must not be a thread that stays.
        let child = std::thread::scope(|scope| {
            let start = || {
                raw::release_signals();
                init::start(&self.command, false, descriptors)
            };
            scope.spawn(start).join().unwrap_or_else(|_| bail!("failed to start the command"))
        })?;
        Ok((child, is_walled))
    }

    /// Waits until the command has ended, or this process shall, and then ends everything that the command has started. To ends of
    /// processes and to the wish to stop there is a descriptor each.
    fn follow(
        &self,
        child: Pid,
        written: &Arc<Vec<OwnedFd>>,
        [children, stop]: [OwnedFd; 2],
        end: &mpsc::Sender<()>,
    ) -> Result<Report> {
        let found = watch::start(self.limits, Arc::clone(written), child, None, || 0, None)?;
        // What ended before the thread did, which does not hold signals back, may have told nobody.
        let mut ended = reap(child)?;
        while ended.is_none() {
            match wait_for_any(&[children.as_fd(), stop.as_fd()], None)? {
                Some(0) => {
                    // One signal may stand for several ends. It has 128 bytes (signalfd(2)).
                    rustix::io::read(&children, &mut [0; 128]).context("failed to read a signal")?;
                    ended = reap(child)?;
                }
                _ => break,
            }
        }
        // At one blow, which no chain of processes outruns that start each other and end.
        let _ = end.send(());
        end_all(None, None);
        let over = found.over().or_else(|| watch::full(written));
        // Where it was stopped, the runner knows that.
        let end = over.map(End::Over).or(ended).unwrap_or(End::Signalled(Signal::TERM.as_raw()));
        Ok(Report { end, peak: found.peak(), clock_refused: None })
    }

    /// Confines this thread, and whatever it starts from now on. Says whether its signals reach nobody else.
    fn confine(&self) -> Result<bool> {
        let machine = TOPS.into_iter().chain(["proc"]).map(|top| Path::new("/").join(top));
        let read = AccessFs::from_read(NEWEST);
        let write = AccessFs::from_all(NEWEST);
        let reads = machine.chain(self.reads.iter().cloned());
        let writes = DEVICES.into_iter().map(PathBuf::from).chain(self.writes.iter().cloned());
        // What is not there needs no rule.
        let status = ruleset()?
            .add_rules(path_beneath_rules(reads, read))
            .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(writes, write)))
            .and_then(RulesetCreated::restrict_self)
            .context("failed to confine the step with Landlock")?;
        filter::install_confined(self.network)?;
        // Only the newest Landlock that is known here knows signals; and the runner, of the same user, shows whether it is so.
        let runner = rustix::process::getppid().context("the runner has ended")?;
        let reaches_runner = rustix::process::test_kill_process(runner) != Err(Errno::PERM);
        Ok(status.ruleset == RulesetStatus::FullyEnforced && !reaches_runner)
    }
}

/// The rules of a step, which allow nothing yet.
fn ruleset() -> Result<RulesetCreated> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(OLDEST))
        .and_then(|ruleset| {
            let ruleset = ruleset.set_compatibility(CompatLevel::BestEffort);
            ruleset.handle_access(AccessFs::from_all(NEWEST))?.scope(Scope::from_all(NEWEST))?.create()
        })
        .context(
            "this machine has no Landlock of Linux 5.19 or later, by which writing could be kept to the package's own places",
        )
}

/// Waits for whatever has ended. Says how the command did, if it is among that.
fn reap(command: Pid) -> Result<Option<End>> {
    let mut end = None;
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) if pid == command => end = End::of_status(status).or(end),
            Ok(Some(_)) | Err(Errno::INTR) => {}
            // There may be nobody left.
            Ok(None) | Err(Errno::CHILD) => return Ok(end),
            Err(error) => return Err(error).context("failed to wait for the command"),
        }
    }
}

/// Has whatever descends from this process, and loses its parent, become its child.
fn adopt() -> Result<()> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .context("failed to become the parent of all that the command starts")
}

/// Ends everything that descends from this process, but for one that somebody else waits for. What loses its parent becomes a child
/// of this one, so that nothing is missed for longer than a moment. What hangs in the kernel is waited for so long `at_most`.
fn end_all(but: Option<Pid>, at_most: Option<Duration>) {
    let since = Stopwatch::start();
    while at_most.is_none_or(|most| since.elapsed() < most) {
        let pids = processes::processes()
            .into_iter()
            .filter_map(|pid| i32::try_from(pid).ok().and_then(Pid::from_raw));
        let left: Vec<_> = pids.filter(|pid| Some(*pid) != but).collect();
        if left.is_empty() {
            return;
        }
        for pid in left {
            // It may have ended by itself, and is waited for once it is a child of this process.
            let _ = rustix::process::kill_process(pid, Signal::KILL);
            let _ = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
        }
        clock::sleep(Duration::from_millis(1));
    }
}

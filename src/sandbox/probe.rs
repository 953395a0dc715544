//! Whether this machine can isolate steps, found out by doing it.
//!
//! What is tried is what a step does, one thing after the other up to the first that fails, and not what the machine says
//! of itself. Which rule of the machine forbids something is for [`causes`] to say.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::fs::XattrFlags;
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags};
use rustix::thread::UnshareFlags;
use serde::{Deserialize, Serialize};

use super::causes::{self, Tried};
use super::refused::{Refused, refused, split};
use super::supervise::clone_into;
use super::{
    Command, HostRoot, HostTop, How, Limits, Output, Overlay, Sandbox, enter_user_namespace, facts, is_root,
};
use crate::host::raw::{self, Ended};
use crate::host::{env, files, process, tree};
use crate::layout::Layout;

/// Something that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What, in a few words.
    pub what: String,
    /// Nothing where it works.
    pub problem: Option<Problem>,
}

/// Why something does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What happened, and which rule of the machine made it so.
    pub found: String,
    /// What to do, where that is known.
    pub remedy: Option<String>,
    /// Whether steps run all the same, with less isolation.
    pub bearable: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.found)?;
        self.remedy.as_ref().map_or(Ok(()), |remedy| write!(f, "; {remedy}"))
    }
}

/// Takes the way of a step that does nothing, in a directory below `state`, one thing after the other, until one fails. Needs
/// a process of its own, with one thread: an ordinary user's process stays in a user namespace afterwards.
pub fn probe(state: &Path) -> Vec<Finding> {
    let ordinary = !is_root();
    let dir = Layout::new(state).probe(std::process::id());
    let mut findings = Vec::new();
    let mut works = |what: &str, tried| {
        findings.push(finding(what, tried));
        findings.iter().all(|finding| finding.problem.is_none())
    };
    // Each needs what stands before it.
    let all = (!ordinary || works("user namespace, with one user's number", enter_user_namespace()))
        && works("namespaces of a step", try_namespaces())
        && works("file system for layers", try_attributes(&dir))
        && works("step in a root of layers", try_step(state, &dir));
    if all {
        let mut proc = finding("`/proc` of a step's own processes", try_proc(&dir));
        if let Some(problem) = &mut proc.problem {
            problem.found += "; steps see the names and command lines of other processes";
            problem.bearable = true;
        }
        findings.push(proc);
    }
    // Whatever could not be removed lies among what may vanish at any time.
    let _ = tree::remove(&dir);
    findings
}

/// What [`probe`] finds, in a process of its own, for who goes on or has several threads. That process is this program again, which
/// answers to [`ASKED`].
///
/// # Errors
/// It could not be found out.
pub fn probe_elsewhere(state: &Path) -> Result<Vec<Finding>> {
    let program = env::current_exe().context("failed to find this program's own file")?;
    let output = process::command(program).args(ASKED).arg(state).output();
    let output = output.context("failed to start a process of its own")?;
    serde_json::from_slice(&output.stdout).with_context(|| {
        format!(
            "it ended without an answer ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        )
    })
}

/// The arguments, before a state directory, with which this program prints what [`probe`] finds.
pub const ASKED: [&str; 2] = ["doctor", "--isolation"];

/// Why this machine cannot isolate steps; nothing where it can.
///
/// # Errors
/// It could not be found out.
pub fn why_not(state: &Path) -> Result<Option<Problem>> {
    let findings =
        probe_elsewhere(state).context("failed to find out whether this machine can isolate steps")?;
    Ok(findings.into_iter().filter_map(|finding| finding.problem).find(|problem| !problem.bearable))
}

fn finding(what: &str, tried: Result<()>) -> Finding {
    let problem = tried.err().map(|error| {
        let (found, remedy) = split(&error);
        Problem { found, remedy, bearable: false }
    });
    Finding { what: what.to_owned(), problem }
}

fn try_namespaces() -> Result<()> {
    // Whether it can be had is all that is asked.
    clone_into(false, &[], || 0)?.wait()?;
    Ok(())
}

/// A layer remembers in attributes of users which of its directories hide those below (the kernel's
/// Documentation/filesystems/overlayfs.rst, "userxattr"). Without them it mounts, and then a directory cannot be replaced.
fn try_attributes(dir: &Path) -> Result<()> {
    files::create_dir_all(dir)?;
    match rustix::fs::setxattr(dir, "user.lfsgen.probe", b"y", XattrFlags::empty()) {
        Ok(()) => Ok(()),
        Err(Errno::NOTSUP) => {
            let kind = facts::kind_of(dir).unwrap_or_else(|| "of an unknown kind".to_owned());
            let cause = causes::no_layers_on(&kind);
            Err(Refused { found: format!("no extended attributes: {}", cause.what), remedy: cause.remedy }
                .into())
        }
        Err(error) => {
            Err(error).with_context(|| format!("failed to set an attribute of `{}`", dir.display()))
        }
    }
}

fn try_step(state: &Path, dir: &Path) -> Result<()> {
    files::create_dir_all(dir)?;
    let state = tree::canonical(state)?;
    // A build's own, where it is there already, for an ordinary user's takes some seconds.
    let base = state.parent().map(|build| Layout::new(build).base()).filter(|base| HostRoot::is_there(base));
    let host = HostRoot::prepare(&base.unwrap_or_else(|| Layout::new(&state).base()), &state)?;
    let root = HostTop { at: PathBuf::new(), lower: vec![host.skeleton] };
    let mut overlays = Vec::new();
    for (index, HostTop { at, lower }) in std::iter::once(root).chain(host.tops).enumerate() {
        let [upper, work] = ["upper", "work"].map(|kind| dir.join(kind).join(index.to_string()));
        files::create_dir_all(&upper)?;
        files::create_dir_all(&work)?;
        overlays.push(Overlay { at, lower, upper, work });
    }
    let sandbox = Sandbox {
        mount_point: mount_point(dir)?,
        overlays,
        files: Vec::new(),
        files_dir: None,
        network: false,
        limits: Limits { memory: process::memory(), disk: None },
        clock_ahead: None,
        command: Command {
            argv: ["/bin/sh", "-c", "touch /usr/.probe && rm /usr/.probe"].map(str::to_owned).to_vec(),
            env: BTreeMap::new(),
            dir: "/".into(),
            user: None,
            timeout: Some(Duration::from_secs(20)),
            opened: None,
        },
    };
    let mut log = files::create(&dir.join("log"))?;
    match sandbox.run(Output::Log(&mut log), |_| {})?.how {
        How::Exited(0) => Ok(()),
        How::Over(over) => anyhow::bail!("the step {over}"),
        how => {
            let log = files::read(&dir.join("log"))?;
            anyhow::bail!("the step failed ({how:?}): {}", String::from_utf8_lossy(&log).trim())
        }
    }
}

/// Steps do without, so that only this tells of it.
fn try_proc(dir: &Path) -> Result<()> {
    let place = mount_point(dir)?;
    let mount = || -> rustix::io::Result<()> {
        rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        rustix::mount::mount("proc", &place, "proc", flags, None)
    };
    let child = raw::clone_into(UnshareFlags::NEWNS | UnshareFlags::NEWPID, &[], || {
        // Errors that may come of this have small numbers (errno(3)).
        mount().err().map_or(0, |errno| u8::try_from(errno.raw_os_error()).unwrap_or(u8::MAX))
    })?;
    match child.wait()?.0 {
        Ended::Exited(0) => Ok(()),
        Ended::Exited(errno) => Err(refused(Tried::NewProc)(io::Error::from_raw_os_error(errno))),
        Ended::Signalled(signal) => anyhow::bail!("the process that mounts it was ended by signal {signal}"),
    }
}

fn mount_point(dir: &Path) -> Result<PathBuf> {
    let place = dir.join("mnt");
    files::create_dir_all(&place)?;
    Ok(place)
}

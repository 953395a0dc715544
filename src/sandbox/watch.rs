//! Looks at how much a command uses of what the kernel does not limit, and ends it where that is too much.
//!
//! This is done by threads of the first process of a root, which none of its other processes can reach. The command is over before
//! the first long look if it is short, and looking takes no more than a small part of a processor however much there is to look at.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::fs::{Mode, OFlags, StatVfs};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};

use super::owners::Owners;
use super::processes::processes;
use super::{Limits, devices, memfds};
use crate::host::clock::{self, Stopwatch};
use crate::host::process::wait_for_any;
use crate::host::{disk, files, raw};
use crate::model::{Limited, Over};

/// How often memory and processes are looked at.
pub(super) const OFTEN: Duration = Duration::from_millis(200);
/// How often it is looked at how full the disk is, which takes a microsecond.
const VERY_OFTEN: Duration = Duration::from_millis(20);
/// How often what was written is counted.
const SELDOM: Duration = Duration::from_secs(1);
/// After a look, so many times as long as it took passes until the next one, but no more than this: a look takes long, too, where
/// the command keeps all processors busy.
pub(super) const REST: u32 = 50;
const LONGEST: Duration = Duration::from_secs(1);
const LONGEST_OF_DISK: Duration = Duration::from_secs(60);
/// This part of the state directory's disk, and so many bytes at most, stays free: others have steps to end and files to commit.
const ROOM: (u64, u64) = (64, 256 << 20);
/// Where less than this part of the room is free, the disk is full. Many a program does not notice: a configure script then takes
/// for missing whatever it could not write a test for, leaves makefiles that are cut off, and ends well. So whoever runs on a full
/// disk is not believed.
const FULL: u64 = 4;

/// Opens the directories that a command writes to: from inside a root those of its overlays cannot be seen.
pub(super) fn open<'a>(dirs: impl IntoIterator<Item = &'a Path>) -> Result<Vec<OwnedFd>> {
    let open = |dir: &Path| {
        rustix::fs::open(dir, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .with_context(|| format!("failed to open `{}`", dir.display()))
    };
    dirs.into_iter().map(open).collect()
}

/// What is found while a command runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    over: Arc<OnceLock<Over>>,
    /// Bytes of memory.
    peak: Arc<AtomicU64>,
}

impl Found {
    /// What the command used too much of.
    pub(super) fn over(&self) -> Option<Over> {
        self.over.get().copied()
    }

    /// The most memory that all its processes had at once, in bytes, with what lies in file systems in memory, but without what
    /// belongs to files on disks, which the kernel takes back where it is short; 0 where the command was over before anybody looked.
    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}

/// Looks, and where the command goes on for longer, starts a thread that does: it costs more than all else that limits cost. Ends the
/// command where it uses too much; then the result says of what. Meanwhile it answers what the command asks about owners. What files
/// take of memory, `in_memory` says, in bytes. In a PID namespace, everything but its first process ends once `end` was closed on the
/// other side.
pub(super) fn start(
    limits: Limits,
    written: Arc<Vec<OwnedFd>>,
    command: Pid,
    owners: Option<&Owners>,
    in_memory: fn() -> u64,
    end: Option<BorrowedFd<'_>>,
) -> Result<Found> {
    let found = Found::default();
    let ended = pidfd_open(command, PidfdFlags::empty()).context("failed to watch the command")?;
    let verdict = Verdict { found: found.clone(), command };
    let end = end.map(|end| end.try_clone_to_owned()).transpose().context("failed to watch the runner")?;
    let watched = [Some(ended.as_fd()), end.as_ref().map(AsFd::as_fd), owners.map(Owners::questions)];
    let watched: Vec<_> = watched.into_iter().flatten().collect();
    let since = Stopwatch::start();
    // What a clock needs is more than to be asked.
    let has_clock = owners.is_some_and(|owners| owners.clock().is_some());
    while !has_clock && since.elapsed() < OFTEN {
        match wait_for_any(&watched, Some(VERY_OFTEN)).context("failed to watch the command")? {
            Some(0) => return Ok(found),
            Some(1) if end.is_some() => {
                raw::end_all_in_reach();
                return Ok(found);
            }
            Some(_) => owners.map_or(Ok(()), Owners::answer)?,
            None => {}
        }
        if let Some(full) = full(&written) {
            verdict.say(full);
            return Ok(found);
        }
    }
    let watch = move || {
        // Before thousands of processes that all want to run. Only root may; others wait their turn.
        let _ = rustix::process::nice(-10);
        let disk = verdict.clone();
        // Where there is no thread to be had, the command has taken them all, and is ended for that.
        let _ = thread::Builder::new().spawn(move || watch_disk(limits.disk, &written, end.as_ref(), &disk));
        let without_name = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&without_name);
        let _ = thread::Builder::new().spawn(move || memfds::watch(limits.memory, &counted));
        watch_memory(limits.memory, in_memory, &without_name, &verdict);
    };
    if thread::Builder::new().spawn(watch).is_err() {
        // There is none to be had: the command has taken all that its root has.
        let (used, limit) = (Limits::pids(), Limits::processes());
        Verdict { found: found.clone(), command }.say(Over::new(Limited::Processes, used, limit));
    }
    Ok(found)
}

/// Where a thread says that the command used too much.
#[derive(Clone)]
struct Verdict {
    found: Found,
    command: Pid,
}

impl Verdict {
    fn say(&self, over: Over) {
        // The first one counts. With the command ends all that it started.
        let _ = self.found.over.set(over);
        let _ = rustix::process::kill_process(self.command, Signal::KILL);
    }
}

fn watch_memory(limit: u64, in_memory: fn() -> u64, without_name: &AtomicU64, verdict: &Verdict) {
    loop {
        let look = Stopwatch::start();
        let processes = processes();
        let (count, most) = (processes.len() as u64, Limits::processes());
        if count > most {
            return verdict.say(Over::new(Limited::Processes, count, most));
        }
        // What several processes share is counted for each of them, which is cheap; and only where that is too much, in
        // parts, which is right.
        let (in_memory, without_name) = (in_memory(), without_name.load(Ordering::Relaxed));
        let sizes: Vec<_> = processes.iter().map(|&pid| Size::of(pid)).collect();
        let own = sizes.iter().map(|size| size.resident.saturating_sub(size.of_files)).sum::<u64>();
        verdict.found.peak.fetch_max(in_memory + without_name + own, Ordering::Relaxed);
        if in_memory + without_name + sizes.iter().map(|size| size.resident).sum::<u64>() > limit {
            let share =
                |&pid: &u32| share(pid).unwrap_or_else(|| Share { all: Size::of(pid).resident, shared: 0 });
            let shares: Vec<_> = processes.iter().map(share).collect();
            // Of files without a name, what is mapped is counted by that.
            let mapped = shares.iter().map(|share| share.shared).sum();
            let all = shares.iter().map(|share| share.all).sum::<u64>();
            let used = in_memory + all + without_name.saturating_sub(mapped);
            if used > limit {
                return verdict.say(Over::new(Limited::Memory, used, limit));
            }
        }
        clock::sleep((look.elapsed() * REST).clamp(OFTEN, LONGEST));
    }
}

/// Memory of a process that is not swapped out, in bytes (proc_pid_statm(5)).
#[derive(Default)]
struct Size {
    resident: u64,
    /// What of it belongs to files, those in memory among them.
    of_files: u64,
}

impl Size {
    /// Nothing where it has ended.
    fn of(pid: u32) -> Self {
        let text = files::read(Path::new(&format!("/proc/{pid}/statm"))).unwrap_or_default();
        let pages = str::from_utf8(&text).unwrap_or_default().split(' ').skip(1);
        let mut bytes =
            pages.map(|pages| pages.parse::<u64>().unwrap_or(0) * rustix::param::page_size() as u64);
        Self { resident: bytes.next().unwrap_or(0), of_files: bytes.next().unwrap_or(0) }
    }
}

/// Memory of a process, with its part of what it shares with others, in bytes.
struct Share {
    all: u64,
    /// What of it is no memory of processes alone, and belongs to no file on a disk.
    shared: u64,
}

/// The same in parts (proc_pid_smaps(5)); nothing where that may not be read, as of a program that may not.
fn share(pid: u32) -> Option<Share> {
    let text = files::read(Path::new(&format!("/proc/{pid}/smaps_rollup"))).ok()?;
    let text = String::from_utf8(text).ok()?;
    Some(Share { all: bytes_of(&text, "Pss")?, shared: bytes_of(&text, "Pss_Shmem").unwrap_or(0) })
}

/// What a line such as `Pss:  12 kB` of a text of the kernel's says, in bytes.
pub(super) fn bytes_of(text: &str, name: &str) -> Option<u64> {
    let said = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    said.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib << 10)
}

/// What lies in the file systems in memory of this process's root, in bytes.
pub(super) fn in_memory() -> u64 {
    let used = |(at, _): (&str, &str)| {
        let of = rustix::fs::statvfs(format!("/{at}"));
        of.map_or(0, |of| (of.f_blocks - of.f_bfree) * of.f_frsize)
    };
    devices::IN_MEMORY.into_iter().map(used).sum()
}

/// Meanwhile it ends everything where that is wished: of all that looks, this does it most often.
fn watch_disk(limit: Option<u64>, written: &[OwnedFd], end: Option<&OwnedFd>, verdict: &Verdict) {
    let mut next = Duration::ZERO;
    let since = Stopwatch::start();
    while let Some(of) = written.first().and_then(|dir| rustix::fs::fstatvfs(dir).ok()) {
        let (free, floor) = (free(&of), floor(&of));
        if is_full(free, floor) {
            return verdict.say(Over::new(Limited::Room, free, floor));
        }
        if (limit.is_some() || free < floor) && since.elapsed() >= next {
            let look = Stopwatch::start();
            let used = disk::used(written.iter().map(AsFd::as_fd));
            if let Some(limit) = limit.filter(|&limit| used > limit) {
                return verdict.say(Over::new(Limited::Disk, used, limit));
            }
            // Who has written less than that did not fill it.
            if free < floor && used > floor {
                return verdict.say(Over::new(Limited::Room, free, floor));
            }
            next = since.elapsed() + (look.elapsed() * REST).clamp(SELDOM, LONGEST_OF_DISK);
        }
        match end {
            Some(end) if !matches!(wait_for_any(&[end.as_fd()], Some(VERY_OFTEN)), Ok(None)) => {
                return raw::end_all_in_reach();
            }
            Some(_) => {}
            None => clock::sleep(VERY_OFTEN),
        }
    }
}

/// Says so where the disk of these directories is full: for the end of a command that was over before the next look.
pub(super) fn full(written: &[OwnedFd]) -> Option<Over> {
    let of = written.first().and_then(|dir| rustix::fs::fstatvfs(dir).ok())?;
    let (free, floor) = (free(&of), floor(&of));
    is_full(free, floor).then_some(Over::new(Limited::Room, free, floor))
}

fn is_full(free: u64, floor: u64) -> bool {
    free < floor / FULL
}

fn free(of: &StatVfs) -> u64 {
    of.f_bavail * of.f_frsize
}

fn floor(of: &StatVfs) -> u64 {
    (of.f_blocks * of.f_frsize / ROOM.0).min(ROOM.1)
}

//! A step's share of the budget: how it waits for one, and what its command is told of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::clients;
use super::limits;
use super::root::Root;
use super::runner::Runner;
use crate::budget::{self, Broker, Held, Ledger, Need, Place};
use crate::host::{fifo, files, process};
use crate::layout::{Layout, guest};
use crate::model::Phase;
use crate::plan::file::{OwnJobs, PackageFile};
use crate::sandbox::{BoundFile, Sandbox, Stop};
use crate::store::trash;

/// The number under which make before 4.4 finds its job server. Shells open files for scripts under 3 to 9, and for
/// themselves from 10 on or at 255.
const DESCRIPTOR: i32 = 231;

/// Variables that tell programs without a job server how many jobs they have (cmake(1); ctest(1); Meson manual, "Unit
/// tests").
const NUMBERS: [&str; 4] =
    ["CMAKE_BUILD_PARALLEL_LEVEL", "CTEST_PARALLEL_LEVEL", "MESON_TESTTHREADS", "MESON_NUM_PROCESSES"];

/// For so long nobody but the broker does anything for a command.
const A_MOMENT: Duration = Duration::from_millis(50);

/// A command that has run this long is not over in a moment.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a process is taken to need of which nothing is known, in bytes.
const SMALL: u64 = 256 << 20;

/// What a step holds of the budget, from before its command to its end.
#[derive(Debug)]
pub(super) struct Share {
    ledger: Ledger,
    _first: Held,
    /// What it keeps beside its first slot.
    kept: Option<Held>,
    /// The most jobs that it may have.
    most: u32,
    /// Bytes of memory for each job beside the first.
    more: u64,
}

/// Who serves a step's jobs while its command runs.
#[derive(Debug)]
pub(super) enum Server {
    /// Nobody: it has one job.
    Nobody,
    /// A broker, which lends what is free.
    Broker(Box<Broker>),
    /// A pipe with as many tokens as the step keeps slots beside its first.
    Fixed(File),
}

impl Runner {
    /// Waits for a step's share; nothing where the run is over before it came.
    pub(super) fn wait_for_share(&self, phase: Phase) -> Result<Option<Share>> {
        let limits = &self.package.limits;
        let slots = self.slots.unwrap_or_else(|| limits.project_jobs.or(process::cpus()));
        let total = limits::project_memory(limits);
        let ledger = Ledger::open(&self.layout.slots(), slots, total)?;
        let most = limits.jobs.or(u32::MAX).min(self.jobs.unwrap_or(u32::MAX)).min(ledger.slots());
        let layers = self.package.layers().count();
        let place = Place::find(&self.layout.order(), &self.package.package, phase, layers)?;
        let process = place.memory.unwrap_or(SMALL);
        // What the spec says is for the whole phase; what was measured is the largest of its processes.
        let (memory, more) = limits.memory.map_or((process, process), |size| (size.0, 0));
        let need = Need { rank: place.rank, slots: 1, memory, more: 0 };
        let first = budget::wait(&ledger, &need, || self.may_start())?;
        Ok(first.map(|first| Share { ledger, _first: first, kept: None, most, more }))
    }

    /// Whether nobody asked this process to stop, and fewer steps of this run failed than may.
    fn may_start(&self) -> Result<bool> {
        if self.is_asked_to_stop()? {
            return Ok(false);
        }
        let (Some(run), Some(most)) = (&self.run, self.keep_going) else { return Ok(true) };
        match files::metadata(&self.layout.failures(run)) {
            Ok(failures) => Ok(failures.len() < u64::from(most)),
            Err(error) if files::is_absent(&error) => Ok(true),
            Err(error) => Err(error).context("failed to see how many steps of this run failed"),
        }
    }
}

impl Share {
    /// Gives everything back but the first slot.
    pub(super) fn keep_one(&mut self) {
        self.kept = None;
        self.most = 1;
    }

    /// Makes a command's job server, and tells the command of it.
    pub(super) fn offer(
        &mut self,
        package: &PackageFile,
        phase: Phase,
        root: &Root,
        sandbox: &mut Sandbox,
    ) -> Result<Server> {
        if self.most == 1 {
            with_one_job(sandbox);
            return Ok(Server::Nobody);
        }
        let env = &mut sandbox.command.env;
        let programs = env.get("PATH").map_or("", String::as_str);
        let make_opens = clients::make_opens(&root.overlays, programs)?;
        let keeps = match package.limits.own_jobs.get(&phase) {
            None => false,
            Some(OwnJobs::Always) => true,
            // Ninja knows FIFOs alone, and a make before 4.4 ends with an error where it is given one.
            Some(OwnJobs::Ninja) => !(make_opens && clients::ninja_takes(&root.overlays, programs)?),
        };
        let path = root.jobs();
        let server = if keeps {
            self.kept = self.ledger.take_free(self.most - 1, self.more)?;
            let jobs = 1 + self.kept.as_ref().map_or(0, |kept| kept.slots);
            if jobs == 1 {
                with_one_job(sandbox);
                return Ok(Server::Nobody);
            }
            tell(env, jobs, true);
            let pipe = fifo::make(&path, 0o666)?;
            for _ in 1..jobs {
                fifo::put(&pipe, b'+');
            }
            Server::Fixed(pipe)
        } else {
            tell(env, self.most, false);
            let ledger = self.ledger.reopen()?;
            Server::Broker(Box::new(Broker::new(ledger, &path, self.most - 1, self.more)?))
        };
        let auth = if make_opens {
            format!("fifo:{}", guest::JOBS)
        } else {
            sandbox.command.opened = Some((guest::JOBS.into(), DESCRIPTOR));
            format!("{DESCRIPTOR},{DESCRIPTOR}")
        };
        let jobs = &env["LFSGEN_JOBS"];
        let flags = format!("-j{jobs} --jobserver-auth={auth}");
        env.entry("MAKEFLAGS".to_owned()).or_insert(flags);
        sandbox.files.push(BoundFile { from: path, at: guest::JOBS.into() });
        Ok(server)
    }
}

impl Server {
    /// Serves until it is told to stop, and removes meanwhile what others left.
    pub(super) fn serve(self, layout: &Layout, stop: &Stop) {
        match self {
            Self::Broker(mut broker) => {
                // A command that is over in a moment is not worth a second thread.
                if !broker.serve(stop, Some(A_MOMENT)) {
                    thread::scope(|scope| {
                        scope.spawn(|| clear_trash(layout, stop));
                        broker.serve(stop, None);
                    });
                }
            }
            Self::Nobody => clear_trash(layout, stop),
            Self::Fixed(pipe) => {
                clear_trash(layout, stop);
                stop.wait();
                // Its bytes last as long as it is open.
                drop(pipe);
            }
        }
    }
}

/// Removes what others left, while a command runs that takes its time.
fn clear_trash(layout: &Layout, stop: &Stop) {
    if !stop.said_within(PATIENCE) {
        // What cannot be removed now is tried again by the next step; `lfsgen clean` tells of it.
        let _ = trash::empty(layout, || !stop.said_within(Duration::ZERO));
    }
}

/// Has a command run one job at a time, whatever share its step has.
pub(super) fn with_one_job(sandbox: &mut Sandbox) {
    let command = &mut sandbox.command;
    command.opened = None;
    command.env.insert("MAKEFLAGS".to_owned(), "-j1".to_owned());
    tell(&mut command.env, 1, true);
}

/// Tells a command how many jobs it may have; and, if it keeps them, programs that know no job server.
fn tell(env: &mut BTreeMap<String, String>, jobs: u32, keeps: bool) {
    env.insert("LFSGEN_JOBS".to_owned(), jobs.to_string());
    env.insert("LFSGEN_OWN_JOBS".to_owned(), if keeps { format!("-j{jobs}") } else { String::new() });
    if keeps {
        for name in NUMBERS {
            env.entry(name.to_owned()).or_insert_with(|| jobs.to_string());
        }
    }
}

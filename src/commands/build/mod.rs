//! `lfsgen build [TARGET…]`: generates, then has the graph run, shows how far it is, and reports.
//!
//! What happens is learnt from the journal alone, so that every program that can run the graph is shown alike.

mod again;
mod begun;
mod follow;
mod keep_going;
mod notes;
mod program;
mod progress;
mod reports;
mod show;
mod stamps;
mod stop;
mod watch;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;

pub(super) use self::keep_going::with_number;
use self::program::{Invocation, KINDS, Program};
use self::progress::Progress;
use self::show::Show;
use self::watch::{Ended, Watch};
use super::output::{print, tell};
use super::place::Place;
use super::results::{Results, ThisMachine, tail};
use super::{Global, Status, generate, step_environment};
use crate::budget::MOST_SLOTS;
use crate::emit::Backend;
use crate::host::clock::unix_millis;
use crate::host::{env, files, lock, process, raw, tree};
use crate::journal::{Event, Follower, Writer};
use crate::model::SandboxMode;
use crate::plan::file::PackageFile;
use crate::plan::paths;
use crate::report::bound::Bound;
use crate::report::forecast::Forecast;
use crate::report::history::{History, Run};
use crate::report::landed::{Landed, pair_of_run};
use crate::report::order::order;
use crate::report::plans::Plans;
use crate::report::target::Target;
use crate::report::text::{count, duration, utc};
use crate::store::{self, trash};

/// How many steps more than there are jobs are started. Those wait, and the most urgent goes first.
const AHEAD: u32 = 16;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Packages, steps (`zlib:build`), stages or `all`; what they need is built too [default: all]
    targets: Vec<String>,
    /// Jobs of all steps together [default: what the project says, or the number of processors]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// Start nothing new after this many failures; 0, or no number: go on with whatever can still be built
    #[arg(long, short, value_name = "N", num_args = 0..=1, default_value_t = 1, default_missing_value = keep_going::NO_LIMIT)]
    keep_going: u32,
    /// Continue failed build phases in the trees that they left, instead of starting again
    #[arg(long = "continue")]
    go_on: bool,
    /// Run one step after the other, as in a book, each with all jobs
    #[arg(long)]
    ordered: bool,
    /// Then build the packages a second time, elsewhere and with one job, and show what differs
    #[arg(long)]
    check_reproducible: bool,
    /// Whether check phases run
    #[arg(long, value_name = "WHEN", default_value = "on")]
    check_phase: Switch,
    /// What to write and run [default: what `--runner` reads]
    #[arg(long, value_name = "BACKEND")]
    backend: Option<Backend>,
    /// The program that runs the graph [default: the first that is installed]
    #[arg(long, value_name = "PROGRAM", value_parser = PossibleValuesParser::new(KINDS.iter().map(|kind| kind.name)))]
    runner: Option<String>,
    /// Set an option of all packages that have it, or of one: `NAME=VALUE`, `PACKAGE.NAME=VALUE`
    #[arg(long = "option", value_name = "NAME=VALUE")]
    options: Vec<String>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    On,
    Off,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    // Before any other thread is there, since each has a mask of its own.
    let signals = raw::stop_signals().context("failed to listen for signals")?;
    let program = Program::find(args.runner.as_deref(), args.backend)?;
    let place = Place::find(global)?;
    let quiet = Global { quiet: true, ..global.clone() };
    let generate = || generate::run(&quiet, &generate::Args::for_build(program.backend(), &args.options));
    if place.is_misplaced() {
        // It tells of that with everything else, and writes nothing.
        return generate();
    }
    // Before anything is written that its owner could not write any more.
    store::refuse_of_others(&place.layout)?;
    let Some(_lock) = lock::try_hold(&place.layout.build_lock())? else {
        bail!("another `lfsgen build` is at work in `{}`", place.layout.root().display());
    };
    let generated = generate()?;
    if generated != Status::Well {
        return Ok(generated);
    }
    let results = Results::of(place)?;
    let machine = ThisMachine::new(&results.place.layout);
    stamps::forget_what_is_not_so(&results, &machine, args.check_phase)?;
    Build { global, args, program, results, machine, signals }.run()
}

/// A build that can start.
struct Build<'a> {
    global: &'a Global,
    args: &'a Args,
    program: Program,
    results: Results,
    machine: ThisMachine,
    signals: OwnedFd,
}

impl Build<'_> {
    fn run(self) -> Result<Status> {
        let Results { place, plans, history } = &self.results;
        let targets = Target::parse_all(&self.args.targets, plans)?;
        let checks = self.args.check_phase == Switch::On;
        let forecast = Forecast::new(plans, history, &self.machine, &targets, checks);
        if !self.global.quiet && forecast.count() > 0 {
            let notes = notes::notes(&self.results, self.why_not_isolated()?.flatten(), &forecast)?;
            notes.iter().for_each(|note| tell(note));
        }
        let jobs = self.args.jobs.unwrap_or_else(|| plans.slots()).min(MOST_SLOTS);
        let name = run_name();
        if forecast.count() > 0 {
            order(plans, history, &forecast).write(&place.layout.order())?;
        }
        let begun = if forecast.count() > 0 || self.args.check_reproducible {
            Some(begun::keep(place, plans)?)
        } else {
            None
        };
        let mut journal = Writer::open(&place.layout.journal(), Some(name.clone()))?;
        let follower = Follower::from_end(&place.layout.journal())?;
        journal.append(Event::RunStarted {
            targets: self.args.targets.clone(),
            jobs,
            cpus: Some(process::cpus()),
            runner: self.program.kind.name.to_owned(),
            lfsgen: env!("CARGO_PKG_VERSION").to_owned(),
        })?;
        let log = place.layout.graph_log();
        let child = self.program.start(&Invocation {
            root: &place.root,
            output: &place.output,
            targets: &names(&targets, plans, &place.state_name),
            // More than can run, so that there is a choice whom to let run first.
            jobs: if self.args.ordered { 1 } else { jobs.saturating_add(AHEAD) },
            keep_going: self.args.keep_going,
            env: &self.environment(&name, jobs, begun.as_deref(), forecast.count() > 0)?,
            log: &log,
        })?;
        let (progress, show) =
            (Progress::new(plans, &forecast, jobs), Show::new(self.global.quiet, self.global.verbose));
        let watch = Watch::new(&place.layout, &name, follower, progress, show);
        let ended = watch.until_end(child, self.signals.as_fd())?;
        journal.append(Event::RunFinished { ok: ended.status.success() })?;
        files::remove_file(&place.layout.failures(&name))?;
        let status = self.conclude(&name, &ended)?;
        let status = match &begun {
            Some(begun) if status == Status::Well && self.args.check_reproducible => {
                self.again(&targets, begun, jobs)
            }
            _ => Ok(status),
        };
        begun.map_or(Ok(()), |begun| tree::remove(&begun))?;
        if ended.any_step && !ended.interrupted {
            // What cannot be removed now is tried again by the next step; `lfsgen clean` tells of it.
            let _ = trash::empty(&place.layout, || !self.is_asked_to_stop().unwrap_or(true));
        }
        status
    }

    /// Whether a signal has come that was not heeded yet.
    fn is_asked_to_stop(&self) -> Result<bool> {
        Ok(process::wait_for_signal(self.signals.as_fd(), None, Duration::ZERO)?.is_some())
    }

    /// Builds what was asked for a second time, and compares.
    fn again(&self, targets: &[Target], begun: &Path, slots: u32) -> Result<Status> {
        let Results { place, plans, .. } = &self.results;
        let asked: BTreeSet<usize> = targets.iter().flat_map(|target| target.packages(plans)).collect();
        let packages: Vec<_> = asked.into_iter().map(|at| &plans.packages[at]).collect();
        again::check(place, begun, &packages, slots, self.global.quiet, || self.is_asked_to_stop())
    }

    fn environment(
        &self,
        run: &str,
        slots: u32,
        begun: Option<&Path>,
        any_step: bool,
    ) -> Result<Vec<(&'static str, OsString)>> {
        let program = env::current_exe().context("failed to find this program's own file")?;
        let mut env = vec![
            (step_environment::PROGRAM, program.into_os_string()),
            (step_environment::RUN, run.into()),
            (step_environment::SLOTS, slots.to_string().into()),
            (step_environment::KEEP_GOING, self.args.keep_going.to_string().into()),
        ];
        env.extend(begun.map(|begun| (step_environment::GENERATED, begun.into())));
        // Else each step would find it out, which takes longer than a step that does little.
        if any_step && let Some(why) = self.why_not_isolated()? {
            env.push((step_environment::NOT_ISOLATED, why.unwrap_or_default().into()));
        }
        if self.args.go_on {
            env.push((step_environment::CONTINUE, "on".into()));
        }
        if self.args.check_phase == Switch::Off {
            env.push((step_environment::CHECK_PHASE, "off".into()));
        }
        Ok(env)
    }

    /// Why this machine does not isolate steps, if it does not. Nothing where steps need isolation: then it is for the first of them
    /// to say.
    fn why_not_isolated(&self) -> Result<Option<Option<&str>>> {
        let preferred = |package: &PackageFile| package.stage.sandbox == SandboxMode::Preferred;
        let is_asked = self.results.plans.packages.iter().any(preferred);
        is_asked.then(|| self.machine.why_not_isolated()).transpose()
    }

    /// Writes the reports, and says how it went.
    fn conclude(&self, name: &str, ended: &Ended) -> Result<Status> {
        if ended.status.success() && !ended.any_step && reports::are_current(&self.results) {
            self.tell_of(None)?;
            return Ok(Status::Well);
        }
        // The plan is the one that it began with.
        let results = self.results.with_new_history()?;
        if !ended.status.success() && !ended.interrupted && ended.failed == 0 {
            let words = tail(&results.place.layout.graph_log(), 20).join("\n");
            let words = if words.is_empty() { String::new() } else { format!(":\n{words}") };
            bail!("`{}` gave up before any step failed ({}){words}", self.program.kind.name, ended.status);
        }
        let run = results.history.runs.iter().rposition(|run| run.name.as_deref() == Some(name));
        let run = run.context("the journal has lost this run")?;
        if results.history.attempts.iter().any(|attempt| attempt.run == run && attempt.ran()) {
            // What was learnt, for a plain ninja.
            let Results { place, plans, history } = &results;
            let forecast = Forecast::new(plans, history, &self.machine, &[Target::All], true);
            order(plans, history, &forecast).write(&place.layout.order())?;
        }
        reports::write(&results)?;
        let mut summary = summary(run, &results.plans, &results.history);
        if let Some(summary) = &mut summary {
            summary.push_str(&landed(run, &results));
        }
        // Of one that was stopped before its first step, nobody knows what there was to do.
        if summary.is_some() || !ended.interrupted {
            self.tell_of(summary.as_deref())?;
        }
        if ended.status.success() {
            return Ok(Status::Well);
        }
        if ended.interrupted {
            tell("interrupted; `lfsgen build` goes on from here\n");
            return Ok(Status::Found);
        }
        tell(&format!("{} failed\n", count(ended.failed, "step")));
        Ok(Status::Found)
    }

    /// Says how a run went, and where the report is; no summary where no step ran.
    fn tell_of(&self, summary: Option<&str>) -> Result<()> {
        // Where packages are to be built a second time, there is something to do.
        if self.global.quiet || summary.is_none() && self.args.check_reproducible {
            return Ok(());
        }
        let nothing = match self.results.plans.packages.as_slice() {
            [] => "nothing to do: there are no specs (`*.yaml`)\n",
            _ => "nothing to do: everything that was asked for is built\n",
        };
        print(summary.unwrap_or(nothing))?;
        print(&format!("report: {}/reports/report.html\n", self.results.place.state_name))
    }
}

/// What the graph calls the targets: the stamps that finish them.
fn names(targets: &[Target], plans: &Plans, state: &str) -> Vec<String> {
    if targets.contains(&Target::All) {
        return vec!["all".to_owned()];
    }
    let name = |at: usize| {
        let step = &plans.steps[at];
        format!("{state}/{}", paths::stamp(&plans.packages[step.package].package, step.phase))
    };
    targets.iter().flat_map(|target| target.last_steps(plans)).map(name).collect()
}

/// A name that no other run of this project has.
fn run_name() -> String {
    format!("{}-{}", utc(unix_millis()).replace(' ', "T").replace(':', "-"), std::process::id())
}

/// What packages install otherwise than before this run, a line for each of the first.
fn landed(run: usize, results: &Results) -> String {
    const SHOWN: usize = 10;
    let Results { place, plans, history } = results;
    let lines: Vec<_> = plans
        .packages
        .iter()
        .filter_map(|file| {
            let pair = pair_of_run(file, history, run)?;
            let summary = Landed::read(&pair, &place.layout).ok()?.summary()?;
            Some(format!("{}: {summary}\n", file.package))
        })
        .collect();
    let more = lines.len().saturating_sub(SHOWN);
    let mut text: String = lines.into_iter().take(SHOWN).collect();
    if more > 0 {
        text.push_str(&format!("and {} more with another artifact\n", count(more, "package")));
    }
    if !text.is_empty() {
        text.push_str("`lfsgen diff --artifacts` shows each path\n");
    }
    text
}

/// How a run went, in two lines; nothing where no step ran.
fn summary(run: usize, plans: &Plans, history: &History) -> Option<String> {
    let attempts: Vec<_> = history.attempts.iter().filter(|attempt| attempt.run == run).collect();
    if attempts.is_empty() {
        return None;
    }
    let ran = attempts.iter().filter(|attempt| attempt.ran()).count();
    let Run { started, last, .. } = history.runs[run];
    let took = duration(last.saturating_sub(started));
    let mut text =
        format!("{} ran, {} taken from earlier runs, in {took}\n", count(ran, "step"), attempts.len() - ran);
    if let Some(bound) = Bound::of(run, plans, history).describe() {
        text.push_str(&bound);
        text.push('\n');
    }
    Some(text)
}

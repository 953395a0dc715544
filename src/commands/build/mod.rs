//! `lfsgen build [TARGET…]`: generates, then has the graph run, shows how far it is, and reports.
//!
//! What happens is learnt from the journal alone, so that every program that can run the graph is shown alike.

mod again;
mod begun;
mod notes;
mod progress;
mod reports;
mod runner;
mod show;
mod stop;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;

use self::progress::Progress;
use self::reports::REPORTS;
use self::runner::{KINDS, Order, Runner};
use self::show::Show;
use self::stop::{PATIENCE, Runners, Stopping};
use super::output::{print, tell};
use super::place::Place;
use super::report::write as write_report;
use super::results::{Results, tail};
use super::{Global, Status, generate};
use crate::emit::Backend;
use crate::host::clock::{self, Stopwatch, unix_millis};
use crate::host::{env, files, process, raw, tree};
use crate::journal::{Event, Follower, Outcome, Writer};
use crate::model::Phase;
use crate::plan::file::PackageFile;
use crate::report::bound::Bound;
use crate::report::forecast::Forecast;
use crate::report::history::{History, Run};
use crate::report::order::order;
use crate::report::plans::Plans;
use crate::report::status::Machine;
use crate::report::summary::Scope;
use crate::report::target::Target;
use crate::report::text::{count, duration, utc};
use crate::run::Card;
use crate::store;

/// How often the journal is looked at.
const TICK: Duration = Duration::from_millis(100);

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
    /// Start nothing new after so many failures; 0: go on with whatever can still be built
    #[arg(long, short, value_name = "N", default_value_t = 1)]
    keep_going: u32,
    /// Have build phases that failed go on in the trees that they left, instead of beginning anew
    #[arg(long = "continue")]
    go_on: bool,
    /// One step after the other, as in a book, each with all jobs
    #[arg(long)]
    ordered: bool,
    /// Then build the packages a second time, elsewhere and with one job, and show what is not the same
    #[arg(long)]
    check_reproducible: bool,
    /// Whether check phases run
    #[arg(long, value_name = "WHEN", default_value = "on")]
    check_phase: Switch,
    /// What to write and run [default: what the runner reads]
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
    let runner = Runner::find(args.runner.as_deref(), args.backend)?;
    let place = Place::find(global)?;
    // Before anything is written that its owner could not write any more.
    store::refuse_of_others(&place.layout)?;
    let lock = tree::try_lock(&place.layout.build_lock())?;
    let Some(_lock) = lock else {
        bail!("another `lfsgen build` is at work in `{}`", place.layout.root().display());
    };
    let quiet = Global { quiet: true, ..global.clone() };
    let generated = generate::run(&quiet, &generate::Args::for_build(runner.backend(), &args.options))?;
    if generated != Status::Well {
        return Ok(generated);
    }
    let results = Results::of(place)?;
    forget_what_is_not_so(&results, args.check_phase)?;
    Build { global, args, runner, results, signals }.run()
}

/// Removes stamps that stand for nothing: of packages whose artifacts were lost, of a plan that was changed while its step
/// ran, and of checks that were left out, where they are asked for now. The graph's program believes in stamps.
fn forget_what_is_not_so(results: &Results, check: Switch) -> Result<()> {
    let layout = &results.place.layout;
    for PackageFile { package, key, steps, .. } in &results.plans.packages {
        let mut is_believed = false;
        let mut unstamped_checks = Vec::new();
        for step in steps {
            let path = layout.stamp(package, step.phase);
            let stamp = Machine::stamp(layout, package, step.phase);
            let is_of_another = stamp.is_some_and(|stamp| stamp != step.key);
            if is_of_another && begun::is_newer(&results.place, package, step.phase) {
                files::remove_file(&path)?;
            }
            if step.phase != Phase::Check {
                // A machine that went down may have left a stamp without its content.
                is_believed = !is_of_another && (stamp.is_some() || files::symlink_metadata(&path).is_ok());
            } else if stamp.is_none() {
                unstamped_checks.push(path);
            }
        }
        // What was said last is of the last step, which makes the artifact.
        if is_believed && !layout.has_artifact(key) {
            tell(&format!("note: the artifact of `{package}` is lost and will be made again\n"));
            tree::remove(&layout.package_stamps(package))?;
        } else if check == Switch::On {
            unstamped_checks.iter().try_for_each(|path| files::remove_file(path))?;
        }
    }
    Ok(())
}

/// A build that can start.
struct Build<'a> {
    global: &'a Global,
    args: &'a Args,
    runner: Runner,
    results: Results,
    signals: OwnedFd,
}

/// How the graph's program ended.
struct Ended {
    status: ExitStatus,
    interrupted: bool,
    failed: usize,
    /// Whether it has started any step.
    any_step: bool,
}

impl Build<'_> {
    fn run(self) -> Result<Status> {
        let Results { place, plans, history } = &self.results;
        let targets = Target::parse_all(&self.args.targets, plans)?;
        let forecast = Forecast::new(plans, history, &place.layout, &targets);
        if !self.global.quiet {
            notes::notes(place, plans, &forecast)?.iter().for_each(|note| tell(note));
        }
        let jobs = self.args.jobs.unwrap_or_else(|| plans.slots());
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
        let mut follower = Follower::from_end(&place.layout.journal())?;
        journal.append(Event::RunStarted {
            targets: self.args.targets.clone(),
            jobs,
            cpus: Some(process::cpus()),
            runner: self.runner.kind.name.to_owned(),
            lfsgen: env!("CARGO_PKG_VERSION").to_owned(),
        })?;
        let log = place.layout.runner_log();
        let child = self.runner.start(&Order {
            root: &place.root,
            output: &place.output,
            targets: &names(&targets, plans, &place.state_name),
            // More than can run, so that there is a choice whom to let run first.
            jobs: if self.args.ordered { 1 } else { jobs.saturating_add(AHEAD) },
            keep_going: self.args.keep_going,
            env: &self.environment(&name, jobs, begun.as_deref())?,
            log: &log,
        })?;
        let progress = Progress::new(plans, &forecast, jobs);
        let ended = self.watch(child, &mut follower, progress, &name)?;
        journal.append(Event::RunFinished { ok: ended.status.success() })?;
        files::remove_file(&place.layout.failures(&name))?;
        let status = self.conclude(&name, &ended)?;
        let status = match &begun {
            Some(begun) if status == Status::Well && self.args.check_reproducible => {
                self.again(&targets, begun)
            }
            _ => Ok(status),
        };
        begun.map_or(Ok(()), |begun| tree::remove(&begun))?;
        status
    }

    /// Builds what was asked for a second time, and compares.
    fn again(&self, targets: &[Target], begun: &Path) -> Result<Status> {
        let Results { place, plans, .. } = &self.results;
        let asked: BTreeSet<usize> = targets.iter().flat_map(|target| target.packages(plans)).collect();
        let packages: Vec<_> = asked.into_iter().map(|at| &plans.packages[at]).collect();
        let stop = || Ok(process::wait_for_signal(self.signals.as_fd(), None, Duration::ZERO)?.is_some());
        again::check(place, begun, &packages, self.global.quiet, stop)
    }

    fn environment(
        &self,
        run: &str,
        slots: u32,
        begun: Option<&Path>,
    ) -> Result<Vec<(&'static str, OsString)>> {
        let program = env::current_exe().context("failed to find this program's own file")?;
        let mut env = vec![("LFSGEN", program.into_os_string()), ("LFSGEN_RUN", run.into())];
        env.push(("LFSGEN_SLOTS", slots.to_string().into()));
        env.push(("LFSGEN_KEEP_GOING", self.args.keep_going.to_string().into()));
        env.extend(begun.map(|begun| ("LFSGEN_GENERATED", begun.into())));
        if self.args.go_on {
            env.push(("LFSGEN_CONTINUE", "on".into()));
        }
        if self.args.check_phase == Switch::Off {
            env.push(("LFSGEN_CHECK_PHASE", "off".into()));
        }
        Ok(env)
    }

    /// Shows what happens until the graph's program ends.
    fn watch(
        &self,
        mut child: Child,
        follower: &mut Follower,
        mut progress: Progress<'_>,
        run: &str,
    ) -> Result<Ended> {
        let mut show = Show::new(self.global.quiet);
        let (mut stopping, mut runners) = (Stopping::default(), Runners::default());
        let stopwatch = Stopwatch::start();
        let (mut interrupted, mut any_step) = (false, false);
        let end = process::end_of(&child).context("failed to watch the runner")?;
        let mut left = None;
        let status = loop {
            // Asked before the journal is read, so that nothing that was written before the end is missed.
            let status = child.try_wait().context("failed to wait for the runner")?;
            let ended = status.is_some() && !runners.are_there();
            let mut is_new = false;
            for entry in follower.poll()? {
                if entry.run.as_deref() != Some(run) {
                    continue;
                }
                is_new = true;
                runners.see(&entry);
                any_step |= !matches!(entry.event, Event::RunStarted { .. });
                if let Some(step) = progress.take(entry) {
                    interrupted |= step.outcome == Outcome::Interrupted;
                    show.ended(&step, &progress);
                    if step.outcome.is_failure() {
                        let card = Card::of_event(&step, &self.results.place.layout);
                        show.say(&card.to_string());
                    }
                }
            }
            if let Some(status) = status {
                // It may have been killed; then its steps still have to say so.
                let waited = left.get_or_insert_with(Stopwatch::start).elapsed();
                if ended && !is_new || waited > PATIENCE {
                    break status;
                }
                if !ended {
                    clock::sleep(TICK / 10);
                }
                continue;
            }
            show.tick(&progress, unix_millis(), stopwatch.elapsed());
            if let Some(signal) = process::wait_for_signal(self.signals.as_fd(), Some(end.as_fd()), TICK)?
                && let Some(words) = stopping.take(signal, &mut child)?
            {
                show.say(words);
            }
        };
        runners.kill();
        show.finish();
        let interrupted = interrupted || stopping.is_asked();
        Ok(Ended { status, interrupted, failed: progress.failed(), any_step })
    }

    /// Writes the reports, and says how it went.
    fn conclude(&self, name: &str, ended: &Ended) -> Result<Status> {
        if ended.status.success() && !ended.any_step && reports::are_current(&self.results) {
            self.tell_of(NOTHING)?;
            return Ok(Status::Well);
        }
        // The plan is the one that it began with.
        let results = self.results.with_new_history()?;
        if !ended.status.success() && !ended.interrupted && ended.failed == 0 {
            let words = tail(&results.place.layout.runner_log(), 20).join("\n");
            let words = if words.is_empty() { String::new() } else { format!(":\n{words}") };
            bail!("`{}` gave up before any step failed ({}){words}", self.runner.kind.name, ended.status);
        }
        let run = results.history.runs.iter().rposition(|run| run.name.as_deref() == Some(name));
        let run = run.context("the journal has lost this run")?;
        if results.history.attempts.iter().any(|attempt| attempt.run == run && attempt.ran()) {
            // What was learnt, for a plain ninja.
            let Results { place, plans, history } = &results;
            let forecast = Forecast::new(plans, history, &place.layout, &[Target::All]);
            order(plans, history, &forecast).write(&place.layout.order())?;
        }
        let reports = results.place.layout.reports();
        for (format, file) in REPORTS {
            files::write_atomic(
                &reports.join(file),
                write_report(format, Scope::Latest, &results)?.as_bytes(),
            )?;
        }
        self.tell_of(&summary(run, &results.plans, &results.history))?;
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

    /// Says how a run went, and where the report is.
    fn tell_of(&self, summary: &str) -> Result<()> {
        // Where packages are to be built a second time, there is something to do.
        if self.global.quiet || summary == NOTHING && self.args.check_reproducible {
            return Ok(());
        }
        print(summary)?;
        print(&format!("report: {}/reports/report.html\n", self.results.place.state_name))
    }
}

/// What is said where no step ran.
const NOTHING: &str = "nothing to do: everything that was asked for is built\n";

/// What the graph calls the targets: the stamps that finish them.
fn names(targets: &[Target], plans: &Plans, state: &str) -> Vec<String> {
    if targets.contains(&Target::All) {
        return vec!["all".to_owned()];
    }
    let name = |at: usize| {
        let step = &plans.steps[at];
        format!("{state}/stamps/{}/{}", plans.packages[step.package].package, step.phase)
    };
    targets.iter().flat_map(|target| target.last_steps(plans)).map(name).collect()
}

/// A name that no other run of this project has.
fn run_name() -> String {
    format!("{}-{}", utc(unix_millis()).replace(' ', "T").replace(':', "-"), std::process::id())
}

/// How a run went, in two lines.
fn summary(run: usize, plans: &Plans, history: &History) -> String {
    let attempts: Vec<_> = history.attempts.iter().filter(|attempt| attempt.run == run).collect();
    if attempts.is_empty() {
        return NOTHING.to_owned();
    }
    let ran = attempts.iter().filter(|attempt| attempt.ran()).count();
    let Run { started, last, .. } = history.runs[run];
    let took = duration(last.saturating_sub(started));
    let mut text =
        format!("{} ran, {} taken from earlier runs, in {took}\n", count(ran, "step"), attempts.len() - ran);
    let bound = Bound::of(run, plans, history);
    // Of a run that was interrupted in its first step there is nothing to say.
    if bound.ratio().is_some() {
        text.push_str(&bound.describe());
        text.push('\n');
    }
    text
}

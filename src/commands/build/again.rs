//! `lfsgen build --check-reproducible`: builds packages a second time, elsewhere and otherwise, and compares.
//!
//! The second build has a state directory of its own, in which the artifacts that it needs are links to the first one's.
//! There it runs with one job on one processor, under a clock that shows another year, among other files and process numbers.
//! All second builds share the run's budget, by a link to its locks.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;

use crate::commands::Status;
use crate::commands::output::{print, tell};
use crate::commands::place::Place;
use crate::commands::results::tail;
use crate::commands::step_environment::{CLOCK_AHEAD, CONTINUE, GENERATED, JOBS, RUN, SLOTS};
use crate::compare::{self, Artifact, Difference};
use crate::host::{clock, env, files, process, raw, tree};
use crate::journal::{self, Entry, Event};
use crate::layout::Layout;
use crate::model::{PackageName, Phase};
use crate::plan::file::PackageFile;
use crate::plan::paths;
use crate::report::text::count;
use crate::run::REAL_CLOCK;
use crate::store::Manifest;

/// How often a second build is looked at.
const TICK: Duration = Duration::from_millis(20);
/// How far the second build's clock is ahead: year, month, day, day of the week, hour, minute and second are others. Ahead, since
/// files have the machine's time, and one from the future is a mistake to make and configure. No more, since certificates and the
/// like end.
const AHEAD: u32 = 397 * 86400 + 5 * 3600 + 41 * 60 + 13;
/// Paths of a package that are told of.
const MOST_PATHS: usize = 20;

/// How the second builds went, as far as they have ended.
#[derive(Debug, Default)]
struct Checked {
    /// How many there are to be.
    all: usize,
    /// Whether they run on any processor.
    anywhere: bool,
    same: usize,
    different: usize,
    failed: usize,
    interrupted: bool,
    /// Why some had the machine's clock.
    real_clock: Option<String>,
}

/// A second build that has ended.
struct Built {
    second: Second,
    /// Why its clock was the machine's, if it was.
    real_clock: Option<String>,
}

/// What came of a second build.
enum Second {
    Same,
    Different(Vec<Difference>),
    /// The last lines that it said.
    Failed(Vec<String>),
}

/// Builds the packages of the `generated` folder a second time, as many at once as there are `slots`, and tells of each; unless
/// `quiet`, also that it does. `signal` says whether somebody asks for the end.
///
/// # Errors
/// A second build could not be started, or its result not be read.
pub(super) fn check(
    place: &Place,
    generated: &Path,
    packages: &[&PackageFile],
    slots: u32,
    quiet: bool,
    signal: impl Fn() -> Result<bool>,
) -> Result<Status> {
    let home = place.layout.again();
    tree::remove(&home)?;
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (send, receive) = mpsc::channel();
    let processors = process::processors();
    let mut checked = Checked { all: packages.len(), anywhere: processors.is_empty(), ..Checked::default() };
    if !quiet {
        let packages = count(packages.len(), "package");
        tell(&format!("building {packages} a second time, {} days later\n", AHEAD / 86400));
    }
    let workers = usize::try_from(slots.max(1)).unwrap_or(usize::MAX).min(packages.len());
    thread::scope(|scope| {
        for worker in 0..workers {
            let (send, next, stop, home) = (send.clone(), &next, &stop, &home);
            let processor = processors.get(worker % processors.len().max(1)).copied();
            scope.spawn(move || {
                // What it starts stays on this one too.
                processor.into_iter().for_each(process::stay_on);
                while let Some(package) = packages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let dir = home.join(package.package.as_str());
                    let second = build(place, generated, package, slots, &dir, stop);
                    if send.send((*package, second)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut told = Ok(());
        loop {
            match receive.recv_timeout(TICK) {
                Ok((package, built)) => {
                    told = told.and(built.and_then(|built| checked.take(package, built, &home)));
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
            if told.is_err() || signal()? {
                checked.interrupted = true;
                stop.store(true, Ordering::Relaxed);
            }
        }
        told
    })?;
    Ok(checked.conclude())
}

impl Checked {
    /// Counts a build that has ended, and tells of it.
    fn take(&mut self, package: &PackageFile, built: Built, home: &Path) -> Result<()> {
        let Built { second, real_clock } = built;
        let name = &package.package;
        match second {
            // It was stopped with the others.
            Second::Failed(_) if self.interrupted => return Ok(()),
            Second::Same => {
                self.same += 1;
                print(&format!("{name}: the same bytes again\n"))?;
            }
            Second::Failed(last) => {
                self.failed += 1;
                tell(&format!("{name}: the second build failed\n{}\n", last.join("\n")));
            }
            Second::Different(differences) => {
                self.different += 1;
                let tree = Layout::new(home.join(name.as_str())).artifact_tree(&package.key);
                print(&describe(name, &differences, &tree))?;
            }
        }
        self.real_clock = self.real_clock.take().or(real_clock);
        Ok(())
    }

    /// Tells of all of them together.
    fn conclude(self) -> Status {
        let Self { all, anywhere, same, different, failed, interrupted, real_clock } = self;
        let of = count(same + different + failed, "package");
        tell(&format!("{of} built again: {same} the same, {different} not, {failed} failed\n"));
        if let Some(why) = real_clock {
            tell(&format!("note: what depends on the day did not show: {why}\n"));
        }
        if anywhere {
            tell(
                "note: what depends on the number of processors did not show: the kernel does not say which there are\n",
            );
        }
        if interrupted {
            tell("interrupted\n");
        }
        if same == all && !interrupted { Status::Well } else { Status::Found }
    }
}

/// Builds a package in a state directory `dir`, and compares. The directory goes where nothing is to be seen in it.
fn build(
    place: &Place,
    generated: &Path,
    package: &PackageFile,
    slots: u32,
    dir: &Path,
    stop: &AtomicBool,
) -> Result<Built> {
    let layout = Layout::new(dir);
    prepare(&place.layout, package, &layout)?;
    let log = dir.join("log");
    let mut child = start(place, generated, package, slots, &layout, &log)?;
    let mut told = false;
    let status = loop {
        if let Some(status) = child.try_wait().context("failed to wait for a second build")? {
            break status;
        }
        if stop.load(Ordering::Relaxed) && !told {
            process::signal_group(&child, Signal::TERM)?;
            told = true;
        }
        clock::sleep(TICK);
    };
    let real_clock = real_clock(&layout)?;
    if !status.success() {
        return Ok(Built { second: Second::Failed(tail(&log, 20)), real_clock });
    }
    let [first, second] = [&place.layout, &layout].map(|layout| -> Result<Artifact> {
        let manifest = Manifest::read(&layout.artifact_manifest(&package.key))?;
        Ok(Artifact { manifest, tree: layout.artifact_tree(&package.key) })
    });
    let differences = compare::differences(&first?, &second?)?;
    if differences.is_empty() {
        tree::remove(dir)?;
        return Ok(Built { second: Second::Same, real_clock });
    }
    Ok(Built { second: Second::Different(differences), real_clock })
}

/// Why a second build had the machine's clock, if its journal says so.
fn real_clock(second: &Layout) -> Result<Option<String>> {
    let message = |entry: Entry| match entry.event {
        Event::StepFinished(step) => step.message.filter(|message| message.starts_with(REAL_CLOCK)),
        _ => None,
    };
    Ok(journal::read(&second.journal())?.entries.into_iter().find_map(message))
}

/// A state directory in which there is all that a package needs, and nothing of the package itself.
fn prepare(first: &Layout, package: &PackageFile, second: &Layout) -> Result<()> {
    files::create_dir_all(&second.artifacts())?;
    let first = Layout::new(tree::canonical(first.root())?);
    for layer in package.layers_of(Phase::Check) {
        tree::ensure_symlink(&first.artifact(&layer.key), &second.artifact(&layer.key))?;
    }
    for (there, here) in [(first.base(), second.base()), (first.sources(), second.sources())] {
        files::create_dir_all(&there)?;
        tree::ensure_symlink(&there, &here)?;
    }
    // The budget, and what is known of the memory that steps need.
    for (there, here) in [(first.slots(), second.slots()), (first.order(), second.order())] {
        tree::ensure_symlink(&there, &here)?;
    }
    Ok(())
}

fn start(
    place: &Place,
    generated: &Path,
    package: &PackageFile,
    slots: u32,
    layout: &Layout,
    log: &Path,
) -> Result<Child> {
    let program = env::current_exe().context("failed to find this program's own file")?;
    let Some(last) = package.last_step() else {
        bail!("`{}` has no step to run", package.package);
    };
    let plan = generated.join(paths::plan_file(&package.package));
    let mut command = process::command(&program);
    command.arg("--project").arg(&place.root).arg("run-step");
    command.arg("--plan").arg(plan).arg("--state").arg(layout.root());
    if let Some(cache) = &place.cache {
        command.arg("--cache").arg(cache);
    }
    command.args([package.package.as_str(), last.phase.name()]);
    let log = files::create(log)?;
    command
        .current_dir(&place.root)
        .env(SLOTS, slots.to_string())
        .env(JOBS, "1")
        .env(CLOCK_AHEAD, AHEAD.to_string())
        .env_remove(RUN)
        .env_remove(GENERATED)
        .env_remove(CONTINUE);
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
    raw::tied_to_us(&mut command).spawn().context("failed to start a second build")
}

/// The paths in which a second build differs, the first of many, and where its files are.
fn describe(name: &PackageName, differences: &[Difference], tree: &Path) -> String {
    let paths = match differences.len() {
        1 => "1 path is not the same".to_owned(),
        many => format!("{many} paths are not the same"),
    };
    let mut text = format!("{name}: {paths} in the second build\n");
    for Difference { path, how } in differences.iter().take(MOST_PATHS) {
        text.push_str(&format!("  {path}\n"));
        how.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    if let more @ 1.. = differences.len().saturating_sub(MOST_PATHS) {
        text.push_str(&format!("  … and {} more\n", count(more, "path")));
    }
    text.push_str(&format!("  the second build's files: {}\n", tree.display()));
    text
}

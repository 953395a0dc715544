//! What the commands that tell of builds have in common: the plan, the history and the machine's word.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};

use super::generate::Now;
use super::output::tell;
use super::place::Place;
use super::{Global, generate};
use crate::host::{files, lock};
use crate::journal;
use crate::layout::Layout;
use crate::model::{Digest, PackageName, Phase, RelPath};
use crate::plan::file::{PackageFile, StepFile};
use crate::report::history::History;
use crate::report::plans::Plans;
use crate::report::status::Machine;
use crate::report::target::Target;
use crate::report::text::count;
use crate::run::{self, Standing};
use crate::{sandbox, store};

/// A project's plan and history.
pub(super) struct Results {
    pub(super) place: Place,
    pub(super) plans: Plans,
    pub(super) history: History,
}

/// A line that says how many lines of the journal say nothing to us; empty for none.
pub(super) fn lost_lines(skipped: usize) -> String {
    match skipped {
        0 => String::new(),
        lines => format!("{} of the journal could not be read\n", count(lines, "line")),
    }
}

impl Results {
    /// Reads the history and the plan that was generated last, and warns where that is older than the specs.
    ///
    /// # Errors
    /// There is no plan yet, or something cannot be read.
    pub(super) fn read(global: &Global) -> Result<Self> {
        let results = Self::of(Place::find(global)?)?;
        if !global.quiet
            && let Some(note) = generate::outdated(&results.place)
        {
            tell(&format!("note: {note}; this is about the plan from before\n"));
        }
        Ok(results.with_a_word(global))
    }

    /// Reads the history, and the plan that a build would go by now: what the specs make, whether or not that was generated; and finds
    /// what is named in it. Where there is a mistake in the specs, it is the plan from before, with a word of that.
    ///
    /// # Errors
    /// As [`Results::read`], and where nothing has such a name. If mistakes in the specs may be why, they are shown before.
    pub(super) fn now(global: &Global, targets: &[String]) -> Result<(Self, Vec<Target>)> {
        let place = Place::find(global)?;
        let results = match generate::now(&place)? {
            Now::Other(plans) => Self { history: history(&place)?, place, plans },
            Now::Same => Self::of(place)?,
            Now::Wrong(compiled) => {
                let before = Self::of(place).ok().filter(|before| !before.plans.packages.is_empty());
                let found = before.map(|before| before.with_targets(targets));
                if !matches!(found, Some(Ok(_))) {
                    generate::tell(global, &compiled);
                }
                let Some(found) = found else {
                    bail!(
                        "the specs have mistakes, and there is no plan from before them: mend them, then try this again"
                    );
                };
                let (results, targets) =
                    found.context("the specs have mistakes, and this is about the plan from before them")?;
                if !global.quiet {
                    tell(
                        "note: there are mistakes in the specs, which `lfsgen lint` shows; this is about the plan from before\n",
                    );
                }
                return Ok((results.with_a_word(global), targets));
            }
        };
        results.with_a_word(global).with_targets(targets)
    }

    /// Finds what is named.
    fn with_targets(self, targets: &[String]) -> Result<(Self, Vec<Target>)> {
        let targets = Target::parse_all(targets, &self.plans)?;
        Ok((self, targets))
    }

    /// Tells who may not look at what was built why it counts as not there.
    fn with_a_word(self, global: &Global) -> Self {
        if !global.quiet && store::is_closed(&self.place.layout) {
            tell("note: what was built here is closed to everybody but its owner, and counts as not there\n");
        }
        self
    }

    /// Reads both where the plan was just made.
    ///
    /// # Errors
    /// There is no plan yet, or something cannot be read.
    pub(super) fn of(place: Place) -> Result<Self> {
        let (plans, history) = rayon::join(|| Plans::read(&place.output), || history(&place));
        Ok(Self { plans: plans?, history: history?, place })
    }

    /// The same plan with what the journal says now.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(super) fn with_new_history(&self) -> Result<Self> {
        Ok(Self { place: self.place.clone(), plans: self.plans.clone(), history: history(&self.place)? })
    }
}

pub(super) fn history(place: &Place) -> Result<History> {
    journal::read(&place.layout.journal()).map(History::new)
}

/// What this machine says of a state directory.
pub(super) struct ThisMachine {
    layout: Layout,
    /// Why it does not isolate steps, if it does not, once somebody had to ask.
    why_not_isolated: OnceLock<Option<String>>,
}

impl ThisMachine {
    pub(super) fn new(layout: &Layout) -> Self {
        Self { layout: layout.clone(), why_not_isolated: OnceLock::new() }
    }

    /// Why it does not isolate steps; nothing where it does. That is found out once, since it takes longer than a step that does little.
    ///
    /// # Errors
    /// It cannot be found out.
    pub(super) fn why_not_isolated(&self) -> Result<Option<&str>> {
        let known = match self.why_not_isolated.get() {
            Some(known) => known,
            None => {
                let found = sandbox::why_not(self.layout.root())?.map(|problem| problem.to_string());
                self.why_not_isolated.get_or_init(|| found)
            }
        };
        Ok(known.as_deref())
    }
}

impl Machine for ThisMachine {
    fn artifact(&self, file: &PackageFile) -> Standing {
        run::standing(&self.layout, file, || self.why_not_isolated().is_ok_and(|why| why.is_none()))
    }

    fn has_layer(&self, file: &PackageFile, step: &StepFile) -> bool {
        run::has_layer(&self.layout, file, step)
    }

    fn is_alive(&self, package: &PackageName, pid: u32) -> bool {
        // Another program may have the number of a runner that was killed: the runner of another package, or of another project's
        // package of this name. Whoever runs a step holds its package's lock, which the kernel drops with the process.
        let command = files::read(Path::new(&format!("/proc/{pid}/cmdline"))).unwrap_or_default();
        let has = |wanted: &str| command.split(|&byte| byte == 0).any(|word| word == wanted.as_bytes());
        has("run-step") && has(package.as_str()) && lock::is_held(&self.layout.lock(package)).unwrap_or(true)
    }

    fn stamp(&self, package: &PackageName, phase: Phase) -> Option<Digest> {
        store::read_stamp(&self.layout, package, phase)
    }

    fn has_passed(&self, file: &PackageFile, check: &StepFile) -> bool {
        run::check_has_passed(&self.layout, file, check)
    }

    fn lacks(&self, file: &PackageFile) -> Vec<RelPath> {
        store::absent(&file.expect, &self.layout.artifact_tree(&file.key)).cloned().collect()
    }
}

/// The last `count` lines of a file, however long it is; none where it cannot be read.
pub(super) fn tail(path: &Path, count: usize) -> Vec<String> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    /// More than any lines that a person reads at once.
    const WINDOW: u64 = 64 << 10;

    let Ok(mut file) = files::open(path) else { return Vec::new() };
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = Vec::new();
    let from = length.saturating_sub(WINDOW);
    if file.seek(SeekFrom::Start(from)).and_then(|_| file.take(WINDOW).read_to_end(&mut bytes)).is_err() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().skip(usize::from(from > 0)).collect();
    lines[lines.len().saturating_sub(count)..].iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::process;

    #[test]
    fn a_process_is_a_packages_runner_while_it_holds_the_packages_lock_and_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let machine = ThisMachine::new(&layout);
        let [zlib, attr] = ["zlib", "attr"].map(|name| PackageName::new(name).unwrap());
        let script = "echo ready; read wait";
        let mut runner = process::command("/bin/sh");
        runner.args(["-c", script, "lfsgen", "run-step", "zlib", "build"]);
        runner.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut runner = runner.spawn().unwrap();
        let mut ready = [0; 5];
        std::io::Read::read_exact(runner.stdout.as_mut().unwrap(), &mut ready).unwrap();
        // Another project's: here nobody has ever built the package, or nobody builds it now.
        assert!(!machine.is_alive(&zlib, runner.id()));
        drop(lock::hold(&layout.lock(&zlib)).unwrap());
        assert!(!machine.is_alive(&zlib, runner.id()));
        let held = [&zlib, &attr].map(|package| lock::hold(&layout.lock(package)).unwrap());
        assert!(machine.is_alive(&zlib, runner.id()));
        assert!(!machine.is_alive(&attr, runner.id()), "it is another package's runner");
        assert!(!machine.is_alive(&zlib, std::process::id()), "it is no runner");
        drop(held);
        runner.kill().unwrap();
        runner.wait().unwrap();
        let _held = lock::hold(&layout.lock(&zlib)).unwrap();
        assert!(!machine.is_alive(&zlib, runner.id()), "it has ended");
    }
}

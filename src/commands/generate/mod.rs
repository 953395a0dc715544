//! `lfsgen generate`: specs to scripts, plan files and a graph.
//!
//! It compiles in memory, compares with what is there, and writes the difference; nothing is written where there is a mistake. A
//! run that would do again what the last one did is skipped (see [`stamp`]), and says the same.

mod check;
mod stamp;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::input::Input;
use super::output::{self, print, style};
use super::place::Place;
use super::{Global, Status};
use crate::compile::{Compiled, Settings};
use crate::emit::Backend;
use crate::host::clock::unix_millis;
use crate::host::{env, files};
use crate::model::{DEFAULT_OUTPUT, Overrides, RelPath};
use crate::plan::paths::is_plan;
use crate::plan::read;
use crate::render::{Style, human_first};
use crate::report::plans::Plans;
use crate::report::text::count;
use stamp::{Counts, Question, Run, Said, Stamp};
use tree::Changes;

/// Arguments.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Args {
    /// Write nothing; show what would change, and exit with status 1 if anything would
    #[arg(long)]
    check: bool,
    /// The program that will run the graph
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
    /// Write into this folder of the project, not the one of `lfsgen.yaml`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Set an option of all packages that have it, or of one: `NAME=VALUE`, `PACKAGE.NAME=VALUE`
    #[arg(long = "option", value_name = "NAME=VALUE")]
    options: Vec<String>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let source = Source::find(global, args.out.as_deref())?;
    let since = unix_millis();
    let question = Question {
        backend: args.backend,
        output: source.named_output.clone(),
        options: args.options.clone(),
    };
    let style = style(global, std::io::stderr());
    let known = source.stamp.as_deref();
    if let Some(stamp) = known.and_then(|path| Stamp::that_holds(path, &source.root, &question, style)) {
        stamp.said.iter().for_each(|said| output::tell(&said.text));
        say(global, &source, stamp.counts, &Changes::default());
        return Ok(Status::Well);
    }

    let compiled = source.compile(&args.options, args.backend)?;
    let said = words(&compiled, style);
    said.iter().for_each(|text| output::tell(text));
    let Some(plan) = compiled.plan.as_ref().filter(|_| !compiled.diagnostics.has_errors()) else {
        return Ok(Status::Unable);
    };
    let changes = Changes::find(&source.folder, &compiled.tree)?;
    let counts = Counts {
        packages: plan.packages.len(),
        steps: plan.packages.iter().map(|planned| planned.steps.len()).sum(),
    };
    if args.check {
        print(&check::show(source.output.as_str(), &changes, &compiled.tree))?;
        if changes.is_empty() {
            say(global, &source, counts, &changes);
            return Ok(Status::Well);
        }
        if !global.quiet {
            output::tell(&check::say(source.output.as_str(), &changes));
        }
        return Ok(Status::Found);
    }
    changes.apply(&source.folder, &compiled.tree)?;
    if let Some(path) = known {
        let written: Vec<_> = compiled.tree.keys().map(|path| format!("{}/{path}", source.output)).collect();
        let said = said.map(|text| Said { text, style });
        let run = Run { question, counts, said, since, read: &compiled.inputs, written: &written };
        let kept = match Stamp::take(&source.root, run) {
            Some(stamp) => stamp.write(path),
            // The one that is there tells of an earlier run.
            None => files::remove_file(path),
        };
        // It only saves the next run some work: who has nothing to write need not have the right to.
        if !changes.is_empty() {
            kept?;
        }
    }
    say(global, &source, counts, &changes);
    Ok(Status::Well)
}

/// Where a project's specs come from, and where its generated files go.
pub(super) struct Source {
    /// The project's root.
    pub(super) root: PathBuf,
    /// The output folder, relative to the root and absolute.
    pub(super) output: RelPath,
    pub(super) folder: PathBuf,
    /// The output folder that the command line names.
    named_output: Option<RelPath>,
    /// The last run's stamp. Only the project's own output has one: other commands learn from it whether that output is current,
    /// and with which options it was made, of which a run into another folder says nothing.
    stamp: Option<PathBuf>,
}

impl Source {
    /// Finds the project, with the output folder that was named, if any.
    ///
    /// # Errors
    /// There is no project, or the folder is not in it.
    pub(super) fn find(global: &Global, out: Option<&Path>) -> Result<Self> {
        let place = Place::find(global)?;
        let named_output = out.map(|out| inside(&place.root, out)).transpose()?;
        let output = match &named_output {
            Some(named) => named.clone(),
            // What is wrong with one that `lfsgen.yaml` names is told with all else that is wrong there, and nothing is written.
            None => inside(&place.root, &place.output)
                .or_else(|error| RelPath::new(DEFAULT_OUTPUT).or(Err(error)))?,
        };
        let folder = place.root.join(output.as_str());
        let stamp = (folder == place.output).then(|| place.layout.generate_stamp());
        Ok(Self { output, folder, named_output, stamp, root: place.root })
    }

    /// Reads and compiles it.
    ///
    /// # Errors
    /// Something cannot be read.
    pub(super) fn compile(&self, options: &[String], backend: Backend) -> Result<Compiled> {
        let settings = Settings { backend, output: self.named_output.clone(), folders: Vec::new() };
        Ok(Input::read(&self.root)?.compile(&Overrides(options.to_vec()), settings))
    }
}

/// What is to be said where the specs make other plans than those that are there. Costs a look at each file's time; where one is
/// another, as after `git checkout`, or nothing is known of the last run, as in a fresh clone, a compilation. In a fresh clone it
/// knows nothing of the options that `generate` was given.
pub(super) fn outdated(place: &Place) -> Option<&'static str> {
    let (options, note) = match Stamp::last(&place.layout.generate_stamp()) {
        Some(last) if !last.is_outdated(&place.root) => return None,
        Some(last) => (last.question.options, "the specs have changed since `lfsgen generate`"),
        None => (Vec::new(), "the specs have changed since `lfsgen generate`, or it was given an `--option`"),
    };
    other_plans(place, options).unwrap_or(false).then_some(note)
}

/// Whether the specs make other plans than those that are there.
fn other_plans(place: &Place, options: Vec<String>) -> Result<bool> {
    let compiled = Input::read(&place.root)?.compile(&Overrides(options), Settings::default());
    let Changes { written, removed } = Changes::find(&place.output, &compiled.tree)?;
    Ok(written.keys().chain(removed.keys()).any(is_plan))
}

/// What the specs say now, against what was generated last.
pub(super) enum Now {
    /// The same.
    Same,
    /// These plans, which are not written down.
    Other(Plans),
    /// Nothing: there is a mistake in them.
    Wrong(Box<Compiled>),
}

/// Compiles the specs where they may have changed since the last run, with the options of that one. Writes nothing.
///
/// # Errors
/// Something cannot be read.
pub(super) fn now(place: &Place) -> Result<Now> {
    let last = Stamp::last(&place.layout.generate_stamp());
    if last.as_ref().is_some_and(|last| !last.is_outdated(&place.root)) {
        return Ok(Now::Same);
    }
    let options = last.map_or_else(Vec::new, |last| last.question.options);
    let compiled = Input::read(&place.root)?.compile(&Overrides(options), Settings::default());
    if compiled.diagnostics.has_errors() {
        return Ok(Now::Wrong(Box::new(compiled)));
    }
    let packages = read::packages(&compiled.tree).collect::<Result<_, _>>()?;
    Ok(Now::Other(Plans::new(packages)?))
}

impl Args {
    /// What a build needs: the graph for a backend, with these options.
    pub(super) fn for_build(backend: Backend, options: &[String]) -> Self {
        Self { backend, options: options.to_vec(), ..Self::default() }
    }
}

/// A folder that was named on the command line, by its path below the project's root, where the graph will run.
fn inside(root: &Path, named: &Path) -> Result<RelPath> {
    let whole: PathBuf = env::current_dir()?.join(named).components().collect();
    let below = whole.strip_prefix(root).ok().and_then(Path::to_str);
    match below.map(RelPath::new) {
        Some(Ok(path)) if path.as_str() != "." => Ok(path),
        _ => bail!("`{}` is not a folder below the project's root `{}`", named.display(), root.display()),
    }
}

/// Shows what is wrong.
pub(super) fn tell(global: &Global, compiled: &Compiled) {
    let words = words(compiled, style(global, std::io::stderr()));
    words.iter().for_each(|text| output::tell(text));
}

/// What is wrong, in words; nothing where nothing is.
fn words(compiled: &Compiled, style: Style) -> Option<String> {
    let Compiled { sources, diagnostics, .. } = compiled;
    (!diagnostics.is_empty()).then(|| human_first(sources, diagnostics, style, "`lfsgen lint`"))
}

/// Says what was done.
fn say(global: &Global, source: &Source, counts: Counts, changes: &Changes) {
    if global.quiet {
        return;
    }
    let done = if changes.is_empty() {
        "up to date".to_owned()
    } else {
        format!("{} written, {} removed", count(changes.written.len(), "file"), changes.removed.len())
    };
    if global.verbose > 0 {
        let written = changes.written.keys().map(|path| (path, "written"));
        for (path, what) in written.chain(changes.removed.keys().map(|path| (path, "removed"))) {
            output::tell(&format!("{what}: {}/{path}\n", source.output));
        }
    }
    let Counts { packages, steps } = counts;
    if packages == 0 {
        output::tell("note: there are no specs (`*.yaml`) yet; `lfsgen new NAME` starts one\n");
    }
    let (packages, steps) = (count(packages, "package"), count(steps, "step"));
    output::tell(&format!("{}: {packages}, {steps}; {done}\n", source.output));
}

//! `lfsgen logs TARGET[:PHASE]`: what a step wrote.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::output::{print, print_foreign};
use super::results::Results;
use super::{Global, Status};
use crate::host::files;
use crate::layout::Layout;
use crate::model::{PackageName, Phase};
use crate::report::history::{Attempt, End};
use crate::report::status::describe;
use crate::report::target::Target;
use crate::report::text::{duration, utc};
use crate::run::earlier_logs;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A package, or one phase of it, such as `zlib:build`
    target: String,
    /// Which attempt: 1 is the first [default: the last]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    attempt: Option<u32>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let results = Results::read(global)?;
    let plans = &results.plans;
    let (package, phases) = match Target::parse(&args.target, plans)? {
        Target::Step(package, phase) => (package, vec![phase]),
        Target::Package(at) => (at, plans.packages[at].steps.iter().map(|step| step.phase).collect()),
        Target::All | Target::Stage(_) => {
            bail!("`{}` is not a package: logs are shown one package at a time", args.target)
        }
    };
    let package = &plans.packages[package].package;
    let mut shown = 0;
    for phase in phases {
        let attempts: Vec<_> = results.history.attempts_at(package, phase).filter(|a| has_log(a)).collect();
        let last = attempts.len();
        let number = args.attempt.map_or(last, |number| usize::try_from(number).unwrap_or(usize::MAX));
        let Some(attempt) = number.checked_sub(1).and_then(|at| attempts.get(at)) else { continue };
        let path = log(&results.place.layout, package, phase, last - number)?;
        show(attempt, path.as_deref(), number, last)?;
        shown += 1;
    }
    if shown == 0 {
        match args.attempt {
            Some(number) => bail!("there was no attempt {number} at `{}`", args.target),
            None => bail!("`{}` was never attempted: `lfsgen build {package}` does", args.target),
        }
    }
    Ok(Status::Well)
}

/// Whether an attempt wrote a log: one that runs or was killed did, and one that took an earlier result did not.
fn has_log(attempt: &Attempt) -> bool {
    attempt.end.as_ref().is_none_or(|end| end.log.is_some())
}

/// The log of the attempt with so many after it; nothing where it was removed. They are counted from the last, for the first ones'
/// may have been removed, after which the numbers of files begin anew.
fn log(layout: &Layout, package: &PackageName, phase: Phase, after: usize) -> Result<Option<PathBuf>> {
    let Some(before) = after.checked_sub(1) else { return Ok(Some(layout.log(package, phase))) };
    let number = earlier_logs(layout, package, phase)?.into_iter().rev().nth(before);
    Ok(number.map(|number| layout.earlier_log(package, phase, number)))
}

fn show(attempt: &Attempt, path: Option<&Path>, number: usize, of: usize) -> Result<()> {
    let Attempt { package, phase, started, end, .. } = attempt;
    let how = end.as_ref().map_or_else(
        || "not finished".to_owned(),
        |End { outcome, usage, .. }| format!("{} after {}", describe(outcome), duration(usage.wall_ms)),
    );
    print(&format!("==> {package}:{phase}, attempt {number} of {of}, {} UTC, {how}\n", utc(*started)))?;
    let read = path.map_or(Ok(None), files::read_if_exists);
    match read.with_context(|| format!("failed to show the log of `{package}:{phase}`"))? {
        Some(bytes) => print_foreign(&bytes),
        None => print("(the log was removed)\n"),
    }
}

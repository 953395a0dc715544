//! `lfsgen logs TARGET[:PHASE]`: what a step wrote.

use anyhow::{Context as _, Result, bail};

use super::output::print;
use super::results::Results;
use super::{Global, Status};
use crate::host::files;
use crate::report::history::{Attempt, End};
use crate::report::status::describe;
use crate::report::target::Target;
use crate::report::text::{count, duration, utc};

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
        let attempts: Vec<_> = results.history.attempts_at(package, phase).collect();
        let Some(attempt) = choose(&attempts, args.attempt) else { continue };
        show(attempt, attempts.len(), &results)?;
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

/// The attempt of that number, or the last one.
fn choose<'a>(attempts: &[&'a Attempt], number: Option<u32>) -> Option<&'a Attempt> {
    match number {
        Some(number) => attempts.get(usize::try_from(number).ok()?.checked_sub(1)?).copied(),
        None => attempts.last().copied(),
    }
}

fn show(attempt: &Attempt, attempts: usize, results: &Results) -> Result<()> {
    let Attempt { package, phase, started, end, .. } = attempt;
    let how = end.as_ref().map_or_else(
        || "not finished".to_owned(),
        |End { outcome, usage, .. }| format!("{} after {}", describe(outcome), duration(usage.wall_ms)),
    );
    print(&format!("==> {package}:{phase}, {} UTC, {how}, {}\n", utc(*started), count(attempts, "attempt")))?;
    let layout = &results.place.layout;
    // While a step runs, and where it was killed, nobody has told yet where its log is.
    let path = match end {
        Some(End { log: None, .. }) => return print("(it has no log)\n"),
        Some(End { log: Some(log), .. }) => layout.root().join(log),
        None => layout.log(package, *phase),
    };
    match files::read_if_exists(&path)
        .with_context(|| format!("failed to show the log of `{package}:{phase}`"))?
    {
        Some(bytes) => print(&String::from_utf8_lossy(&bytes)),
        None => print("(the log was removed)\n"),
    }
}

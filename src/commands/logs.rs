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
use crate::run::{Times, earlier_logs};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A package, or one phase of it, such as `zlib:build`
    target: String,
    /// Which attempt: 1 is the first [default: the last]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    attempt: Option<u32>,
    /// Show how many seconds after the beginning of the attempt each line was written
    #[arg(long)]
    times: bool,
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
        print(&head(attempt, number, last))?;
        let failed = || format!("failed to show the log of `{package}:{phase}`");
        match path.as_deref().map(|path| read(path, args.times)).transpose().with_context(failed)?.flatten() {
            Some(bytes) => print_foreign(&bytes)?,
            None => print("(the log was removed)\n")?,
        }
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

/// A log as it is shown; nothing where it was removed.
fn read(path: &Path, with_times: bool) -> Result<Option<Vec<u8>>> {
    let Some(bytes) = files::read_if_exists(path)? else { return Ok(None) };
    Ok(Some(if with_times { timed(&bytes, &Times::read(path)?) } else { bytes }))
}

/// What stands above a log.
fn head(attempt: &Attempt, number: usize, of: usize) -> String {
    let Attempt { package, phase, started, end, .. } = attempt;
    let how = end.as_ref().map_or_else(
        || "not finished".to_owned(),
        |End { outcome, usage, .. }| format!("{} after {}", describe(outcome), duration(usage.wall_ms)),
    );
    format!("==> {package}:{phase}, attempt {number} of {of}, {} UTC, {how}\n", utc(*started))
}

/// A log, with the seconds after which each line came before it, as the kernel's messages have them (dmesg(1)).
fn timed(log: &[u8], times: &Times) -> Vec<u8> {
    let mut timed = Vec::new();
    let mut offset = 0;
    for line in log.split_inclusive(|&byte| byte == b'\n') {
        let at = times
            .at(offset)
            .map_or_else(|| "?".to_owned(), |at| format!("{}.{:02}", at.as_secs(), at.subsec_millis() / 10));
        timed.extend_from_slice(format!("[{at:>8}] ").as_bytes());
        timed.extend_from_slice(line);
        offset += line.len() as u64;
    }
    timed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_time_at_which_it_began() {
        let times = Times::parse("0 0\n1250 9\n12345678 12\n");
        let shown = timed(b"first\nsecond\nthird", &times);
        assert_eq!(
            String::from_utf8(shown).unwrap(),
            "[    0.00] first\n[    0.00] second\n[12345.67] third"
        );
        assert_eq!(timed(b"old\n", &Times::parse("")), b"[       ?] old\n");
    }
}

//! `lfsgen run-step PACKAGE PHASE`: the runner that ninja calls. It reads no YAML.

use std::path::PathBuf;

use anyhow::{Result, anyhow};

use super::step_environment::{
    CHECK_PHASE, CLOCK_AHEAD, CONTINUE, GENERATED, JOBS, KEEP_GOING, NOT_ISOLATED, RUN, SLOTS,
};
use super::{Global, Status, output};
use crate::host::env;
use crate::model::{DEFAULT_OUTPUT, DEFAULT_STATE, PackageName, Phase};
use crate::plan::paths;
use crate::run::{Options, StepResult, Way, run_step};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The package's plan file [default: `generated/plan/PACKAGE.json`]
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// The state directory
    #[arg(long, value_name = "DIR", default_value = DEFAULT_STATE)]
    state: PathBuf,
    /// A cache of sources that other projects share
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Whose step
    package: PackageName,
    /// Which phase of it
    #[arg(value_parser = phase)]
    phase: Phase,
}

fn phase(text: &str) -> Result<Phase> {
    let names = || Phase::ALL.map(Phase::name).join(", ");
    Phase::from_name(text).ok_or_else(|| anyhow!("expected one of {}", names()))
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let Args { plan, state, cache, package, phase } = args;
    let project = global.project.clone().unwrap_or_else(|| PathBuf::from("."));
    let file = paths::plan_file(package);
    // What `lfsgen build` began with goes before what lies there now.
    let plan = match (env::var_os(GENERATED), plan) {
        (Some(begun), _) => PathBuf::from(begun).join(file),
        (None, Some(plan)) => plan.clone(),
        (None, None) => PathBuf::from(DEFAULT_OUTPUT).join(file),
    };
    let result = run_step(&Options {
        plan: project.join(plan),
        state: project.join(state),
        cache: cache.as_ref().map(|cache| project.join(cache)),
        project,
        package: package.clone(),
        phase: *phase,
        check: env::var(CHECK_PHASE).is_none_or(|value| value != "off"),
        go_on: env::var(CONTINUE).is_some_and(|value| value == "on"),
        run: env::var(RUN),
        slots: number(SLOTS),
        jobs: number(JOBS),
        keep_going: number(KEEP_GOING),
        way: env::var(NOT_ISOLATED).map(|why| match why.is_empty() {
            true => Way::Isolated,
            false => Way::OnMachine(why),
        }),
        clock_ahead: number(CLOCK_AHEAD),
    })?;
    tell(&result, package, global.quiet)?;
    Ok(if result.outcome.is_ok() { Status::Well } else { Status::Found })
}

/// A number of the environment that is more than none.
fn number(name: &str) -> Option<u32> {
    env::var(name)?.parse().ok().filter(|&number| number > 0)
}

/// One line for a success, since ninja keeps whatever a step prints in memory; a card for a failure.
fn tell(result: &StepResult, package: &PackageName, quiet: bool) -> Result<()> {
    let StepResult { phase, outcome, usage, note, card } = result;
    let note = note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
    let how = outcome.name();
    match card {
        Some(card) => output::tell(&card.to_string()),
        None if !outcome.is_ok() => output::tell(&format!("{package} {phase}: {how}{note}\n")),
        None if quiet => {}
        None => {
            let (seconds, tenths) = (usage.wall_ms / 1000, usage.wall_ms % 1000 / 100);
            output::print(&format!("{package} {phase}: {how} in {seconds}.{tenths} s{note}\n"))?;
        }
    }
    Ok(())
}

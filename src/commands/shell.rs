//! `lfsgen shell TARGET[:PHASE]`: the very root, environment and directory of a step, for a person.

use anyhow::{Result, bail};

use super::place::Place;
use super::{Global, Status};
use crate::report::plans::Plans;
use crate::report::target::Target;
use crate::run::{self, Options};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A package, or one phase of it: the root before that phase
    #[arg(value_name = "TARGET[:PHASE]")]
    target: String,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let place = Place::find(global)?;
    let plans = Plans::read(&place.output)?;
    let (package, phase) = match Target::parse(&args.target, &plans)? {
        Target::Package(package) => (package, None),
        Target::Step(package, phase) => (package, Some(phase)),
        Target::All | Target::Stage(_) => bail!("`{}` is not one package", args.target),
    };
    let package = plans.packages[package].package.clone();
    let options = Options {
        plan: place.output.join("plan").join(format!("{package}.json")),
        project: place.root,
        state: place.layout.root().to_owned(),
        cache: place.cache,
        package,
        phase: phase.unwrap_or(crate::model::Phase::Prepare),
        check: true,
        run: None,
    };
    let status = run::shell(&options, phase)?;
    Ok(if status == 0 { Status::Well } else { Status::Found })
}

//! `lfsgen shell TARGET[:PHASE]`: the very root, environment and directory of a step, for a person.

mod inherited;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::place::Place;
use super::{Global, Status};
use crate::model::{PackageName, Phase};
use crate::plan::paths;
use crate::report::plans::Plans;
use crate::report::target::Target;
use crate::run::{self, Look, Options};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A package, or one phase of it [default: the phase with which the package would go on]
    #[arg(value_name = "TARGET[:PHASE]")]
    target: String,
    /// Look at what the phase leaves, not at what it finds
    #[arg(long)]
    after: bool,
    /// Write your changes to the source tree to a file, as a patch
    #[arg(long, value_name = "FILE")]
    make_patch: Option<PathBuf>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let place = Place::find(global)?;
    place.refuse_misplaced()?;
    let (package, phase) = find(&place.output, &args.target)?;
    let inherited = args.make_patch.as_ref().and_then(|_| inherited::patches(&place, &package));
    let options = Options {
        plan: place.output.join(paths::plan_file(&package)),
        project: place.root,
        state: place.layout.root().to_owned(),
        cache: place.cache,
        package,
        phase: phase.unwrap_or(Phase::Prepare),
        check: true,
        run: None,
        slots: None,
        jobs: None,
        keep_going: None,
        way: None,
        clock_ahead: None,
        go_on: false,
    };
    let look = Look { phase, after: args.after, patch: args.make_patch.clone(), inherited };
    let status = run::shell(&options, &look)?;
    Ok(if status == 0 { Status::Well } else { Status::Found })
}

/// The package and the phase that a person named. The whole plan is only read to say what is wrong: many threads read
/// it, and a process that is to make namespaces must have one.
fn find(output: &Path, target: &str) -> Result<(PackageName, Option<Phase>)> {
    let (name, phase) = target.split_once(':').map_or((target, None), |(name, phase)| (name, Some(phase)));
    if let Ok(name) = PackageName::new(name)
        && output.join(paths::plan_file(&name)).is_file()
        && phase.is_none_or(|phase| Phase::from_name(phase).is_some())
    {
        return Ok((name, phase.and_then(Phase::from_name)));
    }
    Target::parse(target, &Plans::read(output)?)?;
    bail!("`{target}` is not one package");
}

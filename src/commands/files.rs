//! `lfsgen files PACKAGE`: what a package installed.

use anyhow::{Context as _, Result, bail};

use super::output::{print, print_foreign};
use super::results::Results;
use super::{Global, Status};
use crate::host::files;
use crate::report::contents::listing;
use crate::report::target::Target;
use crate::store::{self, Manifest};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A package
    target: String,
    /// Print its manifest, as it lies in the store
    #[arg(long)]
    json: bool,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let Results { place, plans, history } = Results::read(global)?;
    let Target::Package(at) = Target::parse(&args.target, &plans)? else {
        bail!("`{}` is not a package: an artifact is what all phases of one package made", args.target)
    };
    let file = &plans.packages[at];
    if !store::has_artifact(&place.layout, &file.key) {
        let is_stale = history.commits_of(&file.package).next().is_some();
        let from = if is_stale { " from its present inputs" } else { "" };
        bail!("`{0}` is not built{from}: `lfsgen build {0}` does", file.package);
    }
    let path = place.layout.artifact_manifest(&file.key);
    let bytes = files::read(&path)?;
    if args.json {
        print_foreign(&bytes)?;
    } else {
        let manifest = Manifest::parse(&bytes).with_context(|| format!("`{}` is damaged", path.display()))?;
        print(&listing(&manifest, &file.stage.mount))?;
    }
    Ok(Status::Well)
}

//! `lfsgen files PACKAGE`: what a package installed.

use anyhow::{Context as _, Result, bail};

use super::output::{print, print_foreign, tell};
use super::results::Results;
use super::{Global, Status};
use crate::host::files;
use crate::report::contents::{artifacts, listing};
use crate::report::target::Target;
use crate::store::Manifest;

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
    let name = &file.package;
    let Some((key, earlier)) = artifacts(file, &history, &place.layout).next() else {
        let was_built = history.commits_of(name).next().is_some();
        let any_more = if was_built { ", and no artifact of it is left" } else { "" };
        bail!("`{name}` is not built{any_more}: `lfsgen build {name}` does");
    };
    if let Some(commit) = earlier.filter(|_| !global.quiet) {
        let version = commit.key_parts.get("version").map_or("", String::as_str);
        tell(&format!(
            "note: `{name}` is not built from its present inputs; this is what {name} {version} has, of an earlier state\n"
        ));
    }
    let path = place.layout.artifact_manifest(&key);
    let bytes = files::read(&path)?;
    if args.json {
        print_foreign(&bytes)?;
    } else {
        let manifest = Manifest::parse(&bytes).with_context(|| format!("`{}` is damaged", path.display()))?;
        print(&listing(&manifest, &file.stage.mount))?;
    }
    Ok(Status::Well)
}

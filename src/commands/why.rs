//! `lfsgen why [TARGET…]`: what makes a package build again.

use anyhow::Result;
use serde::Serialize;

use super::output::{print, print_json};
use super::results::{Results, ThisMachine, lost_lines};
use super::{Global, Status};
use crate::model::PackageName;
use crate::report::target::named;
use crate::report::why::{Why, explain, why};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Packages, or stages for all their packages [default: every package that would be built]
    targets: Vec<String>,
    /// Print the documented JSON shape
    #[arg(long)]
    json: bool,
}

/// The JSON shape: `docs/reports.md`.
#[derive(Serialize)]
struct Json<'a> {
    #[serde(rename = "lfsgen-why")]
    version: u32,
    packages: Vec<JsonPackage<'a>>,
    /// Lines of the journal that could not be read: what they told of is not known here.
    skipped_lines: usize,
}

#[derive(Serialize)]
struct JsonPackage<'a> {
    package: &'a PackageName,
    #[serde(flatten)]
    why: Why,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let (Results { place, plans, history }, targets) = Results::now(global, &args.targets)?;
    let skipped_lines = history.skipped.len();
    let machine = ThisMachine::new(&place.layout);
    let packages: Vec<_> = named(&targets, &plans).into_iter().map(|at| &plans.packages[at]).collect();
    let whys = packages.iter().map(|file| (*file, why(file, &plans, &history, &machine)));
    // Whoever names none wants to hear why there is anything to do.
    let whys = whys.filter(|(_, why)| !args.targets.is_empty() || !matches!(why, Why::UpToDate { .. }));
    if args.json {
        let packages = whys.map(|(file, why)| JsonPackage { package: &file.package, why }).collect();
        print_json(&Json { version: 1, packages, skipped_lines })?;
    } else {
        let mut texts: Vec<_> = whys.map(|(file, why)| explain(file, &why)).collect();
        if texts.is_empty() {
            texts.push("no package would be built again\n".to_owned());
        }
        print(&(texts.concat() + &lost_lines(skipped_lines)))?;
    }
    Ok(Status::Well)
}

//! `lfsgen owns PATH…`: which packages installed a path, and `--shared`: which paths several packages have.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Result, bail};
use serde::Serialize;

use super::output::{print, print_json, tell};
use super::results::Results;
use super::{Global, Status};

use crate::report::contents::{Contents, Owned, table};
use crate::report::plans::Plans;
use crate::report::text::count;
use crate::store::path_text;
use crate::suggest::did_you_mean;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A path in the root of a step such as `/usr/bin/m4`, or how it ends: `m4`, `bin/m4`
    #[arg(required_unless_present = "shared")]
    paths: Vec<PathBuf>,
    /// Every path that several packages of one system have, unless they only share a directory
    #[arg(long, conflicts_with = "paths")]
    shared: bool,
    /// With `--shared`: only paths that several packages of this stage have
    #[arg(long, value_name = "NAME", requires = "shared")]
    stage: Option<String>,
    /// Print the documented JSON shape
    #[arg(long)]
    json: bool,
}

/// The JSON shape: `docs/reports.md`.
#[derive(Serialize)]
struct Json<'a> {
    #[serde(rename = "lfsgen-owns")]
    version: u32,
    paths: Vec<Owned<'a>>,
    /// Packages whose artifact is not there, so that only what they expect is known.
    unknown: usize,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let Results { place, plans, history } = Results::read(global)?;
    let contents = Contents::read(&plans, &history, &place.layout);
    let mut found = if args.shared { contents.shared(&plans) } else { Vec::new() };
    if let Some(stage) = &args.stage {
        known(&plans, stage)?;
        found.retain(|owned| owned.owners.iter().filter(|owner| owner.stage.as_str() == stage).count() > 1);
    }
    let mut without = Vec::new();
    for path in args.paths.iter().map(|path| path_text(path)) {
        let owned = contents.owners(&plans, &path);
        if owned.is_empty() {
            without.push(path);
        }
        found.extend(owned);
    }
    let unknown = contents.unknown();
    let shows_earlier = found.iter().flat_map(|owned| &owned.owners).any(|owner| owner.earlier);
    if args.json {
        print_json(&Json { version: 1, paths: found, unknown })?;
    } else if !found.is_empty() {
        print(&table(&found))?;
    } else if args.shared {
        let stage = args.stage.as_ref().map(|stage| format!(" of `{stage}`")).unwrap_or_default();
        print(&format!("no path is in the artifacts of several packages{stage}\n"))?;
    }
    for path in &without {
        tell(&format!("no package has `{}`\n", path.escape_debug()));
    }
    let of_all = args.shared || !without.is_empty();
    if !global.quiet {
        if contents.earlier() > 0 && (of_all || shows_earlier) {
            tell(&format!("note: {}\n", of_earlier(contents.earlier())));
        }
        if unknown > 0 && of_all {
            let (is, it_has) = if unknown == 1 { ("is", "it has") } else { ("are", "they have") };
            let packages = count(unknown, "package");
            tell(&format!("note: {packages} {is} not built, and what {it_has} is not known\n"));
        }
    }
    Ok(if without.is_empty() { Status::Well } else { Status::Found })
}

/// Holds the name of a stage against those that have packages.
fn known(plans: &Plans, stage: &str) -> Result<()> {
    let stages: BTreeSet<_> = plans.packages.iter().map(|package| package.stage.name.as_str()).collect();
    if !stages.contains(stage) {
        let near = did_you_mean(stage, stages).map(|near| format!("; {near}")).unwrap_or_default();
        bail!("no package is in a stage `{stage}`{near}");
    }
    Ok(())
}

/// What is said where packages are stale.
fn of_earlier(stale: usize) -> String {
    let (is, its, it) = if stale == 1 { ("is", "its", "it") } else { ("are", "their", "them") };
    let packages = count(stale, "package");
    format!(
        "{packages} {is} not built from {its} present inputs; an artifact of an earlier state tells of {it}"
    )
}

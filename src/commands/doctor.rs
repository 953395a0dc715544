//! `lfsgen doctor`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;

use super::output::print;
use super::place::Place;
use super::{Global, Status};
use crate::doctor::{self, Feature, Report, Subject, Verdict};
use crate::host::env;
use crate::model::{RootKind, SandboxMode};
use crate::report::plans::Plans;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print a JSON document
    #[arg(long)]
    json: bool,
    /// Try to isolate a step in this directory; what a check starts
    #[arg(long, hide = true, value_name = "DIR")]
    isolation: Option<PathBuf>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    if let Some(directory) = &args.isolation {
        print(&doctor::try_isolation(directory)?)?;
        return Ok(Status::Well);
    }
    let report = examine(global)?;
    print(&if args.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        human(&report, global.quiet)
    })?;
    Ok(if report.ok { Status::Well } else { Status::Found })
}

/// Examines the machine for the project that was named or is around, else for a new one.
fn examine(global: &Global) -> Result<Report> {
    let place = match Place::find(global) {
        Ok(place) => Some(place),
        Err(error) if global.project.is_some() => return Err(error),
        Err(_) => None,
    };
    // A plan tells more, but its absence is what a first look at a machine finds.
    let plans = place.as_ref().and_then(|place| Plans::read(&place.output).ok());
    let state = match &place {
        Some(place) => place.layout.root().to_owned(),
        None => env::current_dir()?.join("build"),
    };
    Ok(doctor::examine(&match plans {
        Some(plans) => Subject { state: &state, sandbox: sandbox(&plans), uses: uses(&plans) },
        None => Subject { state: &state, sandbox: SandboxMode::Required, uses: [Feature::HostStage].into() },
    }))
}

/// The strictest that any package asks for.
fn sandbox(plans: &Plans) -> SandboxMode {
    let asks = |mode| plans.packages.iter().any(|package| package.stage.sandbox == mode);
    let modes = [SandboxMode::Required, SandboxMode::Preferred];
    modes.into_iter().find(|mode| asks(*mode)).unwrap_or(SandboxMode::Off)
}

/// What the plan's packages need of the machine.
fn uses(plans: &Plans) -> BTreeSet<Feature> {
    let mut uses = BTreeSet::new();
    for package in &plans.packages {
        if package.stage.root == RootKind::Host {
            uses.insert(Feature::HostStage);
        }
        for url in package.sources.iter().flat_map(|source| &source.urls) {
            match url.split(':').next() {
                Some("debian") => uses.insert(Feature::DebianSources),
                Some("pypi") => uses.insert(Feature::PypiSources),
                _ => false,
            };
        }
    }
    uses
}

fn human(report: &Report, quiet: bool) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let mut group = "";
    for finding in &report.checks {
        let mark = match finding.verdict {
            Verdict::Well | Verdict::Unneeded if quiet => continue,
            Verdict::Well => "ok",
            Verdict::Unneeded => "-",
            Verdict::Doubtful => "warn",
            Verdict::Failed => "FAIL",
        };
        if finding.group != group {
            group = finding.group;
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(text, "{group}");
        }
        let _ = write!(text, "  {mark:<5} {:<11} {}", finding.name, finding.found);
        let _ = match finding.verdict {
            Verdict::Well => writeln!(text),
            _ => writeln!(text, " ({})", finding.why),
        };
        if let Some(remedy) = &finding.remedy {
            let _ = writeln!(text, "        help: {remedy}");
        }
    }
    let count = |verdict| report.checks.iter().filter(|finding| finding.verdict == verdict).count();
    let _ = match (count(Verdict::Failed), count(Verdict::Doubtful)) {
        (0, 0) => writeln!(text, "this machine has what the project needs"),
        (0, doubtful) => writeln!(text, "this machine will do; warnings: {doubtful}"),
        (failed, doubtful) => {
            writeln!(text, "a build would fail here; problems: {failed}, warnings: {doubtful}")
        }
    };
    text
}

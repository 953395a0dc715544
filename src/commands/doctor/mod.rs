//! `lfsgen doctor`: shows what the machine lacks.
//!
//! What is looked at is in the `doctor` module; here it is only shown, as text or as JSON. It also serves as the program
//! that tries out isolation, which needs a process of its own.

mod digests;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;

use super::input::Input;
use super::output::{print, print_json};
use super::place::Place;
use super::{Global, Status};
use crate::compile::Settings;
use crate::doctor::{self, Feature, Report, Subject, Verdict};
use crate::host::env;
use crate::model::{BuildSystem, DEFAULT_STATE, Overrides, RootKind, SandboxMode};
use crate::plan::{Plan, Planned};
use crate::sandbox;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print a JSON document
    #[arg(long)]
    json: bool,
    /// Look at the store instead: read every artifact whole, and name those that are not what their manifests say
    #[arg(long)]
    digests: bool,
    /// Try to isolate a step in this directory; what a check starts
    #[arg(long, hide = true, value_name = "DIR")]
    isolation: Option<PathBuf>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    if let Some(directory) = &args.isolation {
        // The process leaves afterwards: it may have become another user.
        print(&serde_json::to_string(&sandbox::probe(directory))?)?;
        return Ok(Status::Well);
    }
    if args.digests {
        return digests::run(global, args.json);
    }
    let report = examine(global)?;
    if args.json {
        print_json(&report)?;
    } else {
        print(&human(&report, global.quiet))?;
    }
    Ok(if report.ok { Status::Well } else { Status::Found })
}

/// Examines the machine for the project that was named or is around, else for a new one.
fn examine(global: &Global) -> Result<Report> {
    let place = match Place::find(global) {
        Ok(place) => Some(place),
        Err(error) if global.project.is_some() => return Err(error),
        Err(_) => None,
    };
    // A plan tells more, but a first look at a machine should not need specs without a mistake.
    let input = place.as_ref().and_then(|place| Input::read(&place.root).ok());
    // That of half of the specs tells less than none.
    let whole = input.filter(|input| input.unread().is_empty());
    let plan = whole.and_then(|input| input.compile(&Overrides::default(), Settings::default()).plan);
    let state = match &place {
        Some(place) => place.layout.root().to_owned(),
        None => env::current_dir()?.join(DEFAULT_STATE),
    };
    Ok(doctor::examine(&match plan {
        Some(plan) => Subject {
            state: &state,
            sandbox: plan.project.sandbox,
            target: Some(plan.project.target.arch),
            uses: uses(&plan),
        },
        None => Subject {
            state: &state,
            sandbox: SandboxMode::Required,
            target: None,
            uses: [Feature::HostStage].into(),
        },
    }))
}

/// What the plan needs of the machine.
fn uses(plan: &Plan) -> BTreeSet<Feature> {
    let mut uses = BTreeSet::new();
    for Planned { package, .. } in &plan.packages {
        let on_host =
            plan.project.stage(&package.stage.value).is_some_and(|stage| stage.root == RootKind::Host);
        if on_host {
            uses.insert(Feature::HostStage);
            uses.extend(
                tool(package.build.system.value).filter(|(name, _)| !brings(plan, name)).map(|(_, f)| f),
            );
        }
        for source in package.fetched() {
            let urls = std::iter::once(&source.url).chain(&source.mirrors);
            uses.extend(urls.filter_map(|url| match url.scheme.as_str() {
                "debian" => Some(Feature::DebianSources),
                "pypi" => Some(Feature::PypiSources),
                _ => None,
            }));
        }
    }
    uses
}

/// The program that a build system is, besides what every host stage needs.
fn tool(system: BuildSystem) -> Option<(&'static str, Feature)> {
    match system {
        BuildSystem::Autotools | BuildSystem::Make | BuildSystem::Custom => None,
        BuildSystem::Cmake => Some(("cmake", Feature::Cmake)),
        BuildSystem::Meson => Some(("meson", Feature::Meson)),
        BuildSystem::Python => Some(("python", Feature::Python)),
        BuildSystem::Perl => Some(("perl", Feature::Perl)),
        BuildSystem::Cargo => Some(("rust", Feature::Cargo)),
    }
}

/// Whether a package of the project is that tool, so that the host need not have it.
fn brings(plan: &Plan, tool: &str) -> bool {
    plan.packages.iter().any(|planned| planned.package.name.value.as_str() == tool)
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

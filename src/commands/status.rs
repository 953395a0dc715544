//! `lfsgen status`: where every package stands.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;

use super::output::{print, print_json};
use super::results::{Results, ThisMachine, lost_lines};
use super::{Global, Status};
use crate::report::status::{PackageStatus, State, assess};
use crate::report::target::named;
use crate::report::text::{Table, count, utc};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Packages or stages [default: all]
    targets: Vec<String>,
    /// Print the documented JSON shape
    #[arg(long)]
    json: bool,
}

/// The JSON shape: `docs/reports.md`.
#[derive(Serialize)]
struct Json<'a> {
    #[serde(rename = "lfsgen-status")]
    version: u32,
    packages: &'a [PackageStatus],
    skipped_lines: usize,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let (results, targets) = Results::now(global, &args.targets)?;
    let named = named(&targets, &results.plans);
    let named: BTreeSet<_> = named.into_iter().map(|at| &results.plans.packages[at].package).collect();
    let mut packages = assess(&results.plans, &results.history, &ThisMachine::new(&results.place.layout));
    packages.retain(|status| named.contains(&status.package));
    let skipped_lines = results.history.skipped.len();
    if args.json {
        print_json(&Json { version: 1, packages: &packages, skipped_lines })?;
    } else {
        print(&human(&packages, skipped_lines))?;
    }
    let failed = packages.iter().any(|package| package.state == State::Failed);
    Ok(if failed { Status::Found } else { Status::Well })
}

fn human(packages: &[PackageStatus], skipped_lines: usize) -> String {
    let mut table = Table::new(&["package", "version", "stage", "state", "steps", "last event (UTC)", ""]);
    for package in packages {
        let state = package.state_and_phase();
        let steps = format!("{}/{}", package.finished_steps, package.planned_steps);
        let since = package.since.map_or_else(|| "-".to_owned(), utc);
        let skipped = package.skipped.iter().map(|phase| format!("{phase} was left out"));
        let message = package.message.clone().unwrap_or_else(|| skipped.collect::<Vec<_>>().join(", "));
        let (name, stage) = (package.package.to_string(), package.stage.clone());
        table.row([name, package.version.clone(), stage, state, steps, since, message]);
    }
    let mut text = table.render(&[4]);
    text.push_str(&format!("\n{}", count(packages.len(), "package")));
    let mut separator = ": ";
    for state in State::ALL {
        let number = packages.iter().filter(|package| package.state == state).count();
        if number > 0 {
            text.push_str(&format!("{separator}{number} {}", state.name()));
            separator = ", ";
        }
    }
    text.push('\n');
    text + &lost_lines(skipped_lines)
}

//! `lfsgen plan [TARGET…]`: what a build would run now.

use anyhow::Result;

use super::output::print;
use super::results::{Results, ThisMachine};
use super::{Global, Status};
use crate::model::Phase;
use crate::report::forecast::{ExpectedPackage, Forecast};
use crate::report::plans::Plans;
use crate::report::text::{Table, count, duration};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Packages, steps (`zlib:build`), stages or `all` [default: all]
    targets: Vec<String>,
    /// Steps at once, for the estimate [default: what the project says]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let (Results { place, plans, history }, targets) = Results::now(global, &args.targets)?;
    let forecast = Forecast::new(&plans, &history, &ThisMachine::new(&place.layout), &targets);
    if forecast.count() == 0 {
        print("nothing to do\n")?;
        return Ok(Status::Well);
    }
    let mut table = Table::new(&["level", "package", "version", "usually", "steps"]);
    forecast.packages.iter().for_each(|expected| table.row(row(expected, &plans)));
    print(&table.render(&[3]))?;
    print(&summary(&forecast, &plans, args.jobs.unwrap_or_else(|| plans.slots())))?;
    Ok(Status::Well)
}

fn row(expected: &ExpectedPackage, plans: &Plans) -> [String; 5] {
    let file = &plans.packages[expected.package];
    let usually = match (expected.restored, expected.unknown) {
        (true, _) => "in the store".to_owned(),
        (false, 0) => duration(expected.wall_ms),
        (false, n) if n == expected.phases.len() => "?".to_owned(),
        (false, _) => format!("over {}", duration(expected.wall_ms)),
    };
    let phases: Vec<_> = expected.phases.iter().copied().map(Phase::name).collect();
    [expected.level.to_string(), file.package.to_string(), file.version.clone(), usually, phases.join(" ")]
}

fn summary(forecast: &Forecast, plans: &Plans, jobs: u32) -> String {
    let (levels, width) = forecast.shape();
    let mut text = format!(
        "\n{} of {} in {}, at most {width} side by side\n",
        count(forecast.count(), "step"),
        count(forecast.packages.len(), "package"),
        count(levels, "level"),
    );
    let unknown = forecast.unknown();
    let known = forecast.makespan_ms(plans, usize::try_from(jobs).unwrap_or(usize::MAX));
    if known > 0 {
        let at_once = count(usize::try_from(jobs).unwrap_or(usize::MAX), "step");
        text.push_str(&format!("by earlier runs {} with {at_once} at once, ", duration(known)));
        text.push_str(&format!("{} at best\n", duration(forecast.critical_path_ms(plans))));
    }
    if unknown > 0 {
        let (what, were) = (count(unknown, "step"), if unknown == 1 { "was" } else { "were" });
        text.push_str(&format!("{what} {were} never timed\n"));
    }
    text
}

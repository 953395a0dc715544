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
    let forecast = Forecast::new(&plans, &history, &ThisMachine::new(&place.layout), &targets, true);
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
    let (over, known) = (if expected.unknown > 0 { "over " } else { "" }, duration(expected.wall_ms));
    let usually = match expected {
        expected if expected.restored => "in the store".to_owned(),
        expected if expected.unknown == expected.phases.len() => "?".to_owned(),
        expected if expected.by_sbu => format!("{over}{known} by SBU"),
        _ => format!("{over}{known}"),
    };
    let phases: Vec<_> = expected.phases.iter().copied().map(Phase::name).collect();
    [expected.level.to_string(), file.package.to_string(), file.version.clone(), usually, phases.join(" ")]
}

fn summary(forecast: &Forecast, plans: &Plans, jobs: u32) -> String {
    let (levels, width) = forecast.shape();
    let mut text = format!(
        "\n{} of {} in {}, at most {width} side by side\n",
        count(forecast.count() - forecast.restored(), "step"),
        count(forecast.packages.len(), "package"),
        count(levels, "level"),
    );
    let restored = forecast.restored();
    if restored > 0 {
        let (what, are) = (count(restored, "more step"), if restored == 1 { "is" } else { "are" });
        text.push_str(&format!("{what} {are} only put in place from the store\n"));
    }
    let unknown = forecast.unknown();
    let known = forecast.makespan_ms(plans, usize::try_from(jobs).unwrap_or(usize::MAX));
    let is_by_sbu = forecast.packages.iter().any(|package| package.by_sbu);
    if known > 0 {
        let at_once = count(usize::try_from(jobs).unwrap_or(usize::MAX), "step");
        let how = if is_by_sbu { "by earlier runs and SBUs" } else { "by earlier runs" };
        text.push_str(&format!("{how} {} with {at_once} at once, ", duration(known)));
        text.push_str(&format!("{} at best\n", duration(forecast.critical_path_ms(plans))));
    }
    match forecast.sbu {
        Some(sbu) if is_by_sbu => text.push_str(&format!(
            "an SBU takes {} here, going by {} with such a number\n",
            duration(sbu.whole_ms()),
            count(sbu.packages, "timed package")
        )),
        None if forecast
            .packages
            .iter()
            .any(|package| package.unknown > 0 && plans.packages[package.package].sbu.is_some()) =>
        {
            text.push_str(
                "specs say how many SBUs their packages take, but no package with such a number was timed here yet\n",
            );
        }
        _ => {}
    }
    if unknown > 0 {
        let (what, were) = (count(unknown, "step"), if unknown == 1 { "was" } else { "were" });
        text.push_str(&format!("{what} {were} never timed\n"));
    }
    text
}

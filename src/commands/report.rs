//! `lfsgen report`: what happened, in the format that the reader needs.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;

use super::output::write_or_print;
use super::results::{Results, ThisMachine, tail};
use super::{Global, Status};
use crate::report::formats::{FORMATS, View, format};
use crate::report::history::History;
use crate::report::summary::{Report, Scope};

/// How much of a failed step's log a report shows.
const TAIL_LINES: usize = 20;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "human",
        value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)))]
    format: String,
    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only the attempts of one run, by its name, or `last` [default: the last attempt at every step]
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let results = Results::read(global)?;
    let scope = args.run.as_deref().map_or(Ok(Scope::Latest), |run| scope(run, &results.history))?;
    let text = write(&args.format, scope, &results)?;
    write_or_print(args.output.as_deref(), &text)?;
    Ok(Status::Well)
}

/// Writes a report in one format.
pub(super) fn write(name: &str, scope: Scope, results: &Results) -> Result<String> {
    let Results { place, plans, history } = results;
    let report = Report::new(plans, history, &ThisMachine::new(&place.layout), scope)
        .with_log_tails(|log| tail(&place.layout.named(log), TAIL_LINES));
    let format = format(name).with_context(|| format!("no report format is called `{name}`"))?;
    (format.write)(View { report: &report, plans, history, scope })
}

fn scope(run: &str, history: &History) -> Result<Scope> {
    let named = |name: &str| history.runs.iter().rposition(|run| run.name.as_deref() == Some(name));
    let found = if run == "last" { history.runs.len().checked_sub(1) } else { named(run) };
    match found {
        Some(at) => Ok(Scope::Run(at)),
        None if history.runs.is_empty() => bail!("nothing was built yet: run `lfsgen build`"),
        None => {
            let names: Vec<_> =
                history.runs.iter().rev().filter_map(|run| run.name.as_deref()).take(5).collect();
            bail!("no run is called `{run}`; the last ones: {}", names.join(", "))
        }
    }
}

//! `lfsgen graph [TARGET…]`: what needs what, as a picture.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::builder::PossibleValuesParser;

use super::output::write_or_print;
use super::results::{Results, ThisMachine};
use super::{Global, Status};
use crate::report::picture::{FORMATS, Graph};
use crate::report::status::assess;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Packages or stages; what they need is drawn too [default: all]
    targets: Vec<String>,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "dot",
        value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)))]
    format: String,
    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let (Results { place, plans, history }, targets) = Results::now(global, &args.targets)?;
    let packages: Vec<_> = targets.iter().flat_map(|target| target.packages(&plans)).collect();
    let statuses = assess(&plans, &history, &ThisMachine::new(&place.layout));
    let graph = Graph::new(&plans, &statuses, &packages);
    let format = FORMATS.iter().find(|format| format.name == args.format);
    let format = format.with_context(|| format!("no graph format is called `{}`", args.format))?;
    let text = (format.write)(&graph)?;
    write_or_print(args.output.as_deref(), &text)?;
    Ok(Status::Well)
}

//! `lfsgen completions SHELL`.

use anyhow::Result;
use clap::CommandFactory as _;

use super::{Cli, Status, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell to complete for
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args) -> Result<Status> {
    // Into memory first: the generator panics where its writer fails, such as at a pipe that `head` closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lfsgen", &mut script);
    output::print_bytes(&script)?;
    Ok(Status::Well)
}

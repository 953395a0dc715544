//! `lfsgen completions SHELL`.

use anyhow::Result;
use clap::CommandFactory as _;

use super::{Cli, Status};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell to complete for
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args) -> Result<Status> {
    clap_complete::generate(args.shell, &mut Cli::command(), "lfsgen", &mut std::io::stdout());
    Ok(Status::Well)
}

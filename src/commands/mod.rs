//! The command line: one file a command, one line in [`Command`].

mod build;
mod clean;
mod completions;
mod diff;
mod doctor;
mod explain;
mod fetch;
mod files;
mod generate;
mod graph;
mod import;
mod init;
mod input;
mod lint;
mod logs;
mod new;

mod others;
mod output;
mod owns;
mod pack;
mod place;
mod plan;
mod report;
mod results;
mod run_step;
mod schema;
mod shell;
mod status;
mod step_environment;
mod why;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::error::{ContextKind, ContextValue};
use clap::{Parser, Subcommand};

use crate::diagnose::plain_lines;
use crate::host::raw;
use crate::host::remedy::{is_denied, remedy};

/// How a command ended. The numbers are documented in `docs/exit-codes.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All well.
    Well,
    /// The work was done and found something wrong: findings, drift, a failed step.
    Found,
    /// The work could not be done: usage, unreadable input, invalid spec, missing tool.
    Unable,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Well => Self::SUCCESS,
            Status::Found => Self::from(1),
            Status::Unable => Self::from(2),
        }
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Under which `--help` lists what every command takes, behind what is the command's own.
const COMMON: &str = "Options of every command";

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Global {
    /// The project's root [default: the nearest parent with a `lfsgen.yaml`]
    #[arg(long, global = true, help_heading = COMMON, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// When to colour
    #[arg(long, global = true, help_heading = COMMON, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Report only what is wrong
    #[arg(long, short, global = true, help_heading = COMMON)]
    pub quiet: bool,
    /// Say more: `generate` the files it writes and removes, `build` the steps it starts (`-vv`: with what they print),
    /// `fetch` where each source lies and came from, `lint` the files it checked
    #[arg(long, short, global = true, help_heading = COMMON, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Compiles YAML package specs for Linux From Scratch into reviewed, sandboxed, parallel builds.
#[derive(Debug, Parser)]
#[command(name = "lfsgen", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile the specs into scripts, plans and a graph; `lfsgen` alone does the same
    Generate(generate::Args),
    /// Show what generating now would change, as a person reads it
    Diff(diff::Args),
    /// Check specs and shell scripts, and report what is wrong
    Lint(lint::Args),
    /// Explain a rule of lint; without a name, list the rules
    Explain(explain::Args),
    /// Fetch every source, before anything is built
    Fetch(fetch::Args),
    /// Generate, then build, with progress and a report
    Build(build::Args),
    /// Show what a build would run now, in which order, and for how long
    Plan(plan::Args),
    /// Draw what needs what
    Graph(graph::Args),
    /// Show where every package stands
    Status(status::Args),
    /// Report what happened, for people and programs
    Report(report::Args),
    /// Show what a step wrote
    Logs(logs::Args),
    /// Say which input changed, and through what chain
    Why(why::Args),
    /// Show what a package installed
    Files(files::Args),
    /// Say which package installed a path
    Owns(owns::Args),
    /// Pack what packages installed into a tar archive
    Pack(pack::Args),
    /// Start a project in a folder
    Init(init::Args),
    /// Make specs of a book's XML sources
    Import(import::Args),
    /// Start the spec of a package
    New(new::Args),
    /// Print the JSON Schema of specs or of `lfsgen.yaml`, for editors
    Schema(schema::Args),
    /// Run one step: what ninja starts for each edge
    RunStep(run_step::Args),
    /// Open a shell in the exact root of a step
    Shell(shell::Args),
    /// Remove parts of the state directory
    Clean(clean::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Say whether this machine can build the project, and what to do if it cannot
    Doctor(doctor::Args),
}

impl Command {
    fn run(&self, global: &Global) -> Result<Status> {
        match self {
            Self::Generate(args) => generate::run(global, args),
            Self::Diff(args) => diff::run(global, args),
            Self::Lint(args) => lint::run(global, args),
            Self::Explain(args) => explain::run(args),
            Self::Fetch(args) => fetch::run(global, args),
            Self::Build(args) => build::run(global, args),
            Self::Plan(args) => plan::run(global, args),
            Self::Graph(args) => graph::run(global, args),
            Self::Status(args) => status::run(global, args),
            Self::Report(args) => report::run(global, args),
            Self::Logs(args) => logs::run(global, args),
            Self::Why(args) => why::run(global, args),
            Self::Files(args) => files::run(global, args),
            Self::Owns(args) => owns::run(global, args),
            Self::Pack(args) => pack::run(global, args),
            Self::Init(args) => init::run(global, args),
            Self::Import(args) => import::run(global, args),
            Self::New(args) => new::run(global, args),
            Self::Schema(args) => schema::run(args),
            Self::RunStep(args) => run_step::run(global, args),
            Self::Shell(args) => shell::run(global, args),
            Self::Clean(args) => clean::run(global, args),
            Self::Completions(args) => completions::run(args),
            Self::Doctor(args) => doctor::run(global, args),
        }
    }
}

/// The command that ninja starts for each edge, alone: to describe all the others to clap takes a tenth of a millisecond.
#[derive(Debug, Parser)]
struct StepCli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: StepCommand,
}

#[derive(Debug, Subcommand)]
enum StepCommand {
    RunStep(run_step::Args),
}

/// What a command line means.
fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    if arguments.iter().any(|argument| argument == "run-step")
        && let Ok(StepCli { global, command: StepCommand::RunStep(step) }) =
            StepCli::try_parse_from(arguments)
    {
        return Ok(Cli { global, command: Some(Command::RunStep(step)) });
    }
    // It has the errors, and the help.
    Cli::try_parse_from(arguments)
}

/// Runs the command that the process's arguments name.
pub fn main() -> ExitCode {
    raw::keep_ended_children();
    raw::outlive_large_files();
    run(std::env::args_os()).into()
}

/// Runs a command line, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Status {
    let cli = match parse(&build::with_number(arguments.into_iter().collect())) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap; there is nobody to tell when they cannot be printed.
            let error = instead(error);
            let _ = error.print();
            return if error.use_stderr() { Status::Unable } else { Status::Well };
        }
    };
    let command = cli.command.unwrap_or_else(|| Command::Generate(generate::Args::default()));
    command.run(&cli.global).unwrap_or_else(|error| {
        output::tell(&words(&cli.global, &error));
        Status::Unable
    })
}

/// What is said of an error, which may name a file as a package has it. One that has several lines says itself what to do.
fn words(global: &Global, error: &anyhow::Error) -> String {
    let said = plain_lines(&format!("error: {error:#}\n"));
    if said.lines().count() > 1 {
        return said;
    }
    let of_another = is_denied(error).then(|| others::remedy(global)).flatten();
    match of_another.or_else(|| remedy(error).map(str::to_owned)) {
        Some(remedy) => format!("{said}  help: {remedy}\n"),
        None => said,
    }
}

/// What a person may have meant by an argument that no command has.
fn instead(mut error: clap::Error) -> clap::Error {
    let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    if argument.as_deref() == Some("--dry-run") {
        let tip = "`lfsgen plan` shows what a build would run, `lfsgen diff` what would be generated";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

//! `lfsgen doctor`.

use anyhow::Result;

use super::output::print;
use super::{Global, Status};
use crate::doctor::{self, Feature, Report, Subject, Verdict};
use crate::host::env;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print a JSON document
    #[arg(long)]
    json: bool,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let state = env::current_dir()?.join("build");
    let report = doctor::examine(&Subject { state: &state, uses: [Feature::HostStage].into() });
    print(&if args.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        human(&report, global.quiet)
    })?;
    Ok(if report.ok { Status::Well } else { Status::Found })
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

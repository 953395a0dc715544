//! For a terminal: a table of packages, the failures, the totals.

use std::fmt::Write as _;

use anyhow::Result;

use super::{Format, View, totals};
use crate::report::summary::PackageReport;
use crate::report::text::{Table, bytes, duration};

/// The format.
pub(super) const FORMAT: Format =
    Format { name: "human", purpose: "a table, the failures and the totals, for a terminal", write };

fn write(view: View<'_>) -> Result<String> {
    let mut table =
        Table::new(&["package", "version", "state", "steps", "wall", "user", "system", "peak", "artifact"]);
    view.report.packages.iter().for_each(|package| table.row(row(package)));
    let mut text = table.render(&[3, 4, 5, 6, 7, 8]);
    for (package, step) in view.report.failures() {
        let message = step.message.as_deref().unwrap_or_default();
        writeln!(text, "\n{}:{} {}: {message}", package.status.package, step.phase, step.outcome)?;
        if let Some(log) = &step.log {
            writeln!(text, "  log: {log}")?;
        }
        step.log_tail.iter().try_for_each(|line| writeln!(text, "  | {line}"))?;
    }
    text.push('\n');
    let mut table = Table::default();
    totals(view.report).into_iter().for_each(|(what, value)| table.row([format!("{what}:"), value]));
    Ok(text + &table.render(&[]))
}

fn row(package: &PackageReport) -> [String; 9] {
    let (status, usage) = (&package.status, &package.usage);
    let attempted = |text: String| if package.steps.is_empty() { "-".to_owned() } else { text };
    [
        status.package.to_string(),
        status.version.clone(),
        status.state_and_phase(),
        format!("{}/{}", status.finished_steps, status.planned_steps),
        attempted(duration(usage.wall_ms)),
        attempted(duration(usage.user_ms)),
        attempted(duration(usage.system_ms)),
        attempted(bytes(usage.peak())),
        package.artifact.as_ref().map_or_else(|| "-".to_owned(), |artifact| bytes(artifact.bytes)),
    ]
}

//! The formats of a report: one file each, and one line in [`FORMATS`].

mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod trace;

use anyhow::Result;

use super::history::History;
use super::plans::Plans;
use super::summary::{Report, Scope};

/// What a format may show.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The report.
    pub report: &'a Report,
    /// The plan that it was made with.
    pub plans: &'a Plans,
    /// Every attempt, for formats that show time.
    pub history: &'a History,
    /// What the report is about.
    pub scope: Scope,
}

/// One format.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for, in a line.
    pub purpose: &'static str,
    /// Writes a report.
    pub write: fn(View<'_>) -> Result<String>,
}

/// Every format.
pub static FORMATS: [Format; 6] =
    [human::FORMAT, json::FORMAT, junit::FORMAT, trace::FORMAT, html::FORMAT, markdown::FORMAT];

/// The format of that name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The totals as formats for people write them: what, how much.
fn totals(report: &Report) -> Vec<(&'static str, String)> {
    use super::text::{bytes, count, duration};
    let totals = &report.totals;
    let states: Vec<_> = totals.states.iter().filter(|(_, n)| *n > 0).collect();
    let states: Vec<_> = states.iter().map(|(state, n)| format!("{n} {}", state.name())).collect();
    let usage = &totals.usage;
    let mut rows = vec![
        ("packages", if states.is_empty() { "none".to_owned() } else { states.join(", ") }),
        ("steps", format!("{}, {} failed", totals.steps, totals.failed_steps)),
        ("time in steps", duration(usage.wall_ms)),
        ("processor time", format!("{} user, {} system", duration(usage.user_ms), duration(usage.system_ms))),
        ("peak memory", format!("{} (of any one step)", bytes(usage.peak()))),
        ("artifacts", format!("{} in {}", bytes(totals.bytes), count(totals.files as usize, "file"))),
    ];
    if usage.read_bytes > 0 || usage.written_bytes > 0 {
        let (read, written) = (bytes(usage.read_bytes), bytes(usage.written_bytes));
        rows.push(("disk", format!("{read} read, {written} written")));
    }
    if let packages @ 1.. = report.of_destdir() {
        let packages = count(packages, "package");
        rows.push(("not isolated", format!("{packages}, of which only what was put into DESTDIR is known")));
    }
    if let Some(bound) = report.last_run().and_then(|run| run.bound.describe()) {
        rows.push(("last run", bound));
    }
    if report.skipped_lines > 0 {
        rows.push(("journal", format!("{} could not be read", count(report.skipped_lines, "line"))));
    }
    rows
}

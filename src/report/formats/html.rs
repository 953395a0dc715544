//! For a browser: one page that needs nothing else, not even a script.

use anyhow::{Context as _, Result};
use askama::Template;

use super::{Format, View, totals};
use crate::journal::Usage;
use crate::report::history::Attempt;
use crate::report::status;
use crate::report::summary::Report;
use crate::report::text::{bytes, duration, utc};

/// The format.
pub(super) const FORMAT: Format =
    Format { name: "html", purpose: "one self-contained page with a timeline, for a browser", write };

/// `templates/report/report.html`. Everything in it is escaped by askama.
#[derive(Template)]
#[template(path = "report/report.html")]
struct Page<'a> {
    title: String,
    totals: Vec<(&'static str, String)>,
    timeline: Option<Timeline>,
    report: &'a Report,
}

/// The bars of one run: a row a package, times as thousandths of the run.
struct Timeline {
    title: String,
    rows: Vec<Row>,
    /// Times under the bars, with their places.
    ticks: Vec<(u64, String)>,
}

struct Row {
    package: String,
    bars: Vec<Bar>,
}

struct Bar {
    left: u64,
    width: u64,
    class: &'static str,
    title: String,
}

fn write(view: View<'_>) -> Result<String> {
    let until =
        view.report.until.map_or_else(|| "nothing was built yet".to_owned(), |at| format!("{} UTC", utc(at)));
    let page = Page {
        title: format!("Build report, {until}"),
        totals: totals(view.report),
        timeline: timeline(view),
        report: view.report,
    };
    page.render().context("failed to render the page")
}

/// Of the last run in scope in which anything ran.
fn timeline(view: View<'_>) -> Option<Timeline> {
    let in_scope = |attempt: &&Attempt| view.scope.includes(attempt.run);
    let attempts = || {
        view.history.attempts.iter().filter(in_scope).filter(|attempt| attempt.end.is_some() && attempt.ran())
    };
    let run = attempts().map(|attempt| attempt.run).max()?;
    let attempts: Vec<_> = attempts().filter(|attempt| attempt.run == run).collect();
    let ended = |attempt: &Attempt| attempt.end.as_ref().map_or(attempt.started, |end| end.at);
    let zero = attempts.iter().map(|attempt| attempt.started).min()?;
    let span = attempts.iter().map(|attempt| ended(attempt)).max()?.saturating_sub(zero).max(1);
    let place = |at: u64| at.saturating_sub(zero).saturating_mul(1000) / span;
    let mut rows: Vec<Row> = Vec::new();
    for attempt in attempts {
        let package = attempt.package.to_string();
        let at = rows.iter().position(|row| row.package == package).unwrap_or_else(|| {
            rows.push(Row { package, bars: Vec::new() });
            rows.len() - 1
        });
        let (left, right) = (place(attempt.started), place(ended(attempt)));
        let ok = attempt.is_ok();
        let took = duration(ended(attempt).saturating_sub(attempt.started));
        let outcome = attempt.end.as_ref().map_or_else(String::new, |end| status::describe(&end.outcome));
        rows[at].bars.push(Bar {
            left,
            width: right.saturating_sub(left).max(1),
            class: if ok { attempt.phase.name() } else { "failed" },
            title: format!("{}:{} {took}, {outcome}", attempt.package, attempt.phase),
        });
    }
    let ticks = (0..=4).map(|quarter| (quarter * 250, duration(span * quarter / 4))).collect();
    let name = view.history.runs[run].name.as_deref().unwrap_or("ninja");
    Some(Timeline { title: format!("{name}, {} UTC", utc(view.history.runs[run].started)), rows, ticks })
}

// Askama hands references to the functions that a template calls.

fn time(ms: &u64) -> String {
    duration(*ms)
}

fn moment(unix_ms: &u64) -> String {
    utc(*unix_ms)
}

fn size(count: &u64) -> String {
    bytes(*count)
}

fn peak(usage: &Usage) -> String {
    bytes(usage.peak())
}

//! For Perfetto and `chrome://tracing`: the Trace Event Format, its JSON object form.
//!
//! Each run is a process, each package a thread of it, so that packages are rows; each attempt at a step is a complete
//! event (`ph: X`) with times in microseconds, counted from the first event so that viewers start at zero.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::{Value, json};

use super::{Format, View};
use crate::report::history::Attempt;
use crate::report::{status, text};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "trace",
    purpose: "Chrome trace events, packages as rows, for Perfetto and `chrome://tracing`",
    write,
};

fn write(view: View<'_>) -> Result<String> {
    let in_scope = |attempt: &&Attempt| view.scope.includes(attempt.run);
    let attempts: Vec<_> = view.history.attempts.iter().filter(in_scope).collect();
    let zero = attempts.iter().map(|attempt| attempt.started).min().unwrap_or(0);
    let packages: BTreeSet<_> = attempts.iter().map(|attempt| &attempt.package).collect();
    let rows: BTreeMap<_, _> = packages.into_iter().zip(1_u32..).collect();
    let named: BTreeSet<_> = attempts.iter().map(|attempt| (attempt.run, &attempt.package)).collect();
    let runs: BTreeSet<_> = attempts.iter().map(|attempt| attempt.run).collect();
    let process_name = |&run: &usize| {
        let started = text::utc(view.history.runs[run].started);
        let name = view.history.runs[run].name.as_deref().unwrap_or("ninja");
        json!({"ph": "M", "name": "process_name", "pid": run, "args": {"name": format!("{name}, {started} UTC")}})
    };
    let thread_name = |&(run, package): &(usize, _)| {
        let args = json!({"name": package});
        json!({"ph": "M", "name": "thread_name", "pid": run, "tid": rows[package], "args": args})
    };
    let mut events: Vec<Value> = runs.iter().map(process_name).collect();
    events.extend(named.iter().map(thread_name));
    events.extend(attempts.iter().filter_map(|attempt| event(attempt, rows[&attempt.package], zero)));
    // One event a line, so that people can search what viewers read.
    let lines = events.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    let head = format!("\"displayTimeUnit\":\"ms\",\"otherData\":{{\"started_unix_ms\":{zero}}}");
    Ok(format!("{{{head},\"traceEvents\":[\n{}\n]}}\n", lines.join(",\n")))
}

fn event(attempt: &Attempt, row: u32, zero: u64) -> Option<Value> {
    let end = attempt.end.as_ref()?;
    let mut event = json!({
        "ph": "X",
        "name": format!("{}:{}", attempt.package, attempt.phase),
        "cat": attempt.phase.name(),
        "pid": attempt.run,
        "tid": row,
        "ts": (attempt.started - zero) * 1000,
        "dur": end.at.saturating_sub(attempt.started) * 1000,
        "args": {
            "outcome": status::describe(&end.outcome),
            "key": attempt.key,
            "user_ms": end.usage.user_ms,
            "system_ms": end.usage.system_ms,
            "max_rss_kib": end.usage.max_rss_kib,
            "peak_bytes": end.usage.peak_bytes,
            "read_bytes": end.usage.read_bytes,
            "written_bytes": end.usage.written_bytes,
        },
    });
    if !end.outcome.is_ok() {
        // One of the reserved colour names of the format.
        event["cname"] = json!("terrible");
    }
    Some(event)
}

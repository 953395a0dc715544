//! The reports that every build leaves: whether those of an earlier one still tell all that there is to tell, and the new ones.

use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::Result;

use crate::commands::report;
use crate::commands::results::Results;
use crate::host::files;
use crate::plan::paths::PLANS;
use crate::report::summary::Scope;

/// Their formats and their names.
const REPORTS: [(&str, &str); 2] = [("html", "report.html"), ("json", "report.json")];

/// Whether the reports are there, and newer than every step and the plan. What cannot be looked at is not.
pub(super) fn are_current(results: &Results) -> bool {
    let modified = |path: &Path| {
        let time = files::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        u64::try_from(time.as_millis()).ok()
    };
    let Results { place, history, .. } = results;
    let written = REPORTS.map(|(_, name)| modified(&place.layout.report(name)));
    let Some(written) = written.into_iter().min().flatten() else { return false };
    let attempts = history.attempts.iter();
    let last_step = attempts.map(|attempt| attempt.end.as_ref().map_or(attempt.started, |end| end.at)).max();
    // A plan file that is written, or removed, changes its folder's time.
    let is_after_plan = modified(&place.output.join(PLANS)).is_some_and(|time| time < written);
    last_step.is_none_or(|time| time <= written) && is_after_plan
}

/// Writes them, of the last attempt at every step.
///
/// # Errors
/// One cannot be written.
pub(super) fn write(results: &Results) -> Result<()> {
    let reports = results.place.layout.reports();
    REPORTS.iter().try_for_each(|(format, file)| {
        files::write_atomic(&reports.join(file), report::write(format, Scope::Latest, results)?.as_bytes())
    })
}

//! For programs: the report as it is, in the shape that `docs/reports.md` tells.

use anyhow::Result;

use super::{Format, View};

/// The format.
pub(super) const FORMAT: Format =
    Format { name: "json", purpose: "everything, in a documented shape with a version, for programs", write };

fn write(view: View<'_>) -> Result<String> {
    Ok(serde_json::to_string_pretty(view.report)? + "\n")
}

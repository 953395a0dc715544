//! For a merge request's comment or a CI summary: GitHub-flavoured Markdown.

use std::fmt::Write as _;

use anyhow::Result;

use super::{Format, View, totals};
use crate::report::text::{bytes, duration};

/// The format.
pub(super) const FORMAT: Format =
    Format { name: "markdown", purpose: "tables for a merge request's comment or a CI summary", write };

fn write(view: View<'_>) -> Result<String> {
    let mut text = String::from("# Build report\n\n| | |\n|---|---|\n");
    totals(view.report)
        .iter()
        .try_for_each(|(what, value)| writeln!(text, "| {what} | {} |", cell(value)))?;
    text.push_str(
        "\n## Packages\n\n| package | version | state | wall | user | system | peak | artifact |\n",
    );
    text.push_str("|---|---|---|--:|--:|--:|--:|--:|\n");
    for package in &view.report.packages {
        let (status, usage) = (&package.status, &package.usage);
        let artifact =
            package.artifact.as_ref().map_or_else(|| "-".to_owned(), |artifact| bytes(artifact.bytes));
        let (name, version) = (cell(status.package.as_str()), cell(&status.version));
        write!(text, "| {name} | {version} | {} | {} ", status.state.name(), duration(usage.wall_ms))?;
        let (user, system) = (duration(usage.user_ms), duration(usage.system_ms));
        writeln!(text, "| {user} | {system} | {} | {artifact} |", bytes(usage.peak()))?;
    }
    let mut heading = "\n## Failures\n";
    for (package, step) in view.report.failures() {
        let message = step.message.as_deref().unwrap_or(step.outcome);
        writeln!(text, "{heading}\n**{}:{}** {}\n", package.status.package, step.phase, cell(message))?;
        heading = "";
        if step.log_tail.is_empty() {
            continue;
        }
        let tail = step.log_tail.join("\n");
        let fence = fence(&tail);
        writeln!(text, "{fence}text\n{tail}\n{fence}")?;
    }
    Ok(text)
}

/// Text for a cell of a table, where it stays text whatever it holds.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => cell.push(' '),
            '<' => cell.push_str("&lt;"),
            '&' => cell.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' => cell.extend(['\\', c]),
            _ => cell.push(c),
        }
    }
    cell
}

/// A fence that is longer than any row of backticks in the text (CommonMark 0.31, section 4.5).
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_one_cell() {
        assert_eq!(cell("a|b\n<i> `x`"), "a\\|b &lt;i> \\`x\\`");
    }

    #[test]
    fn a_fence_outlasts_the_text() {
        assert_eq!(fence("a"), "```");
        assert_eq!(fence("a ```` b"), "`````");
    }
}

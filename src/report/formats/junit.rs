//! For CI systems: JUnit XML, a suite a package and a case a step.
//!
//! There is no standard; this is the subset that Jenkins, GitLab and the common viewers read: `testsuites`, `testsuite`,
//! `testcase`, `failure`, `error`, `skipped`.

use std::fmt::Write as _;

use anyhow::Result;

use super::{Format, View};
use crate::render::xml;
use crate::report::summary::{PackageReport, StepReport};
use crate::report::text::utc;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "junit",
    purpose: "JUnit XML, a suite a package and a case a step, for CI systems",
    write,
};

fn write(view: View<'_>) -> Result<String> {
    let report = view.report;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let attempted = || report.packages.iter().filter(|package| !package.steps.is_empty());
    let counts = Counts::of(attempted().flat_map(|package| &package.steps));
    let time = seconds(report.totals.usage.wall_ms);
    writeln!(text, "<testsuites name=\"lfsgen\" {counts} time=\"{time}\">")?;
    attempted().try_for_each(|package| suite(&mut text, package))?;
    text.push_str("</testsuites>\n");
    Ok(text)
}

fn suite(text: &mut String, package: &PackageReport) -> Result<()> {
    let name = xml(package.status.package.as_str());
    let started = package.steps.iter().map(|step| step.started).min().unwrap_or(0);
    let (time, timestamp) = (seconds(package.usage.wall_ms), utc(started).replace(' ', "T"));
    let counts = Counts::of(&package.steps);
    writeln!(text, "  <testsuite name=\"{name}\" {counts} time=\"{time}\" timestamp=\"{timestamp}\">")?;
    for step in &package.steps {
        let time = seconds(step.usage.wall_ms);
        write!(text, "    <testcase classname=\"{name}\" name=\"{}\" time=\"{time}\"", step.phase)?;
        match verdict(step) {
            Verdict::Passed => text.push_str("/>\n"),
            Verdict::Skipped(why) => writeln!(text, "><skipped message=\"{why}\"/></testcase>")?,
            Verdict::Bad(element) => {
                let message = xml(step.message.as_deref().unwrap_or(step.outcome));
                let tail = xml(&step.log_tail.join("\n"));
                writeln!(
                    text,
                    ">\n      <{element} message=\"{message}\" type=\"{}\">{tail}</{element}>",
                    step.outcome
                )?;
                text.push_str("    </testcase>\n");
            }
        }
    }
    text.push_str("  </testsuite>\n");
    Ok(())
}

enum Verdict {
    Passed,
    Skipped(&'static str),
    Bad(&'static str),
}

fn verdict(step: &StepReport) -> Verdict {
    match step.outcome {
        "succeeded" | "restored" => Verdict::Passed,
        "errored" => Verdict::Bad("error"),
        _ if step.failed => Verdict::Bad("failure"),
        "skipped" => Verdict::Skipped("the step was not asked for"),
        _ => Verdict::Skipped("the step was not finished"),
    }
}

struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of<'a>(steps: impl IntoIterator<Item = &'a StepReport>) -> Self {
        let mut counts = Self { tests: 0, failures: 0, errors: 0, skipped: 0 };
        for step in steps {
            counts.tests += 1;
            match verdict(step) {
                Verdict::Passed => {}
                Verdict::Skipped(_) => counts.skipped += 1,
                Verdict::Bad("error") => counts.errors += 1,
                Verdict::Bad(_) => counts.failures += 1,
            }
        }
        counts
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { tests, failures, errors, skipped } = self;
        write!(f, "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

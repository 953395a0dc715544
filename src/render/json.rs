//! Diagnostics as JSON, in a shape of our own that `docs/validation.md` describes.

use serde::Serialize;

use super::{View, region};
use crate::diag::{Confidence, Diagnostic, Excuse, Label, Severity};
use crate::source::SourceMap;

/// The version of the shape; it rises when a reader of the last one could be misled.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    /// The version of this shape.
    lfsgen_findings: u32,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    severity: Severity,
    confidence: Confidence,
    message: &'a str,
    place: Option<Place<'a>>,
    related: Vec<Place<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    /// Why it would not be reported.
    excuse: Option<&'a Excuse>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: Point,
    end: Point,
    label: &'a str,
}

#[derive(Serialize)]
struct Point {
    line: usize,
    column: usize,
    byte: u32,
}

pub(super) fn write(view: View<'_>) -> String {
    let count = |severity| view.diagnostics.count(severity);
    let document = Document {
        lfsgen_findings: VERSION,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        findings: view.diagnostics.iter().map(|diagnostic| finding(view.sources, diagnostic)).collect(),
    };
    // Strings and numbers always have a JSON form.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn finding<'a>(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Finding<'a> {
    let place = |label: &'a Label| {
        let region = region(sources, label.place);
        let point = |(line, column), byte| Point { line, column, byte };
        Place {
            file: region.file,
            start: point(region.start, label.place.start),
            end: point(region.end, label.place.end),
            label: &label.text,
        }
    };
    let Diagnostic { rule, severity, confidence, message, primary, related, notes, help, excuse } =
        diagnostic;
    Finding {
        rule,
        severity: *severity,
        confidence: *confidence,
        message,
        place: primary.as_ref().map(place),
        related: related.iter().map(place).collect(),
        notes,
        help: help.as_deref(),
        excuse: excuse.as_ref(),
    }
}

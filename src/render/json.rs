//! Diagnostics as JSON, in a shape of our own that `docs/validation.md` describes.

use serde::Serialize;

use super::{View, region};
use crate::diag::{Confidence, Diagnostic, Edit, Excuse, Fix, Label, Safety, Severity};
use crate::source::{self, SourceMap};

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
    fixes: Vec<Change<'a>>,
    /// Why it would not be reported.
    excuse: Option<&'a Excuse>,
}

/// A fix.
#[derive(Serialize)]
struct Change<'a> {
    title: &'a str,
    safety: Safety,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    file: &'a str,
    start: Point,
    end: Point,
    text: &'a str,
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
        let (file, start, end) = points(sources, label.place);
        Place { file, start, end, label: &label.text }
    };
    let change = |fix: &'a Fix| {
        let replacement = |edit: &'a Edit| {
            let (file, start, end) = points(sources, edit.place);
            Replacement { file, start, end, text: &edit.text }
        };
        Change { title: &fix.title, safety: fix.safety, edits: fix.edits.iter().map(replacement).collect() }
    };
    let Diagnostic { rule, severity, confidence, message, primary, related, notes, help, fixes, excuse } =
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
        fixes: fixes.iter().map(change).collect(),
        excuse: excuse.as_ref(),
    }
}

/// A place's file, start and end.
fn points(sources: &SourceMap, place: source::Place) -> (&str, Point, Point) {
    let region = region(sources, place);
    let point = |(line, column), byte| Point { line, column, byte };
    (region.file, point(region.start, place.start), point(region.end, place.end))
}

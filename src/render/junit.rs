//! Diagnostics as JUnit XML: a suite a file, a failed case a diagnostic; one case that passes where there is none.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{View, region, xml};
use crate::diag::Diagnostic;

pub(super) fn write(view: View<'_>) -> String {
    let mut files: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for diagnostic in view.diagnostics {
        let file =
            diagnostic.primary.as_ref().map_or("lfsgen", |label| region(view.sources, label.place).file);
        files.entry(file).or_default().push(diagnostic);
    }
    let failures = view.diagnostics.iter().count();
    let tests = failures.max(1);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string does not fail.
    let _ = writeln!(text, "<testsuites name=\"lfsgen lint\" tests=\"{tests}\" failures=\"{failures}\">");
    if files.is_empty() {
        text.push_str("  <testsuite name=\"lfsgen\" tests=\"1\" failures=\"0\">\n");
        text.push_str("    <testcase classname=\"lfsgen\" name=\"lint\"/>\n  </testsuite>\n");
    }
    for (file, diagnostics) in files {
        let (name, count) = (xml(file), diagnostics.len());
        let _ = writeln!(text, "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{count}\">");
        for diagnostic in diagnostics {
            case(&mut text, view, &name, diagnostic);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn case(text: &mut String, view: View<'_>, file: &str, diagnostic: &Diagnostic) {
    let (rule, message) = (diagnostic.rule, xml(&diagnostic.message));
    let line = diagnostic.primary.as_ref().map_or(1, |label| region(view.sources, label.place).start.0);
    let shown = xml(&super::human(view.sources, diagnostic, super::Style::PLAIN));
    let _ = writeln!(text, "    <testcase classname=\"{file}\" name=\"{rule} in line {line}\">");
    let _ = writeln!(
        text,
        "      <failure type=\"{}\" message=\"{message}\">{shown}</failure>",
        diagnostic.severity
    );
    text.push_str("    </testcase>\n");
}

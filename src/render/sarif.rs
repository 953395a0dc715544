//! Diagnostics as SARIF 2.1.0 (OASIS standard of 27 March 2020), which code scanning services read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{About, Content, View, region};
use crate::diag::{Diagnostic, Diagnostics, Edit, Excuse, ExcuseKind, Fix, Label, Persona, Severity};
use crate::source::{Place, SourceMap};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(view: View<'_>) -> String {
    let mut rules: Vec<Value> = view.about.iter().map(rule).collect();
    let mut index: BTreeMap<&str, usize> =
        view.about.iter().enumerate().map(|(at, about)| (about.name, at)).collect();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut results = Vec::new();
    let all: Diagnostics = view.diagnostics.iter().chain(view.excused).cloned().collect();
    for diagnostic in &all.sorted() {
        // What is wrong with a spec itself has no page, but a result must name a rule that is there.
        let at = *index.entry(diagnostic.rule).or_insert_with(|| {
            rules.push(json!({ "id": diagnostic.rule }));
            rules.len() - 1
        });
        let content = Content::of(view.sources, diagnostic).digest();
        let nth = seen.entry(content.clone()).or_default();
        *nth += 1;
        results.push(result(view.sources, diagnostic, at, &format!("{content}:{nth}")));
    }
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "lfsgen",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    // Strings and numbers always have a JSON form.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(about: &About) -> Value {
    json!({
        "id": about.name,
        "shortDescription": { "text": about.summary },
        "help": { "text": about.page, "markdown": about.page },
        "defaultConfiguration": {
            "level": level(about.severity),
            "enabled": about.persona == Persona::Default,
        },
        "properties": {
            "precision": about.confidence,
            "confidence": about.confidence,
            "persona": about.persona,
        },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn result(sources: &SourceMap, diagnostic: &Diagnostic, rule_index: usize, fingerprint: &str) -> Value {
    let mut message = diagnostic.message.clone();
    for line in diagnostic.notes.iter().chain(&diagnostic.help) {
        message.push('\n');
        message.push_str(line);
    }
    let locations: Vec<Value> = diagnostic.primary.iter().map(|label| location(sources, label)).collect();
    let related: Vec<Value> = diagnostic.related.iter().map(|label| location(sources, label)).collect();
    let mut result = json!({
        "ruleId": diagnostic.rule,
        "ruleIndex": rule_index,
        "level": level(diagnostic.severity),
        "message": { "text": message },
        "locations": locations,
        "relatedLocations": related,
        "partialFingerprints": { "lfsgenFinding/v1": fingerprint },
        // Where one result has suppressions all have, if only none (3.27.23).
        "suppressions": diagnostic.excuse.iter().map(suppression).collect::<Vec<_>>(),
        "properties": { "confidence": diagnostic.confidence },
    });
    if !diagnostic.fixes.is_empty() {
        result["fixes"] = diagnostic.fixes.iter().map(|one| fix(sources, one)).collect();
    }
    result
}

fn suppression(excuse: &Excuse) -> Value {
    let kind = match excuse.kind {
        ExcuseKind::InSource => "inSource",
        ExcuseKind::External => "external",
    };
    json!({ "kind": kind, "justification": excuse.reason })
}

fn fix(sources: &SourceMap, fix: &Fix) -> Value {
    let replacement = |edit: &Edit| {
        let mut replacement = json!({ "deletedRegion": span(sources, edit.place) });
        if !edit.text.is_empty() {
            replacement["insertedContent"] = json!({ "text": edit.text });
        }
        replacement
    };
    // A fix is in one file.
    let file = fix.edits.first().map(|edit| artifact(region(sources, edit.place).file));
    json!({
        "description": { "text": fix.title },
        "artifactChanges": [{
            "artifactLocation": file,
            "replacements": fix.edits.iter().map(replacement).collect::<Vec<_>>(),
        }],
        "properties": { "safety": fix.safety },
    })
}

fn location(sources: &SourceMap, label: &Label) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": artifact(region(sources, label.place).file),
            "region": span(sources, label.place),
        },
    });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

fn span(sources: &SourceMap, place: Place) -> Value {
    let region = region(sources, place);
    json!({
        "startLine": region.start.0,
        "startColumn": region.start.1,
        "endLine": region.end.0,
        "endColumn": region.end.1,
        "byteOffset": place.start,
        "byteLength": place.end.saturating_sub(place.start),
    })
}

/// A file: below the root of what is scanned, or anywhere.
fn artifact(path: &str) -> Value {
    if path.starts_with('/') {
        return json!({ "uri": format!("file://{}", uri(path)) });
    }
    json!({ "uri": uri(path), "uriBaseId": "%SRCROOT%" })
}

/// A path as a URI reference (RFC 3986, 3.3): what is not unreserved is percent-encoded.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Style;
    use super::*;
    use crate::source::SourceFile;

    fn fingerprint(text: &str) -> String {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("specs/a b.yaml", text));
        let start = text.find("rm").expect("the text has it");
        let finding =
            Diagnostic::error("recursive-remove", "no").at(Place::new(file, start..start + 2), "here");
        let diagnostics: Diagnostics = [finding].into_iter().collect();
        let (excused, style) = (Diagnostics::default(), Style::PLAIN);
        let view =
            View { sources: &sources, diagnostics: &diagnostics, excused: &excused, about: &[], style };
        let document: Value = serde_json::from_str(&write(view)).expect("it is JSON");
        let result = &document["runs"][0]["results"][0];
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "specs/a%20b.yaml");
        result["partialFingerprints"]["lfsgenFinding/v1"].as_str().expect("it is there").to_owned()
    }

    #[test]
    fn a_fingerprint_survives_lines_added_above_and_changes_with_its_own() {
        let fingerprints =
            [fingerprint("rm -r $x\n"), fingerprint("# one\n\n  rm -r $x\n"), fingerprint("rm -r $y\n")];
        assert_eq!(fingerprints[0], fingerprints[1]);
        assert_ne!(fingerprints[0], fingerprints[2]);
    }
}

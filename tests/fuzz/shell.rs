//! Any bytes as a script, in both dialects, under every rule, shown in every format.
#![no_main]

use lfsgen::diag::{Diagnostics, Persona};
use lfsgen::lint::lint_scripts;
use lfsgen::model::{Dialect, LintConfig};
use lfsgen::render::{FORMATS, Style, View};
use lfsgen::source::{Place, SourceFile, SourceMap, Text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let script = String::from_utf8_lossy(bytes);
    let mut sources = SourceMap::default();
    let file = sources.add(SourceFile::new("fuzz.sh", script.as_ref()));
    let text = Text::verbatim(&script, Place::new(file, 0..script.len()));
    let config = LintConfig { persona: Persona::Pedantic, ..LintConfig::default() };
    let linted = lint_scripts(&config, &[(text.clone(), Dialect::Bash), (text, Dialect::Posix)]);
    for finding in linted.findings.iter() {
        let labels = finding.primary.iter().chain(&finding.related).map(|label| label.place);
        let edits = finding.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.place);
        for place in labels.chain(edits) {
            assert!(script.get(place.range()).is_some(), "{} is no place in the text", place.start);
        }
    }
    for format in &FORMATS {
        let view = View {
            sources: &sources,
            diagnostics: &linted.findings,
            excused: &Diagnostics::default(),
            about: &[],
            style: Style::PLAIN,
        };
        let _ = (format.write)(view);
    }
});

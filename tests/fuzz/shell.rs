//! Any bytes as a script, in both dialects, under every rule.
#![no_main]

use lfsgen::lint::lint_scripts;
use lfsgen::model::Dialect;
use lfsgen::source::{FileId, Place, Text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let script = String::from_utf8_lossy(bytes);
    let text = Text::verbatim(&script, Place::new(FileId(0), 0..script.len()));
    for finding in lint_scripts(&[(text.clone(), Dialect::Bash), (text, Dialect::Posix)]).iter() {
        for label in finding.primary.iter().chain(&finding.related) {
            assert!(
                script.get(label.place.range()).is_some(),
                "{} is no place in the text",
                label.place.start
            );
        }
    }
});

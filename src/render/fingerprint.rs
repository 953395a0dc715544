//! What a finding is about, without where: it stays when lines are added above.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::diag::Diagnostic;
use crate::source::SourceMap;

/// What makes two findings the same; where one file has several such, their number tells them apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Content {
    /// The file; empty where the finding has no place.
    pub file: String,
    /// The rule.
    pub rule: String,
    /// The line that it begins in, without the blanks around it.
    pub line: String,
    /// What it says.
    pub message: String,
}

impl Content {
    /// Of a finding.
    pub fn of(sources: &SourceMap, diagnostic: &Diagnostic) -> Self {
        let (file, line) = match &diagnostic.primary {
            Some(label) => {
                let file = sources.file(label.place.file);
                let start = file.text.floor_char_boundary(label.place.start as usize);
                let line_start = file.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
                let line = file.text[line_start..].lines().next().unwrap_or_default();
                (file.name.clone(), line.trim().to_owned())
            }
            None => Default::default(),
        };
        Self { file, rule: diagnostic.rule.to_owned(), line, message: diagnostic.message.clone() }
    }

    /// A short name for it.
    pub(super) fn digest(&self) -> String {
        let Self { file, rule, line, message } = self;
        let mut digest = Sha256::new();
        digest.update(rule);
        for part in [file, line, message] {
            digest.update([0]);
            digest.update(part);
        }
        digest.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

//! What a finding is about, without where: it stays when lines are added above.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::diag::Diagnostic;
use crate::source::SourceMap;

/// A line that is longer than this many bytes is not kept whole: it would be kept again for each of the findings in it.
const LONGEST: usize = 1000;

/// What makes two findings the same; where one file has several such, their number tells them apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Content {
    /// The file; empty where the finding has no place.
    pub file: String,
    /// The rule.
    pub rule: String,
    /// The line that it begins in, without the blanks around it; of a very long one only what stands around its beginning.
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
                (file.name.clone(), around(line, start - line_start).trim().to_owned())
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

/// A line, or of a very long one what stands on both sides of a byte of it.
fn around(line: &str, at: usize) -> &str {
    if line.len() <= LONGEST {
        return line;
    }
    let start = line.floor_char_boundary(at.saturating_sub(LONGEST / 2));
    &line[start..line.floor_char_boundary(start + LONGEST)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Place, SourceFile};

    #[test]
    fn of_a_very_long_line_what_stands_far_away_is_left_out() {
        let content = |line: &str| {
            let mut sources = SourceMap::default();
            let file = sources.add(SourceFile::new("a.sh", format!("first\n{line}\n")));
            let at = 6 + line.find("needle").unwrap();
            Content::of(&sources, &Diagnostic::error("r", "m").at(Place::new(file, at..at + 6), "")).line
        };
        assert_eq!(content("  a needle b  "), "a needle b");
        let (long, longer) = ("é; ".repeat(500), "é; ".repeat(5000));
        let kept = content(&format!("{long}needle{long}"));
        assert!(kept.len() <= LONGEST && kept.contains("needle"), "{kept}");
        assert_eq!(content(&format!("{longer}needle{longer}")), kept);
        assert!(content(&format!("{longer}needle")).ends_with("needle"));
    }
}

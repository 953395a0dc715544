//! Findings that are known and not to be told of again, in a file of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::work::Found;
use crate::diag::{Diagnostic, Diagnostics, Excuse, ExcuseKind};
use crate::host::files;
use crate::lint::rule;
use crate::render::Content;

/// The version of the shape; it rises when a reader of the last one could be misled.
const VERSION: u32 = 1;

/// Known findings, and how many there are of each.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    name: String,
    known: BTreeMap<Content, usize>,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct Document {
    /// The version of this shape.
    lfsgen_baseline: u32,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    content: Content,
    /// How many are alike.
    count: usize,
}

impl Baseline {
    /// Reads one.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let bytes = files::read(path).with_context(|| {
            format!("`{name}` is no baseline that could be read; `--write-baseline` makes one")
        })?;
        let document: Document =
            serde_json::from_slice(&bytes).with_context(|| format!("`{name}` is no baseline"))?;
        if document.lfsgen_baseline != VERSION {
            bail!("`{name}` has version {}, and this lfsgen knows {VERSION}", document.lfsgen_baseline);
        }
        let mut known = BTreeMap::new();
        for Entry { content, count } in document.findings {
            *known.entry(content).or_default() += count;
        }
        Ok(Self { name, known })
    }

    /// Of everything that was found, but for errors of specs.
    pub(super) fn of(path: &Path, found: &Found) -> Self {
        let mut known = BTreeMap::new();
        for finding in found.diagnostics.iter().filter(|finding| is_hideable(finding)) {
            *known.entry(Content::of(&found.sources, finding)).or_default() += 1;
        }
        Self { name: path.display().to_string(), known }
    }

    /// Writes it, and says how many findings it has.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<usize> {
        let findings =
            self.known.iter().map(|(content, &count)| Entry { content: content.clone(), count }).collect();
        let document = Document { lfsgen_baseline: VERSION, findings };
        let mut text =
            serde_json::to_string_pretty(&document).context("failed to write down what was found")?;
        text.push('\n');
        files::write_named(path, text.as_bytes())?;
        Ok(self.known.values().sum())
    }

    /// What is not known, and what is, excused.
    pub(super) fn split(&self, found: &Found) -> (Diagnostics, Diagnostics) {
        let mut left = self.known.clone();
        let (mut new, mut known) = (Diagnostics::default(), Diagnostics::default());
        for finding in &found.diagnostics {
            let count = left.get_mut(&Content::of(&found.sources, finding));
            match count.filter(|count| **count > 0 && is_hideable(finding)) {
                Some(count) => {
                    *count -= 1;
                    let reason = format!("known in `{}`", self.name);
                    let excuse = Some(Excuse { kind: ExcuseKind::External, reason });
                    known.push(Diagnostic { excuse, ..finding.clone() });
                }
                None => new.push(finding.clone()),
            }
        }
        (new, known)
    }

    /// How many entries match nothing any more, of files that were looked at; of all where everything was.
    pub(super) fn outdated(
        &self,
        found: &Found,
        everything: bool,
        is_wanted: impl Fn(&str) -> bool,
    ) -> usize {
        let mut left = self.known.clone();
        for finding in &found.diagnostics {
            if let Some(count) = left.get_mut(&Content::of(&found.sources, finding)) {
                *count = count.saturating_sub(1);
            }
        }
        let looked_at: BTreeSet<&str> = found.sources.files().map(|(_, file)| file.name.as_str()).collect();
        let counts = |content: &Content| {
            let file = content.file.as_str();
            everything || looked_at.contains(file) && is_wanted(file)
        };
        left.iter().filter(|(content, count)| **count > 0 && counts(content)).count()
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Whether a finding may be known and left: an error of a spec is no finding, and nothing can be built with it.
fn is_hideable(finding: &Diagnostic) -> bool {
    rule(finding.rule).is_some()
}

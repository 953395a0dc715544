//! Exceptions with reasons: `lint.allow` of a spec, and `# lfsgen: allow RULE because REASON` in shell text.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::diag::Diagnostic;
use crate::model::Allow;
use crate::source::{Place, Spanned, Text};

use super::levels::unknown;
use super::rule::Rule;
use super::rules::rule;

/// How an exception in shell text begins.
const MARK: &str = "# lfsgen: allow ";

/// The exceptions of one package or script.
#[derive(Default)]
pub(super) struct Allows {
    list: Vec<Exception>,
}

/// What is left of the findings of a package or script.
pub(super) struct Settled {
    pub(super) findings: Vec<Diagnostic>,
    /// Where the exceptions stand that took something away.
    used: Vec<Place>,
}

/// Everything that is left. A spec may share its exceptions with those that extend it: one that any of them needs is used.
pub(super) fn all(settled: Vec<Settled>) -> impl Iterator<Item = Diagnostic> {
    let used: BTreeSet<Place> = settled.iter().flat_map(|settled| settled.used.iter().copied()).collect();
    settled.into_iter().flat_map(|settled| settled.findings).filter(move |finding| {
        let place = finding.primary.as_ref().map(|label| label.place);
        finding.rule != "unused-allow" || place.is_none_or(|place| !used.contains(&place))
    })
}

struct Exception {
    rule: Spanned<String>,
    /// The line that it is for; a whole package where there is none.
    line: Option<Place>,
    used: bool,
}

impl Allows {
    /// Those of a spec. One for a rule that is not there is a finding.
    pub(super) fn new(allows: &[Allow], findings: &mut Vec<Diagnostic>) -> Self {
        let mut list = Self::default();
        for allow in allows {
            list.add(allow.rule.clone(), None, findings);
        }
        list
    }

    fn add(&mut self, rule: Spanned<String>, line: Option<Place>, findings: &mut Vec<Diagnostic>) {
        match unknown(&rule) {
            Some(problem) => findings.push(problem),
            None => self.list.push(Exception { rule, line, used: false }),
        }
    }

    /// Adds those in a text.
    pub(super) fn in_text(&mut self, text: &Text, findings: &mut Vec<Diagnostic>) {
        for (at, _) in text.as_str().match_indices(MARK) {
            let end = text.as_str()[at..].find('\n').map_or(text.as_str().len(), |length| at + length);
            let start = at + MARK.len();
            let words = &text.as_str()[start..end];
            let (name, reason) = words.split_once(" because ").unwrap_or((words, ""));
            let name_place = text.place_of(start..start + name.trim_end().len().max(1));
            if reason.trim().is_empty() {
                findings.extend(without_reason(text.place_of(at..end)));
                continue;
            }
            let line = text.place_of(covered(text.as_str(), at, end));
            self.add(Spanned::new(name.trim().to_owned(), name_place), Some(line), findings);
        }
    }

    /// Takes away what is allowed, and adds a finding for each exception that takes nothing away of what these rules found.
    pub(super) fn settle(mut self, findings: Vec<Diagnostic>, asked: &[&Rule]) -> Settled {
        let mut left: Vec<_> = findings.into_iter().filter(|finding| !self.allowed(finding)).collect();
        for exception in self.list.iter().filter(|exception| !exception.used) {
            let name = exception.rule.value.as_str();
            let Some(rule) = rule("unused-allow").filter(|_| asked.iter().any(|rule| rule.name == name))
            else {
                continue;
            };
            let message = format!("nothing here breaks `{name}`");
            left.push(rule.finding(exception.rule.place, message).help("remove the exception"));
        }
        let used = self.list.iter().filter(|exception| exception.used).map(|exception| exception.rule.place);
        Settled { findings: left, used: used.collect() }
    }

    fn allowed(&mut self, finding: &Diagnostic) -> bool {
        let Some(primary) = &finding.primary else { return false };
        let mut allowed = false;
        for exception in &mut self.list {
            let here = exception.line.is_none_or(|line| {
                line.file == primary.place.file
                    && line.start <= primary.place.start
                    && primary.place.start < line.end
            });
            if here && exception.rule.value == finding.rule {
                exception.used = true;
                allowed = true;
            }
        }
        allowed
    }
}

fn without_reason(place: Place) -> Option<Diagnostic> {
    let finding = rule("allow-without-reason")?.finding(place, "an exception needs a reason");
    Some(finding.help("write `# lfsgen: allow RULE because REASON`"))
}

/// The line that a comment is for: its own, or where it stands alone the next that is no comment, with its continuations.
fn covered(text: &str, at: usize, end: usize) -> Range<usize> {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    if !text[line_start..at].trim().is_empty() {
        return line_start..end;
    }
    let mut start = end;
    for line in text[end..].split_inclusive('\n') {
        let written = line.trim();
        if written.is_empty() || written.starts_with('#') {
            start += line.len();
            continue;
        }
        let mut length = 0;
        for line in text[start..].split_inclusive('\n') {
            length += line.len();
            if !line.trim_end_matches('\n').ends_with('\\') {
                break;
            }
        }
        return start..start + length;
    }
    end..text.len()
}

//! Exceptions with reasons: `lint.allow` of a spec, and `# lfsgen: allow RULE because REASON` in shell text.
//!
//! They are held against findings when all rules have spoken; no rule knows of them.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::diag::{Diagnostic, Excuse, ExcuseKind};
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
    /// What exceptions took away.
    pub(super) excused: Vec<Diagnostic>,
    /// Where the exceptions stand that took something away.
    used: Vec<Place>,
}

/// Everything that is left, and everything that is excused. A spec may share its exceptions with those that extend it: one
/// that any of them needs is used.
pub(super) fn all(settled: Vec<Settled>) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let used: BTreeSet<Place> = settled.iter().flat_map(|settled| settled.used.iter().copied()).collect();
    let (mut left, mut excused) = (Vec::new(), Vec::new());
    for settled in settled {
        left.extend(settled.findings.into_iter().filter(|finding| {
            let place = finding.primary.as_ref().map(|label| label.place);
            finding.rule != "unused-allow" || place.is_none_or(|place| !used.contains(&place))
        }));
        excused.extend(settled.excused);
    }
    (left, excused)
}

struct Exception {
    rule: Spanned<String>,
    reason: String,
    /// What would have to go with it.
    whole: Option<Place>,
    /// The line that it is for; a whole package where there is none.
    line: Option<Place>,
    used: bool,
}

impl Allows {
    /// Those of a spec. One for a rule that is not there is a finding.
    pub(super) fn new(allows: &[Allow], findings: &mut Vec<Diagnostic>) -> Self {
        let mut list = Self::default();
        for Allow { rule, reason, whole } in allows {
            let (rule, reason) = (rule.clone(), reason.value.trim().to_owned());
            list.add(Exception { rule, reason, whole: *whole, line: None, used: false }, findings);
        }
        list
    }

    fn add(&mut self, exception: Exception, findings: &mut Vec<Diagnostic>) {
        match unknown(&exception.rule) {
            Some(problem) => findings.push(problem),
            None => self.list.push(exception),
        }
    }

    /// Adds those in a text.
    pub(super) fn in_text(&mut self, text: &Text, findings: &mut Vec<Diagnostic>) {
        for (at, _) in text.as_str().match_indices(MARK) {
            let end = at + text.as_str()[at..].lines().next().unwrap_or_default().len();
            let start = at + MARK.len();
            let words = &text.as_str()[start..end];
            let (name, reason) = words.split_once(" because ").unwrap_or((words, ""));
            let name_place = text.place_of(start..start + name.trim_end().len().max(1));
            if reason.trim().is_empty() {
                findings.extend(without_reason(text.place_of(at..end)));
                continue;
            }
            let exception = Exception {
                rule: Spanned::new(name.trim().to_owned(), name_place),
                reason: reason.trim().to_owned(),
                whole: text.verbatim_place_of(comment(text.as_str(), at, end)),
                line: Some(text.place_of(covered(text.as_str(), at, end))),
                used: false,
            };
            self.add(exception, findings);
        }
    }

    /// Takes away what is allowed, and adds a finding for each exception that takes nothing away of what these rules found.
    pub(super) fn settle(mut self, findings: Vec<Diagnostic>, asked: &[&Rule]) -> Settled {
        let (mut left, mut excused) = (Vec::new(), Vec::new());
        for mut finding in findings {
            finding.excuse = self.excuse(&finding);
            if finding.excuse.is_some() { excused.push(finding) } else { left.push(finding) }
        }
        for exception in self.list.iter().filter(|exception| !exception.used) {
            let name = exception.rule.value.as_str();
            let Some(rule) = rule("unused-allow").filter(|_| asked.iter().any(|rule| rule.name == name))
            else {
                continue;
            };
            let mut finding = rule.finding(exception.rule.place, format!("nothing here breaks `{name}`"));
            finding.fix_safe("remove the exception", exception.whole, "");
            left.push(finding.help("remove the exception"));
        }
        let used = self.list.iter().filter(|exception| exception.used).map(|exception| exception.rule.place);
        Settled { findings: left, excused, used: used.collect() }
    }

    /// The first exception that covers a finding; all that do are used.
    fn excuse(&mut self, finding: &Diagnostic) -> Option<Excuse> {
        let primary = finding.primary.as_ref()?;
        let mut reason = None;
        for exception in &mut self.list {
            let here = exception.line.is_none_or(|line| primary.place.begins_in(line));
            if here && exception.rule.value == finding.rule {
                exception.used = true;
                reason.get_or_insert_with(|| exception.reason.clone());
            }
        }
        reason.map(|reason| Excuse { kind: ExcuseKind::InSource, reason })
    }
}

fn without_reason(place: Place) -> Option<Diagnostic> {
    let finding = rule("allow-without-reason")?.finding(place, "an exception needs a reason");
    Some(finding.help("write `# lfsgen: allow RULE because REASON`"))
}

/// A comment with the blanks before it; where nothing else is in its line, the whole line.
fn comment(text: &str, at: usize, end: usize) -> Range<usize> {
    let code = text[..at].trim_end_matches([' ', '\t']);
    if !code.is_empty() && !code.ends_with('\n') {
        return code.len()..end;
    }
    let line_end = text[end..].find('\n').map_or(end, |newline| end + newline + 1);
    // The last line may have no end of its own.
    if line_end == end { code.len().saturating_sub(1)..end } else { code.len()..line_end }
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

#[cfg(test)]
mod tests {
    use crate::lint::testing::found_by;

    #[test]
    fn an_exception_holds_for_its_line_alone() {
        let found = |script: &str| found_by("recursive-remove", script);
        let allowed = "# lfsgen: allow recursive-remove because a test\n";
        assert_eq!(found(&format!("{allowed}rm -r $x/a\nrm -r $x/b\n")), ["$x/b"]);
        assert_eq!(found(&format!("{allowed}\n# more\nrm -r \\\n $x/a\nrm -r $x/b\n")), ["$x/b"]);
        assert_eq!(
            found("rm -r $x/a # lfsgen: allow recursive-remove because a test\nrm -r $x/b\n"),
            ["$x/b"]
        );
    }
}

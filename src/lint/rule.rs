//! What a rule is, and how it says what it found.
//!
//! It knows none of them.

use crate::diag::{Confidence, Diagnostic, Persona, Severity};
use crate::model::{Package, Project};
use crate::shell::tree::Span;
use crate::source::{Place, Text};

use super::flow::{Call, Context, Node};
use super::writes::Write;

/// A rule of lint.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Kebab case; reads well after "allow".
    pub name: &'static str,
    /// How bad a finding is, unless the project says otherwise.
    pub severity: Severity,
    /// How sure a finding is.
    pub confidence: Confidence,
    /// Who wants to hear of it.
    pub persona: Persona,
    /// Its page in `docs/rules/`: what `explain` prints, and its test.
    pub page: &'static str,
    pub(crate) check: Check,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Check {
    /// A package as a whole.
    Package(fn(&Package, &mut Report<'_>)),
    /// All packages together.
    Project(fn(&Project, &[Package], &mut Report<'_>)),
    /// Everything in a script that is no program.
    Node(NodeCheck),
    /// Each program that a script runs.
    Call(CallCheck),
    /// Each path that a program or a redirection writes to.
    Write(WriteCheck),
    /// Nothing: lint itself reports it while it reads.
    Lint,
}

pub(crate) type NodeCheck = fn(Node<'_>, &Context<'_>, Scene, &mut Report<'_>);
pub(crate) type CallCheck = fn(&Call<'_, '_>, Scene, &mut Report<'_>);
pub(crate) type WriteCheck = fn(&Write<'_>, Scene, &mut Report<'_>);

/// Where a script runs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scene {
    /// Whether it is a phase of a package, whose root has no network unless its stage says so.
    pub(crate) phase: bool,
    /// Whether its stage says so.
    pub(crate) network: bool,
    /// Whether its stage lays what it builds elsewhere than on `/`, so that `/usr` is the machine's that builds.
    pub(crate) cross: bool,
    /// Whether it is the phase that runs the tests: nothing that it writes is kept.
    pub(crate) check: bool,
}

impl Rule {
    /// What it is about, in one sentence: the first paragraph of its page.
    pub fn summary(&self) -> String {
        let mut paragraphs = self.page.split("\n\n").map(str::trim);
        paragraphs
            .find(|text| !text.is_empty() && !text.starts_with('#'))
            .unwrap_or_default()
            .replace('\n', " ")
    }

    /// A finding of this rule.
    pub(crate) fn finding(&self, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.name, self.severity, message).confidence(self.confidence).at(place, "")
    }
}

/// What stands somewhere in a script, for a message; of what is long or of several lines only that it is expanded.
pub(crate) fn shown(text: &Text, span: Span) -> &str {
    let written = text.as_str().get(span.range()).unwrap_or_default();
    if written.len() <= 40 && !written.contains(['\n', '`']) { written } else { "$(…)" }
}

/// Takes the findings of one rule.
pub(crate) struct Report<'a> {
    pub(crate) rule: &'static Rule,
    pub(crate) findings: &'a mut Vec<Diagnostic>,
}

impl Report<'_> {
    /// A finding at a place of a spec; what the rule adds to it is up to the rule.
    pub(crate) fn at(&mut self, place: Place, message: impl Into<String>) -> &mut Diagnostic {
        self.findings.push_mut(self.rule.finding(place, message))
    }

    /// A program that no phase should run, with what to do instead. It may be what a plain script is for, and is a note there.
    pub(crate) fn in_phase(
        &mut self,
        call: &Call<'_, '_>,
        scene: Scene,
        message: String,
        help: &str,
    ) -> &mut Diagnostic {
        let finding = self.in_text(call.text, call.layer.head.span, message);
        if scene.phase {
            finding.help = Some(help.to_owned());
        } else {
            finding.severity = Severity::Note;
        }
        finding
    }

    /// A finding in a script.
    pub(crate) fn in_text(&mut self, text: &Text, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.at(text.place_of(span.range()), message)
    }
}

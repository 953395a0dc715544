//! Levels that a project gives to rules.

use crate::diag::{Diagnostic, Severity};
use crate::model::{LintConfig, LintLevel};
use crate::source::Spanned;
use crate::suggest::did_you_mean;

use super::rule::Rule;
use super::rules::{RULES, rule};

/// What a project wants to hear, and how loud.
pub(super) struct Levels<'a> {
    config: &'a LintConfig,
}

impl<'a> Levels<'a> {
    /// The levels, and a finding for each that names no rule.
    pub(super) fn new(config: &'a LintConfig) -> (Self, Vec<Diagnostic>) {
        let problems = config
            .levels
            .iter()
            .filter_map(|(name, level)| unknown(&Spanned::new(name.clone(), level.place)));
        (Self { config }, problems.collect())
    }

    /// The rules that are asked here: those for this persona, and those that the project names.
    pub(super) fn asked(&self) -> Vec<&'static Rule> {
        let asked =
            |rule: &&Rule| rule.persona <= self.config.persona || self.config.levels.contains_key(rule.name);
        RULES.iter().filter(asked).collect()
    }

    /// A finding at the level that its rule has here; nothing where that is `off`, or the finding not sure enough.
    pub(super) fn settle(&self, mut finding: Diagnostic) -> Option<Diagnostic> {
        if finding.confidence < self.config.min_confidence {
            return None;
        }
        match self.config.levels.get(finding.rule).map(|level| level.value) {
            None => Some(finding),
            Some(LintLevel::Off) => None,
            Some(LintLevel::At(severity)) => {
                // A finding that its rule thinks less bad than others stays so.
                let usual = rule(finding.rule).map(|rule| rule.severity);
                let lowered = usual.is_some_and(|usual| finding.severity < usual);
                finding.severity = if lowered { finding.severity.min(severity) } else { severity };
                Some(finding)
            }
        }
    }
}

/// What is wrong with a name that is no rule's.
pub(super) fn unknown(name: &Spanned<String>) -> Option<Diagnostic> {
    if rule(&name.value).is_some() {
        return None;
    }
    let finding =
        Diagnostic::new("unknown-rule", Severity::Error, format!("there is no rule `{}`", name.value));
    let help = did_you_mean(&name.value, RULES.iter().map(|rule| rule.name));
    let help = help.unwrap_or_else(|| "`lfsgen explain` lists the rules".to_owned());
    Some(finding.at(name.place, "").help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::lint;
    use crate::model::testing::{package, place, project, stage, text};
    use crate::model::{Phase, PhaseText};

    #[test]
    fn levels_change_findings_and_name_rules_that_are_there() {
        let mut package = package("a", &[]);
        let build =
            PhaseText { replace: Some(text("sudo a; rm -r \"$x/b\"; curl u")), ..PhaseText::default() };
        package.phases.insert(Phase::Build, build);
        let check = PhaseText { replace: Some(text("make check || true")), ..PhaseText::default() };
        package.phases.insert(Phase::Check, check);
        let said = |levels: &[(&str, LintLevel)]| {
            let mut project = project(vec![stage("host", &[])]);
            for (name, level) in levels {
                project.lint.levels.insert((*name).to_owned(), Spanned::new(*level, place(1)));
            }
            let findings = lint(&project, std::slice::from_ref(&package), &[]).findings;
            let wanted = [
                "privilege-switch",
                "recursive-remove",
                "network-in-build",
                "ignored-failure",
                "unknown-rule",
            ];
            let findings = findings.iter().filter(|finding| wanted.contains(&finding.rule));
            findings.map(|finding| format!("{} {}", finding.severity, finding.rule)).collect::<Vec<_>>()
        };
        let usual = [
            "error privilege-switch",
            "error recursive-remove",
            "error network-in-build",
            "note ignored-failure",
        ];
        assert_eq!(said(&[]), usual);
        assert_eq!(
            said(&[
                ("privilege-switch", LintLevel::Off),
                ("recursive-remove", LintLevel::At(Severity::Warning)),
                ("network-in-build", LintLevel::At(Severity::Note)),
                ("ignored-failure", LintLevel::At(Severity::Error)),
            ]),
            ["warning recursive-remove", "note network-in-build", "note ignored-failure"]
        );
        assert_eq!(said(&[("sudo", LintLevel::Off)])[0], "error unknown-rule");
    }
}

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

//! Levels that a project gives to rules.

use crate::diag::{Diagnostic, Severity};
use crate::model::{LintConfig, LintLevel};
use crate::source::Spanned;
use crate::suggest::did_you_mean;

use super::rule::Persona;
use super::rules::{RULES, rule};

/// The levels of rules whose level was changed.
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

    /// A finding at the level that its rule has here; nothing where that is `off`.
    pub(super) fn settle(&self, mut finding: Diagnostic) -> Option<Diagnostic> {
        match self.config.levels.get(finding.rule).map(|level| level.value) {
            // What is for pedantic people is for those who gave it a level.
            None => rule(finding.rule).is_none_or(|rule| rule.persona == Persona::Default).then_some(finding),
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

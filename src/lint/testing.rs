//! How tests ask what lint finds: of everybody and pedants, in a script or in a phase.

use super::{lint, lint_scripts};
use crate::diag::{Diagnostics, Persona};
use crate::model::testing::{package, project, stage, text};
use crate::model::{Dialect, LintConfig, Phase, PhaseText};
use crate::source::{FileId, Place, Text};

/// A script as a text of its own.
pub(super) fn as_text(script: &str) -> Text {
    Text::verbatim(script, Place::new(FileId(0), 0..script.len()))
}

/// All that is found in a script, for bash unless its first line says `sh`.
pub(super) fn lint_of(script: &str) -> Diagnostics {
    let dialect = if script.starts_with("#!/bin/sh") { Dialect::Posix } else { Dialect::Bash };
    let config = LintConfig { persona: Persona::Pedantic, ..LintConfig::default() };
    lint_scripts(&config, &[(as_text(script), dialect)]).findings
}

/// The words at which one rule points.
pub(super) fn found_by(rule: &str, script: &str) -> Vec<String> {
    let findings = lint_of(script);
    let of_rule = findings.iter().filter(|finding| finding.rule == rule);
    of_rule.map(|finding| script[finding.primary.as_ref().unwrap().place.range()].to_owned()).collect()
}

/// Whether a rule finds anything in a script.
pub(super) fn in_script(rule: &str, script: &str) -> bool {
    !found_by(rule, script).is_empty()
}

/// Whether a rule finds anything in a phase of a package.
pub(super) fn in_phase(rule: &str, script: &str) -> bool {
    let mut package = package("a", &[]);
    let build = PhaseText { replace: Some(text(script)), ..PhaseText::default() };
    package.phases.insert(Phase::Build, build);
    let found = lint(&project(vec![stage("host", &[])]), &[package], &[]);
    found.findings.iter().any(|finding| finding.rule == rule)
}

/// A rule has something to say of each of these.
pub(super) fn tells(rule: &str, look: fn(&str, &str) -> bool, scripts: &[&str]) {
    scripts.iter().for_each(|script| assert!(look(rule, script), "{rule}: {script}"));
}

/// A rule has nothing to say of any of these.
pub(super) fn is_silent(rule: &str, look: fn(&str, &str) -> bool, scripts: &[&str]) {
    scripts.iter().for_each(|script| assert!(!look(rule, script), "{rule}: {script}"));
}

/// A rule points at one word in each of these.
pub(super) fn points_at(rule: &str, cases: &[(&str, &str)]) {
    cases.iter().for_each(|(script, word)| assert_eq!(found_by(rule, script), [*word], "{rule}: {script}"));
}

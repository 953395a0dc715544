//! The rules: one file each, one line each in [`RULES`].

mod artifact_of_two;
mod download_to_shell;
mod host_path_in_composed_stage;
mod impossible_limit;
mod mirror_of_another_file;
mod missing_license;
mod network_in_build;
mod privilege_switch;
mod recursive_remove;
mod source_without_digest;
mod unencrypted_source;
mod unknown_license;
mod unneeded_dependency;
mod unused_option;
mod unused_variable;

use super::rule::{Check, Rule};
use crate::diag::{Confidence, Persona, Severity};

/// A rule's line in the table; its page has its name.
macro_rules! rule {
    ($name:literal, $severity:ident, $confidence:ident, $check:expr) => {
        rule!($name, $severity, $confidence, Default, $check)
    };
    ($name:literal, $severity:ident, $confidence:ident, $persona:ident, $check:expr) => {
        Rule {
            name: $name,
            severity: Severity::$severity,
            confidence: Confidence::$confidence,
            persona: Persona::$persona,
            page: include_str!(concat!("../../../docs/rules/", $name, ".md")),
            check: $check,
        }
    };
}

/// Every rule, by name.
pub static RULES: &[Rule] = &[
    rule!("allow-without-reason", Error, High, Check::Lint),
    rule!("artifact-of-two", Warning, Medium, Check::Project(artifact_of_two::check)),
    rule!("carriage-return", Error, High, Check::Lint),
    rule!("download-to-shell", Error, High, Check::Call(download_to_shell::check)),
    rule!("host-path-in-composed-stage", Warning, Medium, Check::Project(host_path_in_composed_stage::check)),
    rule!("impossible-limit", Warning, High, Check::Project(impossible_limit::check)),
    rule!("mirror-of-another-file", Warning, Medium, Check::Package(mirror_of_another_file::check)),
    rule!("missing-license", Note, High, Pedantic, Check::Package(missing_license::check)),
    rule!("network-in-build", Error, High, Check::Call(network_in_build::check)),
    rule!("not-checked", Note, High, Check::Lint),
    rule!("privilege-switch", Error, High, Check::Call(privilege_switch::check)),
    rule!("recursive-remove", Error, Medium, Check::Call(recursive_remove::check)),
    rule!("source-without-digest", Error, High, Check::Package(source_without_digest::check)),
    rule!("syntax-error", Error, High, Check::Lint),
    rule!("unencrypted-source", Note, High, Pedantic, Check::Package(unencrypted_source::check)),
    rule!("unknown-license", Warning, High, Check::Package(unknown_license::check)),
    rule!("unknown-rule", Error, High, Check::Lint),
    rule!("unneeded-dependency", Warning, Medium, Check::Project(unneeded_dependency::check)),
    rule!("unused-allow", Warning, High, Check::Lint),
    rule!("unused-option", Warning, High, Check::Package(unused_option::check)),
    rule!("unused-variable", Warning, High, Check::Project(unused_variable::check)),
];

/// The rule of that name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

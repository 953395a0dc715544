//! The rules: one file each, one line each in [`RULES`].

mod download_to_shell;
mod network_in_build;
mod privilege_switch;
mod recursive_remove;
mod source_without_digest;

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
    rule!("download-to-shell", Error, High, Check::Call(download_to_shell::check)),
    rule!("network-in-build", Error, High, Check::Call(network_in_build::check)),
    rule!("not-checked", Note, High, Check::Lint),
    rule!("privilege-switch", Error, High, Check::Call(privilege_switch::check)),
    rule!("recursive-remove", Error, Medium, Check::Call(recursive_remove::check)),
    rule!("source-without-digest", Error, High, Check::Package(source_without_digest::check)),
    rule!("syntax-error", Error, High, Check::Lint),
    rule!("unknown-rule", Error, High, Check::Lint),
    rule!("unused-allow", Warning, High, Check::Lint),
];

/// The rule of that name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

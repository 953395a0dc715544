//! The rules: one file each, one line each in [`RULES`].

mod decoded_payload;
mod download_to_shell;
mod dynamic_code;
mod hidden_command;
mod network_in_build;
mod privilege_switch;
mod recursive_remove;
mod reverse_shell;
mod run_downloaded;
mod source_without_digest;
mod unpinned_checkout;

use super::rule::{Check, Persona, Rule};
use crate::diag::{Confidence, Severity};

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
    rule!("decoded-payload", Error, High, Check::Call(decoded_payload::check)),
    rule!("download-to-shell", Error, High, Check::Call(download_to_shell::check)),
    rule!("dynamic-code", Warning, Medium, Check::Call(dynamic_code::check)),
    rule!("hidden-command", Warning, High, Check::Node(hidden_command::check)),
    rule!("network-in-build", Error, High, Check::Call(network_in_build::check)),
    rule!("not-checked", Note, High, Check::Lint),
    rule!("privilege-switch", Error, High, Check::Call(privilege_switch::check)),
    rule!("recursive-remove", Error, Medium, Check::Call(recursive_remove::check)),
    rule!("reverse-shell", Error, High, Check::Call(reverse_shell::check)),
    rule!("run-downloaded", Error, Medium, Check::Node(run_downloaded::check)),
    rule!("source-without-digest", Error, High, Check::Package(source_without_digest::check)),
    rule!("syntax-error", Error, High, Check::Lint),
    rule!("unknown-rule", Error, High, Check::Lint),
    rule!("unpinned-checkout", Warning, Medium, Check::Node(unpinned_checkout::check)),
    rule!("unused-allow", Warning, High, Check::Lint),
];

/// The rule of that name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

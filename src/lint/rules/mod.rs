//! The rules: one file each, one line each in [`RULES`].

mod decoded_payload;
mod download_to_shell;
mod dynamic_code;
mod endless_loop;
mod hidden_command;
mod host_leak;
mod host_machine;
mod interactive_command;
mod jobs_outside_budget;
mod native_code;
mod network_in_build;
mod not_reproducible;
mod placeholder;
mod privilege_switch;
mod recursive_remove;
mod reverse_shell;
mod run_downloaded;
mod separator_leak;
mod source_without_digest;
#[cfg(test)]
mod tests;
mod unpinned_checkout;
mod unsafe_search_path;
mod unverified_transport;
mod verification_skipped;

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
    rule!("endless-loop", Warning, Medium, Check::Node(endless_loop::check)),
    rule!("hidden-command", Warning, High, Check::Node(hidden_command::check)),
    rule!("host-leak", Error, High, Check::Node(host_leak::check)),
    rule!("host-machine", Note, Medium, Pedantic, Check::Call(host_machine::check)),
    rule!("interactive-command", Error, High, Check::Call(interactive_command::check)),
    rule!("jobs-outside-budget", Warning, High, Check::Node(jobs_outside_budget::check)),
    rule!("native-code", Warning, High, Check::Node(native_code::check)),
    rule!("network-in-build", Error, High, Check::Call(network_in_build::check)),
    rule!("not-checked", Note, High, Check::Lint),
    rule!("not-reproducible", Warning, Medium, Check::Node(not_reproducible::check)),
    rule!("placeholder", Error, High, Check::Node(placeholder::check)),
    rule!("privilege-switch", Error, High, Check::Call(privilege_switch::check)),
    rule!("recursive-remove", Error, Medium, Check::Call(recursive_remove::check)),
    rule!("reverse-shell", Error, High, Check::Call(reverse_shell::check)),
    rule!("run-downloaded", Error, Medium, Check::Node(run_downloaded::check)),
    rule!("separator-leak", Warning, Medium, Check::Node(separator_leak::check)),
    rule!("source-without-digest", Error, High, Check::Package(source_without_digest::check)),
    rule!("syntax-error", Error, High, Check::Lint),
    rule!("unknown-rule", Error, High, Check::Lint),
    rule!("unpinned-checkout", Warning, Medium, Check::Node(unpinned_checkout::check)),
    rule!("unsafe-search-path", Error, High, Check::Node(unsafe_search_path::check)),
    rule!("unused-allow", Warning, High, Check::Lint),
    rule!("unverified-transport", Error, High, Check::Node(unverified_transport::check)),
    rule!("verification-skipped", Error, High, Check::Node(verification_skipped::check)),
];

/// The rule of that name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

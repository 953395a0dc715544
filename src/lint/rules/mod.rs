//! The rules: one file each, one line each in [`RULES`].

mod account_change;
mod artifact_of_two;
mod bash_in_posix;
mod broken_continuation;
mod chain_not_last;
mod decoded_payload;
mod device_node;
mod download_to_shell;
mod dynamic_code;
mod early_exit;
mod empty_test_operand;
mod endless_loop;
mod expanding_here_document;
mod extract_over_root;
mod find_removal;
mod hidden_command;
mod home_write;
mod host_leak;
mod host_machine;
mod host_path_in_composed_stage;
mod ignored_failure;
mod impossible_limit;
mod interactive_command;
mod jobs_outside_budget;
mod leading_glob;
mod live_system_change;
mod loop_over_ls;
mod lost_background_job;
mod masked_status;
mod mirror_of_another_file;
mod missing_license;
mod mount_or_chroot;
mod native_code;
mod network_in_build;
mod not_reproducible;
mod open_umask;
mod pipe_hides_failure;
mod placeholder;
mod predictable_temporary_file;
mod privilege_switch;
mod raw_device;
mod recursive_ownership;
mod recursive_remove;
mod redirect_order;
mod reverse_shell;
mod run_downloaded;
mod security_file;
mod separator_leak;
mod setuid_file;
mod silent_edit;
mod silent_override;
mod source_without_digest;
mod split_argument;
mod startup_file;
#[cfg(test)]
mod tests;
mod unchecked_cd;
mod undefined_variable;
mod unencrypted_source;
mod unexpanded_jobs;
mod unexpanded_variable;
mod unknown_license;
mod unneeded_dependency;
mod unpinned_checkout;
mod unquoted_removal;
mod unsafe_search_path;
mod unused_option;
mod unused_variable;
mod unverified_transport;
mod verification_skipped;
mod world_writable;
mod yes_under_pipefail;

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
    rule!("account-change", Warning, High, Check::Call(account_change::check)),
    rule!("allow-without-reason", Error, High, Check::Lint),
    rule!("artifact-of-two", Warning, Medium, Check::Project(artifact_of_two::check)),
    rule!("bash-in-posix", Error, High, Check::Node(bash_in_posix::check)),
    rule!("broken-continuation", Error, High, Check::Node(broken_continuation::check)),
    rule!("carriage-return", Error, High, Check::Lint),
    rule!("chain-not-last", Error, High, Check::Node(chain_not_last::check)),
    rule!("decoded-payload", Error, High, Check::Call(decoded_payload::check)),
    rule!("device-node", Error, High, Check::Call(device_node::check)),
    rule!("download-to-shell", Error, High, Check::Call(download_to_shell::check)),
    rule!("dynamic-code", Warning, Medium, Check::Call(dynamic_code::check)),
    rule!("early-exit", Warning, Medium, Check::Call(early_exit::check)),
    rule!("empty-test-operand", Warning, Medium, Check::Call(empty_test_operand::check)),
    rule!("endless-loop", Warning, Medium, Check::Node(endless_loop::check)),
    rule!("expanding-here-document", Warning, Medium, Check::Node(expanding_here_document::check)),
    rule!("extract-over-root", Warning, High, Check::Call(extract_over_root::check)),
    rule!("find-removal", Warning, Medium, Check::Call(find_removal::check)),
    rule!("hidden-character", Error, High, Check::Lint),
    rule!("hidden-command", Warning, High, Check::Node(hidden_command::check)),
    rule!("home-write", Warning, High, Check::Write(home_write::check)),
    rule!("host-leak", Error, High, Check::Node(host_leak::check)),
    rule!("host-machine", Note, Medium, Pedantic, Check::Call(host_machine::check)),
    rule!("host-path-in-composed-stage", Warning, Medium, Check::Project(host_path_in_composed_stage::check)),
    rule!("ignored-failure", Warning, Medium, Check::Node(ignored_failure::check)),
    rule!("impossible-limit", Warning, High, Check::Project(impossible_limit::check)),
    rule!("interactive-command", Error, High, Check::Call(interactive_command::check)),
    rule!("jobs-outside-budget", Warning, High, Check::Node(jobs_outside_budget::check)),
    rule!("leading-glob", Warning, High, Pedantic, Check::Call(leading_glob::check)),
    rule!("live-system-change", Warning, Medium, Check::Call(live_system_change::check)),
    rule!("loop-over-ls", Warning, Medium, Check::Node(loop_over_ls::check)),
    rule!("lost-background-job", Warning, Medium, Check::Node(lost_background_job::check)),
    rule!("masked-status", Warning, High, Check::Call(masked_status::check)),
    rule!("mirror-of-another-file", Warning, Medium, Check::Package(mirror_of_another_file::check)),
    rule!("missing-license", Note, High, Pedantic, Check::Package(missing_license::check)),
    rule!("mount-or-chroot", Error, High, Check::Call(mount_or_chroot::check)),
    rule!("native-code", Warning, High, Check::Node(native_code::check)),
    rule!("network-in-build", Error, High, Check::Call(network_in_build::check)),
    rule!("not-checked", Note, High, Check::Lint),
    rule!("not-reproducible", Warning, Medium, Check::Node(not_reproducible::check)),
    rule!("open-umask", Warning, High, Check::Call(open_umask::check)),
    rule!("pipe-hides-failure", Warning, High, Check::Call(pipe_hides_failure::check)),
    rule!("placeholder", Error, High, Check::Node(placeholder::check)),
    rule!("predictable-temporary-file", Warning, High, Check::Write(predictable_temporary_file::check)),
    rule!("privilege-switch", Error, High, Check::Call(privilege_switch::check)),
    rule!("raw-device", Error, High, Check::Write(raw_device::check)),
    rule!("recursive-ownership", Error, Medium, Check::Call(recursive_ownership::check)),
    rule!("recursive-remove", Error, Medium, Check::Call(recursive_remove::check)),
    rule!("redirect-order", Warning, High, Check::Node(redirect_order::check)),
    rule!("reverse-shell", Error, High, Check::Call(reverse_shell::check)),
    rule!("run-downloaded", Error, Medium, Check::Node(run_downloaded::check)),
    rule!("security-file", Warning, High, Check::Write(security_file::check)),
    rule!("separator-leak", Warning, Medium, Check::Node(separator_leak::check)),
    rule!("setuid-file", Error, High, Check::Call(setuid_file::check)),
    rule!("silent-edit", Note, Low, Pedantic, Check::Call(silent_edit::check)),
    rule!("silent-override", Warning, Medium, Check::Package(silent_override::check)),
    rule!("source-without-digest", Error, High, Check::Package(source_without_digest::check)),
    rule!("split-argument", Note, Low, Pedantic, Check::Node(split_argument::check)),
    rule!("startup-file", Note, High, Check::Write(startup_file::check)),
    rule!("syntax-error", Error, High, Check::Lint),
    rule!("unchecked-cd", Warning, High, Check::Node(unchecked_cd::check)),
    rule!("undefined-variable", Error, High, Check::Node(undefined_variable::check)),
    rule!("unencrypted-source", Note, High, Pedantic, Check::Package(unencrypted_source::check)),
    rule!("unexpanded-jobs", Error, High, Check::Node(unexpanded_jobs::check)),
    rule!("unexpanded-variable", Warning, Medium, Check::Project(unexpanded_variable::check)),
    rule!("unknown-license", Warning, High, Check::Package(unknown_license::check)),
    rule!("unknown-rule", Error, High, Check::Lint),
    rule!("unneeded-dependency", Warning, Medium, Check::Project(unneeded_dependency::check)),
    rule!("unpinned-checkout", Warning, Medium, Check::Node(unpinned_checkout::check)),
    rule!("unquoted-removal", Warning, Medium, Check::Call(unquoted_removal::check)),
    rule!("unsafe-search-path", Error, High, Check::Node(unsafe_search_path::check)),
    rule!("unused-allow", Warning, High, Check::Lint),
    rule!("unused-option", Warning, High, Check::Package(unused_option::check)),
    rule!("unused-variable", Warning, High, Check::Project(unused_variable::check)),
    rule!("unverified-transport", Error, High, Check::Node(unverified_transport::check)),
    rule!("verification-skipped", Error, High, Check::Node(verification_skipped::check)),
    rule!("world-writable", Error, High, Check::Call(world_writable::check)),
    rule!("yes-under-pipefail", Error, High, Check::Call(yes_under_pipefail::check)),
];

/// The rule of that name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

//! The rules: one file each, one line each in [`RULES`].

mod account_change;
mod artifact_of_two;
mod download_to_shell;
mod extract_over_root;
mod find_removal;
mod home_write;
mod host_path_in_composed_stage;
mod impossible_limit;
mod leading_glob;
mod live_system_change;
mod mirror_of_another_file;
mod missing_license;
mod mount_or_chroot;
mod network_in_build;
mod open_umask;
mod predictable_temporary_file;
mod privilege_switch;
mod raw_device;
mod recursive_ownership;
mod recursive_remove;
mod security_file;
mod setuid_file;
mod source_without_digest;
mod unencrypted_source;
mod unknown_license;
mod unneeded_dependency;
mod unquoted_removal;
mod unused_option;
mod unused_variable;
mod world_writable;

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
    rule!("account-change", Warning, High, Check::Call(account_change::check)),
    rule!("allow-without-reason", Error, High, Check::Lint),
    rule!("artifact-of-two", Warning, Medium, Check::Project(artifact_of_two::check)),
    rule!("carriage-return", Error, High, Check::Lint),
    rule!("download-to-shell", Error, High, Check::Call(download_to_shell::check)),
    rule!("extract-over-root", Warning, High, Check::Call(extract_over_root::check)),
    rule!("find-removal", Warning, Medium, Check::Call(find_removal::check)),
    rule!("home-write", Warning, High, Check::Write(home_write::check)),
    rule!("host-path-in-composed-stage", Warning, Medium, Check::Project(host_path_in_composed_stage::check)),
    rule!("impossible-limit", Warning, High, Check::Project(impossible_limit::check)),
    rule!("leading-glob", Warning, High, Check::Call(leading_glob::check)),
    rule!("live-system-change", Warning, Medium, Check::Call(live_system_change::check)),
    rule!("mirror-of-another-file", Warning, Medium, Check::Package(mirror_of_another_file::check)),
    rule!("missing-license", Note, High, Pedantic, Check::Package(missing_license::check)),
    rule!("mount-or-chroot", Error, High, Check::Call(mount_or_chroot::check)),
    rule!("network-in-build", Error, High, Check::Call(network_in_build::check)),
    rule!("not-checked", Note, High, Check::Lint),
    rule!("open-umask", Warning, High, Check::Call(open_umask::check)),
    rule!("predictable-temporary-file", Warning, High, Check::Write(predictable_temporary_file::check)),
    rule!("privilege-switch", Error, High, Check::Call(privilege_switch::check)),
    rule!("raw-device", Error, High, Check::Write(raw_device::check)),
    rule!("recursive-ownership", Error, Medium, Check::Call(recursive_ownership::check)),
    rule!("recursive-remove", Error, Medium, Check::Call(recursive_remove::check)),
    rule!("security-file", Warning, High, Check::Write(security_file::check)),
    rule!("setuid-file", Error, High, Check::Call(setuid_file::check)),
    rule!("source-without-digest", Error, High, Check::Package(source_without_digest::check)),
    rule!("syntax-error", Error, High, Check::Lint),
    rule!("unencrypted-source", Note, High, Pedantic, Check::Package(unencrypted_source::check)),
    rule!("unknown-license", Warning, High, Check::Package(unknown_license::check)),
    rule!("unknown-rule", Error, High, Check::Lint),
    rule!("unneeded-dependency", Warning, Medium, Check::Project(unneeded_dependency::check)),
    rule!("unquoted-removal", Warning, Medium, Check::Call(unquoted_removal::check)),
    rule!("unused-allow", Warning, High, Check::Lint),
    rule!("unused-option", Warning, High, Check::Package(unused_option::check)),
    rule!("unused-variable", Warning, High, Check::Project(unused_variable::check)),
    rule!("world-writable", Error, High, Check::Call(world_writable::check)),
];

/// The rule of that name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

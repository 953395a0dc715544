//! Every entry of every table has its words in the documents.

use lfsgen::emit::Backend;
use lfsgen::fetch::providers::PROVIDERS;
use lfsgen::lint::RULES;
use lfsgen::model::{Phase, SCHEMES};
use lfsgen::report::{formats, picture};

use super::text;

/// Fails for names that a page does not have in backticks.
fn assert_mentioned(page: &str, what: &str, names: &[&str]) {
    let text = text(page);
    let missing: Vec<_> = names.iter().filter(|name| !text.contains(&format!("`{name}"))).collect();
    assert!(!names.is_empty() && missing.is_empty(), "{page} does not tell of these {what}: {missing:?}");
}

#[test]
fn every_report_is_documented() {
    let names: Vec<_> = formats::FORMATS.iter().map(|format| format.name).collect();
    assert_mentioned("docs/reports.md", "formats", &names);
    let names: Vec<_> = picture::FORMATS.iter().map(|format| format.name).collect();
    assert_mentioned("docs/reports.md", "formats of the graph", &names);
}

#[test]
fn every_rule_has_a_page_and_every_page_a_rule() {
    let mut names: Vec<_> = RULES.iter().map(|rule| format!("{}.md", rule.name)).collect();
    let pages = std::fs::read_dir(crate::support::root().join("docs/rules")).unwrap();
    let mut pages: Vec<_> = pages.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    pages.sort();
    assert_eq!(names, pages);
}

#[test]
fn every_provider_is_documented() {
    let names: Vec<_> = PROVIDERS.iter().map(|provider| provider.scheme).collect();
    assert_mentioned("docs/sources.md", "providers", &names);
}

#[test]
fn the_schemes_that_specs_may_use_are_those_of_the_providers() {
    let providers =
        PROVIDERS.iter().map(|provider| provider.scheme).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(SCHEMES.iter().map(|scheme| scheme.0).collect::<std::collections::BTreeSet<_>>(), providers);
}

#[test]
fn the_map_of_the_code_has_every_module_in_its_order() {
    let rows = text("docs/ARCHITECTURE.md");
    let rows: Vec<_> =
        rows.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once("` |")?.0)).collect();
    let library = text("src/lib.rs");
    let modules: Vec<_> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(rows, modules);
}

#[test]
fn every_backend_and_every_phase_is_documented() {
    assert_mentioned("docs/commands.md", "backends", &Backend::ALL.map(Backend::name));
    assert_mentioned("docs/spec-reference.md", "phases", &Phase::SCRIPTED.map(Phase::name));
}

#[test]
fn every_build_system_has_a_template_and_is_documented() {
    let folder = crate::support::root().join("templates/systems");
    let names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "words")
        .collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_mentioned("docs/spec-reference.md", "build systems", &names);
    assert!(names.len() >= 8, "{names:?}");
}

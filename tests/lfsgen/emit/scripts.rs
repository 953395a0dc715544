//! Scripts are legal shell, and hold nothing that shellcheck warns of where a template wrote it.

use std::path::PathBuf;
use std::process::Command;

use lfsgen::compile::Compiled;
use lfsgen::emit::Backend;
use lfsgen::layout::guest;
use lfsgen::recipe::{Script, script};

use super::compile_folder;
use crate::support;

/// Every script of the cases and of the project that the repository brings, with the shells that must read it.
fn scripts() -> Vec<(String, Script, &'static [&'static str])> {
    let folders: Vec<PathBuf> =
        support::cases("emit").into_iter().chain([support::root().to_owned()]).collect();
    let mut scripts = Vec::new();
    for folder in folders {
        let Compiled { sources, plan, .. } = compile_folder(&folder, Backend::Ninja);
        let plan = plan.unwrap_or_else(|| panic!("{} compiles", folder.display()));
        for planned in &plan.packages {
            let script = script(&sources, &planned.package, &planned.recipe);
            let shells: &[&str] =
                if script.text.starts_with("#!/bin/sh") { &["bash", "dash"] } else { &["bash"] };
            scripts.push((format!("{}: {}", folder.display(), planned.name()), script, shells));
        }
    }
    scripts
}

#[test]
fn every_script_is_legal_shell() {
    for (name, script, shells) in scripts() {
        for shell in shells {
            let file = written(&script.text);
            let output = Command::new(shell).arg("-n").arg(file.path()).output().unwrap();
            assert!(output.status.success(), "{name}: {}", support::stderr(&output));
        }
    }
}

#[test]
fn shellcheck_has_nothing_to_warn_of_in_lines_that_a_template_wrote() {
    for (name, script, _) in scripts() {
        let file = written(&script.text);
        let output = Command::new("shellcheck").args(["--format", "gcc"]).arg(file.path()).output();
        let output = output.expect("shellcheck is installed");
        for finding in support::stdout(&output).lines() {
            let line: usize = finding.split(':').nth(1).unwrap().parse().unwrap();
            assert!(is_user_line(&script, line), "{name}: {finding}\n{}", script.text);
        }
    }
}

fn written(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// Whether the author wrote something in this line.
fn is_user_line(script: &Script, line: usize) -> bool {
    let line_of = |offset: usize| script.text[..offset].matches('\n').count() + 1;
    script.user.iter().any(|user| (line_of(user.range.start)..=line_of(user.range.end)).contains(&line))
}

#[test]
fn the_authors_text_stands_in_the_script_byte_for_byte_and_nothing_else_does() {
    let folder = support::root().join("tests/cases/emit/the-authors-text-is-verbatim-and-marked");
    let Compiled { sources, plan, .. } = compile_folder(&folder, Backend::Ninja);
    let planned = &plan.unwrap().packages[0];
    let script = script(&sources, &planned.package, &planned.recipe);
    let user: Vec<_> = script.user.iter().map(|user| &script.text[user.range.clone()]).collect();
    let written = planned.package.phases.values().flat_map(|text| [&text.before, &text.replace, &text.after]);
    let written = written.flatten().map(lfsgen::source::Text::as_str).filter(|text| !text.is_empty());
    assert_eq!(user, written.collect::<Vec<_>>());
}

#[test]
fn a_script_looks_where_the_runner_puts_things() {
    let (_, script, _) = scripts().swap_remove(0);
    for place in [guest::WORK, guest::SOURCES] {
        assert!(script.text.contains(&format!(":-{place}}}")), "{place}");
    }
}

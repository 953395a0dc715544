//! Bad projects and what is said of them: each folder of `tests/cases/errors` is one kind of mistake.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lfsgen::errors::ERRORS;
use lfsgen::lint::rule;
use lfsgen::model::{Arch, Files, Inputs, Loaded, Overrides, load};
use lfsgen::render;

use crate::support;

/// Files below a folder.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.0.join(path))
    }
}

/// Loads the project in a folder, with the options in its file `command-line`, if it has one.
pub(crate) fn load_folder(root: &Path) -> Loaded {
    let mut specs = Vec::new();
    collect_specs(root, &root.join("specs"), &mut specs);
    let command_line = std::fs::read_to_string(root.join("command-line")).unwrap_or_default();
    let config = std::fs::read(root.join("lfsgen.yaml")).expect("the project has a configuration");
    let inputs = Inputs {
        config: ("lfsgen.yaml".to_owned(), config),
        specs,
        unread: Vec::new(),
        files: &Folder(root.to_owned()),
        host_arch: Some(Arch::X86_64),
    };
    load(&inputs, &Overrides(command_line.lines().map(str::to_owned).collect()))
}

pub(crate) fn collect_specs(root: &Path, folder: &Path, specs: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_specs(root, &path, specs);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            specs.push((name, std::fs::read(path).unwrap()));
        }
    }
}

#[test]
fn each_mistake_is_reported_with_its_place_and_what_to_do() {
    for case in support::cases("errors") {
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        let loaded = load_folder(&case);
        assert!(loaded.diagnostics.has_errors(), "{name}");
        let text = render::human_all(&loaded.sources, &loaded.diagnostics, render::Style::PLAIN);
        support::assert_snapshot(&format!("error-{name}"), &text);
    }
}

#[test]
fn messages_are_fragments_in_the_house_style() {
    for case in support::cases("errors") {
        for diagnostic in &load_folder(&case).diagnostics {
            let fragments =
                [&diagnostic.message].into_iter().chain(&diagnostic.notes).chain(&diagnostic.help);
            for fragment in fragments {
                let starts_well =
                    !fragment.starts_with(|c: char| c.is_uppercase()) || fragment.starts_with("YAML ");
                assert!(starts_well && !fragment.ends_with('.'), "{}: {fragment}", case.display());
            }
            assert!(diagnostic.primary.is_some(), "{}: {} has no place", case.display(), diagnostic.message);
        }
    }
}

#[test]
fn the_order_of_the_files_does_not_matter() {
    let case = support::root().join("tests/cases/errors/every-mistake-of-every-file-is-reported-at-once");
    let mut specs = Vec::new();
    collect_specs(&case, &case.join("specs"), &mut specs);
    specs.sort();
    let outcome = |specs: Vec<(String, Vec<u8>)>| {
        let config = ("lfsgen.yaml".to_owned(), b"project: test\n".to_vec());
        let inputs = Inputs {
            config,
            specs,
            unread: Vec::new(),
            files: &Folder(case.clone()),
            host_arch: Some(Arch::X86_64),
        };
        let loaded = load(&inputs, &Overrides::default());
        render::human_all(&loaded.sources, &loaded.diagnostics, render::Style::PLAIN)
    };
    let forwards = outcome(specs.clone());
    specs.reverse();
    assert_eq!(outcome(specs), forwards);
}

/// The names that the source gives to diagnostics, tests aside.
fn names_in_the_source(folder: &Path, names: &mut BTreeSet<String>) {
    let pattern =
        regex::Regex::new(r#"Diagnostic::(?:error|warning|note_level)\(\s*"([a-z0-9-]+)""#).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names_in_the_source(&path, names);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("mod tests {").next().unwrap();
        names.extend(pattern.captures_iter(text).map(|found| found[1].to_owned()));
    }
}

#[test]
fn every_name_of_an_error_is_explained() {
    let mut used = BTreeSet::new();
    names_in_the_source(&support::root().join("src"), &mut used);
    for case in support::cases("errors") {
        used.extend(load_folder(&case).diagnostics.into_iter().map(|diagnostic| diagnostic.rule.to_owned()));
    }
    used.retain(|name| rule(name).is_none());
    let explained: Vec<_> = ERRORS.iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(explained, used.into_iter().collect::<Vec<_>>());
    let page = std::fs::read_to_string(support::root().join("docs/errors.md")).unwrap();
    for kind in ERRORS {
        let row = format!("| `{}` | {} |\n", kind.name, kind.meaning);
        assert!(page.contains(&row), "docs/errors.md needs the line\n{row}");
    }
}

#[test]
fn an_error_is_explained_by_its_name() {
    let output = support::lfsgen(support::root(), &["explain", "unknown-key"]);
    assert!(support::stdout(&output).starts_with("# unknown-key\n\nThere is no such key"));
    let output = support::lfsgen(support::root(), &["explain", "unknwon-key"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(support::stderr(&output).contains("did you mean `unknown-key`?"));
}

//! Bad projects and what is said of them: each folder of `tests/cases/errors` is one kind of mistake.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lfsgen::diag::Diagnostics;
use lfsgen::model::{Arch, ERRORS, Files, Inputs, Loaded, Overrides, load};
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
        let text = render::human_all(&loaded.sources, &loaded.diagnostics, false);
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
        let inputs = Inputs { config, specs, files: &Folder(case.clone()), host_arch: Some(Arch::X86_64) };
        let loaded = load(&inputs, &Overrides::default());
        render::human_all(&loaded.sources, &loaded.diagnostics, false)
    };
    let forwards = outcome(specs.clone());
    specs.reverse();
    assert_eq!(outcome(specs), forwards);
}

#[test]
fn every_name_of_an_error_is_explained_and_shown() {
    let shown: BTreeSet<_> = support::cases("errors")
        .iter()
        .flat_map(|case| load_folder(case).diagnostics.into_iter().map(|diagnostic| diagnostic.rule))
        .collect();
    let explained: Vec<_> = ERRORS.iter().map(|kind| kind.name).collect();
    assert_eq!(explained, shown.into_iter().collect::<Vec<_>>());
    let page = std::fs::read_to_string(support::root().join("docs/errors.md")).unwrap();
    for kind in ERRORS {
        let row = format!("| `{}` | {} |\n", kind.name, kind.meaning);
        assert!(page.contains(&row), "docs/errors.md needs the line\n{row}");
    }
}

#[test]
fn the_specs_of_this_repository_are_well() {
    let root = support::root();
    let loaded = load_folder(root);
    let found: Diagnostics = loaded.diagnostics;
    assert!(found.is_empty(), "{}", render::human_all(&loaded.sources, &found, false));
}

//! What is generated: each folder of `tests/cases/emit` is a project, and its file `shown` lists the generated files to look
//! at. Of each folder of `tests/cases/refused`, nothing is generated.

mod hostile;
mod running;
mod scripts;
mod stages;
mod stopping;
mod templates;

use std::path::Path;

use lfsgen::compile::{Compiled, Settings, compile};
use lfsgen::emit::Backend;
use lfsgen::model::{Arch, Files, Inputs, Overrides};
use lfsgen::render;

use crate::errors::{Folder, collect_specs};
use crate::support;

/// A project in memory.
pub(crate) struct Project {
    pub(crate) config: String,
    /// Names and texts of the specs.
    pub(crate) specs: Vec<(String, String)>,
}

impl Files for Project {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

impl Project {
    pub(crate) fn compile(&self, backend: Backend) -> Compiled {
        let inputs = Inputs {
            config: ("lfsgen.yaml".to_owned(), self.config.clone().into_bytes()),
            specs: self.specs.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())).collect(),
            unread: Vec::new(),
            files: self,
            host_arch: Some(Arch::X86_64),
        };
        let settings = Settings { backend, folders: vec!["specs".to_owned()], ..Settings::default() };
        compile(&inputs, &Overrides::default(), &settings)
    }
}

/// Compiles the project in a folder.
pub(crate) fn compile_folder(root: &Path, backend: Backend) -> Compiled {
    let mut specs = Vec::new();
    collect_specs(root, &root.join("specs"), &mut specs);
    let command_line = std::fs::read_to_string(root.join("command-line")).unwrap_or_default();
    let inputs = Inputs {
        config: ("lfsgen.yaml".to_owned(), std::fs::read(root.join("lfsgen.yaml")).unwrap()),
        specs,
        unread: Vec::new(),
        files: &Folder(root.to_owned()),
        host_arch: None,
    };
    let overrides = Overrides(command_line.lines().map(str::to_owned).collect());
    compile(
        &inputs,
        &overrides,
        &Settings { backend, folders: vec!["specs".to_owned()], ..Settings::default() },
    )
}

/// A generated file as text.
pub(crate) fn file<'a>(compiled: &'a Compiled, path: &str) -> &'a str {
    let found = compiled.tree.iter().find(|(known, _)| known.as_str() == path);
    let (_, bytes) = found.unwrap_or_else(|| panic!("{path}: {}", told(compiled)));
    std::str::from_utf8(bytes).unwrap()
}

/// All that was said.
pub(crate) fn told(compiled: &Compiled) -> String {
    render::human_all(&compiled.sources, &compiled.diagnostics, render::Style::PLAIN)
}

#[test]
fn each_project_gives_the_files_that_were_reviewed() {
    for case in support::cases("emit") {
        let name = case.file_name().unwrap().to_str().unwrap();
        let compiled = Backend::ALL.map(|backend| compile_folder(&case, backend));
        assert_eq!(told(&compiled[0]), "", "{name}");
        let shown = std::fs::read_to_string(case.join("shown")).unwrap();
        let files = shown.lines().map(|path| {
            let of = if path == Backend::Make.file() { &compiled[1] } else { &compiled[0] };
            format!("=== {path}\n{}", file(of, path))
        });
        support::assert_snapshot(&format!("emit-{name}"), &files.collect::<String>());
    }
}

#[test]
fn each_project_that_cannot_be_planned_or_written_is_told_why() {
    for case in support::cases("refused") {
        let name = case.file_name().unwrap().to_str().unwrap();
        let compiled = compile_folder(&case, Backend::Ninja);
        assert!(compiled.diagnostics.has_errors(), "{name}");
        assert!(compiled.tree.is_empty(), "{name}");
        support::assert_snapshot(&format!("refused-{name}"), &told(&compiled));
    }
}

#[test]
fn the_order_in_which_specs_come_changes_no_byte() {
    let spec = |at: usize| {
        let needs = if at == 0 { String::new() } else { format!("p{}", at / 2) };
        let text = format!("package: p{at}\nversion: \"1\"\ndepends: {{ run: [{needs}] }}\n");
        (format!("specs/{at}.yaml"), text)
    };
    let mut specs: Vec<_> = (0..20).map(spec).collect();
    specs[0].1 = "package: p0\nversion: \"1\"\n".to_owned();
    specs[1].1 = "package: p1\nversion: \"1\"\n".to_owned();
    let config = "project: x\n".to_owned();
    let straight = Project { config: config.clone(), specs: specs.clone() }.compile(Backend::Ninja);
    assert_eq!(straight.tree.len(), 42, "{}", told(&straight));
    for turn in 1..20 {
        specs.rotate_left(turn);
        specs.swap(turn, 19 - turn);
        let turned = Project { config: config.clone(), specs: specs.clone() }.compile(Backend::Ninja);
        assert!(turned.tree == straight.tree, "turn {turn}");
    }
}

#[test]
fn comments_order_and_prose_change_no_key() {
    let plain = "package: a\nversion: \"1\"\nbuild:\n  system: make\n  env: { A: x, B: y }\n";
    let told = "# A comment.\nsummary: Some words\nhomepage: https://a.example\nversion: '1'\nlicense: MIT\n\
                build:\n  env:\n    B: y # and another\n    A: x\n  system: make\nresources: { sbu: 3 }\npackage: a\n";
    let key = |text: &str| {
        let specs = vec![("specs/a.yaml".to_owned(), text.to_owned())];
        let compiled = Project { config: "project: x\n".to_owned(), specs }.compile(Backend::Ninja);
        compiled.plan.unwrap().packages[0].key
    };
    assert_eq!(key(plain), key(told));
    assert_ne!(key(plain), key(&plain.replace("B: y", "B: z")));
}

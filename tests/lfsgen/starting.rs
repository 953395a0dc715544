//! `init`, `new` and `schema`: how a project starts.

use std::path::Path;

use lfsgen::render;

use crate::errors::load_folder;
use crate::support::{lfsgen, root, stderr, stdout};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_new_project_with_new_specs_is_well() {
    let dir = tempfile::tempdir().unwrap();
    assert!(lfsgen(dir.path(), &["init", "my \"own\" lfs"]).status.success());
    let systems = ["autotools", "cmake", "meson", "make", "python", "perl", "cargo", "custom"];
    for system in systems {
        let output = lfsgen(dir.path(), &["new", &format!("x-{system}"), "--system", system]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let loaded = load_folder(dir.path());
    let found = render::human_all(&loaded.sources, &loaded.diagnostics, render::Style::PLAIN);
    assert!(loaded.diagnostics.is_empty(), "{found}");
    assert_eq!(loaded.project.map(|project| project.name).as_deref(), Some("my \"own\" lfs"));
    assert_eq!(loaded.packages.len(), systems.len());
    for package in &loaded.packages {
        if package.name.value.as_str() == "x-custom" {
            assert!(package.sources.is_empty(), "it may be made of nothing");
            continue;
        }
        assert!(package.sources[0].sha256.is_none(), "the digest is left to fill in");
        assert_eq!(package.sources[0].file_name, format!("{}-1.0.tar.gz", package.name.value));
    }
    assert!(
        read(&dir.path().join("specs/x-make.yaml"))
            .starts_with("# yaml-language-server: $schema=../schemas/")
    );
    assert!(dir.path().join("schemas/spec.json").is_file());
}

#[test]
fn nothing_is_written_over() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(".gitignore"), "*.o").unwrap();
    assert!(lfsgen(dir.path(), &["init"]).status.success());
    assert_eq!(read(&dir.path().join(".gitignore")), "*.o\n/build/\n");
    assert!(lfsgen(dir.path(), &["new", "zlib"]).status.success());
    for command in [&["init"][..], &["new", "zlib"]] {
        let before = read(&dir.path().join("specs/zlib.yaml"));
        let output = lfsgen(dir.path(), command);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(stderr(&output).contains("is there already"), "{}", stderr(&output));
        assert_eq!(read(&dir.path().join("specs/zlib.yaml")), before);
    }
}

#[test]
fn a_spec_that_is_not_filled_in_is_no_missing_plan() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [&["init", "--quiet"][..], &["new", "zlib", "--quiet"]] {
        assert!(lfsgen(dir.path(), arguments).status.success());
    }
    for command in ["fetch", "plan", "status", "why", "graph"] {
        let output = lfsgen(dir.path(), &[command]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        let expected = "error: there are mistakes in the specs, and no plan from before: `lfsgen lint` shows what is wrong\n";
        assert_eq!(stderr(&output), expected, "{command}");
    }
}

#[test]
fn a_project_that_is_named_is_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let output = lfsgen(dir.path(), &["init", "--project", "./sub/."]);
    let made = format!("made the project `sub` in `{}`\n", dir.path().join("sub").display());
    assert!(stdout(&output).starts_with(&made), "{}{}", stdout(&output), stderr(&output));
    let output = lfsgen(dir.path(), &["status", "--project", "sub/lfsgen.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`--project` names the folder"), "{}", stderr(&output));
}

#[test]
fn a_project_needs_a_name() {
    let dir = tempfile::tempdir().unwrap();
    let output = lfsgen(dir.path(), &["init", ""]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`lfsgen init NAME`"), "{}", stderr(&output));
    assert!(!dir.path().join("lfsgen.yaml").exists());
}

#[test]
fn a_spec_is_not_started_with_a_bad_name_or_outside_of_a_project() {
    let dir = tempfile::tempdir().unwrap();
    let output = lfsgen(dir.path(), &["new", "zlib"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("lfsgen init"), "{}", stderr(&output));
    assert!(lfsgen(dir.path(), &["init"]).status.success());
    for bad in ["Zlib", "../zlib", "a b"] {
        let output = lfsgen(dir.path(), &["new", bad]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("expected a lower-case letter"), "{}", stderr(&output));
    }
    assert_eq!(std::fs::read_dir(dir.path().join("specs")).unwrap().count(), 0);
}

#[test]
fn the_schemas_describe_specs_and_configuration() {
    for (kind, key) in [("spec", "sources"), ("config", "stages")] {
        let output = lfsgen(root(), &["schema", kind]);
        let schema: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(schema["properties"][key]["description"].is_string(), "{kind}");
        assert_eq!(schema["additionalProperties"], false);
    }
}

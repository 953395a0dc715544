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
    assert!(loaded.diagnostics.iter().all(|found| found.rule == "unknown-digest"), "{found}");
    // All but the `custom` one have a source.
    assert_eq!(loaded.diagnostics.iter().len(), systems.len() - 1, "{found}");
    assert_eq!(loaded.project.map(|project| project.name).as_deref(), Some("my \"own\" lfs"));
    assert_eq!(loaded.packages.len(), systems.len());
    for package in &loaded.packages {
        if package.name.value.as_str() == "x-custom" {
            assert!(package.sources.is_empty(), "it may be made of nothing");
            continue;
        }
        assert_eq!(package.sources[0].file_name, format!("{}-1.0.tar.gz", package.name.value));
    }
    assert!(
        read(&dir.path().join("specs/x-make.yaml"))
            .starts_with("# yaml-language-server: $schema=../schemas/")
    );
    assert!(dir.path().join("schemas/spec.json").is_file());
}

#[test]
fn the_first_digest_of_a_new_spec_is_the_one_that_fetch_says() {
    let dir = tempfile::tempdir().unwrap();
    assert!(lfsgen(dir.path(), &["init"]).status.success());
    std::fs::write(dir.path().join("letter-1.0.tar"), "text").unwrap();
    let new = lfsgen(dir.path(), &["new", "letter", "--url", "file:%{package}-%{version}.tar"]);
    assert!(stdout(&new).contains("`lfsgen fetch letter` says"), "{}", stdout(&new));
    let fetch = lfsgen(dir.path(), &["fetch", "letter"]);
    assert_eq!(fetch.status.code(), Some(1));
    let said = stderr(&fetch);
    let line = said
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("sha256: "))
        .unwrap_or_else(|| panic!("{said}"));
    let spec = dir.path().join("specs/letter.yaml");
    let unknown = format!("sha256: \"{}\"", "0".repeat(64));
    std::fs::write(&spec, read(&spec).replace(&unknown, line)).unwrap();
    let fetch = lfsgen(dir.path(), &["fetch", "letter"]);
    assert!(stderr(&fetch).contains("1 already there"), "{}", stderr(&fetch));
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
fn mistakes_are_shown_where_there_is_no_plan_from_before() {
    let dir = tempfile::tempdir().unwrap();
    assert!(lfsgen(dir.path(), &["init", "--quiet"]).status.success());
    std::fs::write(dir.path().join("specs/zlib.yaml"), "package: zlib\nversion: \"1\"\ncolour: red\n")
        .unwrap();
    for command in ["fetch", "plan", "status", "why", "graph"] {
        let output = lfsgen(dir.path(), &[command]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        let told = stderr(&output);
        let last = "error: the specs have mistakes, and there is no plan from before them: mend them, then try this again\n";
        assert!(told.starts_with("error[unknown-key]") && told.ends_with(last), "{command}: {told}");
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
fn a_spec_is_not_started_under_a_name_that_generate_would_refuse() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("lfsgen.yaml", "project: x\nstages: { host: { root: host }, later: { root: host } }\n");
    std::fs::create_dir_all(dir.path().join("specs/sub")).unwrap();
    write("specs/sub/there.yaml", "package: there\nversion: 1\n");
    write("specs/sub/wrong.yaml", "package: wrong\n");
    for (name, why) in [
        ("all", "names everything"),
        ("host", "names a stage"),
        ("later", "names a stage"),
        ("specs", "names a file or folder of specs"),
        ("there", "there is a package `there` already: specs/sub/there.yaml:1:10"),
        ("wrong", "there is a package `wrong` already, whose spec has mistakes"),
    ] {
        let output = lfsgen(dir.path(), &["new", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(stderr(&output).contains(why), "{name}: {}", stderr(&output));
        assert!(!dir.path().join(format!("specs/{name}.yaml")).exists(), "{name}");
    }
    assert!(lfsgen(dir.path(), &["new", "hosts"]).status.success());
    for (what, value, why) in [
        ("--url", "nope", "`nope` is not an address; write it like `https:"),
        ("--url", "https://a.org/%{versoin}", "unknown variable `versoin`; did you mean `version`?"),
        ("--package-version", "", "`` is not a version; expected a letter or digit"),
    ] {
        let output = lfsgen(dir.path(), &["new", "odd", what, value]);
        assert_eq!(output.status.code(), Some(2), "{value}");
        assert!(stderr(&output).contains(why), "{value}: {}", stderr(&output));
        assert!(!dir.path().join("specs/odd.yaml").exists(), "{value}");
    }
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

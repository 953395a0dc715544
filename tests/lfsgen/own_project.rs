//! The projects in this repository, and what was generated from them.

use std::process::Command;

use crate::support::{lfsgen, root, stderr, stdout};

/// The demo with `specs/base`, and the toolchain of LFS.
const PROJECTS: [&str; 2] = [".", "specs/lfs"];

/// Some packages of the latter, which `./x test` builds with the machine's compiler.
const SUBSET: &str = "tests/lfs";

#[test]
fn the_specs_of_this_repository_are_without_findings() {
    for project in PROJECTS.into_iter().chain([SUBSET]) {
        let output = lfsgen(root(), &["--project", project, "lint", "--fail-on", "note"]);
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    }
}

#[test]
fn what_is_committed_was_generated_from_the_specs_as_they_are() {
    for project in PROJECTS {
        let output = lfsgen(root(), &["--project", project, "generate", "--check"]);
        assert!(
            output.status.success(),
            "run `lfsgen --project {project} generate`:\n{}{}",
            stdout(&output),
            stderr(&output)
        );
    }
}

#[test]
fn the_subset_of_lfs_that_is_built_has_its_stages_as_they_are() {
    let [of_subset, of_lfs] = [SUBSET, "specs/lfs"].map(|project| {
        let text = std::fs::read_to_string(root().join(project).join("lfsgen.yaml")).unwrap();
        let lines = text.lines().skip_while(|line| *line != "stages:");
        let section = lines.take_while(|line| !line.is_empty() && *line != "variables:");
        section.filter(|line| !line.trim_start().starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    });
    assert!(of_lfs.len() > 10, "{of_lfs:?}");
    assert_eq!(of_subset, of_lfs);
}

/// The project of LFS, in a folder of its own, with aarch64 as the machine that is built for.
fn lfs_for_aarch64() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-r").arg(root().join("specs/lfs/packages")).arg(dir.path()).status();
    assert!(copied.unwrap().success());
    let config = std::fs::read_to_string(root().join("specs/lfs/lfsgen.yaml")).unwrap();
    let (before, after) =
        ("  arch: x86_64\n  triplet: x86_64-lfs-", "  arch: aarch64\n  triplet: aarch64-lfs-");
    assert!(config.contains(before), "{config}");
    std::fs::write(dir.path().join("lfsgen.yaml"), config.replace(before, after)).unwrap();
    dir
}

/// What bash would run of a script for aarch64: without comments, and without what a `case` has for x86_64.
fn run_on_aarch64(script: &str) -> String {
    let mut left = String::new();
    let mut skips = false;
    for line in script.lines().filter(|line| !line.trim_start().starts_with('#')) {
        skips |= line.trim_start().starts_with("x86_64)");
        if !skips {
            left += line;
            left.push('\n');
        }
        skips &= !line.ends_with(";;");
    }
    left
}

#[test]
fn lfs_for_aarch64_has_nothing_of_x86_64() {
    let dir = lfs_for_aarch64();
    for command in [&["lint", "--fail-on", "note"][..], &["generate"]] {
        let output = lfsgen(dir.path(), command);
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    }
    let read = |path: &str| std::fs::read_to_string(dir.path().join("generated").join(path)).unwrap();
    let mut scripts = 0;
    for entry in std::fs::read_dir(dir.path().join("generated/scripts")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let script = run_on_aarch64(&read(&format!("scripts/{name}")));
        let foreign: Vec<_> = script.lines().filter(|line| line.contains("x86")).collect();
        assert!(foreign.is_empty(), "{name}: {foreign:#?}");
        scripts += 1;
    }
    assert!(scripts > 30, "only {scripts} scripts");
    for name in ["gcc-pass1", "gcc-pass2", "libstdcxx"] {
        assert!(
            run_on_aarch64(&read(&format!("scripts/{name}.sh"))).contains("/t-aarch64-linux ;;"),
            "{name}"
        );
    }
    assert!(read("plan/glibc.json").contains("\"usr/lib/ld-linux-aarch64.so.1\""));
    assert!(!read("scripts/layout.sh").contains("lib64"));
}

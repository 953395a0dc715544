//! What a failed `build` phase leaves, and how the next one goes on in it.

use std::path::Path;

use lfsgen::journal::Outcome;

use super::project::{Package, Project, everyone, wait_until};
use crate::support::{stderr, stdout};

const TREE: &str = "build/tmp/steps/tool/build";
const INSTALL: (&str, &str) = ("install", "cp src/made src/tries /opt");

/// A package that makes `first` in each attempt that does not find it, and then `second`, for which it needs a `go`.
fn package(project: &Project, configure: &str, build: &str) {
    let phases = [("prepare", "mkdir -p src /opt; cd src; touch made tries"), ("configure", configure)];
    let phases: Vec<_> = phases.into_iter().chain([("build", build), INSTALL]).collect();
    project.package("tool", &Package { phases: &phases, ..Package::default() });
}

const FAILS: &str =
    "cd src; echo x >>tries; [ -e first ] || { touch first; echo first >>made; }; mkdir -p /opt/half; false";
const WORKS: &str =
    "cd src; echo x >>tries; [ -e first ] || { touch first; echo first >>made; }; echo second >>made";

fn build(project: &Project, goes_on: bool) -> std::process::Output {
    let mut command = project.command(&["run-step", "tool", "build"]);
    if goes_on {
        command.env("LFSGEN_CONTINUE", "on");
    }
    command.output().unwrap()
}

/// The same package up to a build that fails.
fn failed(project: &Project) {
    package(project, "true", FAILS);
    project.good("tool", "prepare");
    project.good("tool", "configure");
    project.bad("tool", "build", 1);
    assert!(project.path(TREE).is_dir());
}

#[test]
fn a_build_goes_on_in_the_tree_of_the_failed_attempt_where_it_is_asked_to() {
    everyone(|project| {
        failed(project);
        package(project, "true", WORKS);
        let output = build(project, true);
        let line = stdout(&output);
        assert!(line.contains("went on in the tree of the attempt before"), "{line}{}", stderr(&output));
        project.good("tool", "install");
        assert_eq!(project.artifact_file("tool", "opt/made"), "first\nsecond\n");
        assert_eq!(project.artifact_file("tool", "opt/tries"), "x\nx\n");
        assert!(project.paths("tool").contains(&"opt/half".to_owned()), "what it wrote outside is there too");
        assert!(!project.path(TREE).exists());
    });
}

#[test]
fn a_build_begins_anew_where_nobody_asks_it_to_go_on() {
    everyone(|project| {
        failed(project);
        package(project, "true", WORKS);
        assert!(build(project, false).status.success());
        project.good("tool", "install");
        assert_eq!(project.artifact_file("tool", "opt/tries"), "x\n");
        assert!(!project.paths("tool").contains(&"opt/half".to_owned()));
    });
}

#[test]
fn a_build_begins_anew_where_what_lies_below_the_tree_has_changed() {
    everyone(|project| {
        failed(project);
        package(project, "touch src/configured", WORKS);
        let line = stdout(&build(project, true));
        assert!(line.contains("began anew"), "{line}");
        project.good("tool", "install");
        assert_eq!(project.artifact_file("tool", "opt/tries"), "x\n");
    });
    everyone(|project| {
        failed(project);
        package(project, "true", WORKS);
        // The same key, but made again: the tree was written over other files.
        std::fs::remove_dir_all(project.path("build/layers/tool/configure")).unwrap();
        let line = stdout(&build(project, true));
        assert!(line.contains("began anew"), "{line}");
    });
}

#[test]
fn a_build_can_go_on_as_often_as_it_fails() {
    everyone(|project| {
        failed(project);
        for _ in 0..2 {
            assert_eq!(build(project, true).status.code(), Some(1));
        }
        package(project, "true", WORKS);
        assert!(build(project, true).status.success());
        project.good("tool", "install");
        assert_eq!(project.artifact_file("tool", "opt/tries"), "x\nx\nx\nx\n");
    });
}

#[test]
fn a_build_begins_anew_where_the_attempt_before_was_killed_while_it_wrote() {
    everyone(|project| {
        package(project, "true", "cd src; echo first >>made; touch first; sleep 600");
        project.good("tool", "prepare");
        project.good("tool", "configure");
        let mut child = project.start("tool", "build");
        let first = project.path(TREE).join("tree/lfsgen/work/src/first");
        wait_until("it has made something", || first.exists());
        child.kill().unwrap();
        child.wait().unwrap();
        package(project, "true", WORKS);
        let line = stdout(&build(project, true));
        assert!(line.contains("began anew: the attempt before was ended while it wrote"), "{line}");
        project.good("tool", "install");
        assert_eq!(project.artifact_file("tool", "opt/made"), "first\nsecond\n");
        assert_eq!(project.artifact_file("tool", "opt/tries"), "x\n");
    });
}

#[test]
fn only_a_build_that_failed_leaves_a_tree() {
    everyone(|project| {
        let phases =
            [("prepare", "mkdir src"), ("configure", "false"), ("build", "true"), ("install", "true")];
        project.package("tool", &Package { phases: &phases, ..Package::default() });
        project.good("tool", "prepare");
        project.bad("tool", "configure", 1);
        let steps = project.path("build/tmp/steps/tool");
        let is_empty = |dir: &Path| std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none());
        assert!(is_empty(&steps));
        assert_eq!(project.outcomes().last(), Some(&Outcome::Failed { status: 1 }));
    });
}

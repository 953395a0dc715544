//! What commands say of a project when they are asked about a part of it, or about specs that were changed just now.

use std::time::Duration;

use crate::building::Project;
use crate::support::stderr;

#[test]
fn status_tells_of_the_packages_that_are_named_in_whatever_order_they_are_built() {
    let project = Project::new();
    // By name it is the first, and it is built last.
    project.spec("after", "[top]", "true");
    project.well(&["generate"]);
    for name in ["after", "base", "top"] {
        let told = project.well(&["status", name]);
        assert!(told.contains(&format!("\n{name} ")) && told.contains("\n1 package: "), "{name}: {told}");
    }
}

#[test]
fn what_a_build_would_do_is_told_of_the_specs_as_they_are_now() {
    let project = Project::new();
    // Nothing was generated yet, and nothing is by asking.
    assert!(project.well(&["plan"]).contains("\n8 steps of 2 packages in 2 levels"));
    assert!(!project.dir().join("generated").exists());
    project.well(&["build"]);
    project.spec("base", "[]", "echo changed");
    let generated = || std::fs::read(project.dir().join("generated/plan/base.json")).unwrap();
    let before = generated();
    let why = project.well(&["why", "top"]);
    assert!(why.starts_with("top 1 would be built again, because of\n  depends.base: "), "{why}");
    assert!(project.well(&["plan", "top"]).contains("\n8 steps of 2 packages in 2 levels"));
    assert_eq!(project.states(), ["stale", "stale"]);
    assert!(project.well(&["graph"]).contains("tooltip=\"stale\""));
    assert_eq!(generated(), before, "who asks writes nothing");
}

#[test]
fn what_was_generated_into_another_folder_says_nothing_of_the_projects_own_output() {
    let project = Project::new();
    project.well(&["build"]);
    project.spec("base", "[]", "echo changed");
    // What was written just now is not remembered; see `generate`.
    std::thread::sleep(Duration::from_millis(50));
    for turn in ["the first", "the second"] {
        project.well(&["generate", "--out", "other"]);
        assert_eq!(project.states(), ["stale", "stale"], "{turn}");
        let why = project.well(&["why", "top"]);
        assert!(why.starts_with("top 1 would be built again"), "{turn}: {why}");
        let plan = project.well(&["plan", "top"]);
        assert!(plan.contains("\n8 steps of 2 packages"), "{turn}: {plan}");
    }
    project.well(&["build"]);
    assert_eq!(project.states(), ["done", "done"]);
}

#[test]
fn options_of_the_last_run_are_those_of_what_is_told_now() {
    let project = Project::new();
    let spec = "package: base\nversion: 1\noptions: { x: { type: bool, default: false } }\nphases:\n  build: echo %{option.x}\n";
    project.write("specs/base.yaml", spec);
    project.spec("top", "[base]", "true");
    // What was written just before the first time is not remembered; see `generate`.
    (0..2).for_each(|_| drop(project.well(&["build", "--option", "x=true"])));
    project.write("specs/base.yaml", &format!("{spec}# Nothing else is new.\n"));
    assert_eq!(project.states(), ["done", "done"]);
}

#[test]
fn fetch_brings_what_the_specs_name_now() {
    let project = Project::new();
    project.well(&["generate"]);
    project.write("a.txt", "a");
    let digest = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    let source = |digest: &str| {
        format!("package: source\nversion: 1\nsources: [ {{ url: file:a.txt, sha256: {digest} }} ]\n")
    };
    project.write("specs/source.yaml", &source(&digest.replace('c', "d")));
    let output = project.run(&["fetch"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(digest), "{}", stderr(&output));
    project.write("specs/source.yaml", &source(digest));
    project.well(&["fetch"]);
    assert!(project.dir().join("build/sources").join(digest).join("a.txt").is_file());
}

#[test]
fn with_a_mistake_in_the_specs_the_plan_from_before_is_told_of() {
    let project = Project::new();
    project.well(&["build"]);
    project.spec("base", "[none]", "true");
    for command in [&["plan"][..], &["why", "top"], &["status"], &["fetch"]] {
        let output = project.run(command);
        assert_eq!(output.status.code(), Some(0), "{command:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("which `lfsgen lint` shows"), "{command:?}: {}", stderr(&output));
    }
}

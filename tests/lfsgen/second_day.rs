//! What a project that was built says and does after a change of its specs.

use lfsgen::model::Digest;

use crate::building::Project;
use crate::support::{stderr, stdout};

#[test]
fn a_build_counts_no_steps_of_packages_that_stay_as_they_are() {
    let project = Project::new();
    project.write("notes", "");
    let source = format!("sources: [ {{ url: \"file:notes\", sha256: {} }} ]\n", Digest::of(b""));
    for text in ["true", "echo changed"] {
        project.spec("top", "[base]", text);
        let spec = std::fs::read_to_string(project.dir().join("specs/top.yaml")).unwrap();
        project.write("specs/top.yaml", &(spec + &source));
        let said = stderr(&project.run(&["build"]));
        // By its key `fetch` would not run again: ninja looks at it because the package's plan is another.
        let last = if text == "true" { "\n[9/9] top:install" } else { "\n[5/5] top:install" };
        assert!(said.contains(":fetch ") && said.contains(last), "{said}");
    }
}

#[test]
fn a_package_that_was_taken_from_the_store_is_compared_with_what_it_was_taken_for() {
    let project = Project::new();
    project.well(&["build"]);
    assert_eq!(project.well(&["why"]), "no package would be built again\n");
    for text in ["echo other", "grep -q '^SigBlk:.0000000000000000$' /proc/self/status"] {
        project.spec("base", "[]", text);
        project.well(&["build"]);
    }
    let spec = std::fs::read_to_string(project.dir().join("specs/base.yaml")).unwrap();
    project.write("specs/base.yaml", &spec.replace("system: custom", "env: { NEW: yes }"));
    let why = project.well(&["why"]);
    assert!(
        why.starts_with("base 1 would be built again, because of\n  env.NEW: (none) → yes\ntop 1 "),
        "{why}"
    );
    assert_eq!(project.well(&["why", "base", "top"]), why);
}

#[test]
fn without_its_journal_a_project_is_as_built_as_it_was() {
    let project = Project::new();
    project.well(&["build", "--check-phase", "off"]);
    std::fs::remove_file(project.dir().join("build/journal.jsonl")).unwrap();
    let forgotten = "  the journal has nothing of how it was built\n";
    let status = project.well(&["status"]);
    assert_eq!(status.matches("done     3/4").count(), 2, "the checks were left out: {status}");
    assert_eq!(status.matches(forgotten).count(), 2, "{status}");
    assert!(
        project.well(&["why", "top"]).starts_with("top 1 is up to date"),
        "{}",
        project.well(&["why", "top"])
    );
    assert_eq!(project.well(&["why", "--json"]).matches("never-built").count(), 0);

    project.spec("base", "[]", "echo changed");
    let status = project.well(&["status"]);
    assert_eq!(status.matches("stale").count(), 3, "both, and in the sum: {status}");
    assert_eq!(status.matches(forgotten).count(), 2, "{status}");
    let why = project.well(&["why", "base"]);
    assert_eq!(
        why,
        "base 1 would be built again: it was built from other inputs, and the journal has nothing of them\n"
    );
    assert!(project.well(&["why", "--json"]).contains("\"forgotten\""));
    project.well(&["build"]);
    assert_eq!(project.states(), ["done", "done"]);
    assert!(!project.well(&["status"]).contains(forgotten));
}

#[test]
fn a_dependency_that_is_new_does_not_promise_that_nothing_is_built() {
    let project = Project::new();
    project.spec("other", "[]", "true");
    project.well(&["build"]);
    project.spec("base", "[]", "echo changed");
    let carried = "if these come out as before, byte for byte, nothing is built for it";
    assert!(project.well(&["why", "top"]).contains(carried));
    project.spec("base", "[other]", "echo changed");
    project.well(&["build", "base"]);
    project.spec("top", "[base, other]", "test -s /opt/base/text");
    let why = project.well(&["why", "top"]);
    assert!(why.contains("depends.other: (none) → ") && !why.contains(carried), "{why}");
}

#[test]
fn a_check_that_has_passed_over_the_same_contents_is_not_due() {
    let project = Project::new();
    project.well(&["build"]);
    // What `base` is made of changes, and what it is does not.
    project.spec("base", "[]", "echo changed");
    project.well(&["build"]);
    let due = "its check has not passed as it is now";
    // Stamps say what ninja may believe, the store says what is true.
    std::fs::remove_file(project.dir().join("build/stamps/top/check")).unwrap();
    let why = project.well(&["why", "top"]);
    assert!(why.starts_with("top 1 is up to date") && !why.contains(due), "{why}");
    let plan = project.well(&["plan", "top:check"]);
    assert!(plan.lines().any(|line| line.contains("top") && line.contains("in the store")), "{plan}");
    assert!(project.well(&["build", "top:check"]).starts_with("0 steps ran"));
    // Of another check nothing is known.
    let spec = std::fs::read_to_string(project.dir().join("specs/top.yaml")).unwrap();
    project.write("specs/top.yaml", &spec.replace("check: echo tested", "check: echo tried"));
    let why = project.well(&["why", "top"]);
    assert!(why.contains(due), "{why}");
}

#[test]
fn what_a_spec_has_come_to_expect_is_looked_for_in_the_artifact_that_is_there() {
    let project = Project::new();
    project.well(&["build"]);
    let spec = std::fs::read_to_string(project.dir().join("specs/base.yaml")).unwrap();
    project.write(
        "specs/base.yaml",
        &(spec.clone() + "artifacts: { expect: [ opt/base/text, opt/base/more ] }\n"),
    );
    for _ in 0..2 {
        let build = project.run(&["build"]);
        assert_eq!(build.status.code(), Some(1));
        let card = "FAILED: install of base: it did not install what `artifacts.expect` names\n  \
                    missing: opt/base/more (there is `opt/base`";
        assert!(stderr(&build).contains(card), "{}", stderr(&build));
        assert_eq!(project.states(), ["failed", "done"]);
        let lacks = "base 1 was built from these very inputs, but its artifact does not have what `artifacts.expect` names:\n  \
                     opt/base/more\n";
        let why = project.well(&["why", "base"]);
        assert!(why.starts_with(lacks), "{why}");
        assert!(project.well(&["why"]).starts_with(lacks), "whoever names none hears of it too");
    }
    project.write("specs/base.yaml", &(spec + "artifacts: { expect: [ opt/base/text ] }\n"));
    let build = project.well(&["build"]);
    assert!(build.starts_with("0 steps ran"), "{build}");
    assert_eq!(project.states(), ["done", "done"]);
}

#[test]
fn what_a_stale_package_has_its_last_artifact_tells() {
    let project = Project::new();
    project.well(&["build"]);
    let present = project.well(&["files", "base"]);
    let spec = std::fs::read_to_string(project.dir().join("specs/base.yaml")).unwrap();
    let next =
        spec.replace("version: \"1\"", "version: \"2\"") + "artifacts: { expect: [ opt/base/more ] }\n";
    project.write("specs/base.yaml", &next);
    project.well(&["generate"]);
    let said = |arguments: &[&str]| {
        let output = project.run(arguments);
        (output.status.code(), stdout(&output), stderr(&output))
    };
    let note =
        "note: `base` is not built from its present inputs; this is what base 1 has, of an earlier state\n";
    assert_eq!(said(&["files", "base"]), (Some(0), present, note.to_owned()));
    let note = "note: 2 packages are not built from their present inputs; an artifact of an earlier state tells of them\n";
    let table = "path            package  stage  what\n\
                 /opt/base/text  base 1   host   file 0644, 5 B (earlier state)\n";
    assert_eq!(said(&["owns", "/opt/base/text"]), (Some(0), table.to_owned(), note.to_owned()));
    let table = "path            package  stage  what\n\
                 /opt/base/more  base 2   host   is to have it, not built yet\n";
    assert_eq!(said(&["owns", "opt/base/more"]), (Some(0), table.to_owned(), String::new()));
    assert_eq!(said(&["owns", "/none"]), (Some(1), String::new(), format!("no package has `/none`\n{note}")));
    project.well(&["clean", "--artifacts"]);
    let gone = "error: `base` is not built, and no artifact of it is left: `lfsgen build base` does\n";
    assert_eq!(said(&["files", "base"]), (Some(2), String::new(), gone.to_owned()));
}

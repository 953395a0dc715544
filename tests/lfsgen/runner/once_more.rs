//! A `build` phase that fails as makefiles do that leave out a dependency runs once more, with one job.

use serde_json::json;

use super::project::{Package, Project, everyone};
use crate::support::{stderr, stdout};

/// `all` needs both; with one job `first` is made before `second`. With several, `first` waits until `second` was tried.
const MAKEFILE: &str = "cat > Makefile <<'END'
all: first second
first:
\tif [ \"$$LFSGEN_JOBS\" != 1 ]; then until [ -e tried ]; do sleep 0.1; done; fi; echo made > made
second:
\t@NEEDS@
END";

/// A package whose `second` is this; `jobs` of its build run at once.
fn package(project: &Project, second: &str, jobs: u32) {
    let configure = format!("mkdir -p src /opt; cd src; {}", MAKEFILE.replace("@NEEDS@", second));
    let phases =
        [("configure", configure.as_str()), ("build", "cd src; make"), ("install", "cp src/made /opt")];
    let more = json!({"limits": {"jobs": jobs, "project_jobs": 4}});
    project.package("tool", &Package { phases: &phases, more, ..Package::default() });
    project.good("tool", "configure");
}

/// Fails where `made` is not there yet, and says so; and then lets `first` make it.
const RACES: &str = "cat made; status=$$?; touch tried; exit $$status";

fn has_earlier_log(project: &Project) -> bool {
    project.path("build/logs/tool/build.1.log").exists()
}

#[test]
fn what_fails_with_several_jobs_and_works_with_one_is_built_and_said_to_be_so() {
    everyone(|project| {
        package(project, RACES, 4);
        let line = project.good("tool", "build");
        assert!(line.contains("built with one job") && line.contains("made: No such file"), "{line}");
        assert!(line.contains("`resources: { jobs: 1 }`"), "{line}");
        assert!(project.read("build/logs/tool/build.1.log").contains("made: No such file"));
        assert_eq!(project.log("tool", "build").lines().last(), Some("made"));
        project.good("tool", "install");
        // The tree of the first attempt is not in it.
        assert_eq!(project.artifact_file("tool", "opt/made"), "made\n");
        let journal = project.finished();
        assert!(journal[1].message.as_ref().unwrap().contains("built with one job"), "{journal:?}");
    });
}

#[test]
fn what_fails_with_one_job_as_well_says_whether_it_fails_the_same_way() {
    everyone(|project| {
        package(project, "cat never; status=$$?; touch tried; exit $$status", 4);
        let said = project.bad("tool", "build", 1);
        assert!(said.contains("never: No such file"), "{said}");
        assert!(said.contains("once more: it fails in the same way with one job"), "{said}");
        assert!(has_earlier_log(project));

        let otherwise = "[ -e made ] && { cat never; exit 3; }; cat made; touch tried; exit 1";
        package(project, otherwise, 4);
        let said = project.bad("tool", "build", 1);
        assert!(said.contains("never: No such file"), "{said}");
        assert!(said.contains("with several at once: exit status 2: cat: made: No such file"), "{said}");
    });
}

#[test]
fn what_no_order_of_jobs_explains_fails_at_once() {
    let compiler = "echo 'tool.c:3:5: error: expected expression before token'; touch tried; exit 1";
    everyone(|project| {
        for (second, jobs) in [(compiler, 4), ("cat never; exit 1", 1)] {
            package(project, second, jobs);
            let said = project.bad("tool", "build", 1);
            assert!(!said.contains("once more") && !has_earlier_log(project), "{said}");
            std::fs::remove_dir_all(project.path("build/logs")).unwrap();
        }
    });
}

#[test]
fn whoever_goes_on_in_a_failed_tree_sees_what_happens_in_it() {
    everyone(|project| {
        package(project, "cat never; status=$$?; touch tried; exit $$status", 4);
        project.bad("tool", "build", 1);
        let mut command = project.command(&["run-step", "tool", "build"]);
        let output = command.env("LFSGEN_CONTINUE", "on").output().unwrap();
        assert!(!output.status.success(), "{}", stdout(&output));
        assert!(!stderr(&output).contains("once more"), "{}", stderr(&output));
    });
}

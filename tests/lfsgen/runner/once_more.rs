//! A `build` phase that fails as makefiles do that leave out a dependency runs once more, with one job.

use std::time::Duration;

use lfsgen::journal::Outcome;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::project::{Package, Project, everyone, processes_with, wait_until, who};
use super::stopping::{assert_stops, start};
use crate::support::{stderr, stdout};

/// `all` needs both; with one job `first` is made before `second`. With several, `first` waits until `second` was tried.
const MAKEFILE: &str = "cat > Makefile <<'END'
all: first second
first:
\tif [ \"$$LFSGEN_JOBS\" != 1 ]; then until [ -e tried ]; do sleep 0.1; done; fi; echo made > made
second:
\t@NEEDS@
END";

/// The same for ninja, which starts `first` first where it has one job.
const NINJA: &str = "cat > build.ninja <<'END'
rule sh
  command = $do
build first: sh
  do = if [ \"$$LFSGEN_JOBS\" != 1 ]; then until [ -e tried ]; do sleep 0.1; done; fi; echo made > made
build second: sh
  do = @NEEDS@
END";

/// A package whose `second` is this; `jobs` of its build run at once.
fn package(project: &Project, second: &str, jobs: u32) {
    package_of(project, (MAKEFILE, "make"), second, &json!({"jobs": jobs, "project_jobs": 4}));
}

fn package_of(project: &Project, (rules, run): (&str, &str), second: &str, limits: &Value) {
    let configure = format!("mkdir -p src /opt; cd src; {}", rules.replace("@NEEDS@", second));
    let build = format!("cd src; {run}");
    let phases = [("configure", configure.as_str()), ("build", &build), ("install", "cp src/made /opt")];
    let more = json!({ "limits": limits });
    project.package("tool", &Package { phases: &phases, more, ..Package::default() });
    project.good("tool", "configure");
}

/// Fails where `made` is not there yet, and says so; and then lets `first` make it.
const RACES: &str = "cat made; status=$$?; touch tried; exit $$status";

fn has_first_log(project: &Project) -> bool {
    project.path("build/logs/tool/build.several-jobs.log").exists()
}

#[test]
fn what_fails_with_several_jobs_and_works_with_one_is_built_and_said_to_be_so() {
    everyone(|project| {
        package(project, RACES, 4);
        let line = project.good("tool", "build");
        assert!(line.contains("built with one job") && line.contains("made: No such file"), "{line}");
        assert!(line.contains("another job made `src/made`"), "{line}");
        assert!(line.contains("`resources: { jobs: 1 }`"), "{line}");
        assert!(project.read("build/logs/tool/build.several-jobs.log").contains("made: No such file"));
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
        assert!(has_first_log(project));
        let first_log = project.path("build/logs/tool/build.several-jobs.log").canonicalize().unwrap();
        assert!(said.contains(&format!("first log: {}\n", first_log.display())), "{said}");
        let log = std::fs::read_to_string(first_log).unwrap();
        assert!(log.contains("Waiting for unfinished jobs"), "{log}");
        assert!(!project.log("tool", "build").contains("Waiting for unfinished jobs"));

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
        // Of several, the last in a directory in which nothing is made.
        let outside = "cat /usr/share/never/made; touch tried; exit 1";
        for (second, jobs) in [(compiler, 4), ("cat never; exit 1", 1), (outside, 4)] {
            package(project, second, jobs);
            let said = project.bad("tool", "build", 1);
            assert!(!said.contains("once more") && !has_first_log(project), "{said}");
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

#[test]
fn a_file_that_another_job_has_made_was_what_was_missing_whoever_else_has_one() {
    let header = "[ -e made ] && exit; touch tried; \
         echo 'a.c:1:10: fatal error: made: No such file or directory'; echo '    1 | #include <made>'; exit 1";
    everyone(|project| {
        project.install("other", &[], "mkdir -p /usr/include; echo >/usr/include/made");
        for second in [header, "cat $$PWD/made; status=$$?; touch tried; exit $$status"] {
            package(project, second, 4);
            let line = project.good("tool", "build");
            assert!(
                line.contains("built with one job") && line.contains("another job made `src/made`"),
                "{line}"
            );
        }
    });
}

#[test]
fn ninja_runs_once_more_where_another_job_has_made_what_was_missing() {
    let ninja = (NINJA, "ninja -j$LFSGEN_JOBS");
    let limits = &json!({"jobs": 4, "project_jobs": 4});
    everyone(|project| {
        package_of(project, ninja, RACES, limits);
        let line = project.good("tool", "build");
        assert!(
            line.contains("built with one job") && line.contains("another job made `src/made`"),
            "{line}"
        );
        package_of(project, ninja, "cat never; touch tried; exit 1", limits);
        let said = project.bad("tool", "build", 1);
        assert!(said.contains("never: No such file") && !said.contains("once more"), "{said}");
        assert!(!has_first_log(project));
    });
}

#[test]
fn the_second_attempt_is_interrupted_like_any_other() {
    everyone(|project| {
        for signal in [Signal::INT, Signal::TERM] {
            let mark = format!("56{}{}", std::process::id(), signal.as_raw());
            package(project, &format!("[ -e made ] && exec sleep {mark}; cat made; touch tried; exit 1"), 4);
            let runner = start(project, "build");
            wait_until("the second attempt sleeps", || !processes_with(&mark).is_empty());
            assert_stops(runner, "build", signal);
            wait_until("all have ended", || processes_with(&mark).is_empty());
            let step = project.finished().pop().unwrap();
            assert_eq!((step.outcome, step.message), (Outcome::Interrupted, None));
            assert!(has_first_log(project));
            assert!(!project.path("build/logs/tool/build.card.json").exists());
            assert!(!project.path("build/layers/tool/build").exists());
        }
    });
}

#[test]
fn both_attempts_together_have_the_time_that_a_phase_may_take() {
    let project = Project::new(who()[0]);
    let second = "[ -e made ] && { sleep 7.5; exit 0; }; sleep 1; cat made; touch tried; exit 1";
    let limits = json!({"jobs": 4, "project_jobs": 4, "timeout": 8});
    package_of(&project, (MAKEFILE, "make"), second, &limits);
    let said = project.bad("tool", "build", 1);
    assert!(said.contains("took longer than its limit of 8 s"), "{said}");
    assert!(said.contains("the limit is for both attempts") && said.contains("made: No such file"), "{said}");
    assert_eq!(project.outcomes().pop(), Some(Outcome::TimedOut { seconds: 8 }));
    assert!(has_first_log(&project));
}

#[test]
fn the_time_in_which_a_runner_was_stopped_in_its_first_attempt_is_left_to_the_second() {
    let project = Project::new(who()[0]);
    let mark = format!("1.57{}", std::process::id());
    let second = format!("[ -e made ] && exit; sleep {mark}; cat made; touch tried; exit 1");
    let limits = json!({"jobs": 4, "project_jobs": 4, "timeout": 6});
    package_of(&project, (MAKEFILE, "make"), &second, &limits);
    let mut runner = start(&project, "build");
    wait_until("the first attempt sleeps", || !processes_with(&mark).is_empty());
    let pid = Pid::from_child(&runner);
    kill_process(pid, Signal::STOP).unwrap();
    std::thread::sleep(Duration::from_secs(7));
    kill_process(pid, Signal::CONT).unwrap();
    assert!(runner.wait().unwrap().success(), "{:?}", project.outcomes());
    assert!(has_first_log(&project));
    assert_eq!(project.outcomes().pop(), Some(Outcome::Succeeded));
}

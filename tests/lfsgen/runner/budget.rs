//! The budget that all steps of a project share, with steps that really run.

use std::process::Child;

use serde_json::{Value, json};

use super::project::{Package, Project, everyone, processes_with, wait_until};

/// A step that leaves a mark in its log and sleeps.
fn sleeper(project: &Project, name: &str, mark: &str, limits: &Value) {
    let text = format!("echo started; sleep {mark}");
    let more = json!({ "limits": limits });
    project.package(name, &Package { phases: &[("install", &text)], more, ..Package::default() });
}

fn sleeps(mark: &str) -> bool {
    !processes_with(mark).is_empty()
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn a_moment() {
    std::thread::sleep(std::time::Duration::from_millis(300));
}

#[test]
fn a_killed_runner_frees_its_slot_for_the_most_urgent_of_those_who_wait() {
    everyone(|project| {
        let marks: Vec<_> = (0..3).map(|number| format!("51{number}{}", std::process::id())).collect();
        let one = json!({"project_jobs": 1});
        for (name, mark) in ["first", "late", "urgent"].iter().zip(&marks) {
            sleeper(project, name, mark, &one);
        }
        project.write("build/order", "urgent install 0\nfirst install 0\nlate install 0\n");
        let first = project.start("first", "install");
        wait_until("the first step sleeps", || sleeps(&marks[0]));
        let late = project.start("late", "install");
        a_moment();
        let urgent = project.start("urgent", "install");
        a_moment();
        assert!(!sleeps(&marks[1]) && !sleeps(&marks[2]), "there is one slot");
        end(first);
        wait_until("the urgent step sleeps", || sleeps(&marks[2]));
        assert!(!sleeps(&marks[1]), "the other one came earlier, but is less urgent");
        end(urgent);
        wait_until("the last step sleeps", || sleeps(&marks[1]));
        end(late);
    });
}

#[test]
fn steps_that_need_more_memory_than_there_is_wait_and_the_largest_runs_alone() {
    everyone(|project| {
        let marks: Vec<_> = (0..4).map(|number| format!("52{number}{}", std::process::id())).collect();
        let limits =
            |mib: u64| json!({"project_jobs": 8, "project_memory": 1_u64 << 30, "memory": mib << 20});
        for ((name, mib), mark) in
            [("half", 600), ("more", 500), ("small", 64), ("huge", 9000)].iter().zip(&marks)
        {
            sleeper(project, name, mark, &limits(*mib));
        }
        let half = project.start("half", "install");
        wait_until("the first step sleeps", || sleeps(&marks[0]));
        let more = project.start("more", "install");
        a_moment();
        let small = project.start("small", "install");
        wait_until("a small one passes the one that does not fit", || sleeps(&marks[2]));
        assert!(!sleeps(&marks[1]));
        end(half);
        wait_until("what did not fit runs", || sleeps(&marks[1]));
        let huge = project.start("huge", "install");
        a_moment();
        end(more);
        a_moment();
        assert!(!sleeps(&marks[3]), "the small one still runs");
        end(small);
        wait_until("the largest runs alone", || sleeps(&marks[3]));
        let small = project.start("small", "install");
        a_moment();
        assert!(!sleeps(&marks[2]));
        end(huge);
        wait_until("the small one runs after it", || sleeps(&marks[2]));
        end(small);
    });
}

#[test]
fn what_waits_does_not_start_once_enough_steps_of_its_run_failed() {
    everyone(|project| {
        let mark = format!("53{}", std::process::id());
        let more = json!({"limits": {"project_jobs": 1}});
        let phases = [("install", "sleep 2; exit 3")];
        project.package("fails", &Package { phases: &phases, more, ..Package::default() });
        sleeper(project, "waits", &mark, &json!({"project_jobs": 1}));
        let run = |package: &str| {
            let mut command = project.command(&["run-step", package, "install"]);
            command.env("LFSGEN_RUN", "r").env("LFSGEN_KEEP_GOING", "1");
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        };
        let fails = run("fails");
        wait_until("the first step runs", || project.path("build/logs/fails/install.log").exists());
        let waits = run("waits");
        assert_eq!(fails.wait_with_output().unwrap().status.code(), Some(1));
        let waited = waits.wait_with_output().unwrap();
        assert_eq!(waited.status.code(), Some(1));
        let said = String::from_utf8_lossy(&waited.stderr).into_owned();
        let why = "waits install: interrupted; another step of its run failed before it could start\n";
        assert_eq!(said, why);
        assert_eq!(project.finished().len(), 1, "the journal knows nothing of a step that never started");
        assert!(!project.path("build/logs/waits").exists());
    });
}

#[test]
fn a_make_that_is_killed_takes_no_slot_along_and_no_byte_too_many_gives_one() {
    everyone(|project| {
        // Takes every token of its job server away, or puts in more than there are.
        let takes = "exec 7<>/lfsgen/jobs; timeout 1 dd bs=1 count=9 <&7 of=/dev/null || true; kill -9 $$";
        let gives = "exec 7<>/lfsgen/jobs; printf +++++++++ >&7; sleep 0.5
                     left=$(timeout 0.2 dd bs=1 count=9 <&7 2>/dev/null | wc -c); test $left -le 3";
        let more = json!({"limits": {"project_jobs": 4, "jobs": "max"}});
        for (name, text) in [("takes", takes), ("gives", gives)] {
            project.package(
                name,
                &Package { phases: &[("install", text)], more: more.clone(), ..Package::default() },
            );
        }
        project.bad("takes", "install", 1);
        project.good("gives", "install");
        // All four slots are free again: a step that wants to keep four gets them.
        let keeps = json!({"limits": {"project_jobs": 4, "jobs": "max", "own_jobs": {"install": "always"}}});
        let phases = [("install", "echo $LFSGEN_JOBS")];
        project.package("keeps", &Package { phases: &phases, more: keeps, ..Package::default() });
        project.good("keeps", "install");
        assert_eq!(project.log("keeps", "install"), "4\n");
    });
}

#[test]
fn an_unprivileged_user_of_the_root_can_use_the_job_server() {
    everyone(|project| {
        let text = "cd /lfsgen/work; printf 'all: a b\\na b:\\n\\ttest -n x\\n' >Makefile; make 2>&1; env | grep ^MAKEFLAGS";
        let more = json!({"limits": {"project_jobs": 3, "jobs": 2}});
        let stage = json!({"user": "builder"});
        project.package("tool", &Package { phases: &[("build", text)], more, stage, ..Package::default() });
        project.good("tool", "build");
        let log = project.log("tool", "build");
        assert!(!log.contains("warning"), "{log}");
        assert!(log.contains("MAKEFLAGS=-j2 --jobserver-auth="), "{log}");
    });
}

//! A step happens whole or not at all, and not twice.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lfsgen::journal::Outcome;
use lfsgen::model::Digest;
use lfsgen::run::Times;
use lfsgen::store::Kind;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::project::{Package, Project, everyone, processes_with, wait_until};
use crate::support::{root, stderr, stdout};

const THREE: [(&str, &str); 3] = [
    ("prepare", "mkdir src; date +%N >src/made"),
    ("build", "cat src/made; echo built >src/built"),
    ("install", "mkdir -p /opt/tool; cp src/built /opt/tool"),
];

#[test]
fn a_build_tree_of_any_depth_goes_however_few_files_may_be_open() {
    everyone(|project| {
        let deep = "perl -e 'for (1..1500) { mkdir \"d\"; chdir \"d\" }'";
        let phases = [("build", deep), ("install", "mkdir -p /opt/tool")];
        project.package("tool", &Package { phases: &phases, ..Package::default() });
        project.good("tool", "build");
        let line = format!("ulimit -n 512; exec '{}' run-step tool install", project.program().display());
        let output = project.command_of("/bin/sh", &["-c", &line]).output().unwrap();
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
        assert!(!project.path("build/layers/tool").exists());
    });
}

#[test]
fn a_step_that_could_not_be_run_has_no_log_of_an_attempt_before() {
    everyone(|project| {
        project
            .package("tool", &Package { phases: &[("install", "echo first; exit 1")], ..Package::default() });
        project.bad("tool", "install", 1);
        let script = project.read("generated/scripts/tool.sh");
        project.write("generated/scripts/tool.sh", &format!("{script}# by hand\n"));
        project.bad("tool", "install", 2);
        let logs: Vec<_> = project.finished().into_iter().map(|step| step.log).collect();
        assert_eq!(logs, [Some("logs/tool/install.log".to_owned()), None]);
    });
}

#[test]
fn the_plan_that_a_build_began_with_may_lie_in_a_folder_of_any_name() {
    everyone(|project| {
        project.package("tool", &Package { phases: &[("install", "mkdir /opt/tool")], ..Package::default() });
        let begun = project.path("").join(std::ffi::OsStr::from_bytes(b"beg\xffun"));
        std::fs::rename(project.path("generated"), &begun).unwrap();
        let output = project
            .command(&["run-step", "tool", "install"])
            .env("LFSGEN_GENERATED", &begun)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    });
}

#[test]
fn a_phase_that_fails_leaves_the_state_as_it_was_and_a_card() {
    everyone(|project| {
        let text = "mkdir -p /opt/half; seq 30; echo 'a.c:1: error: no such thing' >&2; echo compilation ends; exit 3";
        let phases = [("prepare", "mkdir src; echo x >src/x"), ("configure", text)];
        project.package("tool", &Package { phases: &phases, ..Package::default() });
        project.good("tool", "prepare");
        let before = project.state();
        let card = project.bad("tool", "configure", 1);
        assert_eq!(project.state(), before);
        for part in [
            "FAILED: configure of tool: exit status 3\n",
            "cause: a.c:1: error: no such thing\n",
            "(line 31 of the log)",
            "  | 30\n",
            "build/logs/tool/configure.log\n",
            "lfsgen shell tool:configure --after\n",
        ] {
            assert!(card.contains(part), "{part}: {card}");
        }
        assert!(!card.contains("  | 12\n"), "only the last lines: {card}");
        let last = project.finished().pop().unwrap();
        assert_eq!(last.outcome, Outcome::Failed { status: 3 });
        assert_eq!(last.message.unwrap(), "exit status 3: a.c:1: error: no such thing");
        assert_eq!(last.log.unwrap(), "logs/tool/configure.log");
    });
}

#[test]
fn a_step_whose_result_is_there_is_not_run_again() {
    everyone(|project| {
        project.package("tool", &Package { phases: &THREE, ..Package::default() });
        for (phase, _) in THREE {
            project.good("tool", phase);
        }
        let state = project.state();
        for (phase, _) in THREE {
            let line = project.good("tool", phase);
            assert!(line.contains("restored"), "{line}");
        }
        assert_eq!(project.state(), state);
        std::fs::remove_dir_all(project.path("build/stamps")).unwrap();
        for (phase, _) in THREE {
            project.good("tool", phase);
        }
        assert_eq!(project.state(), state, "stamps come back");
        assert!(!project.path("build/logs/tool/install.1.log").exists());
        let (ran, restored) =
            ([Outcome::Succeeded, Outcome::Succeeded, Outcome::Succeeded], Outcome::Restored);
        assert_eq!(project.outcomes()[..3], ran);
        assert!(project.outcomes()[3..].iter().all(|outcome| *outcome == restored));
    });
}

#[test]
fn earlier_phases_whose_layers_are_gone_run_again_first() {
    everyone(|project| {
        project.package("tool", &Package { phases: &THREE, ..Package::default() });
        project.good("tool", "prepare");
        project.good("tool", "build");
        std::fs::remove_dir_all(project.path("build/layers")).unwrap();
        project.good("tool", "install");
        assert_eq!(project.paths("tool"), ["opt/tool", "opt/tool/built"]);
        let phases: Vec<_> = project.finished().iter().map(|step| step.phase.name()).collect();
        assert_eq!(phases, ["prepare", "build", "prepare", "build", "install"]);
    });
}

#[test]
fn a_changed_phase_runs_over_the_layers_of_those_that_did_not_change() {
    everyone(|project| {
        let install = ("install", "cp src/built /opt/built");
        let prepare = ("prepare", "mkdir src; echo prepared >src/built");
        for (number, text) in ["echo old >>src/built", "echo new >>src/built"].into_iter().enumerate() {
            let phases = [prepare, ("build", text), install];
            project.package("tool", &Package { phases: &phases, ..Package::default() });
            let line = project.good("tool", "prepare");
            assert!(line.contains(["succeeded", "restored"][number]), "{line}");
            let line = project.good("tool", "build");
            assert!(line.contains("succeeded"), "{line}");
        }
        project.good("tool", "install");
        let key = project.key("tool");
        assert_eq!(project.read(&format!("build/artifacts/{key}/tree/opt/built")), "prepared\nnew\n");
    });
}

#[test]
fn a_script_or_a_patch_that_was_changed_by_hand_is_refused() {
    everyone(|project| {
        project.package("tool", &Package { phases: &THREE, ..Package::default() });
        let script = project.read("generated/scripts/tool.sh");
        project.write("generated/scripts/tool.sh", &format!("{script}# and more\n"));
        let said = project.bad("tool", "prepare", 2);
        assert!(said.contains("is not what lfsgen wrote") && said.contains("lfsgen generate"), "{said}");
        assert_eq!(project.outcomes(), [Outcome::Errored]);
    });
}

#[test]
fn an_artifact_that_is_gone_is_named_and_ninja_is_made_to_build_it_again() {
    everyone(|project| {
        project.install("below", &[], "echo >/opt/below");
        project.package("tool", &Package { phases: &THREE, layers: &["below"], ..Package::default() });
        std::fs::remove_dir_all(project.path("build/artifacts")).unwrap();
        let said = project.bad("tool", "prepare", 2);
        assert!(said.contains("`tool` needs the artifact of `below`"), "{said}");
        assert!(!project.path("build/stamps/below/install").exists());
        project.good("below", "install");
        project.good("tool", "prepare");
    });
}

#[test]
fn a_runner_killed_at_any_moment_leaves_no_process_and_no_mount_and_can_be_started_again() {
    everyone(|project| {
        let mark = format!("8{}", std::process::id());
        let text =
            format!("mkdir -p /opt/tool; test ! -e /opt/tool/half; echo >/opt/tool/half; sleep {mark}");
        let more = json!({"limits": {"jobs": 1, "memory": null, "disk": null, "timeout": 3}});
        project.package("tool", &Package { phases: &[("install", &text)], more, ..Package::default() });
        let mut runner = project.start("tool", "install");
        wait_until("the step sleeps", || !processes_with(&mark).is_empty());
        runner.kill().unwrap();
        runner.wait().unwrap();
        wait_until("the step has ended", || processes_with(&mark).is_empty());
        assert_eq!(project.mounts(), [""; 0]);
        assert!(!project.has_artifact("tool") && !project.path("build/layers/tool/install").exists());
        let said = project.bad("tool", "install", 1);
        assert!(said.contains("took longer than its limit of 3 s"), "{said}");
        assert!(said.contains("it wrote nothing"), "{said}");
        assert!(project.log("tool", "install").is_empty(), "nothing of the first attempt was there");
        assert_eq!(project.outcomes(), [Outcome::TimedOut { seconds: 3 }]);
        assert!(processes_with(&mark).is_empty());
        assert!(!project.path("build/tmp/steps/tool/install").exists());
    });
}

#[test]
fn the_time_in_which_a_runner_was_stopped_is_not_counted_against_its_step() {
    everyone(|project| {
        let more = json!({"limits": {"jobs": 1, "memory": null, "disk": null, "timeout": 6}});
        let mark = format!("1.7{}", std::process::id());
        let text = format!("sleep {mark}; echo >/opt/tool");
        project.package("tool", &Package { phases: &[("install", &text)], more, ..Package::default() });
        let mut runner = project.start("tool", "install");
        wait_until("the step sleeps", || !processes_with(&mark).is_empty());
        let pid = Pid::from_child(&runner);
        kill_process(pid, Signal::STOP).unwrap();
        std::thread::sleep(Duration::from_secs(7));
        kill_process(pid, Signal::CONT).unwrap();
        assert!(runner.wait().unwrap().success(), "{:?}", project.outcomes());
        assert_eq!(project.outcomes(), [Outcome::Succeeded]);
    });
}

#[test]
fn a_step_does_not_outlive_the_program_that_started_its_runner() {
    everyone(|project| {
        let mark = format!("6{}", std::process::id());
        project.package(
            "tool",
            &Package { phases: &[("install", &format!("sleep {mark}"))], ..Package::default() },
        );
        let mut parent = project.parent_of("tool", "install").spawn().unwrap();
        wait_until("the step sleeps", || !processes_with(&mark).is_empty());
        parent.kill().unwrap();
        parent.wait().unwrap();
        wait_until("the step has ended", || processes_with(&mark).is_empty());
        wait_until("the runner has told of it", || project.outcomes() == [Outcome::Interrupted]);
    });
}

#[test]
fn a_runner_that_is_asked_to_stop_says_so_and_leaves_nothing() {
    everyone(|project| {
        let mark = format!("7{}", std::process::id());
        project.package(
            "tool",
            &Package { phases: &[("install", &format!("sleep {mark}"))], ..Package::default() },
        );
        let mut runner = project.start("tool", "install");
        wait_until("the step sleeps", || !processes_with(&mark).is_empty());
        let pid = rustix::process::Pid::from_raw(i32::try_from(runner.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert_eq!(runner.wait().unwrap().code(), Some(1));
        assert!(processes_with(&mark).is_empty());
        assert_eq!(project.outcomes(), [Outcome::Interrupted]);
        assert!(project.state().is_empty());
    });
}

#[test]
fn the_log_is_whole_and_every_attempt_keeps_its_own() {
    everyone(|project| {
        let text = "for i in 1 2 3 4; do seq 200000; echo to the other >&2; done; exit 1";
        project.package("tool", &Package { phases: &[("install", text)], ..Package::default() });
        project.bad("tool", "install", 1);
        project.bad("tool", "install", 1);
        let numbers: String = (1..=200_000).map(|number| format!("{number}\n")).collect();
        let expected = format!("{numbers}to the other\n").repeat(4);
        assert!(project.log("tool", "install") == expected);
        assert!(project.read("build/logs/tool/install.1.log") == expected);
    });
}

#[test]
fn the_times_of_a_log_tell_when_its_lines_were_written_and_go_where_it_goes() {
    everyone(|project| {
        let text = "echo first; sleep 0.3; printf 'second '; sleep 0.3; echo line; exit 1";
        project.package("tool", &Package { phases: &[("install", text)], ..Package::default() });
        project.bad("tool", "install", 1);
        project.bad("tool", "install", 1);
        for log in ["install.1.log", "install.log"] {
            let times = Times::read(&project.path("build/logs/tool").join(log)).unwrap();
            let [first, second, line] =
                ["", "first\n", "first\nsecond "].map(|before| times.at(before.len() as u64).unwrap());
            let step = Duration::from_millis(250);
            assert!(second - first >= step && line - second >= step, "{times:?}");
            assert_eq!(times.last(), Some(line));
        }
    });
}

#[test]
fn what_a_step_used_is_in_the_journal_its_orphans_included() {
    everyone(|project| {
        // The loop runs in an orphan, whose parent has ended before it.
        let text = "(bash -c 'for ((i = 0; i < 150000; i++)); do :; done; echo done >/tmp/done' &)
                    until test -e /tmp/done; do sleep 0.05; done
                    head -c 5000000 /dev/zero >/opt/zeros
                    exit $(($(head -c 50000000 /dev/zero | tail -c 40000000 | wc -c) - 40000000))";
        project.install("tool", &[], text);
        let usage = project.finished().pop().unwrap().usage;
        assert!(usage.user_ms >= 50 && usage.wall_ms >= 50, "{usage:?}");
        assert!(usage.max_rss_kib > 38_000, "{usage:?}");
        assert!(usage.written_bytes >= 5_000_000 || is_in_memory(&project.path("build")), "{usage:?}");
    });
}

#[test]
fn what_used_a_processor_until_it_was_ended_is_counted_as_well() {
    everyone(|project| {
        let busy = "(while :; do :; done) & ";
        let phases = [("build", &*format!("{busy} sleep 1")), ("install", &format!("{busy} wait"))];
        let more = json!({"limits": {"jobs": 1, "memory": null, "disk": null, "timeout": 2}});
        project.package("tool", &Package { phases: &phases, more, ..Package::default() });
        project.good("tool", "build");
        project.bad("tool", "install", 1);
        let ended = project.finished();
        let [left_behind, too_late] = ended.as_slice() else { panic!("{ended:?}") };
        assert_eq!(too_late.outcome, Outcome::TimedOut { seconds: 2 });
        for usage in [left_behind.usage, too_late.usage] {
            assert!(usage.user_ms + usage.system_ms >= 100, "{usage:?}");
        }
    });
}

#[test]
fn the_memory_of_a_step_is_that_of_all_its_processes_at_once() {
    everyone(|project| {
        let holds = "perl -e 'vec(my $x, 60_000_000, 8) = 1; sleep 2'";
        project.install("tool", &[], &format!("{holds} & {holds} & {holds}; wait"));
        let usage = project.finished().pop().unwrap().usage;
        let largest = usage.max_rss_kib * 1024;
        assert!((60_000_000..120_000_000).contains(&largest), "{usage:?}");
        assert!((180_000_000..300_000_000).contains(&usage.peak_bytes), "{usage:?}");
    });
}

/// Whether what is written there goes to no disk (tmpfs(5)).
fn is_in_memory(dir: &Path) -> bool {
    const TMPFS: i64 = 0x0102_1994;
    rustix::fs::statfs(dir).unwrap().f_type == TMPFS
}

#[test]
fn a_check_may_be_left_out_or_fail_where_it_was_expected_to() {
    everyone(|project| {
        let text = "echo 'PASS: one'; echo 'FAIL: two'; exit 1";
        let phases = [("build", "echo"), ("check", text), ("install", "echo >/opt/x")];
        project.package("tool", &Package { phases: &phases, ..Package::default() });
        let off = project
            .command(&["run-step", "tool", "check"])
            .env("LFSGEN_CHECK_PHASE", "off")
            .output()
            .unwrap();
        assert!(off.status.success());
        assert_eq!(project.read("build/stamps/tool/check"), "skipped\n");
        assert!(project.bad("tool", "check", 1).contains("cause: FAIL: two"));
        let more = json!({"expected_failures": ["two"]});
        project.package("tool", &Package { phases: &phases, more, ..Package::default() });
        let line = project.good("tool", "check");
        assert!(line.contains("1 of 1 tests that may fail did: two"), "{line}");
        project.good("tool", "install");
        assert_eq!(project.paths("tool"), ["opt/x"]);
        // The same tests, and then something else that fails.
        let phases =
            [("build", "echo"), ("check", "echo 'FAIL: two'; cp no such || exit 3"), ("install", "echo")];
        let more = json!({"expected_failures": ["two"]});
        project.package("other", &Package { phases: &phases, more, ..Package::default() });
        assert!(project.bad("other", "check", 1).contains("the check failed for something else"));
        let phases = [("build", "echo"), ("check", "echo 'PASS: two'"), ("install", "echo")];
        let more = json!({"expected_failures": ["two"]});
        project.package("good", &Package { phases: &phases, more, ..Package::default() });
        let line = project.good("good", "check");
        assert!(line.contains("may fail, and passed: two"), "{line}");
    });
}

#[test]
fn a_check_of_any_test_driver_may_fail_for_the_tests_that_the_spec_names() {
    let logs = root().join("tests/cases/checks");
    everyone(|project| {
        for (driver, status, tests) in [
            ("ctest", 8, &["foo", "crash", "slow"][..]),
            ("meson-verbose", 1, &["foo"]),
            ("pytest-quiet", 1, &["test_a.py::test_foo"]),
            ("prove-verbose", 1, &["t/foo.t"]),
            ("tap", 1, &["bad one"]),
            ("cargo", 101, &["foo", "sp", "other", "src/lib.rs - d (line 1)"]),
        ] {
            let log = std::fs::read_to_string(logs.join(format!("{driver}.log"))).unwrap();
            let text = format!("cat <<'END'\n{log}END\nexit {status}");
            let phases = [("build", "echo"), ("check", &*text), ("install", "echo >/opt/x")];
            let more = json!({"expected_failures": tests});
            project.package(driver, &Package { phases: &phases, more, ..Package::default() });
            let line = project.good(driver, "check");
            let count = tests.len();
            assert!(line.contains(&format!("{count} of {count} tests that may fail did: ")), "{line}");
            let more = json!({"expected_failures": tests[1..].iter().chain(&["x"]).collect::<Vec<_>>()});
            let driver = format!("{driver}-new");
            project.package(&driver, &Package { phases: &phases, more, ..Package::default() });
            let card = project.bad(&driver, "check", 1);
            assert!(card.contains("the spec does not say yet that this may fail: "), "{card}");
            assert!(!card.contains("expected-failures: [NAME]"), "{card}");
        }
    });
}

#[test]
fn a_state_directory_that_is_part_of_the_root_is_refused() {
    everyone(|project| {
        project.package("tool", &Package { phases: &THREE, ..Package::default() });
        let state = format!("/var/tmp/lfsgen-test-{}", std::process::id());
        let output = project.command(&["run-step", "--state", &state, "tool", "prepare"]).output().unwrap();
        let _ = std::fs::remove_dir_all(&state);
        assert_eq!(output.status.code(), Some(2));
        assert!(crate::support::stderr(&output).contains("lies inside `/var`"));
    });
}

#[test]
fn an_artifact_that_was_damaged_is_made_again_and_one_that_is_whole_is_not() {
    everyone(|project| {
        project.package("tool", &Package { phases: &THREE, ..Package::default() });
        let build = || THREE.map(|(phase, _)| project.good("tool", phase));
        build();
        let file = format!("build/artifacts/{}/tree/opt/tool/built", project.key("tool"));
        std::fs::remove_file(project.path(&file)).unwrap();
        let lines = build();
        let note = "its artifact was damaged and was made again: `opt/tool/built` is not there";
        assert!(lines[2].contains(note), "{lines:?}");
        assert_eq!(project.read(&file), "built\n");
        assert_eq!(project.finished().pop().unwrap().message.as_deref(), Some(note));
        assert!(build().iter().all(|line| line.contains("restored")), "and then it is whole");
        std::fs::remove_dir_all(project.path(&file).ancestors().nth(3).unwrap()).unwrap();
        assert!(build().iter().all(|line| line.contains("succeeded")), "without its tree there is nothing");
        assert_eq!(project.read(&file), "built\n");
    });
}

#[test]
fn a_source_that_was_changed_after_it_was_fetched_is_not_unpacked() {
    everyone(|project| {
        project.write("tool.txt", "right");
        let sha256 = Digest::of(b"right").to_string();
        let source = json!({"name": "tool.txt", "urls": ["file:tool.txt"], "sha256": sha256});
        let phases =
            [("fetch", ""), ("prepare", "mkdir src; cp $LFSGEN_SOURCES/tool.txt src"), ("install", "true")];
        let more = json!({ "sources": [source] });
        project.package("tool", &Package { phases: &phases, more, ..Package::default() });
        project.good("tool", "fetch");
        let cached = project.path(&format!("build/sources/{sha256}/tool.txt"));
        std::fs::remove_file(&cached).unwrap();
        std::fs::write(&cached, "wrong").unwrap();
        let said = project.bad("tool", "prepare", 2);
        let wrong = Digest::of(b"wrong");
        assert!(
            said.contains(&format!("its sha256 is {wrong} and not {sha256}; `lfsgen fetch tool`")),
            "{said}"
        );
        std::fs::write(cached, "right").unwrap();
        project.good("tool", "prepare");
    });
}

/// What find(1) tells of the files of a package's layers: names, modes, owners, times, links.
fn layers_of(project: &Project, package: &str) -> Vec<String> {
    let script = "find \"$1\" -mindepth 2 -printf '%P %M %U:%G %T@ %C@ %n %i %l\\n' | sort";
    let layers = project.path(&format!("build/layers/{package}"));
    let output = Command::new("sh").args(["-c", script, "sh"]).arg(layers).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_commit_that_fails_leaves_the_layers_as_they_were() {
    everyone(|project| {
        project.install("below", &[], "echo x >/usr/lfsgen-test; echo y >/usr/lfsgen-linked");
        let build = "cd /usr; : >>lfsgen-test; chmod 400 lfsgen-linked; chmod 644 lfsgen-linked
                     mkdir lfsgen-new; cd lfsgen-new; echo a >a; ln a b; ln -s a c; mkfifo d; chmod 4711 a; chmod 500 .";
        let phases = &[("build", build), ("install", "true")];
        let expect = &["usr/missing"];
        project.package("tool", &Package { phases, layers: &["below"], expect, ..Package::default() });
        project.good("tool", "build");
        let before = layers_of(project, "tool");
        assert!(before.iter().any(|line| line.contains("lfsgen-new/c")), "{before:?}");
        project.bad("tool", "install", 1);
        assert_eq!(layers_of(project, "tool"), before);
        let plan = project.read("generated/plan/tool.json").replace("usr/missing", "usr/lfsgen-new/a");
        std::fs::write(project.path("generated/plan/tool.json"), plan).unwrap();
        project.good("tool", "install");
        let dir = "usr/lfsgen-new";
        let names = ["", "/a", "/b", "/c", "/d"].map(|name| format!("{dir}{name}"));
        assert_eq!(project.paths("tool"), names, "what was left as it was is no change");
        let linked = project.manifest("tool").entries.into_iter().filter(
            |entry| matches!(&entry.kind, Kind::File { link_of: Some(first), .. } if first.ends_with("/a")),
        );
        assert_eq!(linked.count(), 1);
        assert_eq!(project.manifest("tool").entries[1].mode, "4711");
    });
}

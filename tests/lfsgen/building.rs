//! Whole builds of small projects by the real program, and what the other commands then say of them.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{lfsgen, stderr, stdout};

/// A project of two packages, the second of which needs the first.
pub(crate) struct Project(tempfile::TempDir);

impl Project {
    pub(crate) fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("lfsgen.yaml", "project: small\nspecs: [specs]\nsandbox: preferred\n");
        // A step must have its signals, although the runner holds back its own.
        project.spec("base", "[]", "grep -q '^SigBlk:.0000000000000000$' /proc/self/status");
        project.spec("top", "[base]", "test -s /opt/base/text");
        project
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.dir().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes a spec whose build phase runs a line of shell.
    pub(crate) fn spec(&self, name: &str, depends: &str, build: &str) {
        let text = format!(
            "package: {name}\nversion: \"1\"\ndepends: {{ build: {depends} }}\nbuild: {{ system: custom }}\nphases:\n  \
             build: |\n    {build}\n  check: echo tested\n  install: |\n    mkdir -p /opt/{name}\n    echo {name} > /opt/{name}/text\n"
        );
        self.write(&format!("specs/{name}.yaml"), &text);
    }

    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        lfsgen(self.dir(), arguments)
    }

    /// Runs a command that must succeed, and gives its output.
    pub(crate) fn well(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
        stdout(&output)
    }

    /// The real program, to be started, with nothing of the caller's environment but `PATH`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lfsgen"));
        command.args(arguments).current_dir(self.dir());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command
    }

    /// Waits until the packages are in these states.
    pub(crate) fn wait_for(&self, states: &[&str]) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.dir().join("generated/plan/top.json").is_file() || self.states() != states {
            assert!(Instant::now() < deadline, "it never came to {states:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn states(&self) -> Vec<String> {
        let output = self.run(&["status", "--json"]);
        let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{error}: {}{}", stdout(&output), stderr(&output));
        });
        json["packages"].as_array().unwrap().iter().map(|p| p["state"].as_str().unwrap().to_owned()).collect()
    }
}

fn is_installed(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|dir| dir.join(program).is_file())
}

#[test]
fn every_runner_builds_all_and_then_nothing() {
    let runners: Vec<_> =
        ["ninja", "samu", "n2", "make"].into_iter().filter(|name| is_installed(name)).collect();
    assert!(runners.contains(&"ninja") && runners.contains(&"make"), "only {runners:?} are installed");
    for runner in runners {
        let project = Project::new();
        let first = project.well(&["build", "--runner", runner, "-j2"]);
        assert!(first.starts_with("8 steps ran, 0 taken from earlier runs"), "{runner}: {first}");
        assert!(
            first.contains(" for what could not take less than ")
                && first.contains("\nreport: build/reports/report.html\n"),
            "{runner}: {first}"
        );
        assert_eq!(project.states(), ["done", "done"], "{runner}");
        let again = project.well(&["build", "--runner", runner]);
        assert!(again.starts_with("nothing to do"), "{runner}: {again}");
        assert_eq!(project.well(&["plan"]), "nothing to do\n");
        assert!(project.dir().join("build/reports/report.json").is_file());
    }
}

#[test]
fn a_build_with_nothing_to_do_leaves_reports_that_are_current_and_writes_others() {
    let project = Project::new();
    project.well(&["build"]);
    let report = project.dir().join("build/reports/report.json");
    let inode = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&report).unwrap());
    let first = inode();
    for _ in 0..2 {
        assert!(
            project.well(&["build"]).starts_with("nothing to do: everything that was asked for is built")
        );
        assert_eq!(inode(), first, "nothing happened since");
    }
    std::fs::remove_file(project.dir().join("specs/top.yaml")).unwrap();
    assert!(project.well(&["build"]).starts_with("nothing to do: everything that was asked for is built"));
    assert!(!std::fs::read_to_string(&report).unwrap().contains("\"top\""), "it is in the plan no more");
    std::fs::remove_file(&report).unwrap();
    assert!(project.well(&["build"]).starts_with("nothing to do: everything that was asked for is built"));
    assert!(report.is_file());
}

#[test]
fn what_lfsgen_itself_finds_wrong_with_a_step_is_told_by_build_and_status() {
    let project = Project::new();
    project.spec("base", "[]", "true");
    let spec = project.dir().join("specs/base.yaml");
    let text =
        std::fs::read_to_string(&spec).unwrap() + "artifacts: { expect: [ opt/base/text, opt/base/more ] }\n";
    std::fs::write(spec, text).unwrap();
    let build = project.run(&["build", "base"]);
    let why = "it did not install what `artifacts.expect` names: opt/base/more";
    assert_eq!(build.status.code(), Some(1));
    let card = why.replace(": ", "\n  missing: ");
    assert!(
        stderr(&build).contains(&format!("FAILED: install of base: {card} (there is `opt/base`")),
        "{}",
        stderr(&build)
    );
    let status = project.run(&["status"]);
    assert!(stdout(&status).contains(why), "{}", stdout(&status));
}

#[test]
fn build_shows_the_card_that_the_step_wrote_and_the_next_attempt_takes_it_away() {
    let project = Project::new();
    // What `configure` writes into the build tree is gone with the step, which alone could look into it.
    let log = "configure:9: checking for zlib.h\\nconfigure:9: gcc -c conftest.c\\nconftest.c:1:10: fatal error: zlib.h: No such \
               file or directory\\nconfigure:9: $? = 1\\nconfigure:9: result: no\\nconfigure:10: error: zlib is needed\\n";
    let text = format!("printf '%b' '{log}' >config.log; echo 'configure: error: zlib is needed'; exit 1");
    project.spec("base", "[]", &text);
    let told = stderr(&project.run(&["build", "base"]));
    let means = "means: configure gave up: zlib is needed; the header `zlib.h` is not in the step's root\n";
    assert!(told.contains(means), "{told}");
    assert!(told.contains("of its own log, src/config.log:\n"), "{told}");
    let card = project.dir().join("build/logs/base/build.card.json");
    let json: Value = serde_json::from_slice(&std::fs::read(&card).unwrap()).unwrap();
    assert_eq!(
        (&json["diagnosis"]["kind"], &json["diagnosis"]["name"]),
        (&"missing-header".into(), &"zlib.h".into())
    );
    project.spec("base", "[]", "true");
    project.well(&["build", "base"]);
    assert!(!card.exists());
}

#[test]
fn a_build_whose_source_is_nowhere_says_what_to_do() {
    let project = Project::new();
    let digest = "2".repeat(64);
    project.write(
        "specs/base.yaml",
        &format!(
            "package: base\nversion: \"1\"\nsources: [ {{ url: \"file:gone.tar\", sha256: {digest} }} ]\nbuild: {{ system: custom }}\n"
        ),
    );
    let build = project.run(&["build", "base"]);
    assert_eq!(build.status.code(), Some(1));
    let said = stderr(&build);
    assert!(said.contains("FAILED: fetch of base: failed to fetch `gone.tar`"), "{said}");
    assert!(!said.contains("lfsgen shell"), "a fetch has no root to look into: {said}");
    assert!(said.contains(&format!("wanted: sha256 {digest}")) && said.contains("help: "), "{said}");
}

#[test]
fn a_build_tells_of_every_source_that_is_nowhere_and_keeps_the_others() {
    let project = Project::new();
    project.write("there.txt", "text");
    let there = lfsgen::model::Digest::of(b"text");
    let source =
        |name: &str, digest: &str| format!("{{ url: \"file:{name}\", sha256: {digest}, unpack: false }}");
    let sources = [
        source("gone.tar", &"2".repeat(64)),
        source("lost.tar", &"1".repeat(64)),
        source("there.txt", &there.to_string()),
    ];
    project.write(
        "specs/base.yaml",
        &format!(
            "package: base\nversion: \"1\"\nsources: [ {} ]\nbuild: {{ system: custom }}\n",
            sources.join(", ")
        ),
    );
    let said = stderr(&project.run(&["build", "base"]));
    let all = "FAILED: fetch of base: failed to fetch 2 of 3 sources: `gone.tar`, `lost.tar`\n";
    assert!(said.contains(all), "{said}");
    for digest in ["2".repeat(64), "1".repeat(64)] {
        assert!(said.contains(&format!("wanted: sha256 {digest}")), "{said}");
    }
    assert!(project.dir().join(format!("build/sources/{there}/there.txt")).exists());
    let status = project.run(&["status"]);
    assert!(
        stdout(&status).contains("failed to fetch 2 of 3 sources: `gone.tar`, `lost.tar`\n"),
        "{}",
        stdout(&status)
    );
}

#[test]
fn an_artifact_that_was_lost_is_made_again() {
    let project = Project::new();
    project.well(&["build"]);
    for artifact in std::fs::read_dir(project.dir().join("build/artifacts")).unwrap() {
        // Some are second names of others.
        let artifact = artifact.unwrap();
        if artifact.file_type().unwrap().is_dir() {
            std::fs::remove_dir_all(artifact.path().join("tree")).unwrap();
        }
    }
    assert_eq!(project.states(), ["stale", "stale"]);
    let build = project.run(&["build"]);
    // The checks have passed.
    assert!(stdout(&build).starts_with("6 steps ran, 2 taken from earlier runs"), "{}", stdout(&build));
    assert!(stderr(&build).contains("note: the artifact of `base` is lost"), "{}", stderr(&build));
    assert_eq!(project.states(), ["done", "done"]);
}

#[test]
fn more_jobs_than_any_machine_runs_are_as_good_as_very_many() {
    let project = Project::new();
    project.well(&["build", "-j", "4294967295"]);
    project.write("lfsgen.yaml", "project: test\nresources: { jobs: 4294967295 }\n");
    project.write("specs/base.yaml", "package: base\nversion: \"2\"\nphases: { build: 'echo %{jobs}' }\n");
    project.well(&["build", "base"]);
    let log = project.well(&["logs", "base:build"]);
    let jobs: Option<u32> = log.lines().last().and_then(|line| line.parse().ok());
    // What the memory allows, or the most that are looked at.
    assert!(jobs.is_some_and(|jobs| (2..=lfsgen::budget::MOST_SLOTS).contains(&jobs)), "{log}");
}

#[test]
fn a_stamp_that_lost_its_content_is_not_believed() {
    let project = Project::new();
    project.well(&["build"]);
    for content in ["", "\0\0\0\0"] {
        for part in ["artifacts", "layers"] {
            let _ = std::fs::remove_dir_all(project.dir().join("build").join(part));
        }
        std::fs::write(project.dir().join("build/stamps/base/install"), content).unwrap();
        project.well(&["build", "base"]);
        let [base, _] = project.states().try_into().unwrap();
        assert_eq!(base, "done", "{content:?}");
    }
}

#[test]
fn a_step_counts_once_however_often_it_is_looked_at() {
    let project = Project::new();
    project.well(&["build"]);
    for part in ["stamps", "passed"] {
        std::fs::remove_dir_all(project.dir().join("build").join(part)).unwrap();
    }
    let build = project.run(&["build"]);
    // Artifacts are restored, and for the checks earlier phases run again.
    let said = stderr(&build);
    let counts = said.lines().filter_map(|line| line.strip_prefix('[')?.split_once(']')?.0.split_once('/'));
    let counts: Vec<(usize, usize)> =
        counts.map(|(n, of)| (n.parse().unwrap(), of.parse().unwrap())).collect();
    assert!(counts.len() > 8 && counts.iter().all(|(n, of)| n <= of && *of == 8), "{said}");
    assert_eq!(counts.last(), Some(&(8, 8)), "{said}");
    assert!(!project.dir().join("build/layers/base").exists(), "what the check needed is gone again");
    // GNU make has stamps of its own, and so looks at each step.
    let build = project.run(&["build", "--backend", "make", "-j1"]);
    let said = stderr(&build);
    assert!(said.starts_with("[1/4] base:prepare restored") && said.contains("\n[8/8] "), "{said}");
}

#[test]
fn a_project_without_specs_builds_nothing_and_says_how_to_begin() {
    let project = Project(tempfile::tempdir().unwrap());
    project.write("lfsgen.yaml", "project: empty\n");
    std::fs::create_dir(project.dir().join("specs")).unwrap();
    let generated = project.run(&[]);
    assert!(stderr(&generated).contains("`lfsgen new NAME` starts one"), "{}", stderr(&generated));
    assert!(project.well(&["build"]).starts_with("nothing to do: there are no specs"));
    assert_eq!(project.well(&["plan"]), "nothing to do\n");
    assert!(project.well(&["status"]).ends_with("0 packages\n"));
}

#[test]
fn a_check_that_was_left_out_is_told_of_and_runs_when_it_is_asked_for() {
    let project = Project::new();
    project.well(&["build", "--check-phase", "off"]);
    let lines = |text: &str| text.lines().filter(|line| line.contains("check was left out")).count();
    let status = project.well(&["status"]);
    assert!(lines(&status) == 2 && status.contains("3/4"), "{status}");
    assert!(project.well(&["build", "--check-phase", "off"]).starts_with("nothing to do"));
    let build = project.run(&["build"]);
    assert!(stderr(&build).contains("top:check succeeded"), "{}", stderr(&build));
    let status = project.well(&["status"]);
    assert!(lines(&status) == 0 && status.contains("4/4"), "{status}");
    assert!(project.well(&["build"]).starts_with("nothing to do: everything that was asked for is built"));
}

#[test]
fn a_failed_step_is_shown_and_leaves_with_1() {
    let project = Project::new();
    project.spec("base", "[]", "echo \"base.c:7: error: no such thing\" >&2; exit 3");
    project.spec("other", "[]", "true");
    let output = project.run(&["build", "-k0"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let told = stderr(&output);
    assert!(
        told.contains("FAILED: build of base: exit status 3\n  cause: base.c:7: error: no such thing\n"),
        "{told}"
    );
    assert_eq!(project.states(), ["failed", "done", "never-built"]);
    assert_eq!(project.run(&["status"]).status.code(), Some(1));
    assert!(project.well(&["logs", "base:build"]).ends_with("base.c:7: error: no such thing\n"));
    assert!(project.well(&["logs", "base:build", "--times"]).contains("] base.c:7: error: no such thing\n"));
    let junit = project.well(&["report", "--format", "junit"]);
    assert!(junit.contains("failures=\"1\""), "{junit}");
    // Its first attempt is kept.
    project.spec("base", "[]", "echo mended");
    project.well(&["build", "base"]);
    assert!(project.well(&["logs", "base:build", "--attempt", "1"]).contains("no such thing"));
    assert!(project.well(&["logs", "base:build"]).ends_with("mended\n"));
}

#[test]
fn keeping_going_needs_no_number() {
    for arguments in [&["build", "-k"][..], &["build", "-k", "top", "other"], &["build", "-k", "--quiet"]] {
        let project = Project::new();
        project.spec("base", "[]", "exit 3");
        // Its later steps begin when the other has failed.
        project.spec("other", "[]", "sleep 1");
        let output = project.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert_eq!(project.states(), ["failed", "done", "never-built"], "{arguments:?}: {}", stderr(&output));
    }
    let output = Project::new().run(&["build", "-k", "no-such"]);
    assert!(stderr(&output).contains("no package or stage is called `no-such`"), "{}", stderr(&output));
}

#[test]
fn logs_that_were_removed_are_not_mixed_up_with_those_of_later_attempts() {
    let project = Project::new();
    let build = |text: &str| {
        project.spec("base", "[]", &format!("echo {text}"));
        project.well(&["build", "base"]);
    };
    build("one");
    build("two");
    project.well(&["clean", "--logs"]);
    build("three");
    build("four");
    for (attempt, end) in
        [("1", "(the log was removed)"), ("2", "(the log was removed)"), ("3", "three"), ("4", "four")]
    {
        let said = project.well(&["logs", "base:build", "--attempt", attempt]);
        assert!(
            said.starts_with("==> base:build, attempt ") && said.ends_with(&format!("\n{end}\n")),
            "{said}"
        );
    }
}

#[test]
fn a_build_goes_on_in_a_failed_tree_where_it_is_told_to() {
    let project = Project::new();
    project.spec("base", "[]", "echo done by hand > object; false");
    let output = project.run(&["build"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("lfsgen build --continue base\n"), "{}", stderr(&output));
    project.spec("base", "[]", "cat object");
    project.well(&["build", "--continue"]);
    assert!(project.well(&["logs", "base:build"]).ends_with("\ndone by hand\n"));
    let journal = std::fs::read_to_string(project.dir().join("build/journal.jsonl")).unwrap();
    assert!(journal.contains("went on in the tree of the attempt before"), "{journal}");
}

#[test]
fn a_changed_dependency_is_named_as_the_reason() {
    let project = Project::new();
    assert!(stderr(&project.run(&["report"])).contains("run `lfsgen generate` first"));
    project.well(&["build"]);
    assert!(project.well(&["why", "top"]).starts_with("top 1 is up to date"));
    project.spec("base", "[]", "echo changed");
    project.well(&["generate"]);
    let why = project.well(&["why", "top"]);
    assert!(why.starts_with("top 1 would be built again, because of\n  depends.base: "), "{why}");
    assert!(why.contains("because of\n    phase.build: "), "{why}");
    assert_eq!(project.states(), ["stale", "stale"]);
    // What `prepare` does to base is the same as before, but its layer went when base was finished.
    let plan = project.well(&["plan", "top"]);
    assert!(plan.contains("8 steps of 2 packages in 2 levels"), "{plan}");
}

#[test]
fn a_build_goes_by_what_it_began_with_and_the_next_one_by_what_was_changed_meanwhile() {
    let project = Project::new();
    project.spec("base", "[]", "sleep 3");
    let build = project.command(&["build"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let log = project.dir().join("build/logs/base/build.log");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !log.is_file() {
        assert!(Instant::now() < deadline, "the build never came to its first phase");
        std::thread::sleep(Duration::from_millis(20));
    }
    project.spec("base", "[]", "echo changed > /opt/changed");
    project.well(&["generate"]);
    // Another version of lfsgen writes what this one cannot read.
    let plan = project.dir().join("generated/plan/top.json");
    let text = std::fs::read_to_string(&plan).unwrap();
    std::fs::write(&plan, text.replacen("\"lfsgen\": ", "\"other\": 1,\n  \"lfsgen\": 9", 1)).unwrap();
    let output = build.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).starts_with("8 steps ran, 0 taken"), "{}", stdout(&output));
    assert!(!project.dir().join("build/tmp/begun").exists());
    let next = project.well(&["build"]);
    assert!(!next.starts_with("nothing to do"), "{next}");
    assert_eq!(project.states(), ["done", "done"]);
    assert!(project.well(&["why", "base"]).starts_with("base 1 is up to date"));
    assert!(project.well(&["build"]).starts_with("nothing to do: everything that was asked for is built"));
}

#[test]
fn tests_run_unless_they_are_switched_off() {
    let project = Project::new();
    project.well(&["build", "base", "--check-phase", "off"]);
    let outcomes = |project: &Project| {
        let json: Value = serde_json::from_str(&project.well(&["report", "--format", "json"])).unwrap();
        let steps = json["packages"][0]["steps"].as_array().unwrap();
        let check = steps.iter().find(|step| step["phase"] == "check").unwrap();
        check["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(outcomes(&project), "skipped");
    let due = || project.well(&["why", "base"]).contains("its check has not passed as it is now");
    assert!(due());
    project.well(&["build", "base"]);
    assert!(!due());
    let spec = std::fs::read_to_string(project.dir().join("specs/base.yaml")).unwrap();
    project.write("specs/base.yaml", &spec.replace("echo tested", "echo tested anew"));
    assert!(due());
    assert!(stdout(&project.run(&["diff"])).starts_with("~ base 1 is not built again, but the phases up to"));
}

#[test]
fn what_cannot_be_started_leaves_with_2_and_a_way_out() {
    let project = Project::new();
    project.well(&["generate"]);
    let unknown = project.run(&["build", "tpo"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("no package or stage is called `tpo`; did you mean `top`?"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_lfsgen"));
    let bare = command
        .arg("build")
        .current_dir(project.dir())
        .env_clear()
        .env("PATH", project.dir())
        .output()
        .unwrap();
    assert_eq!(bare.status.code(), Some(2));
    let told = stderr(&bare);
    assert!(told.contains("`ninja-build`") && told.contains("lfsgen build --backend make"), "{told}");
}

#[test]
fn an_interrupted_build_stops_its_steps_and_the_next_one_goes_on() {
    let project = Project::new();
    project.spec("top", "[base]", "sleep 60");
    let mut command = project.command(&["build"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn().unwrap();
    project.wait_for(&["done", "running"]);
    let second = project.run(&["build"]);
    assert_eq!(second.status.code(), Some(2));
    assert!(stderr(&second).contains("another `lfsgen build` is at work"), "{}", stderr(&second));
    let start = Instant::now();
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(20), "it waited for the sleep");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("interrupted; `lfsgen build` goes on from here"), "{}", stderr(&output));
    assert_eq!(project.states(), ["done", "never-built"]);
    project.spec("top", "[base]", "true");
    let summary = project.well(&["build"]);
    assert!(summary.contains(" ran, "), "{summary}");
    assert_eq!(project.states(), ["done", "done"]);
}

#[test]
fn a_build_that_is_killed_takes_its_steps_with_it() {
    let project = Project::new();
    project.spec("top", "[base]", "sleep 60");
    let mut child = project.command(&["build"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    project.wait_for(&["done", "running"]);
    child.kill().unwrap();
    child.wait().unwrap();
    project.wait_for(&["done", "never-built"]);
}

#[test]
fn clean_removes_what_was_chosen_and_follows_no_link() {
    let project = Project::new();
    assert_eq!(project.well(&["clean"]), "there is nothing to remove\n");
    project.well(&["build"]);
    let build = project.dir().join("build");
    project.write("precious/file", "mine");
    std::os::unix::fs::symlink(project.dir().join("precious"), build.join("logs/link")).unwrap();
    std::os::unix::fs::symlink(project.dir().join("precious"), build.join("providers")).unwrap();
    std::fs::write(build.join("note.txt"), "mine too").unwrap();
    assert!(project.well(&["clean"]).contains("nothing was removed"));
    assert!(project.well(&["clean", "--all", "--dry-run"]).contains("nothing was removed"));
    assert!(build.join("journal.jsonl").is_file());
    project.well(&["clean", "--artifacts"]);
    assert_eq!(project.states(), ["stale", "stale"]);
    assert!(project.well(&["why", "base"]).contains("its artifact is gone"));
    project.well(&["clean", "--all"]);
    let names = |dir: &Path| -> std::collections::BTreeSet<_> {
        std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    assert_eq!(names(&build), ["logs", "note.txt"].map(str::to_owned).into());
    assert_eq!(names(&build.join("logs")), ["link"].map(str::to_owned).into(), "a link that is not lfsgen's");
    assert_eq!(std::fs::read(project.dir().join("precious/file")).unwrap(), b"mine");
}

#[test]
fn clean_refuses_a_folder_that_is_no_state_directory() {
    let project = Project::new();
    project.write("lfsgen.yaml", "project: small\nspecs: [specs]\nstate: home\n");
    project.write("home/diary", "mine");
    project.write("home/sources/a.tar", "mine");
    project.write("home/tmp/downloads/a.tar", "mine");
    let output = project.run(&["clean", "--all"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("does not look like a state directory"), "{}", stderr(&output));
    assert!(project.dir().join("home/tmp/downloads/a.tar").is_file());
}

#[test]
fn a_line_of_the_journal_that_was_cut_off_is_told_of_and_hides_nothing() {
    use std::io::Write as _;
    let project = Project::new();
    project.well(&["build"]);
    let path = project.dir().join("build/journal.jsonl");
    let mut journal = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    journal.write_all(br#"{"v":1,"at":5,"event":"step-fin"#).unwrap();
    for command in [&["status"][..], &["why", "top"], &["report"]] {
        let said = project.well(command);
        assert!(said.contains("could not be read"), "{command:?}: {said}");
    }
    project.well(&["build"]);
    assert!(project.well(&["status"]).contains("\n1 line of the journal could not be read\n"));
    for command in [["status", "--json"].as_slice(), &["why", "top", "--json"]] {
        let said: Value = serde_json::from_str(&project.well(command)).unwrap();
        assert_eq!(said["skipped_lines"], 1, "{command:?}");
    }
}

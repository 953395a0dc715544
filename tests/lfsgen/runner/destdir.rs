//! `sandbox: preferred` on a machine that isolates nothing, made here by forbidding it: steps run on the machine itself, and what
//! they put into `DESTDIR` is captured.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use lfsgen::journal::Outcome;
use lfsgen::model::{Limited, Over};
use lfsgen::store::{Captured, Kind};
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};

use super::forbidden::{behind, without};
use super::project::{Package, Project, Who, is_root, processes_with, wait_until, who};
use crate::support::{stderr, stdout};

/// A project of an ordinary user.
fn project() -> Project {
    Project::new(*who().last().unwrap())
}

fn preferred() -> Value {
    json!({"sandbox": "preferred"})
}

fn package(project: &Project, name: &str, layers: &[&str], phases: &[(&str, &str)]) {
    project.package(name, &Package { phases, layers, stage: preferred(), ..Package::default() });
}

/// Runs a step where the machine isolates nothing.
fn step(project: &Project, name: &str, phase: &str) -> Output {
    without(libc::SYS_unshare, libc::EPERM)(project.command(&["run-step", name, phase]))
}

#[track_caller]
fn good(project: &Project, name: &str, phase: &str) -> String {
    let output = step(project, name, phase);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

#[track_caller]
fn bad(project: &Project, name: &str, phase: &str, status: i32) -> String {
    let output = step(project, name, phase);
    assert_eq!(output.status.code(), Some(status), "{}{}", stdout(&output), stderr(&output));
    stderr(&output)
}

fn start(project: &Project, name: &str, phase: &str) -> Child {
    let mut command = project.command(&["run-step", name, phase]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    behind(libc::SYS_unshare, libc::EPERM, |mut command: Command| command.spawn().unwrap())(command)
}

#[test]
fn what_a_package_puts_into_destdir_is_its_artifact_and_the_manifest_says_how_it_is_known() {
    let project = project();
    let phases = [
        ("prepare", "mkdir src; touch -d @1000000000 src/old; echo ${DESTDIR-none}"),
        ("configure", "pwd >src/where; test src/old -ot src/where"),
        ("build", "test $(cat src/where) = $PWD; test $LFSGEN_WORK = $PWD; test $HOME = $PWD; echo made >src/tool"),
        (
            "install",
            "test $(cat src/where) = $PWD; umask 077
             mkdir -p $DESTDIR/usr/bin $DESTDIR/opt/new; chmod 700 $DESTDIR/opt/new; install -m 4755 src/tool $DESTDIR/usr/bin
             ln -s tool $DESTDIR/usr/bin/link; ln $DESTDIR/usr/bin/tool $DESTDIR/usr/bin/hard",
        ),
    ];
    package(&project, "tool", &[], &phases);
    for (phase, _) in phases {
        let said = good(&project, "tool", phase);
        assert!(said.contains("not isolated: it ran on the machine itself"), "{said}");
    }
    assert_eq!(project.log("tool", "prepare"), "none\n");
    let manifest = project.manifest("tool");
    assert_eq!(manifest.captured, Captured::Destdir);
    // What the machine has is no part of it, whatever its mode; and what is this user's is meant to be root's.
    let entry = |path: &str| manifest.entries.iter().find(|entry| entry.path == path).unwrap();
    assert_eq!(project.paths("tool"), ["opt/new", "usr/bin/hard", "usr/bin/link", "usr/bin/tool"]);
    assert_eq!((entry("opt/new").mode.as_str(), &entry("opt/new").kind), ("0700", &Kind::Directory));
    let tool = entry("usr/bin/tool");
    assert_eq!((tool.mode.as_str(), tool.uid, tool.gid), ("4755", 0, 0));
    let text = project.read(&format!("build/artifacts/{}/manifest.json", project.key("tool")));
    assert!(text.starts_with("{\"lfsgen\":1,\"captured\":\"destdir\",\"entries\":["), "{text}");
    assert_eq!(project.outcomes(), vec![Outcome::Succeeded; 4]);
    project.write("lfsgen.yaml", "project: small\nspecs: [specs]\nsandbox: preferred\n");
    let packed = project.command(&["pack", "tool", "--output", "tool.tar"]).output().unwrap();
    assert!(
        stderr(&packed).contains("note: of 1 package, built without isolation, only what was put"),
        "{}",
        stderr(&packed)
    );
    // It is there, and nothing runs again.
    assert!(good(&project, "tool", "install").contains("restored"));
    assert!(!project.path("build/tmp/machine/tool").exists());
}

#[test]
fn a_container_that_denies_the_newest_call_for_a_process_builds_too() {
    let project = project();
    package(&project, "tool", &[], &[("install", "mkdir $DESTDIR/opt; touch $DESTDIR/opt/x")]);
    // As Docker's default filter does it, and systemd's `RestrictNamespaces=`.
    let container = behind(libc::SYS_clone3, libc::ENOSYS, without(libc::SYS_unshare, libc::EPERM));
    let output = container(project.command(&["run-step", "tool", "install"]));
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("not isolated"), "{}", stdout(&output));
    assert_eq!(project.paths("tool"), ["opt/x"]);
}

#[test]
fn a_step_believes_what_whoever_began_the_run_has_found_out() {
    let project = project();
    let install = "mkdir -p ${DESTDIR-}/opt; touch ${DESTDIR-}/opt/x";
    package(&project, "tool", &[], &[("build", "true"), ("install", install)]);
    let told = |mut command: Command, why: &str| {
        command.env("LFSGEN_NOT_ISOLATED", why);
        command
    };
    let output = told(project.command(&["run-step", "tool", "build"]), "somebody says so").output().unwrap();
    assert!(
        stdout(&output).contains("not isolated"),
        "this machine could: {}{}",
        stdout(&output),
        stderr(&output)
    );
    // Where it is said that steps are isolated, they are or do not run.
    let output =
        without(libc::SYS_unshare, libc::EPERM)(told(project.command(&["run-step", "tool", "install"]), ""));
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    assert!(stderr(&output).contains("a seccomp filter refuses"), "{}", stderr(&output));
}

#[test]
fn a_phase_that_runs_once_more_is_told_of_as_not_isolated_too() {
    let project = project();
    // `second` needs what `first` makes, which waits for it where it can.
    let text = "cat >Makefile <<'END'
all: first second
first:
\tif [ \"$$LFSGEN_JOBS\" != 1 ]; then until [ -e tried ]; do sleep 0.1; done; fi; echo x >made
second:
\tcat made; status=$$?; touch tried; exit $$status
END
make";
    let more = json!({"limits": {"jobs": 2, "project_jobs": 4}});
    project.package(
        "tool",
        &Package { phases: &[("build", text)], stage: preferred(), more, ..Package::default() },
    );
    let said = good(&project, "tool", "build");
    assert!(
        said.contains("not isolated: ")
            && said.contains("; built with one job, after several at once failed"),
        "{said}"
    );
}

#[test]
fn a_failed_phase_leaves_everything_as_it_was() {
    let project = project();
    let phases = |install| [("build", "echo 1 >built"), ("install", install)];
    package(
        &project,
        "tool",
        &[],
        &phases("echo 2 >built; mkdir -p $DESTDIR/opt; touch $DESTDIR/opt/half; false"),
    );
    good(&project, "tool", "build");
    let said = bad(&project, "tool", "install", 1);
    assert!(said.contains("could write to its build tree and, while it installed, to `$DESTDIR`"), "{said}");
    assert!(!said.contains("look inside") && !project.has_artifact("tool"), "{said}");
    package(&project, "tool", &[], &phases("mkdir -p $DESTDIR/opt; cp built $DESTDIR/opt"));
    good(&project, "tool", "install");
    assert_eq!(project.paths("tool"), ["opt/built"]);
    assert_eq!(project.artifact_file("tool", "opt/built"), "1\n");
}

#[test]
fn an_install_phase_that_puts_nothing_into_destdir_fails() {
    let project = project();
    package(&project, "tool", &[], &[("install", "echo x >here")]);
    // The script of these tests has no function, by which an empty phase is known.
    let script =
        project.read("generated/scripts/tool.sh").replace("case $1", "phase_install() {\necho\n}\ncase $1");
    project.write("generated/scripts/tool.sh", &script);
    let digest = lfsgen::model::Digest::of(script.as_bytes()).to_string();
    let more = json!({"script_sha256": digest});
    project.package("other", &Package { more, ..Package::default() });
    let mut plan: Value = serde_json::from_str(&project.read("generated/plan/tool.json")).unwrap();
    plan["script_sha256"] = digest.into();
    project.write("generated/plan/tool.json", &plan.to_string());
    let said = bad(&project, "tool", "install", 1);
    assert!(said.contains("it put nothing into `$DESTDIR`"), "{said}");
    assert!(!project.has_artifact("tool"));
}

#[test]
fn nothing_but_the_build_tree_and_destdir_can_be_written_and_little_be_read() {
    let project = project();
    project.write("secret", "a secret");
    std::fs::create_dir_all(project.path("mine")).unwrap();
    project.write("mine/precious", "precious");
    let (dir, state) = (project.path("mine"), project.path("build"));
    let (dir, state, secret) = (dir.display(), state.display(), project.path("secret").display().to_string());
    // Each line is one attempt, which must fail.
    let attempts = [
        format!("echo x >{dir}/new"),
        format!("echo x >>{dir}/precious"),
        format!("rm {dir}/precious"),
        format!("mv {dir}/precious here"),
        format!("ln {dir}/precious here"),
        format!("truncate -s 0 {dir}/precious"),
        format!("perl -e 'truncate(\"{dir}/precious\", 0) or exit 1'"),
        format!("mkdir {dir}/new"),
        format!("ln -s {dir} out && echo x >out/new"),
        format!("echo x >/proc/$PPID/root{dir}/new"),
        format!("cat {secret}"),
        format!("cat {dir}/precious"),
        format!("ls {dir}"),
        format!("cat /proc/{}/environ", std::process::id()),
        format!("echo x >{state}/journal.jsonl"),
        format!("rm -rf {state}/artifacts"),
        "echo x >/tmp/lfsgen-test-of-destdir".to_owned(),
        "mknod device c 1 3".to_owned(),
        "perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0) or exit 1'".to_owned(),
        "perl -MSocket -e 'socket(my $s, PF_UNIX, SOCK_STREAM, 0) or exit 1'".to_owned(),
        "perl -MSocket -e 'socketpair(my $s, my $t, PF_UNIX, SOCK_DGRAM, 0) or exit 1'".to_owned(),
        "perl -MSocket -e 'socketpair(my $s, my $t, PF_UNIX, SOCK_RAW, 0) or exit 1'".to_owned(),
        "perl -e 'defined shmget(0, 4096, 0600) or exit 1'".to_owned(),
        "perl -e 'defined msgget(0, 0600) or exit 1'".to_owned(),
        "perl -e 'defined semget(0, 1, 0600) or exit 1'".to_owned(),
        format!("perl -e 'syscall({}, \"lfsgen-test\", 66, 0600, 0) >= 0 or exit 1'", libc::SYS_mq_open),
        format!("perl -e 'syscall({}, 0, 0 + getppid, 5) == 0 or exit 1'", libc::SYS_setpriority),
        format!(
            "perl -e 'syscall({}, 0 + getppid, 5, \"\\0\" x 4) == 0 or exit 1'",
            libc::SYS_sched_setscheduler
        ),
        // No time of a processor for the first process, which would end it.
        format!("perl -e 'syscall({}, 0 + getppid, 0, \"\\0\" x 16, 0) == 0 or exit 1'", libc::SYS_prlimit64),
        format!(
            "touch mine; perl -e 'syscall({}, \"mine\", \"user.overlay.opaque\", \"y\", 1, 0) == 0 or exit 1'",
            libc::SYS_setxattr
        ),
        "echo x >/dev/ptmx".to_owned(),
        "unshare -r true".to_owned(),
        "su -c true".to_owned(),
    ];
    // And one that does not fail, to see that one would be told of.
    let attempts = attempts.into_iter().chain(["true".to_owned()]);
    let lines: Vec<_> = attempts
        .map(|line| {
            format!("if ({line}) >/dev/null 2>&1; then echo 'it worked: {}'; fi", line.replace('\'', "\""))
        })
        .collect();
    let text = format!(
        "{}\nmkdir -p $DESTDIR/opt\ntouch $DESTDIR/opt/done /dev/null\necho end >/dev/null",
        lines.join("\n")
    );
    package(&project, "tool", &[], &[("build", &lines.join("\n")), ("install", &text)]);
    for phase in ["build", "install"] {
        good(&project, "tool", phase);
        assert_eq!(project.log("tool", phase), "it worked: true\n");
    }
    assert_eq!(project.read("mine/precious"), "precious");
    assert_eq!(std::fs::read_dir(project.path("mine")).unwrap().count(), 1);
}

#[test]
fn with_the_machines_network_its_services_still_are_out_of_reach() {
    let project = project();
    let text = "perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0) or exit 1'
        ! perl -MSocket -e 'socket(my $s, PF_UNIX, SOCK_STREAM, 0) or exit 1'
        ! perl -MSocket -e 'socketpair(my $s, my $t, PF_UNIX, SOCK_DGRAM | 02000000, 0) or exit 1'
        perl -MSocket -e 'socketpair(my $s, my $t, PF_UNIX, SOCK_STREAM, 0) or exit 1'; echo end";
    let stage = json!({"sandbox": "preferred", "network": true});
    project.package("tool", &Package { phases: &[("build", text)], stage, ..Package::default() });
    good(&project, "tool", "build");
    assert_eq!(project.log("tool", "build"), "end\n");
}

#[test]
fn what_a_package_leaves_in_the_place_of_its_build_tree_leads_nowhere() {
    let project = project();
    std::fs::create_dir_all(project.path("mine")).unwrap();
    let mine = project.path("mine");
    let ends = [
        format!("ln -s {} $DESTDIR/lfsgen", mine.display()),
        "mkdir -p $DESTDIR/lfsgen; ln -s .. $DESTDIR/lfsgen/work".to_owned(),
        "echo >$DESTDIR/lfsgen".to_owned(),
        "mkdir -p $DESTDIR/lfsgen/work/full".to_owned(),
        "chmod 0 $DESTDIR $LFSGEN_WORK".to_owned(),
    ];
    for (number, end) in ends.iter().enumerate() {
        let name = format!("tool-{number}");
        let text = format!("echo x >planted; mkdir $DESTDIR/opt; echo x >$DESTDIR/opt/x; {end}");
        package(&project, &name, &[], &[("install", &text)]);
        good(&project, &name, "install");
        assert_eq!(project.paths(&name), ["opt/x"], "{end}");
        assert_eq!(std::fs::read_dir(&mine).unwrap().count(), 0, "{end}");
    }
}

#[test]
fn what_looks_like_a_removal_in_destdir_removes_nothing() {
    let project = project();
    let text =
        "mkdir -p $DESTDIR/usr/bin $DESTDIR/opt; mknod $DESTDIR/usr/bin/perl c 0 0; touch $DESTDIR/opt/x";
    package(&project, "tool", &[], &[("install", text)]);
    good(&project, "tool", "install");
    assert_eq!(
        (project.paths("tool"), project.manifest("tool").removes),
        (vec!["opt/x".to_owned()], Vec::new())
    );
}

#[test]
fn processes_that_start_each_other_and_end_do_not_outrun_their_end() {
    // Before, Landlock keeps no signals in, and docs/security.md says so.
    if lfsgen::host::process::kernel() < (6, 12) {
        return;
    }
    let project = project();
    let chain = "perl -MPOSIX -e 'setsid; $end = time + 60; while (time < $end) { fork and POSIX::_exit(0) }' 9004.destdir";
    let text =
        format!("for chain in 1 2 3 4 5 6 7 8; do {chain} >/dev/null 2>&1 </dev/null & done; sleep 0.5");
    package(&project, "tool", &[], &[("build", &text)]);
    let begun = Instant::now();
    good(&project, "tool", "build");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(processes_with("9004.destdir"), Vec::<String>::new());
}

#[test]
fn what_a_command_leaves_running_ends_with_it_however_it_hides() {
    let project = project();
    let hide = "setsid sh -c 'trap \"\" TERM HUP; (perl -e \"sleep 900\" 9001.destdir & wait) & wait' >/dev/null 2>&1 </dev/null & disown; sleep 0.3; ps";
    package(&project, "tool", &[], &[("build", hide)]);
    good(&project, "tool", "build");
    assert!(project.log("tool", "build").contains("perl"), "it ran");
    assert_eq!(processes_with("9001.destdir"), Vec::<String>::new());
}

#[test]
fn a_signal_to_the_runner_or_its_sudden_end_ends_everything() {
    let project = project();
    package(
        &project,
        "tool",
        &[],
        &[("build", "(setsid perl -e 'sleep 900' 9002.destdir &) ; perl -e 'sleep 900' 9002.destdir")],
    );
    for signal in [Signal::TERM, Signal::INT, Signal::KILL] {
        let mut runner = start(&project, "tool", "build");
        wait_until("it runs", || processes_with("9002.destdir").len() >= 2);
        let asked = Instant::now();
        rustix::process::kill_process(Pid::from_child(&runner), signal).unwrap();
        runner.wait().unwrap();
        wait_until("all have ended", || processes_with("9002.destdir").is_empty());
        assert!(asked.elapsed() < Duration::from_secs(15), "{signal:?} took {:?}", asked.elapsed());
    }
    let ends = project.outcomes();
    assert_eq!(ends, vec![Outcome::Interrupted; 2], "who is killed says nothing");
}

#[test]
fn whoever_ends_the_first_process_leaves_nothing_running() {
    let project = project();
    let started = "(setsid perl -e 'sleep 900' 9003.destdir &) ; perl -e 'sleep 900' 9003.destdir";
    package(&project, "tool", &[], &[("build", started)]);
    let mut runner = start(&project, "tool", "build");
    wait_until("it runs", || processes_with("9003.destdir").len() >= 2);
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", runner.id())).unwrap();
    let first: i32 = children.trim().parse().unwrap();
    rustix::process::kill_process(Pid::from_raw(first).unwrap(), Signal::KILL).unwrap();
    assert_eq!(runner.wait().unwrap().code(), Some(1));
    assert_eq!(processes_with("9003.destdir"), Vec::<String>::new());
    assert_eq!(project.outcomes(), [Outcome::Killed { signal: 9 }]);
}

#[test]
fn memory_of_all_its_processes_is_limited() {
    let project = project();
    let large = "for part in 1 2; do (perl -e '$x = \"x\" x (180 << 20); sleep 300' &); done; sleep 300";
    let more = json!({"limits": {"memory": 8 << 20, "jobs": 1}});
    project.package(
        "tool",
        &Package { phases: &[("build", large)], stage: preferred(), more, ..Package::default() },
    );
    bad(&project, "tool", "build", 1);
    let outcome = project.outcomes().pop();
    assert!(matches!(outcome, Some(Outcome::OverLimit(Over { of: Limited::Memory, .. }))), "{outcome:?}");
}

#[test]
fn what_a_dependency_installed_is_found_by_search_paths() {
    let project = project();
    let install = "mkdir -p $DESTDIR/usr/bin $DESTDIR/usr/include $DESTDIR/usr/lib/pkgconfig
        printf '#!/bin/sh\\necho said by it\\n' >$DESTDIR/usr/bin/dep-tool; chmod +x $DESTDIR/usr/bin/dep-tool
        echo '#define DEP 7' >$DESTDIR/usr/include/dep.h; touch $DESTDIR/usr/lib/pkgconfig/dep.pc";
    package(&project, "dep", &[], &[("install", install)]);
    good(&project, "dep", "install");
    let text = "dep-tool; printf '#include <dep.h>\\nint x = DEP;\\n' >x.c; cc -c x.c && echo compiled
        ls ${PKG_CONFIG_PATH%%:*}; mkdir -p $DESTDIR/opt; touch $DESTDIR/opt/x";
    package(&project, "tool", &["dep"], &[("install", text)]);
    good(&project, "tool", "install");
    assert_eq!(project.log("tool", "install"), "said by it\ncompiled\ndep.pc\n");
}

#[test]
fn what_a_dependency_installed_is_found_by_either_shell_where_the_stage_says_where_to_search() {
    let project = project();
    let env = "{ PATH: /usr/bin:/bin, PKG_CONFIG_PATH: /usr/lib/pkgconfig }";
    let config =
        format!("project: small\nspecs: [specs]\nsandbox: preferred\nstages: {{ host: {{ env: {env} }} }}\n");
    project.write("lfsgen.yaml", &config);
    let install = "mkdir -p ${DESTDIR-}/usr/bin ${DESTDIR-}/usr/lib/pkgconfig\n    touch ${DESTDIR-}/usr/lib/pkgconfig/dep.pc\n    \
                   printf '#!/bin/sh\\necho said by it\\n' >${DESTDIR-}/usr/bin/dep-tool\n    chmod +x ${DESTDIR-}/usr/bin/dep-tool";
    let phases = |text: &str| format!("version: 1\nphases:\n  install: |\n    {text}\n");
    project.write("specs/dep.yaml", &format!("package: dep\n{}", phases(install)));
    let text = phases(
        "dep-tool\n    ls ${PKG_CONFIG_PATH%%:*}\n    mkdir -p ${DESTDIR-}/opt\n    touch ${DESTDIR-}/opt/x",
    );
    for dialect in ["bash", "posix"] {
        let head = format!("package: {dialect}\ndialect: {dialect}\ndepends: {{ build: [dep] }}\n");
        project.write(&format!("specs/{dialect}.yaml"), &format!("{head}{text}"));
    }
    let generated = project.command(&["generate"]).output().unwrap();
    assert!(generated.status.success(), "{}", stderr(&generated));
    for name in ["dep", "bash", "posix"] {
        ["prepare", "install"].iter().for_each(|phase| drop(good(&project, name, phase)));
    }
    for name in ["bash", "posix"] {
        assert_eq!(project.log(name, "install"), "said by it\ndep.pc\n", "{name}");
    }
}

#[test]
fn where_steps_can_be_isolated_an_artifact_of_destdir_is_made_again_and_no_root_has_one() {
    let project = project();
    let install =
        "mkdir -p ${DESTDIR-}/opt; touch ${DESTDIR-}/opt/x; test -n \"${DESTDIR-}\" || rm -f /usr/bin/perl";
    let phases = [("build", "echo ${DESTDIR-}built"), ("check", "echo checked"), ("install", install)];
    package(&project, "dep", &[], &phases);
    phases.iter().for_each(|(phase, _)| drop(good(&project, "dep", phase)));
    package(&project, "tool", &["dep"], &[("install", "mkdir -p ${DESTDIR-}/opt; touch ${DESTDIR-}/opt/y")]);
    // The same project, where nothing is forbidden.
    let error = project.bad("tool", "install", 2);
    assert!(
        error.contains("was captured through `DESTDIR`, without isolation; start the build again"),
        "{error}"
    );
    for (phase, _) in phases {
        let said = project.good("dep", phase);
        assert!(!said.contains("not isolated") && !said.contains("damaged"), "{said}");
    }
    // Its check passed without isolation, which counts for nothing.
    let ends: Vec<_> = project.finished().into_iter().filter(|end| end.package.as_str() == "dep").collect();
    let isolated = ends[3..].iter().map(|end| (end.phase.name(), end.outcome.name())).collect::<Vec<_>>();
    assert_eq!(isolated, [("build", "succeeded"), ("check", "succeeded"), ("install", "succeeded")]);
    let manifest = project.manifest("dep");
    assert_eq!((manifest.captured, manifest.removes), (Captured::Layer, vec!["usr/bin/perl".to_owned()]));
    project.good("tool", "install");
    // An artifact of an isolated package is good anywhere.
    assert!(good(&project, "tool", "install").contains("restored"));
}

#[test]
fn what_is_said_of_an_artifact_of_destdir_is_what_a_build_makes_of_it() {
    let project = project();
    project.write("lfsgen.yaml", "project: small\nspecs: [specs]\nsandbox: preferred\n");
    let install = "mkdir -p ${DESTDIR-}/opt; touch ${DESTDIR-}/opt/x";
    let spec =
        format!("package: tool\nversion: '1'\nbuild: {{ system: custom }}\nphases:\n  install: {install}\n");
    project.write("specs/tool.yaml", &spec);
    let elsewhere = |arguments: &[&str]| without(libc::SYS_unshare, libc::EPERM)(project.command(arguments));
    let here = |arguments: &[&str]| project.command(arguments).output().unwrap();
    let state = |output: Output| {
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        json["packages"][0]["state"].as_str().unwrap().to_owned()
    };
    let built = elsewhere(&["build"]);
    assert!(built.status.success(), "{}{}", stdout(&built), stderr(&built));
    assert_eq!(state(elsewhere(&["status", "--json"])), "done");
    assert!(stdout(&elsewhere(&["plan"])).contains("nothing to do"));
    // The same project, where nothing is forbidden.
    assert_eq!(state(here(&["status", "--json"])), "stale");
    let plan = stdout(&here(&["plan"]));
    assert!(plan.contains("tool") && !plan.contains("nothing to do"), "{plan}");
    let why = stdout(&here(&["why", "tool"]));
    assert!(why.contains("from these very inputs, but without isolation: it would be made again"), "{why}");
    let built = here(&["build"]);
    assert!(built.status.success(), "{}{}", stdout(&built), stderr(&built));
    let note = "note: the artifact of `tool` was captured without isolation, and will be made again\n";
    assert!(stderr(&built).contains(note), "{}", stderr(&built));
    assert!(stdout(&built).starts_with("2 steps ran"), "{}", stdout(&built));
    assert_eq!(state(here(&["status", "--json"])), "done");
}

#[test]
fn what_needs_a_root_of_its_own_is_refused_with_all_reasons() {
    let project = project();
    let cause = "a seccomp filter refuses the system call `unshare`";
    for stage in [json!({"root": "composed"}), json!({"mount": "/mnt/lfs"})] {
        let mut whole = preferred();
        whole.as_object_mut().unwrap().extend(stage.as_object().unwrap().clone());
        project
            .package("tool", &Package { phases: &[("install", "true")], stage: whole, ..Package::default() });
        let error = bad(&project, "tool", "install", 2);
        assert!(
            error.contains(cause) && error.contains("stage `of-tool` needs a root of its own"),
            "{error}"
        );
    }
    package(&project, "tool", &[], &[("install", "true")]);
    project.write("lfsgen.yaml", "project: small\nspecs: [specs]\nsandbox: preferred\n");
    let shell = without(libc::SYS_unshare, libc::EPERM)(project.command(&["shell", "tool"]));
    assert_eq!(shell.status.code(), Some(2), "{}", stderr(&shell));
    let said = stderr(&shell);
    assert!(
        said.starts_with("error: a shell is opened in a root of its own") && said.contains(cause),
        "{said}"
    );
    if is_root() {
        let project = Project::new(Who::Me);
        package(&project, "tool", &[], &[("install", "true")]);
        let output = without(libc::SYS_mount, libc::EPERM)(project.command(&["run-step", "tool", "install"]));
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("build as an ordinary user"), "{}", stderr(&output));
        // Nor does a build promise that it will go on.
        project.write("lfsgen.yaml", "project: small\nspecs: [specs]\nsandbox: preferred\n");
        project.write("specs/a.yaml", "package: a\nversion: '1'\nphases: { install: echo >/opt/a }\n");
        let output = without(libc::SYS_mount, libc::EPERM)(project.command(&["build"]));
        let said = stderr(&output);
        assert!(
            said.contains("build as an ordinary user") && !said.contains("run on the machine itself"),
            "{said}"
        );
    }
}

#[test]
fn the_doctor_tells_of_the_way_without_isolation() {
    let project = project();
    project.write("lfsgen.yaml", "project: small\nspecs: [specs]\nsandbox: preferred\n");
    project.write("specs/README", "");
    let output = without(libc::SYS_unshare, libc::EPERM)(project.command(&["doctor", "--json"]));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let isolation = checks.iter().rfind(|check| check["name"] == "isolation").unwrap();
    let found = isolation["found"].as_str().unwrap();
    assert_eq!(isolation["verdict"], "doubtful", "{found}");
    assert!(
        found.contains("`unshare`") && found.contains("what they put into `DESTDIR` is captured"),
        "{found}"
    );
}

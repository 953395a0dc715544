//! Steps whose clock is ahead of the machine's.

use std::process::{Command, Output};

use lfsgen::host::raw;
use libc::{BPF_K, BPF_RET, SECCOMP_RET_ALLOW, sock_filter};
use serde_json::json;

use super::forbidden::without;
use super::project::{Package, Project, Who, everyone, is_root};
use crate::support::{stderr, stdout};

/// By how many seconds.
const AHEAD: u64 = 34_000_000;

const DEADLINES: &str = include_str!("../../cases/clock/deadlines.c");
const LIVES: &str = include_str!("../../cases/clock/lives.c");

/// Runs a build phase under such a clock.
fn ahead(project: &Project, text: &str, stage: serde_json::Value) -> Output {
    let more = json!({"limits": {"timeout": 300}});
    project.package("t", &Package { phases: &[("build", text)], more, stage, ..Package::default() });
    let mut command = project.command(&["run-step", "t", "build"]);
    command.env("LFSGEN_CLOCK_AHEAD", AHEAD.to_string()).output().unwrap()
}

/// Runs it, and gives its log; it must end well.
fn log(project: &Project, text: &str, stage: serde_json::Value) -> String {
    let output = ahead(project, text, stage);
    let log = project.read("build/logs/t/build.log");
    assert!(output.status.success(), "{}{}{log}", stdout(&output), stderr(&output));
    assert!(!stdout(&output).contains("its clock was"), "{}", stdout(&output));
    log
}

/// Runs a test as everyone, and as the user of a stage that has one of its own.
fn everyone_and_builder(test: impl Fn(&Project, serde_json::Value)) {
    everyone(|project| test(project, json!({})));
    if is_root() {
        eprintln!("as builder");
        test(&Project::new(Who::Me), json!({"user": "builder"}));
    }
}

fn program(name: &str, source: &str) -> String {
    format!("cat > {name}.c <<'EOF'\n{source}\nEOF\ncc -pthread -o {name} {name}.c -lrt\n./{name}")
}

#[test]
fn programs_of_any_kind_are_told_another_time_and_files_have_the_machines() {
    let source = r#"#define _GNU_SOURCE
        #include <stdio.h>
        #include <string.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>
        int main(int count, char **arguments) {
            int clocks[] = { CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI };
            struct timespec at;
            struct timeval now;
            time_t place;
            for (int i = 0; i < 3; i++) {
                if (clock_gettime(clocks[i], &at)) return 1;
                printf("%s_clock_%d %ld\n", arguments[1], clocks[i], (long)at.tv_sec);
                if (syscall(SYS_clock_gettime, clocks[i], &at)) return 1;
                printf("%s_call_%d %ld\n", arguments[1], clocks[i], (long)at.tv_sec);
            }
            if (gettimeofday(&now, NULL)) return 1;
            printf("%s_timeofday %ld\n%s_time %ld\n", arguments[1], (long)now.tv_sec, arguments[1], (long)time(&place));
            printf("%s_time_by_address %ld\n", arguments[1], (long)place);
            clock_gettime(CLOCK_MONOTONIC, &at);
            return at.tv_sec < 1000000000 ? 0 : 1;
        }"#;
    let text = format!(
        "cat > c.c <<'EOF'\n{source}\nEOF\ncc -o c c.c\ncc -static -o s c.c\n./c dynamic\n./s static\n
        echo date $(date +%s)
        echo bash $EPOCHSECONDS
        printf 'printf %(%s)T\\n' -1
        echo python $(python3 -c 'import time; print(int(time.time()))')
        echo perl $(perl -e 'print time')
        echo environment $(env $(seq -f name%g=value 3000) date +%s)
        touch f; touch -d now g; python3 -c 'import os, time; os.utime(\"f\", (time.time(), time.time()))'
        echo file $(stat -c %Y f)
        echo dated_file $(stat -c %Y g)
        echo new_file $(stat -c %Y c.c)
        touch -d 2001-02-03 f; test \"$(date -r f +%F)\" = 2001-02-03
        touch -d 2345-06-07 f; test \"$(date -r f +%F)\" = 2345-06-07
        perl -e 'exit(syscall(((`uname -m` =~ /aarch64/) ? 113 : 228), 0, 1) == -1 && $!{{EFAULT}} ? 0 : 1)'
        ./c clock_of_a_forked_shell & wait"
    );
    everyone_and_builder(|project, stage| {
        let before = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let log = log(project, &text, stage);
        let after = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let mut told = 0;
        for line in log.lines() {
            let (what, seconds) = line.split_once(' ').unwrap();
            let by = if what.ends_with("file") { 0 } else { AHEAD };
            let machines = seconds.parse::<u64>().unwrap() - by;
            // The atomic time may be some seconds off.
            assert!((before - 60..=after + 60).contains(&machines), "{what}: {seconds}, at {before}");
            told += 1;
        }
        assert_eq!(told, 36, "{log}");
    });
}

#[test]
fn whoever_waits_until_some_time_of_day_is_woken_then() {
    let python = "import queue, threading, time\nlock = threading.Condition()\n\
        with lock: assert not lock.wait(0.1)\nassert not threading.Event().wait(0.1)\nassert not threading.Lock().acquire() or True\n\
        try: queue.Queue().get(timeout=0.1)\nexcept queue.Empty: print('python: well')\ntime.sleep(0.1)";
    let text = format!("{}\npython3 - <<'EOF'\n{python}\nEOF\n", program("deadlines", DEADLINES));
    everyone_and_builder(|project, stage| {
        let log = log(project, &text, stage);
        assert!(log.lines().all(|line| line.ends_with(": well")) && log.lines().count() == 29, "{log}");
    });
}

#[test]
fn threads_signals_stops_and_debuggers_go_on_as_ever() {
    everyone_and_builder(|project, stage| {
        let log = log(project, &program("lives", LIVES), stage);
        assert!(log.lines().all(|line| line.ends_with(": well")) && log.lines().count() == 8, "{log}");
    });
}

#[test]
fn what_outlives_its_parent_is_reaped_and_a_step_ends_with_its_command() {
    let text = "set -m
        (setsid sh -c 'sleep 0.2; date +%s > /lfsgen/work/orphan' &)
        setsid sleep 1000 < /dev/null > /dev/null 2>&1 &
        # Without jobs of its own, for whose stops `wait` would not wait on.
        (set +m; sleep 1000 & kill -STOP $!; kill -CONT $!; kill $!; wait $! || test $? = 143)
        while ! test -s orphan; do sleep 0.05; done
        sleep 0.1; ps -e -o stat= | grep -c Z && exit 1
        chown 1:2 orphan || test $(id -u) = 1000
        echo the end";
    everyone_and_builder(|project, stage| {
        let log = log(project, text, stage);
        assert!(log.contains("the end"), "{log}");
    });
}

/// Whether a step has the machine's clock, and says why.
fn has_the_machines_clock(project: &Project, why: &str, run: impl FnOnce(Command) -> Output) {
    let text = "touch f; test $(($(date +%s) - $(stat -c %Y f))) -lt 60; chown 0:0 f";
    project.package("t", &Package { phases: &[("build", text)], ..Package::default() });
    let mut command = project.command(&["run-step", "t", "build"]);
    command.env("LFSGEN_CLOCK_AHEAD", AHEAD.to_string());
    let output = run(command);
    assert!(output.status.success(), "{}", stderr(&output));
    let line = stdout(&output);
    assert!(line.contains(&format!("; its clock was the machine's own: {why}")), "{line}");
}

#[test]
fn where_nobody_may_be_traced_a_step_has_the_machines_clock_and_says_so() {
    everyone(|project| {
        let why = "this machine forbids to trace programs (ptrace(2): Operation not permitted";
        has_the_machines_clock(project, why, without(libc::SYS_ptrace, libc::EPERM));
    });
}

#[test]
fn where_somebody_else_answers_system_calls_too() {
    everyone(|project| {
        let all =
            sock_filter { code: u16::try_from(BPF_RET | BPF_K).unwrap(), jt: 0, jf: 0, k: SECCOMP_RET_ALLOW };
        let run = |mut command: Command| {
            let run = || {
                rustix::thread::set_no_new_privs(true).unwrap();
                let _asked = raw::filter_and_be_asked(&[all]).unwrap();
                command.output().unwrap()
            };
            std::thread::scope(|scope| scope.spawn(run).join().unwrap())
        };
        has_the_machines_clock(project, "another one answers this container's system calls", run);
    });
}

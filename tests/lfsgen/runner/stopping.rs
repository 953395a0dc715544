//! Signals that reach a runner while it is at work itself, before its step's command.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use lfsgen::journal::Outcome;
use lfsgen::model::Digest;
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};

use super::project::{Package, Project, everyone, is_root, processes_with, wait_until, who};
use crate::support::{stderr, stdout};

pub(super) fn start(project: &Project, phase: &str) -> Child {
    let mut command = project.command(&["run-step", "tool", phase]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends a signal to a runner, which must leave soon and say that its step was interrupted.
pub(super) fn assert_stops(runner: Child, phase: &str, signal: Signal) {
    assert_eq!(said_when_stopped(runner, signal), format!("tool {phase}: interrupted\n"));
}

/// What a runner says to a signal, at which it must leave soon.
fn said_when_stopped(runner: Child, signal: Signal) -> String {
    let asked = Instant::now();
    rustix::process::kill_process(Pid::from_child(&runner), signal).unwrap();
    let output = runner.wait_with_output().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(15), "it took {:?}", asked.elapsed());
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    stderr(&output)
}

/// A package with a source at this address that has the text `source`.
fn package(project: &Project, url: &str) {
    let source = json!({"name": "tool.txt", "urls": [url], "sha256": Digest::of(b"source").to_string()});
    let phases =
        [("fetch", ""), ("prepare", "mkdir src; cp $LFSGEN_SOURCES/tool.txt src"), ("install", "true")];
    let more = json!({ "sources": [source] });
    project.package("tool", &Package { phases: &phases, more, ..Package::default() });
}

#[test]
fn a_fetch_from_a_server_that_stalls_is_interrupted_and_can_be_started_again() {
    everyone(|project| {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        package(project, &format!("http://{}/tool.txt", server.local_addr().unwrap()));
        for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
            let runner = start(project, "fetch");
            let connection = server.accept().unwrap();
            assert_stops(runner, "fetch", signal);
            drop(connection);
        }
        // A phase fetches what is missing, and is stopped no less.
        let runner = start(project, "prepare");
        let connection = server.accept().unwrap();
        assert_stops(runner, "prepare", Signal::TERM);
        drop(connection);
        assert_eq!(project.outcomes(), vec![Outcome::Interrupted; 4]);
        let finished = project.finished();
        assert_eq!(finished[2].log.as_deref(), Some("logs/tool/fetch.log"));
        let runner = start(project, "fetch");
        let (mut connection, _) = server.accept().unwrap();
        let _ = connection.read(&mut [0; 4096]).unwrap();
        connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsource").unwrap();
        assert!(runner.wait_with_output().unwrap().status.success());
        project.good("tool", "prepare");
    });
}

#[test]
fn a_step_that_checks_its_sources_is_interrupted() {
    everyone(|project| {
        package(project, "file:tool.txt");
        let dir = project.path(&format!("build/sources/{}", Digest::of(b"source")));
        std::fs::create_dir_all(&dir).unwrap();
        // Whoever reads it waits for somebody who writes to it.
        let fifo = dir.join("tool.txt");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::from_raw_mode(0o666)).unwrap();
        std::fs::set_permissions(&fifo, std::fs::Permissions::from_mode(0o666)).unwrap();
        project.write("build/sources/more", "");
        let runner = start(project, "prepare");
        wait_until("it has begun", || {
            project.path("build/journal.jsonl").metadata().is_ok_and(|m| m.len() > 0)
        });
        assert_stops(runner, "prepare", Signal::TERM);
        assert_eq!(project.outcomes(), [Outcome::Interrupted]);
        std::fs::remove_file(&fifo).unwrap();
        std::fs::write(&fifo, "source").unwrap();
        project.good("tool", "prepare");
    });
}

#[test]
fn a_step_that_waits_for_the_copy_of_the_host_s_directories_is_interrupted() {
    // Root needs no copy.
    let Some(user) = who().into_iter().rfind(|user| !is_root() || format!("{user:?}") == "Nobody") else {
        return;
    };
    let project = Project::new(user);
    let _ = std::fs::remove_file(project.path("build/base"));
    project.write("build/base/host-directories.lock", "");
    let lock = std::fs::File::open(project.path("build/base/host-directories.lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    project.package("tool", &Package { phases: &[("install", "true")], ..Package::default() });
    let runner = start(&project, "install");
    wait_until("it has begun", || project.path("build/journal.jsonl").metadata().is_ok_and(|m| m.len() > 0));
    assert_stops(runner, "install", Signal::HUP);
    assert_eq!(project.outcomes(), [Outcome::Interrupted]);
}

#[test]
fn a_step_that_waits_for_its_share_leaves_and_was_never_started() {
    everyone(|project| {
        let mark = format!("54{}", std::process::id());
        let more = |limits: Value| json!({ "limits": limits });
        let one = || more(json!({"project_jobs": 1}));
        let sleeps = format!("sleep {mark}");
        project.package(
            "first",
            &Package { phases: &[("install", &sleeps)], more: one(), ..Package::default() },
        );
        project
            .package("tool", &Package { phases: &[("install", "true")], more: one(), ..Package::default() });
        let mut first = project.start("first", "install");
        wait_until("the first step sleeps", || !processes_with(&mark).is_empty());
        let runner = start(project, "install");
        wait_until("the other waits", || {
            let status = std::fs::read_to_string(format!("/proc/{}/status", runner.id())).unwrap();
            // It holds back SIGHUP, SIGINT and SIGTERM (proc_pid_status(5)).
            status.contains("SigBlk:\t0000000000004003\n")
        });
        let said = said_when_stopped(runner, Signal::TERM);
        assert_eq!(said, "tool install: interrupted; it was asked to stop before it could start\n");
        assert_eq!(project.finished().len(), 0);
        rustix::process::kill_process(Pid::from_child(&first), Signal::TERM).unwrap();
        first.wait().unwrap();
        assert_eq!(project.outcomes(), [Outcome::Interrupted]);
        project.good("tool", "install");
    });
}

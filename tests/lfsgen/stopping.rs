//! What Ctrl-C, SIGTERM and a closed terminal do to a build, whomever they reach: everything ends soon, the journal says
//! what was interrupted, and the next build goes on from there.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lfsgen::journal::{self, Event, Outcome};
use rustix::process::{Pid, Signal};

use crate::building::Project;
use crate::runner::project::processes_with;
use crate::support::{stderr, stdout};

/// More than a busy machine takes for what is over in two seconds.
const SOON: Duration = Duration::from_secs(15);

/// Whom a signal reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// `lfsgen build` and all of its process group, as by Ctrl-C.
    Group,
    Build,
    Ninja,
    Step,
}

/// Waits until something is so; fails the test where it takes longer than it may.
fn wait_until(what: &str, at_most: Duration, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < at_most, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// The processes of a project whose command line has this word, as their numbers.
fn pids(project: &Project, word: &str) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let here = |path: std::path::PathBuf| {
        let line = std::fs::read(path.join("cmdline")).ok()?;
        let mut words = line.split(|&byte| byte == 0);
        let is_it = words.any(|part| part == word.as_bytes());
        // The first process of a root has the same words, and is elsewhere.
        let is_here = std::fs::read_link(path.join("cwd")).is_ok_and(|dir| dir == project.dir());
        (is_it && is_here).then(|| path.file_name()?.to_str()?.parse().ok().and_then(Pid::from_raw))?
    };
    entries.filter_map(|entry| here(entry.path())).collect()
}

/// A project whose second package sleeps, and the words that its processes alone have.
fn sleeper(number: usize) -> (Project, [String; 2]) {
    let project = Project::new();
    let name = format!("top{}x{number}", std::process::id());
    let mark = format!("9{}{number}", std::process::id());
    std::fs::remove_file(project.dir().join("specs/top.yaml")).unwrap();
    project.spec(&name, "[base]", &format!("sleep {mark}"));
    (project, [name, mark])
}

fn start(project: &Project, arguments: &[&str]) -> Child {
    let mut command = project.command(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0).spawn().unwrap()
}

/// What ended how in the journal, by package, in order; every step that was started must have an end, and every run.
fn journal(project: &Project) -> Vec<(String, Outcome)> {
    let reading = journal::read(&project.dir().join("build/journal.jsonl")).unwrap();
    assert!(reading.skipped.is_empty(), "{:?}", reading.skipped);
    let (mut open, mut runs, mut ended) = (Vec::new(), 0, Vec::new());
    for entry in reading.entries {
        match entry.event {
            Event::RunStarted { .. } => runs += 1,
            Event::RunFinished { .. } => {
                assert!(open.is_empty(), "the run ended before its steps {open:?}");
                runs -= 1;
            }
            Event::StepStarted(step) => open.push((step.package, step.phase)),
            Event::StepFinished(step) => {
                open.retain(|open| *open != (step.package.clone(), step.phase));
                ended.push((step.package.to_string(), step.outcome));
            }
            Event::ArtifactCommitted(_) => {}
        }
    }
    assert!(open.is_empty() && runs == 0, "{open:?} {runs}");
    ended
}

fn interrupted(project: &Project) -> Vec<String> {
    let interrupted = journal(project).into_iter().filter(|(_, outcome)| *outcome == Outcome::Interrupted);
    interrupted.map(|(package, _)| package).collect()
}

/// Everything of a build must end soon.
fn assert_ends(build: Child, words: &[String; 2]) -> (Option<i32>, String) {
    let output = build.wait_with_output().unwrap();
    wait_until("no process is left", SOON, || words.iter().all(|word| processes_with(word).is_empty()));
    (output.status.code(), stderr(&output))
}

#[test]
fn a_signal_stops_everything_whomever_it_reaches_and_the_next_build_goes_on() {
    let (project, words) = sleeper(0);
    let [name, mark] = &words;
    let mut count = 0;
    for whom in [Whom::Group, Whom::Build, Whom::Ninja, Whom::Step] {
        for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
            let build = start(&project, &["build"]);
            wait_until("the step sleeps", Duration::from_secs(60), || !processes_with(mark).is_empty());
            let asked = Instant::now();
            match whom {
                Whom::Group => rustix::process::kill_process_group(pid(&build), signal).unwrap(),
                Whom::Build => rustix::process::kill_process(pid(&build), signal).unwrap(),
                Whom::Ninja => {
                    let graph = pids(&project, "generated/build.ninja");
                    assert_eq!(graph.len(), 1);
                    rustix::process::kill_process(graph[0], signal).unwrap();
                }
                Whom::Step => {
                    let steps = pids(&project, name);
                    assert!(!steps.is_empty());
                    steps.into_iter().for_each(|step| rustix::process::kill_process(step, signal).unwrap());
                }
            }
            let (status, told) = assert_ends(build, &words);
            assert!(asked.elapsed() < SOON, "{whom:?} {signal:?}: it took {:?}", asked.elapsed());
            assert_eq!(status, Some(1), "{whom:?} {signal:?}: {told}");
            assert!(told.contains("interrupted; `lfsgen build` goes on from here"), "{whom:?}: {told}");
            count += 1;
            assert_eq!(interrupted(&project), vec![name.clone(); count], "{whom:?} {signal:?}");
        }
    }
    project.spec(name, "[base]", "true");
    project.well(&["build"]);
    assert_eq!(interrupted(&project).len(), count);
}

#[test]
fn a_step_whose_ninja_was_killed_says_so_before_the_build_does() {
    let (project, words) = sleeper(1);
    let build = start(&project, &["build"]);
    wait_until("the step sleeps", Duration::from_secs(60), || !processes_with(&words[1]).is_empty());
    let graph = pids(&project, "generated/build.ninja");
    rustix::process::kill_process(graph[0], Signal::KILL).unwrap();
    let (status, told) = assert_ends(build, &words);
    assert_eq!(status, Some(1), "{told}");
    assert_eq!(interrupted(&project), [words[0].clone()]);
}

#[test]
fn a_second_ctrl_c_kills_what_does_not_hear_the_first() {
    let (project, words) = sleeper(2);
    let build = start(&project, &["build"]);
    wait_until("the step sleeps", Duration::from_secs(60), || !processes_with(&words[1]).is_empty());
    // Neither ninja nor the step's runner can stop by itself now.
    let stuck = [pids(&project, "generated/build.ninja"), pids(&project, &words[0])].concat();
    stuck.iter().for_each(|pid| rustix::process::kill_process(*pid, Signal::STOP).unwrap());
    let press = || rustix::process::kill_process(pid(&build), Signal::INT).unwrap();
    press();
    std::thread::sleep(Duration::from_secs(1));
    assert!(!processes_with(&words[1]).is_empty(), "the step still sleeps");
    press();
    let (status, told) = assert_ends(build, &words);
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("Ctrl-C again kills them") && told.contains("killing"), "{told}");
    project.spec(&words[0], "[base]", "true");
    project.well(&["build"]);
}

#[test]
fn what_the_caller_had_ignored_stops_neither_a_build_nor_a_step() {
    let (project, words) = sleeper(5);
    let [name, mark] = &words;
    project.well(&["generate"]);
    let program = env!("CARGO_BIN_EXE_lfsgen");
    for arguments in [&["build"][..], &["run-step", name, "build"]] {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' HUP INT; exec \"$@\"", "sh", program]).args(arguments);
        command.current_dir(project.dir()).stdout(Stdio::null()).stderr(Stdio::piped());
        let run = command.spawn().unwrap();
        wait_until("the step sleeps", Duration::from_secs(60), || !processes_with(mark).is_empty());
        for signal in [Signal::HUP, Signal::INT] {
            rustix::process::kill_process(pid(&run), signal).unwrap();
        }
        // Longer than anything takes to hear of a signal.
        std::thread::sleep(Duration::from_secs(1));
        assert!(!processes_with(mark).is_empty(), "{arguments:?}: the step still sleeps");
        rustix::process::kill_process(pid(&run), Signal::TERM).unwrap();
        assert_eq!(assert_ends(run, &words).0, Some(1), "{arguments:?}");
    }
    assert_eq!(interrupted(&project), [name.clone(), name.clone()]);
}

#[test]
fn a_closed_terminal_stops_a_build() {
    const TERMINAL: &str = "
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
while os.read(terminal, 4096):
    pass
";
    let (project, words) = sleeper(3);
    let mut python = Command::new("python3");
    python.args(["-c", TERMINAL, env!("CARGO_BIN_EXE_lfsgen"), "build"]).current_dir(project.dir());
    let mut terminal = python.stdout(Stdio::null()).spawn().unwrap();
    wait_until("the step sleeps", Duration::from_secs(60), || !processes_with(&words[1]).is_empty());
    // Whoever held the terminal's other side is gone, and the kernel hangs it up.
    terminal.kill().unwrap();
    terminal.wait().unwrap();
    wait_until("no process is left", SOON, || words.iter().all(|word| processes_with(word).is_empty()));
    wait_until("the build has ended", SOON, || pids(&project, "build").is_empty());
    assert_eq!(interrupted(&project), [words[0].clone()]);
}

#[test]
fn steps_that_wait_for_their_share_stop_too_and_were_never_started() {
    let (project, words) = sleeper(4);
    let other = format!("other{}", std::process::id());
    project.spec(&other, "[base]", &format!("sleep {}", words[1]));
    let build = start(&project, &["build", "-j1"]);
    wait_until("one sleeps", Duration::from_secs(60), || !processes_with(&words[1]).is_empty());
    wait_until("the other waits", Duration::from_secs(60), || {
        [&words[0], &other].iter().all(|name| !pids(&project, name).is_empty())
    });
    rustix::process::kill_process(pid(&build), Signal::TERM).unwrap();
    let (status, told) = assert_ends(build, &words);
    assert!(processes_with(&other).is_empty());
    assert_eq!(status, Some(1), "{told}");
    assert_eq!(interrupted(&project).len(), 1);
}

#[test]
fn a_build_that_is_stopped_before_its_first_step_does_not_call_everything_built() {
    let (project, words) = sleeper(6);
    project.well(&["build", &format!("{}:prepare", words[0])]);
    let mut other = start(&project, &["run-step", &words[0], "build"]);
    wait_until("it sleeps", Duration::from_secs(60), || !processes_with(&words[1]).is_empty());
    let build = project.command(&["build"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the build waits for it", Duration::from_secs(60), || pids(&project, &words[0]).len() > 1);
    rustix::process::kill_process(pid(&build), Signal::TERM).unwrap();
    let output = build.wait_with_output().unwrap();
    rustix::process::kill_process(pid(&other), Signal::TERM).unwrap();
    other.wait().unwrap();
    let told = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(!told.contains("nothing to do") && told.contains("goes on from here"), "{told}");
}

#[test]
fn a_build_that_keeps_going_builds_whatever_does_not_need_what_failed() {
    let project = Project::new();
    project.spec("base", "[]", "exit 1");
    project.spec("other", "[]", "exit 1");
    project.spec("above", "[third]", "true");
    project.spec("third", "[]", "true");
    let output = project.run(&["build", "-k0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("2 steps failed\n"), "{}", stderr(&output));
    let ends = |project: &Project, package: &str| -> Vec<Outcome> {
        let ended = journal(project).into_iter().filter(|(name, _)| name == package);
        ended.map(|(_, outcome)| outcome).filter(|outcome| *outcome != Outcome::Succeeded).collect()
    };
    let failed = vec![Outcome::Failed { status: 1 }];
    assert_eq!([ends(&project, "base"), ends(&project, "other")], [failed.clone(), failed]);
    assert!(!journal(&project).iter().any(|(name, _)| name == "top"), "it needs what failed");
    for package in ["third", "above"] {
        assert!(project.dir().join(format!("build/stamps/{package}/install")).is_file(), "{package}");
    }
}

//! A project without specs: plan files and scripts, and somebody who runs their steps.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use lfsgen::journal::{self, Event, Outcome, StepFinished};
use lfsgen::model::Digest;
use lfsgen::store::Manifest;
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};

use crate::support::{stderr, stdout};

/// The ordinary user of these tests: `nobody`.
const NOBODY: u32 = 65534;

/// Who runs steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Who runs the tests.
    Me,
    /// An ordinary user, where root runs the tests.
    Nobody,
}

/// Runs a test as root and as an ordinary user, where root runs the tests; else as the user who does.
pub(crate) fn everyone(test: impl Fn(&Project)) {
    for who in who() {
        eprintln!("as {who:?}");
        test(&Project::new(who));
    }
}

/// Who can be tested as.
pub(crate) fn who() -> Vec<Who> {
    if is_root() { vec![Who::Me, Who::Nobody] } else { vec![Who::Me] }
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A folder with plans, scripts and state.
pub(crate) struct Project {
    dir: tempfile::TempDir,
    who: Who,
    program: PathBuf,
}

/// A package of such a project.
#[derive(Default)]
pub(crate) struct Package<'a> {
    /// Phases and their shell text.
    pub phases: &'a [(&'a str, &'a str)],
    /// Packages whose artifacts lie in its root, the uppermost first.
    pub layers: &'a [&'a str],
    pub expect: &'a [&'a str],
    /// Members of the plan file that are not the default.
    pub more: Value,
    /// Members of the stage that are not the default.
    pub stage: Value,
}

impl Project {
    pub(crate) fn new(who: Who) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut project = Self { dir, who, program: PathBuf::from(env!("CARGO_BIN_EXE_lfsgen")) };
        project.share_base();
        project.make_own();
        let starts = project.command(&["--version"]).output().is_ok_and(|output| output.status.success());
        if !starts {
            // The build directory is closed to this user.
            project.program = project.own_program();
        }
        project
    }

    /// A copy of the program where everybody who may look into the project can start it. Another process makes it: programs that
    /// tests start meanwhile inherit no descriptor that it is written by, which would keep it from being started (execve(2), `ETXTBSY`).
    pub(crate) fn own_program(&self) -> PathBuf {
        let copy = self.path("lfsgen");
        assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_lfsgen")).arg(&copy).status().unwrap().success());
        copy
    }

    /// An ordinary user's steps need the host's directories once; the projects of these tests share them.
    fn share_base(&self) {
        let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("base-{:?}", self.who));
        std::fs::create_dir_all(&base).unwrap();
        if self.who == Who::Nobody {
            std::os::unix::fs::chown(&base, Some(NOBODY), Some(NOBODY)).unwrap();
            if !self
                .command_of("/usr/bin/test", &["-w", &base.display().to_string()])
                .status()
                .unwrap()
                .success()
            {
                // It lies in a folder that is closed to this user.
                return;
            }
        }
        std::fs::create_dir(self.path("build")).unwrap();
        std::os::unix::fs::symlink(base, self.path("build/base")).unwrap();
    }

    /// Gives everything to who runs steps.
    fn make_own(&self) {
        if self.who == Who::Nobody {
            // What is this user's stays as it is: chown(2) takes privileges away, and what is written down in their place.
            let chown = || {
                let mut chown = Command::new("chown");
                chown.args(["-hR", "--from=0", "65534:65534"]).arg(self.dir.path()).status()
            };
            // A step that runs meanwhile may take something away that was seen.
            assert!((0..5).any(|_| chown().unwrap().success()));
        }
    }

    pub(crate) fn who(&self) -> Who {
        self.who
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.path(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self.make_own();
    }

    /// Writes a package's script and plan. Its keys change with everything that is given.
    pub(crate) fn package(&self, name: &str, package: &Package<'_>) {
        let bodies = package.phases.iter().map(|(phase, text)| format!("{phase})\n{text}\n;;\n"));
        let script = format!(
            "#!/bin/bash\nset -eu\ncase $1 in\n{}functions) cd /lfsgen/work/src 2>/dev/null || cd /lfsgen/work;;\nesac\n",
            bodies.collect::<String>()
        );
        self.write(&format!("generated/scripts/{name}.sh"), &script);
        let layers: Vec<Value> = package
            .layers
            .iter()
            .map(|name| json!({"package": name, "key": self.plan(name)["key"]}))
            .collect();
        let key = |phases: &[(&str, &str)]| {
            let parts = format!("{name} {phases:?} {layers:?} {} {}", package.more, package.stage);
            Digest::of(parts.as_bytes()).to_string()
        };
        let upto = |(at, (phase, _)): (usize, &(&str, &str))| {
            let phases = &package.phases[..=at];
            let own = Digest::of(format!("{name} {phases:?}").as_bytes()).to_string();
            json!({"phase": phase, "key": key(phases), "own": own})
        };
        let steps: Vec<_> = package.phases.iter().enumerate().map(upto).collect();
        // A stage with members of its own is this package's alone.
        let stage = if package.stage.is_null() { "host".to_owned() } else { format!("of-{name}") };
        let mut stage = json!({
            "lfsgen": lfsgen::plan::file::VERSION, "name": stage, "root": "host", "mount": "/", "user": "root",
            "network": false, "sandbox": "required", "base": [],
        });
        merge(&mut stage, &package.stage);
        let env = stage.as_object_mut().unwrap().remove("env").unwrap_or_else(|| json!({}));
        let (stage, named) = (stage.to_string(), stage["name"].as_str().unwrap());
        let file = format!("generated/plan/stages/{named}.json");
        // A step may be reading it.
        if std::fs::read_to_string(self.path(&file)).is_ok_and(|there| there != stage)
            || !self.path(&file).exists()
        {
            self.write(&file, &stage);
        }
        let mut plan = json!({
            "lfsgen": lfsgen::plan::file::VERSION, "package": name, "version": "1", "spec": format!("specs/{name}.yaml"), "key": key(package.phases),
            "stage": {"name": named, "sha256": Digest::of(stage.as_bytes()).to_string()}, "env": env,
            "script": format!("scripts/{name}.sh"), "script_sha256": Digest::of(script.as_bytes()).to_string(),
            "sources": [], "files": [], "steps": steps, "upper_layers": layers, "over_base": true, "check_layers": [],
            "expect": package.expect, "expected_failures": [],
            "limits": {"jobs": 2, "memory": null, "disk": null, "timeout": null,
                       "project_jobs": "max", "project_memory": null, "own_jobs": {}},
            "own_parts": {"version": "1"},
        });
        let limits = plan["limits"].take();
        merge(&mut plan, &package.more);
        let given = std::mem::replace(&mut plan["limits"], limits);
        merge(&mut plan["limits"], &given);
        self.write(&format!("generated/plan/{name}.json"), &plan.to_string());
    }

    fn plan(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(&format!("generated/plan/{name}.json"))).unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(&self.program, arguments)
    }

    pub(crate) fn command_of(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.dir.path()).env_clear().env("PATH", "/usr/bin:/bin");
        if self.who == Who::Nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Runs a step.
    pub(crate) fn step(&self, package: &str, phase: &str) -> Output {
        self.command(&["run-step", package, phase]).output().unwrap()
    }

    /// Runs a step that must succeed; returns its line.
    pub(crate) fn good(&self, package: &str, phase: &str) -> String {
        let output = self.step(package, phase);
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
        stdout(&output)
    }

    /// Runs a step that must fail with this status; returns what it says.
    pub(crate) fn bad(&self, package: &str, phase: &str, status: i32) -> String {
        let output = self.step(package, phase);
        assert_eq!(output.status.code(), Some(status), "{}{}", stdout(&output), stderr(&output));
        stderr(&output)
    }

    /// Builds a package of the one phase `install`.
    pub(crate) fn install(&self, name: &str, layers: &[&str], text: &str) {
        self.package(name, &Package { phases: &[("install", text)], layers, ..Package::default() });
        self.good(name, "install");
    }

    /// Starts a step and lets it run.
    pub(crate) fn start(&self, package: &str, phase: &str) -> std::process::Child {
        self.command(&["run-step", package, phase])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// A shell that starts a step and waits for it, as ninja does.
    pub(crate) fn parent_of(&self, package: &str, phase: &str) -> Command {
        let line = format!("'{}' run-step {package} {phase}; true", self.program.display());
        let mut command = self.command_of("/bin/sh", &["-c", &line]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub(crate) fn log(&self, package: &str, phase: &str) -> String {
        self.read(&format!("build/logs/{package}/{phase}.log"))
    }

    /// The key of a package.
    pub(crate) fn key(&self, package: &str) -> String {
        self.plan(package)["key"].as_str().unwrap().to_owned()
    }

    pub(crate) fn manifest(&self, package: &str) -> Manifest {
        let key = self.key(package);
        Manifest::read(&self.path(&format!("build/artifacts/{key}/manifest.json"))).unwrap()
    }

    /// The paths of a package's artifact.
    pub(crate) fn paths(&self, package: &str) -> Vec<String> {
        self.manifest(package).entries.into_iter().map(|entry| entry.path).collect()
    }

    /// A file of a package's artifact.
    pub(crate) fn artifact_file(&self, package: &str, path: &str) -> String {
        self.read(&format!("build/artifacts/{}/tree/{path}", self.key(package)))
    }

    pub(crate) fn has_artifact(&self, package: &str) -> bool {
        self.path(&format!("build/artifacts/{}", self.key(package))).exists()
    }

    /// How the steps of the journal ended, in order.
    pub(crate) fn finished(&self) -> Vec<StepFinished> {
        let reading = journal::read(&self.path("build/journal.jsonl")).unwrap();
        assert!(reading.skipped.is_empty(), "{:?}", reading.skipped);
        let finished = reading.entries.into_iter().filter_map(|entry| match entry.event {
            Event::StepFinished(step) => Some(*step),
            _ => None,
        });
        finished.collect()
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.finished().into_iter().map(|step| step.outcome).collect()
    }

    /// Everything below the state directory that a step could leave behind, with what is in it.
    pub(crate) fn state(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut state = BTreeMap::new();
        for part in ["layers", "artifacts", "stamps", "tmp/steps"] {
            collect(&self.path("build").join(part), &mut state);
        }
        state
    }

    /// Mounts of this namespace below the project.
    pub(crate) fn mounts(&self) -> Vec<String> {
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
        let here = self.dir.path().display().to_string();
        mounts.lines().filter(|line| line.contains(&here)).map(str::to_owned).collect()
    }
}

fn collect(path: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return };
    if metadata.is_dir() {
        let entries: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.iter().for_each(|entry| collect(entry, into));
    } else if metadata.is_file() {
        into.insert(path.to_owned(), std::fs::read(path).unwrap());
    }
}

fn merge(into: &mut Value, more: &Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more.clone());
    }
}

/// Processes of the machine whose command line has a word.
pub(crate) fn processes_with(word: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.split(' ').any(|part| part == word)).collect()
}

/// Ends those that a `sleep` with this number is, by their own numbers.
pub(crate) fn end_sleeps(number: &str) {
    let is_it = |entry: &std::fs::DirEntry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line == format!("sleep\0{number}\0").into_bytes()
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten().filter(is_it);
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let pids: Vec<_> = names.filter_map(Pid::from_raw).collect();
    assert!(!pids.is_empty(), "nobody sleeps for {number}");
    for pid in pids {
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
    }
}

/// Waits until something is so; fails the test when it takes too long.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(600), "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

//! A small project from specs to artifacts: through ninja, samurai and GNU make, as root and as an ordinary user.
//!
//! The steps really run in their roots, so these tests need what a build needs (`lfsgen doctor` names it). A runner that
//! is not installed is passed over, aloud.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{root, stderr, stdout};

/// A program that runs the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runner {
    Ninja,
    Samurai,
    Make,
}

impl Runner {
    const ALL: [Self; 3] = [Self::Ninja, Self::Samurai, Self::Make];

    fn program(self) -> &'static str {
        match self {
            Self::Ninja => "ninja",
            Self::Samurai => "samu",
            Self::Make => "make",
        }
    }

    fn backend(self) -> &'static str {
        if self == Self::Make { "make" } else { "ninja" }
    }

    fn file(self) -> &'static str {
        if self == Self::Make { "generated/Makefile" } else { "generated/build.ninja" }
    }

    fn is_installed(self) -> bool {
        let installed = Command::new(self.program()).arg("--version").output().is_ok();
        if !installed {
            eprintln!("`{}` is not installed: not tried", self.program());
        }
        installed
    }
}

/// Who runs the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum User {
    /// Whoever runs the tests.
    Own,
    /// A user without any right; only root can become one.
    Other(u32),
}

impl User {
    fn all() -> Vec<Self> {
        if rustix::process::geteuid().is_root() {
            vec![Self::Own, Self::Other(54321)]
        } else {
            vec![Self::Own]
        }
    }
}

/// A copy of the project in `tests/cases/end-to-end/small-project`, with a copy of the program.
struct Project {
    dir: tempfile::TempDir,
    user: User,
}

impl Project {
    fn new(user: User) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let case = root().join("tests/cases/end-to-end/small-project");
        copy_tree(&case, &dir.path().join("project"));
        let project = Self { dir, user };
        project.pack("hello-1.0");
        // Not copied by this process: a program cannot be started while a child of another test, just forked, still
        // holds the file open for writing.
        let status = Command::new("cp").arg(env!("CARGO_BIN_EXE_lfsgen")).arg(project.program()).status();
        assert!(status.unwrap().success());
        if let User::Other(id) = user {
            give_tree(project.dir.path(), id);
        }
        project
    }

    /// Packs a folder so that the same files give the same bytes everywhere.
    fn pack(&self, folder: &str) {
        let reproducible = ["--format=ustar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0"];
        let status = Command::new("tar")
            .args(reproducible)
            .args(["--numeric-owner", "--mode=u=rwX,go=rX", "-cf", &format!("{folder}.tar"), folder])
            .current_dir(self.path())
            .status()
            .unwrap();
        assert!(status.success());
    }

    fn program(&self) -> PathBuf {
        self.dir.path().join("lfsgen")
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    fn read(&self, path: &str) -> String {
        let path = self.path().join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Output {
        let program = program.as_ref();
        let mut command = match self.user {
            User::Own => Command::new(program),
            User::Other(id) => {
                let mut command = Command::new("setpriv");
                let ids = [format!("--reuid={id}"), format!("--regid={id}")];
                command.args(ids).args(["--clear-groups", "--"]).arg(program);
                command
            }
        };
        let output = command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", self.dir.path())
            .env("LFSGEN", self.program())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{} {arguments:?} as {:?}: {}\n{}\n{}",
            program.display(),
            self.user,
            output.status,
            stdout(&output),
            stderr(&output)
        );
        output
    }

    fn generate(&self, backend: &str) {
        self.run(self.program(), &["generate", "--backend", backend]);
    }

    fn build(&self, runner: Runner) -> Output {
        self.run(runner.program(), &["-f", runner.file(), "-j2"])
    }

    fn plan(&self, package: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(&format!("generated/plan/{package}.json"))).unwrap()
    }

    /// Where a package's artifact is, relative to the project.
    fn artifact(&self, package: &str) -> String {
        format!("build/artifacts/{}", self.plan(package)["key"].as_str().unwrap())
    }

    fn installed(&self, package: &str, path: &str) -> String {
        self.read(&format!("{}/tree/{path}", self.artifact(package)))
    }

    /// The manifests of all packages, as they lie in the store.
    fn manifests(&self) -> BTreeMap<&'static str, String> {
        PACKAGES
            .into_iter()
            .map(|package| (package, self.read(&format!("{}/manifest.json", self.artifact(package)))))
            .collect()
    }

    /// How many steps of each package have ended, from the journal.
    fn steps(&self) -> BTreeMap<String, usize> {
        let mut steps = BTreeMap::new();
        for line in self.read("build/journal.jsonl").lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            if event["event"] == "step-finished" {
                *steps.entry(event["package"].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        steps
    }

    /// Replaces text in a file of the project, and makes sure that its time is another one.
    fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} has no {old:?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::write(self.path().join(path), text.replace(old, new)).unwrap();
    }
}

const PACKAGES: [&str; 5] = ["greet", "hello", "own-expr", "with-own-expr", "without-own-expr"];

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn give_tree(path: &Path, id: u32) {
    chown(path, Some(id), Some(id)).unwrap();
    if path.is_dir() {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        for entry in std::fs::read_dir(path).unwrap() {
            give_tree(&entry.unwrap().path(), id);
        }
    }
}

#[test]
fn every_runner_makes_the_same_artifacts() {
    let mut first = None;
    for runner in Runner::ALL.into_iter().filter(|runner| runner.is_installed()) {
        let project = Project::new(User::Own);
        project.generate(runner.backend());
        project.build(runner);
        let manifests = project.manifests();
        assert!(manifests["hello"].contains("usr/bin/hello"), "{}", manifests["hello"]);
        let expected = first.get_or_insert_with(|| manifests.clone());
        assert_eq!(&manifests, expected, "{runner:?}");
    }
    assert!(first.is_some(), "none of the runners is installed");
}

#[test]
fn every_user_gets_the_same_roots_and_the_same_artifacts() {
    let mut first = None;
    for user in User::all() {
        let project = Project::new(user);
        project.generate("ninja");
        project.build(Runner::Ninja);
        the_program_was_built_and_tested_against_the_library_that_it_declares(&project);
        what_is_declared_lies_over_the_machine_s_own_and_what_is_not_declared_is_not_there(&project);
        let manifests = project.manifests();
        let expected = first.get_or_insert_with(|| manifests.clone());
        assert_eq!(&manifests, expected, "{user:?}");
    }
}

fn the_program_was_built_and_tested_against_the_library_that_it_declares(project: &Project) {
    let log = project.read("build/logs/hello/check.log");
    assert!(log.contains("hello from the library"), "{log}");
    assert!(log.contains("libgreet.so.1 => /"), "{log}");
}

fn what_is_declared_lies_over_the_machine_s_own_and_what_is_not_declared_is_not_there(project: &Project) {
    assert_eq!(project.installed("with-own-expr", "usr/share/seen/with"), "ours\n");
    assert_eq!(project.installed("without-own-expr", "usr/share/seen/without"), "2\n");
    let manifest = &project.manifests()["own-expr"];
    assert!(manifest.contains("usr/bin/factor"), "the removal is recorded: {manifest}");
    assert!(Path::new("/usr/bin/factor").exists(), "the machine itself was changed");
}

#[test]
fn what_a_build_leaves_can_be_removed_by_who_built_it() {
    // The kernel closes the work folders of layers to everybody, and they are put aside with what a step leaves over.
    for user in User::all() {
        let project = Project::new(user);
        project.run(project.program(), &["build", "own-expr"]);
        let left = project.path().join("build/tmp/trash");
        assert_eq!(std::fs::read_dir(left).map_or(0, Iterator::count), 0, "{user:?}");
        project.run("rm", &["-r", "build"]);
    }
}

#[test]
fn nothing_runs_again_until_a_spec_changes_and_then_only_what_it_concerns() {
    for runner in Runner::ALL.into_iter().filter(|runner| runner.is_installed()) {
        let project = Project::new(User::Own);
        project.generate(runner.backend());
        project.build(runner);
        let first = project.steps();
        assert_eq!(first.len(), PACKAGES.len(), "{first:?}");

        project.build(runner);
        assert_eq!(project.steps(), first, "{runner:?} ran something again");

        project.edit("specs/greet.yaml", "-soname,libgreet.so.1 ", "-soname,libgreet.so.1 -O1 ");
        project.build(runner);
        let second = project.steps();
        assert!(project.read("generated/scripts/greet.sh").contains("-O1"), "not generated anew");
        for package in PACKAGES {
            let concerned = matches!(package, "greet" | "hello");
            assert_eq!(second[package] > first[package], concerned, "{runner:?}: {package}");
        }
    }
}

#[test]
fn a_spec_that_is_taken_away_or_added_changes_the_build_without_a_word() {
    for runner in Runner::ALL.into_iter().filter(|runner| runner.is_installed()) {
        let project = Project::new(User::Own);
        project.generate(runner.backend());
        project.build(runner);

        let spec = project.path().join("specs/without-own-expr.yaml");
        let text = project.read("specs/without-own-expr.yaml");
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::remove_file(&spec).unwrap();
        project.build(runner);
        assert!(!project.path().join("generated/scripts/without-own-expr.sh").exists(), "{runner:?}");

        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::write(&spec, text.replace("package: without", "package: again-without")).unwrap();
        project.build(runner);
        assert_eq!(project.installed("again-without-own-expr", "usr/share/seen/without"), "2\n");
    }
}

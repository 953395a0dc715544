//! The graph runs in every program that it is meant for, does nothing where nothing changed, and makes itself anew.

use std::path::Path;
use std::process::Command;

use super::hostile::program;
use crate::support;

/// Programs that run the graph. Those besides ninja and make are tried where they are installed.
const PROGRAMS: [(&str, &str); 4] =
    [("ninja", "build.ninja"), ("samu", "build.ninja"), ("n2", "build.ninja"), ("make", "Makefile")];

/// Stands in for lfsgen: `generate` is the real one, a step only leaves the stamp that the runner would leave, which is the
/// step's key. Each call is told in the file `calls`.
fn stand_in() -> String {
    let lfsgen = env!("CARGO_BIN_EXE_lfsgen");
    format!(
        r#"#!/bin/sh
set -eu
if [ "$1" = generate ]; then
    echo generate >> calls
    exec {lfsgen} "$@"
fi
echo "$6 $7" >> calls
stamp=$5/stamps/$6/$7
key=$(grep -A 1 "\"phase\": \"$7\"" "$3" | tail -n 1)
mkdir -p "$5/stamps/$6"
[ "$(cat "$stamp" 2> /dev/null)" = "$key" ] || echo "$key" > "$stamp"
"#
    )
}

/// A project that one of the programs runs.
struct Build {
    dir: tempfile::TempDir,
    program: &'static str,
    graph: &'static str,
}

impl Build {
    fn write(&self, path: &str, text: &str) {
        // The programs compare times, which are no finer than a tick of the kernel.
        std::thread::sleep(std::time::Duration::from_millis(20));
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.dir.path().join(path)
    }

    /// Runs it, and gives the calls of lfsgen.
    fn run(&self) -> Vec<String> {
        std::thread::sleep(std::time::Duration::from_millis(20));
        let _ = std::fs::remove_file(self.path("calls"));
        let output = Command::new(self.program)
            .args(["-f", &format!("generated/{}", self.graph), "-j2"])
            .current_dir(self.dir.path())
            .env("LFSGEN", self.path("lfsgen"))
            .output()
            .unwrap();
        let said = format!("{}{}", support::stdout(&output), support::stderr(&output));
        assert!(output.status.success(), "{}: {said}", self.program);
        std::fs::read_to_string(self.path("calls")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Runs it until nothing more is to be done; gives the steps that were run.
    fn steps(&self) -> Vec<String> {
        let mut calls = self.run();
        calls.retain(|call| call != "generate");
        assert_eq!(self.run(), [""; 0], "{}: nothing changed, and something ran", self.program);
        calls.sort();
        calls
    }
}

fn spec(name: &str, needs: &str, install: &str) -> String {
    format!(
        "package: {name}\nversion: \"1\"\ndepends: {{ build: [{needs}] }}\nphases:\n  install: {install}\n"
    )
}

/// Two packages, the second of which needs the first, built once.
fn built((program_name, graph): (&'static str, &'static str)) -> Option<Build> {
    let needed = ["ninja", "make"].contains(&program_name);
    if !needed && Command::new(program_name).arg("--version").output().is_err() {
        return None;
    }
    let build = Build { dir: tempfile::tempdir().unwrap(), program: program_name, graph };
    build.write("lfsgen.yaml", "project: x\n");
    build.write("specs/base/a.yaml", &spec("a", "", "touch /usr/a"));
    build.write("specs/base/b.yaml", &spec("b", "a", "touch /usr/b"));
    program(&build.path("lfsgen"), &stand_in());
    let backend = if graph == "Makefile" { "make" } else { "ninja" };
    let output = support::lfsgen(build.dir.path(), &["generate", "--backend", backend]);
    assert!(output.status.success(), "{}", support::stderr(&output));
    assert_eq!(build.steps(), ["a install", "a prepare", "b install", "b prepare"], "{program_name}");
    Some(build)
}

fn in_every_program(check: impl Fn(&Build)) {
    PROGRAMS.into_iter().filter_map(built).for_each(|build| check(&build));
}

#[test]
fn a_spec_that_was_touched_runs_no_step() {
    in_every_program(|build| {
        let text = std::fs::read_to_string(build.path("specs/base/a.yaml")).unwrap();
        build.write("specs/base/a.yaml", &text);
        assert_eq!(build.steps(), [""; 0], "{}", build.program);
    });
}

#[test]
fn a_comment_in_a_spec_runs_no_step_and_a_summary_asks_after_its_package_alone() {
    in_every_program(|build| {
        let spec = spec("a", "", "touch /usr/a");
        build.write("specs/base/a.yaml", &format!("# A comment.\n{spec}"));
        assert_eq!(build.steps(), [""; 0], "{}", build.program);
        build.write("specs/base/a.yaml", &format!("summary: a package\n{spec}"));
        assert_eq!(build.steps(), ["a install", "a prepare"], "{}", build.program);
    });
}

#[test]
fn a_change_runs_the_package_and_what_needs_it() {
    in_every_program(|build| {
        build.write("specs/base/a.yaml", &spec("a", "", "touch /usr/other"));
        assert_eq!(build.steps(), ["a install", "a prepare", "b install", "b prepare"], "{}", build.program);
    });
}

#[test]
fn a_new_spec_and_one_that_is_gone_are_noticed() {
    in_every_program(|build| {
        build.write("specs/base/c.yaml", &spec("c", "", "touch /usr/c"));
        assert_eq!(build.steps(), ["c install", "c prepare"], "{}", build.program);
        build.write("specs/more/d.yaml", &spec("d", "", "touch /usr/d"));
        assert_eq!(build.steps(), ["d install", "d prepare"], "{}", build.program);
        std::fs::remove_file(build.path("specs/base/c.yaml")).unwrap();
        assert_eq!(build.steps(), [""; 0], "{}", build.program);
        assert!(!build.path("generated/scripts/c.sh").exists());
        assert!(!build.path("generated/plan/c.json").exists());
    });
}

#[test]
fn a_generated_file_that_was_lost_is_written_again() {
    in_every_program(|build| {
        std::fs::remove_file(build.path("generated/scripts/a.sh")).unwrap();
        // For make, a file that is there is as new as what says that it was looked at.
        if build.program == "make" {
            return;
        }
        build.steps();
        assert!(build.path("generated/scripts/a.sh").exists(), "{}", build.program);
    });
}

#[test]
fn the_configuration_is_an_input_too() {
    in_every_program(|build| {
        build.write("lfsgen.yaml", "project: x\nstages: { host: { root: host, env: { A: b } } }\n");
        assert_eq!(build.steps().len(), 4, "{}", build.program);
    });
}

#[test]
fn a_spec_that_went_wrong_stops_the_build_and_leaves_what_was_generated() {
    in_every_program(|build| {
        let before = std::fs::read(build.path("generated/plan/a.json")).unwrap();
        build.write("specs/base/a.yaml", "package: a\nversion: \"1\"\nverzion: 2\n");
        let output = Command::new(build.program)
            .args(["-f", &format!("generated/{}", build.graph)])
            .current_dir(build.dir.path())
            .env("LFSGEN", build.path("lfsgen"))
            .output()
            .unwrap();
        let said = format!("{}{}", support::stdout(&output), support::stderr(&output));
        assert!(!output.status.success(), "{}: {said}", build.program);
        assert!(said.contains("verzion"), "{}: {said}", build.program);
        assert_eq!(std::fs::read(build.path("generated/plan/a.json")).unwrap(), before);
    });
}

#[test]
fn a_package_and_a_stage_can_be_asked_for_by_name() {
    for (name, graph) in PROGRAMS {
        let Some(build) = built((name, graph)) else { continue };
        std::fs::remove_dir_all(build.path("build/stamps")).unwrap();
        let ask = |target: &str| {
            let _ = std::fs::remove_file(build.path("calls"));
            let output = Command::new(name)
                .args(["-f", &format!("generated/{graph}"), target])
                .current_dir(build.dir.path())
                .env("LFSGEN", build.path("lfsgen"))
                .output()
                .unwrap();
            assert!(output.status.success(), "{name}: {}", support::stderr(&output));
            Path::new(&build.path("build/stamps/b/install")).exists()
        };
        assert!(!ask("a"), "{name}");
        assert!(ask("host"), "{name}");
    }
}

//! `lfsgen doctor` on machines that have what is needed, and on machines that have not.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{stderr, stdout};

/// Runs it in a directory, with only the programs of `path`.
fn doctor(dir: &Path, path: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lfsgen"))
        .arg("doctor")
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("PATH", path)
        .output()
        .unwrap()
}

fn checks(output: &Output) -> Vec<Value> {
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(output)));
    assert_eq!(report["lfsgen"], 1);
    report["checks"].as_array().unwrap().clone()
}

#[test]
fn a_missing_program_is_told_with_its_package() {
    let dir = tempfile::tempdir().unwrap();
    let output = doctor(dir.path(), "/nonexistent", &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let checks = checks(&output);
    let patch = checks.iter().find(|check| check["name"] == "patch").unwrap();
    assert_eq!((&patch["verdict"], &patch["found"]), (&"failed".into(), &"not found".into()));
    assert!(patch["remedy"].as_str().unwrap().contains("patch"), "{patch}");
    // What only some sources need is no failure where there is no such source.
    let apt = checks.iter().find(|check| check["name"] == "apt-get").unwrap();
    assert_eq!(apt["verdict"], "unneeded");
}

#[test]
fn a_program_that_is_there_under_its_own_name_is_not_to_be_installed() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("lfsgen.yaml"), "project: x\n").unwrap();
    for name in ["bash", "dash"] {
        let path = dir.path().join(name);
        std::fs::write(&path, "#!/nonexistent\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    std::os::unix::fs::symlink("dash", dir.path().join("sh")).unwrap();
    let checks = checks(&doctor(dir.path(), dir.path().to_str().unwrap(), &["--json"]));
    let sh = checks.iter().find(|check| check["name"] == "sh").unwrap();
    assert!(sh["found"].as_str().unwrap().ends_with("dash`, not bash"), "{sh}");
    let remedy = sh["remedy"].as_str().unwrap();
    assert!(!remedy.contains("install") && remedy.contains("bash"), "{remedy}");
}

#[test]
fn a_program_that_no_step_sees_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let cargo = dir.path().join("cargo");
    std::fs::write(&cargo, "#!/bin/sh\necho cargo 1.90.0\n").unwrap();
    std::fs::set_permissions(&cargo, PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::write(dir.path().join("lfsgen.yaml"), "project: x\n").unwrap();
    std::fs::create_dir(dir.path().join("specs")).unwrap();
    let spec = "package: x\nversion: '1'\nbuild: { system: cargo }\n";
    std::fs::write(dir.path().join("specs/x.yaml"), spec).unwrap();
    let checks = checks(&doctor(dir.path(), dir.path().to_str().unwrap(), &["--json"]));
    let found = checks.iter().find(|check| check["name"] == "cargo").unwrap();
    let said = format!("only at `{}`, where no step sees it", cargo.display());
    assert_eq!((&found["verdict"], &found["found"]), (&"failed".into(), &said.into()));
    let checks = self::checks(&doctor(dir.path(), "/usr/bin:/bin", &["--json"]));
    let tar = checks.iter().find(|check| check["name"] == "tar").unwrap();
    assert_eq!(tar["verdict"], "well", "{tar}");
}

#[test]
fn who_ignores_the_ends_of_children_gets_the_same_answer() {
    let dir = tempfile::tempdir().unwrap();
    let ignoring = r#"$SIG{CHLD} = "IGNORE"; exec(@ARGV) or die $!"#;
    let output = Command::new("perl")
        .args(["-e", ignoring, env!("CARGO_BIN_EXE_lfsgen"), "doctor", "--json"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    let checks = checks(&output);
    let tar = checks.iter().find(|check| check["name"] == "tar").unwrap();
    assert_eq!(tar["verdict"], "well", "{tar}");
    let isolation = checks.iter().find(|check| check["name"] == "isolation").unwrap();
    assert!(!isolation["found"].as_str().unwrap().contains("start a process"), "{isolation}");
}

#[test]
fn what_is_built_for_another_processor_is_told() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("specs")).unwrap();
    let with = |arch: &str| {
        let config = format!("project: x\nsandbox: off\ntarget: {{ arch: {arch} }}\n");
        std::fs::write(dir.path().join("lfsgen.yaml"), config).unwrap();
        let checks = checks(&doctor(dir.path(), "/nonexistent", &["--json"]));
        checks.into_iter().find(|check| check["name"] == "target")
    };
    let machine = rustix::system::uname().machine().to_string_lossy().into_owned();
    assert_eq!(with(&machine), None);
    let found = with("riscv64").unwrap();
    assert_eq!(found["verdict"], "doubtful", "{found}");
    let said = format!("`target.arch` is riscv64, and this machine is {machine}");
    assert_eq!(found["found"], said);
}

#[test]
fn nothing_of_the_project_is_run_by_the_programs_that_are_asked() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("pip")).unwrap();
    for name in ["json.py", "pip/__init__.py", "pip/__main__.py"] {
        std::fs::write(dir.path().join(name), "open('was-run', 'w')\n").unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    let checks = checks(&doctor(dir.path(), &path, &["--json"]));
    assert!(checks.iter().any(|check| check["name"] == "pip"));
    assert!(!dir.path().join("was-run").exists());
}

#[test]
fn what_the_plan_needs_must_be_there() {
    let dir = tempfile::tempdir().unwrap();
    let config = "project: x\nspecs: [specs]\nsandbox: off\nstages: { only: { root: composed } }\n";
    std::fs::write(dir.path().join("lfsgen.yaml"), config).unwrap();
    std::fs::create_dir(dir.path().join("specs")).unwrap();
    let source = format!("{{ url: 'debian:x@1/x.tar.gz', sha256: {:064} }}", 0);
    let spec = format!("package: x\nversion: '1'\nsources: [ {source} ]\nbuild: {{ system: custom }}\n");
    std::fs::write(dir.path().join("specs/x.yaml"), spec).unwrap();
    let checks = checks(&doctor(dir.path(), "/nonexistent", &["--json"]));
    let verdict = |name| checks.iter().find(|check| check["name"] == name).unwrap()["verdict"].clone();
    assert_eq!(
        (verdict("apt-get"), verdict("pip"), verdict("patch")),
        ("failed".into(), "unneeded".into(), "unneeded".into())
    );
}

#[test]
fn a_state_directory_inside_the_root_of_a_stage_is_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let config = "project: x\nspecs: [specs]\nstate: /var/lib/lfsgen\n";
    std::fs::write(dir.path().join("lfsgen.yaml"), config).unwrap();
    let checks = checks(&doctor(dir.path(), "/usr/bin:/bin", &["--json"]));
    let state = checks.iter().find(|check| check["name"] == "state").unwrap();
    assert_eq!(state["verdict"], "failed", "{state}");
    let found = state["found"].as_str().unwrap();
    assert!(
        found.contains("`/var/lib/lfsgen` lies inside `/var`") && found.contains("below `/home`"),
        "{found}"
    );
}

#[test]
fn a_damaged_artifact_is_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let artifact = dir.path().join("build/artifacts").join("a".repeat(64));
    std::fs::create_dir_all(artifact.join("tree")).unwrap();
    std::fs::write(artifact.join("manifest.json"), r#"{"lfsgen":1,"entries":[],"removes":[]}"#).unwrap();
    let found = || {
        let checks = checks(&doctor(dir.path(), "/usr/bin:/bin", &["--json"]));
        checks.into_iter().find(|check| check["name"] == "artifacts").unwrap()
    };
    assert_eq!(found()["found"], "1, none damaged");
    std::fs::remove_dir(artifact.join("tree")).unwrap();
    assert_eq!(found()["verdict"], "doubtful");
    assert!(
        found()["found"].as_str().unwrap().ends_with("is damaged: its files are not there"),
        "{}",
        found()
    );
}

#[test]
fn make_alone_is_no_ninja() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/usr/bin/make", dir.path().join("make")).unwrap();
    let output = doctor(dir.path(), dir.path().to_str().unwrap(), &[]);
    let said = stdout(&output);
    let line = said.lines().find(|line| line.contains("ninja ")).unwrap();
    assert!(line.contains("FAIL") && line.contains("`lfsgen build --backend make`"), "{line}");
}

#[test]
fn it_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let output = doctor(dir.path(), "/usr/bin:/bin", &[]);
    assert!(stdout(&output).contains("isolation"), "{}", stdout(&output));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

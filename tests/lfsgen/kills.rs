//! Builds that are killed at random instants, over and over, come to the same end as one that was never disturbed. The
//! loop is `tests/torture/kills.py`, which kills real packages' builds too.

use std::process::Command;

use crate::support::{root, stderr, stdout};

/// Kills builds of a project thirty times.
fn kill(project: &str, more: &[&str]) {
    let output = Command::new("python3")
        .arg("tests/torture/kills.py")
        // A busy machine takes its time.
        .args(["--kills", "30", "--pause", "0.8", "--grace", "60"])
        .args(["--program", env!("CARGO_BIN_EXE_lfsgen"), "--project", project])
        .args(more)
        .current_dir(root())
        .output()
        .expect("python3 starts");
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("30 kills ("), "{}", stdout(&output));
}

#[test]
fn a_build_killed_thirty_times_makes_the_same_manifests_and_leaves_nothing() {
    kill("tests/torture/project", &[]);
}

#[test]
fn a_build_on_the_machine_itself_killed_thirty_times_does_so_too() {
    kill("tests/torture/destdir", &["--without-isolation"]);
}

//! Builds whose disk is full at random instants, over and over, say so and come to the same end as one that was never
//! disturbed. The loop is `tests/torture/full_disk.py`, which does so to real packages' builds too.

use std::process::Command;

use crate::support::{root, stderr, stdout};

/// Fills the disk ten times.
fn fill(more: &[&str]) {
    let output = Command::new("python3")
        .arg("tests/torture/full_disk.py")
        // A busy machine takes its time.
        .args(["--fills", "10", "--grace", "60", "--program", env!("CARGO_BIN_EXE_lfsgen")])
        .args(more)
        .current_dir(root())
        .output()
        .expect("python3 starts");
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("10 fills, "), "{}", stdout(&output));
}

#[test]
fn a_build_whose_disk_is_full_ten_times_says_so_and_makes_the_same_manifests() {
    fill(&[]);
}

#[test]
fn a_build_on_the_machine_itself_whose_disk_is_full_ten_times_says_so_too() {
    fill(&["--without-isolation", "--project", "tests/torture/destdir"]);
}

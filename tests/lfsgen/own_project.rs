//! The project in this repository: `lfsgen.yaml`, `specs/base`, and what was generated from them.

use crate::support::{lfsgen, root, stderr, stdout};

#[test]
fn the_specs_of_this_repository_are_without_findings() {
    let output = lfsgen(root(), &["lint", "--fail-on", "note"]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn what_is_committed_was_generated_from_the_specs_as_they_are() {
    let output = lfsgen(root(), &["generate", "--check"]);
    assert!(output.status.success(), "run `lfsgen generate`:\n{}{}", stdout(&output), stderr(&output));
}

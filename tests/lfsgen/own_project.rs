//! The projects in this repository, and what was generated from them.

use crate::support::{lfsgen, root, stderr, stdout};

/// The demo with `specs/base`, and the toolchain of LFS.
const PROJECTS: [&str; 2] = [".", "specs/lfs"];

#[test]
fn the_specs_of_this_repository_are_without_findings() {
    for project in PROJECTS {
        let output = lfsgen(root(), &["--project", project, "lint", "--fail-on", "note"]);
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    }
}

#[test]
fn what_is_committed_was_generated_from_the_specs_as_they_are() {
    for project in PROJECTS {
        let output = lfsgen(root(), &["--project", project, "generate", "--check"]);
        assert!(
            output.status.success(),
            "run `lfsgen --project {project} generate`:\n{}{}",
            stdout(&output),
            stderr(&output)
        );
    }
}

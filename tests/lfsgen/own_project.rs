//! The projects in this repository, and what was generated from them.

use crate::support::{lfsgen, root, stderr, stdout};

/// The demo with `specs/base`, and the toolchain of LFS.
const PROJECTS: [&str; 2] = [".", "specs/lfs"];

/// Some packages of the latter, which `./x test` builds with the machine's compiler.
const SUBSET: &str = "tests/lfs";

#[test]
fn the_specs_of_this_repository_are_without_findings() {
    for project in PROJECTS.into_iter().chain([SUBSET]) {
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

#[test]
fn the_subset_of_lfs_that_is_built_has_its_stages_as_they_are() {
    let [of_subset, of_lfs] = [SUBSET, "specs/lfs"].map(|project| {
        let text = std::fs::read_to_string(root().join(project).join("lfsgen.yaml")).unwrap();
        let lines = text.lines().skip_while(|line| *line != "stages:");
        let section = lines.take_while(|line| !line.is_empty() && *line != "variables:");
        section.filter(|line| !line.trim_start().starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    });
    assert!(of_lfs.len() > 10, "{of_lfs:?}");
    assert_eq!(of_subset, of_lfs);
}

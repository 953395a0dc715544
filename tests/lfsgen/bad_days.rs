//! What lfsgen says on bad days: each time what is wrong, where, and what to do.

use crate::building::Project;
use crate::support::stderr;

#[test]
fn a_package_that_asks_for_more_memory_than_there_is_runs_and_the_build_says_so() {
    let project = Project::new();
    let path = project.dir().join("specs/base.yaml");
    let spec = std::fs::read_to_string(&path).unwrap();
    project.write("specs/base.yaml", &format!("{spec}resources: {{ memory: 100 TiB }}\n"));
    let built = project.run(&["build"]);
    let said = stderr(&built);
    assert_eq!(built.status.code(), Some(0), "{said}");
    assert!(said.contains("note: `base` asks for 100 TiB of memory, and all steps together have "), "{said}");
    assert!(!stderr(&project.run(&["build"])).contains("asks for"), "there is nothing left to build");
}

#[test]
fn a_step_that_takes_more_memory_than_the_project_has_is_told_where_to_raise_it() {
    let project = Project::new();
    project.write(
        "lfsgen.yaml",
        "project: small\nspecs: [specs]\nsandbox: preferred\nresources: { memory: 300 MiB }\n",
    );
    project.spec("base", "[]", "perl -e '$x = \"x\" x (400 << 20); sleep 300'");
    let said = stderr(&project.run(&["build", "base"]));
    assert!(
        said.contains(
            "all steps together may use 300 MiB: give it fewer jobs (`resources.jobs` in its spec)"
        ),
        "{said}"
    );
}

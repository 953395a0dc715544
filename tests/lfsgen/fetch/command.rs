//! `lfsgen fetch`, the command.

use lfsgen::model::Digest;

use crate::support::{lfsgen, stderr};

/// A project of two packages, `b` needing `a`, with sources in `vendor/`.
fn project() -> tempfile::TempDir {
    let project = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = project.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("lfsgen.yaml", "project: x\nspecs: [specs]\nsources: { cache: shared }\n");
    for (name, more) in [("a", ""), ("b", "depends: { build: [a] }\n")] {
        let (file, sha256) = (format!("vendor/{name}.txt"), Digest::of(name.as_bytes()));
        write(&file, name);
        let source = format!(
            "{{ url: 'file:missing', sha256: {sha256}, mirrors: [ 'file:{file}' ], file: {name}.txt }}"
        );
        let head = format!("package: {name}\nversion: '1'\nlicense: MIT\nsummary: A text\n{more}");
        write(
            &format!("specs/{name}.yaml"),
            &format!("{head}sources: [ {source} ]\nbuild: {{ system: custom }}\n"),
        );
    }
    project
}

#[test]
fn nothing_of_the_project_is_run_by_the_programs_that_know_where_sources_lie() {
    let project = project();
    let text = std::fs::read_to_string(project.path().join("specs/a.yaml")).unwrap();
    std::fs::write(project.path().join("specs/a.yaml"), text.replace("file:missing", "pypi:a@1/a.txt"))
        .unwrap();
    std::fs::write(project.path().join("json.py"), "open('was-run', 'w')\n").unwrap();
    assert!(lfsgen(project.path(), &["generate"]).status.success());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_lfsgen"))
        .args(["fetch", "a"])
        .current_dir(project.path())
        .env("PIP_NO_INDEX", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "its mirror has it: {}", stderr(&output));
    assert!(!project.path().join("was-run").exists());
}

#[test]
fn every_source_without_a_digest_is_told_its_own_also_where_they_share_a_name() {
    let project = project();
    for name in ["a", "b"] {
        let path = project.path().join(format!("specs/{name}.yaml"));
        let text = std::fs::read_to_string(&path).unwrap();
        let digest = Digest::of(name.as_bytes()).to_string();
        let text = text.replace(&digest, &format!("'{}'", Digest::UNKNOWN));
        std::fs::write(&path, text.replace(&format!("file: {name}.txt"), "file: same.txt")).unwrap();
    }
    let output = lfsgen(project.path(), &["fetch"]);
    for name in ["a", "b"] {
        let line = format!("sha256: {}\n", Digest::of(name.as_bytes()));
        assert!(stderr(&output).contains(&line), "{}", stderr(&output));
    }
}

#[test]
fn a_file_beside_the_project_is_a_source_like_any_other() {
    let around = tempfile::tempdir().unwrap();
    let made = project();
    let project = around.path().join("project");
    std::fs::rename(made.path(), &project).unwrap();
    std::fs::rename(project.join("vendor"), around.path().join("vendor")).unwrap();
    let replace = |from: &str, to: &str| {
        let path = project.join("specs/a.yaml");
        std::fs::write(&path, std::fs::read_to_string(&path).unwrap().replace(from, to)).unwrap();
    };
    replace("file:vendor", "file:../vendor");
    for command in [&["generate"][..], &["fetch", "a"]] {
        let output = lfsgen(&project, command);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let plan = std::fs::read_to_string(project.join("generated/plan/a.json")).unwrap();
    assert!(!plan.contains(around.path().to_str().unwrap()), "no path of this machine is in it: {plan}");
    // By its digest it is the right one, and by nothing else.
    std::fs::remove_dir_all(project.join("build")).unwrap();
    std::fs::remove_dir_all(project.join("shared")).unwrap();
    std::fs::write(around.path().join("vendor/a.txt"), "another").unwrap();
    let output = lfsgen(&project, &["fetch", "a"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("file:../vendor/a.txt"), "{}", stderr(&output));
}

#[test]
fn the_command_fetches_a_target_with_all_that_it_needs() {
    let project = project();
    let generated = lfsgen(project.path(), &["generate"]);
    assert!(generated.status.success(), "{}", stderr(&generated));
    let output = lfsgen(project.path(), &["fetch", "b"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).ends_with("2 sources fetched (2 B), 0 already there (0 B), 0 failed\n"),
        "{}",
        stderr(&output)
    );
    for name in ["a", "b"] {
        for cache in ["build/sources", "shared"] {
            let path = project
                .path()
                .join(cache)
                .join(Digest::of(name.as_bytes()).to_string())
                .join(format!("{name}.txt"));
            assert_eq!(std::fs::read_to_string(path).unwrap(), name);
        }
    }
    let again = lfsgen(project.path(), &["fetch"]);
    assert!(
        stderr(&again).ends_with("0 sources fetched (0 B), 2 already there (2 B), 0 failed\n"),
        "{}",
        stderr(&again)
    );
}

#[test]
fn the_command_goes_on_after_a_failure_and_lists_every_one() {
    let project = project();
    assert!(lfsgen(project.path(), &["generate"]).status.success());
    std::fs::remove_file(project.path().join("vendor/a.txt")).unwrap();
    let output = lfsgen(project.path(), &["--quiet", "fetch", "--mirrors-first"]);
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.starts_with("error: failed to fetch `a.txt`: none of 2 places has it\n"), "{told}");
    let (first, second) = (told.find("1. file:vendor/a.txt").unwrap(), told.find("2. file:missing").unwrap());
    assert!(first < second && !told.contains("b.txt"), "{told}");
    assert!(project.path().join("build/sources").join(Digest::of(b"b").to_string()).join("b.txt").exists());
}

#[test]
fn the_mistakes_in_a_spec_are_shown_where_no_earlier_plan_has_its_package() {
    let project = project();
    let spec = project.path().join("specs/a.yaml");
    let text = std::fs::read_to_string(&spec).unwrap();
    let fetch = || {
        let output = lfsgen(project.path(), &["fetch", "a"]);
        assert_eq!(output.status.code(), Some(2));
        let told = stderr(&output);
        assert!(told.contains("error[unknown-key]") && told.contains("specs/a.yaml:"), "{told}");
        told
    };
    std::fs::write(&spec, format!("{text}colour: red\n")).unwrap();
    let told = fetch();
    assert!(
        told.ends_with(
            "error: the specs have mistakes, and there is no plan from before them: mend them, then try this again\n"
        ),
        "{told}"
    );
    std::fs::rename(&spec, project.path().join("a.yaml")).unwrap();
    std::fs::write(project.path().join("specs/b.yaml"), text.replace("package: a", "package: b")).unwrap();
    assert!(lfsgen(project.path(), &["generate"]).status.success());
    std::fs::rename(project.path().join("a.yaml"), &spec).unwrap();
    let told = fetch();
    assert!(told.contains("from before them: no package or stage is called `a`"), "{told}");
    // A package that it has is fetched by it.
    let output = lfsgen(project.path(), &["fetch", "b"]);
    assert!(output.status.success() && !stderr(&output).contains("unknown-key"), "{}", stderr(&output));
}

#[test]
fn steps_that_ninja_starts_use_the_shared_cache_too() {
    let project = project();
    for (backend, file) in [("ninja", "build.ninja"), ("make", "Makefile")] {
        assert!(lfsgen(project.path(), &["generate", "--backend", backend]).status.success());
        let text = std::fs::read_to_string(project.path().join("generated").join(file)).unwrap();
        assert!(
            text.contains("run-step --plan generated/plan/") && text.contains(" --cache shared "),
            "{text}"
        );
    }
}

//! What the card of a failed step says beyond its log: who has what is missing.

use crate::building::Project;
use crate::support::stderr;

/// A project whose package `top` fails with a line, beside `base`, which has what it wants.
fn project(base: &str, line: &str) -> Project {
    let project = Project::new();
    project.spec("base", "[]", base);
    project.spec("top", "[]", &format!("echo \"{line}\"; exit 1"));
    project
}

fn card(project: &Project) -> String {
    let output = project.run(&["build", "top"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    stderr(&output)
}

#[test]
fn the_package_that_has_what_is_missing_is_named_with_the_line_to_add() {
    for (file, line, named) in [
        ("usr/include/deep/base.h", "a.c:1:10: fatal error: deep/base.h{NO}", "usr/include/deep/base.h"),
        ("usr/lib64/libbase1.so", "/usr/bin/ld: cannot find -lbase1{NO}", "usr/lib64/libbase1.so"),
        (
            "usr/bin/mkbase",
            "sh: line 3: mkbase: command not found\nmake: *** [x] Error 127",
            "usr/bin/mkbase",
        ),
        (
            "usr/lib/pkgconfig/base-2.0.pc",
            "meson.build:1:0: ERROR: Dependency 'base-2.0' not found",
            "usr/lib/pkgconfig/base-2.0.pc",
        ),
        (
            "usr/lib/python3.12/site-packages/base/__init__.py",
            "ModuleNotFoundError: No module named 'base'",
            "usr/lib/python3.12/site-packages/base/__init__.py",
        ),
        ("usr/share/perl5/Base/Two.pm", "Can't locate Base/Two.pm in @INC", "usr/share/perl5/Base/Two.pm"),
    ] {
        let line = line.replace("{NO}", ": No such file or directory").replace('\n', "\"; echo \"");
        let line = line.replace("Dependency 'base-2.0'", "Dependency \\\"base-2.0\\\"");
        let project = project(&format!("install -D /dev/null /{file}"), &line);
        project.well(&["build", "base"]);
        let card = card(&project);
        let from = format!(
            "from:  `base` has {named}\n         add `base` to `build` in `depends` of specs/top.yaml; where it has none, as \
             `depends: {{ build: [base] }}`\n"
        );
        assert!(card.contains(&from), "{card}");
    }
}

#[test]
fn a_package_that_is_not_built_is_named_by_what_it_expects_or_by_its_name() {
    let line = "a.c:1:10: fatal error: base.h: No such file or directory";
    let project = project("true", line);
    let text = card(&project);
    assert!(text.contains("from:  perhaps `base`, going by its name\n"), "{text}");
    let spec = project.dir().join("specs/base.yaml");
    let more = std::fs::read_to_string(&spec).unwrap() + "artifacts: { expect: [ usr/include/base.h ] }\n";
    std::fs::write(spec, more).unwrap();
    let text = card(&project);
    assert!(
        text.contains("from:  `base`, which is not built, expects to have usr/include/base.h\n"),
        "{text}"
    );
}

#[test]
fn what_is_in_the_root_already_is_not_to_be_added() {
    let project = project("install -D /dev/null /usr/include/sub/base.h", "");
    let line = "echo 'a.c:1:10: fatal error: base.h: No such file or directory'; exit 1";
    project.spec("top", "[base]", line.replace(": ", ":\\x20").replace("echo", "echo -e").as_str());
    let card = card(&project);
    assert!(
        card.contains("it is in the root already, as /usr/include/sub/base.h: this build looks elsewhere"),
        "{card}"
    );
    assert!(!card.contains("add `base`"), "{card}");
}

#[test]
fn the_command_that_failed_is_shown_as_it_is_written() {
    let project = Project::new();
    for (text, command) in [
        ("x=none; (cd /; false) || true; cat \"/$x\"; echo after", Some("cat \"/$x\"")),
        ("bash -c 'exit 3'", Some("bash -c 'exit 3'")),
        ("trap 'echo mine' EXIT; false", None),
        ("false && true || exit", None),
        ("test -z \"${BASH_ENV-}\"; exit 3", None),
    ] {
        project.spec("top", "[]", text);
        let card = card(&project);
        assert!(card.contains("\n  look inside: lfsgen shell top:build --after\n"), "{card}");
        match command {
            Some(command) => assert!(card.contains(&format!("\n  command: {command}\n")), "{card}"),
            None => assert!(!card.contains("command: "), "{card}"),
        }
    }
}

#[test]
fn a_program_that_is_spelled_wrong_is_told_with_one_that_is_there() {
    let project = Project::new();
    project.spec("top", "[]", "mkdri sub");
    let card = card(&project);
    assert!(card.contains("\n  try:   `mkdir` is there, if that was meant\n"), "{card}");
}

#[test]
fn a_full_file_system_in_memory_is_no_full_disk() {
    let project = Project::new();
    project.spec("top", "[]", "head -c 400M /dev/zero > /tmp/full");
    let path = project.dir().join("specs/top.yaml");
    let spec = std::fs::read_to_string(&path).unwrap() + "resources: { memory: 1 MiB }\n";
    std::fs::write(path, spec).unwrap();
    let card = card(&project);
    assert!(card.contains("means: a file system is full\n"), "{card}");
    assert!(card.contains("`/tmp`, `/run` and `/dev/shm` are in memory, half of the step's each"), "{card}");
}

#[test]
fn two_packages_that_would_need_each_other_are_told_of() {
    let project = Project::new();
    project.spec("top", "[]", "mkbase");
    project.spec("base", "[top]", "true");
    let spec = project.dir().join("specs/base.yaml");
    let more = std::fs::read_to_string(&spec).unwrap() + "artifacts: { expect: [ usr/bin/mkbase ] }\n";
    std::fs::write(spec, more).unwrap();
    let card = card(&project);
    assert!(card.contains("means: the program `mkbase` is not in the step's root\n"), "{card}");
    assert!(card.contains("`base` itself needs `top`"), "{card}");
    assert!(!card.contains("add `base`"), "{card}");
}

#[test]
fn the_line_to_add_is_one_that_a_spec_takes() {
    let project = project("install -D /dev/null /usr/bin/base-tool", "");
    project.spec("top", "[]", "base-tool");
    let path = project.dir().join("specs/top.yaml");
    let spec = std::fs::read_to_string(&path).unwrap().replace("depends: { build: [] }\n", "");
    std::fs::write(&path, &spec).unwrap();
    project.well(&["build", "base"]);
    let card = card(&project);
    let line = card.split('`').find(|quoted| quoted.starts_with("depends: ")).unwrap();
    std::fs::write(&path, format!("{spec}{line}\n")).unwrap();
    project.well(&["build", "top"]);
}

#[test]
fn a_spec_that_lists_tests_is_not_told_to_begin_a_list() {
    let project = Project::new();
    project.spec("top", "[]", "true");
    let path = project.dir().join("specs/top.yaml");
    let spec = std::fs::read_to_string(&path).unwrap();
    let begin = "goes into the spec: `tests: { expected-failures: [NAME] }`";
    for (check, list, is_told) in [
        ("echo 'FAIL: two'; exit 1", "", true),
        ("echo 'FAIL: two'; exit 1", "tests: { expected-failures: [one] }\n", false),
        ("echo 'FAIL: one'; exit 3", "tests: { expected-failures: [one] }\n", false),
    ] {
        std::fs::write(&path, spec.replace("echo tested", &format!("\"{check}\"")) + list).unwrap();
        let card = card(&project);
        assert_eq!(card.contains(begin), is_told, "{card}");
    }
}

#[test]
fn nobody_is_sent_to_look_into_a_root_that_has_no_shell() {
    let project = Project::new();
    project.write("lfsgen.yaml", "project: small\nspecs: [specs]\nstages: { bare: { root: composed } }\n");
    let card = card(&project);
    assert!(
        card.contains("name the package that has it (`lfsgen owns bash` looks for one) in `depends`"),
        "{card}"
    );
    assert!(!card.contains("lfsgen shell"), "{card}");
}

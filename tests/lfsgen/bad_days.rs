//! What lfsgen says on bad days: each time what is wrong, where, and what to do.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};
use std::time::Duration;

use crate::building::Project;
use crate::support::{lfsgen, stderr, stdout};

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

/// Runs lines of shell, for which `lfsgen` is the real program, in the project's folder, with mounts that nobody else sees.
fn with_own_mounts(project: &Project, script: &str) -> Output {
    let how = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    Command::new("unshare")
        .args([
            how,
            "sh",
            "-c",
            &format!("lfsgen() {{ {} \"$@\"; }}\n{script}", env!("CARGO_BIN_EXE_lfsgen")),
        ])
        .current_dir(project.dir())
        .output()
        .unwrap()
}

#[test]
fn a_step_that_fills_the_disk_is_told_as_that_and_gives_back_what_it_wrote() {
    let project = Project::new();
    project.spec("base", "[]", "head -c 200M /dev/zero > big");
    let output = with_own_mounts(
        &project,
        "mkdir build && mount -t tmpfs -o size=96m none build && { lfsgen build base; lfsgen status; ls build/tmp/trash; }",
    );
    let said = stderr(&output);
    assert!(said.contains("FAILED: build of base: had "), "{said}");
    assert!(said.contains("free on the disk of the state directory"), "{said}");
    let status = stdout(&output);
    assert!(status.contains("failed (build)"), "{status}");
    assert!(status.ends_with("done\n") || status.ends_with("never built\n"), "the trash is empty: {status}");
}

#[test]
fn a_log_that_fills_the_disk_is_told_with_what_to_do() {
    let project = Project::new();
    project.spec("base", "[]", "yes");
    let output = with_own_mounts(
        &project,
        "mkdir build && mount -t tmpfs -o size=96m none build && { lfsgen build base; lfsgen status; }",
    );
    let said = stderr(&output);
    assert!(said.contains("FAILED: build of base: "), "{said}");
    assert!(!said.contains("nothing to fall back to"), "{said}");
    let by_hand = said.contains("No space left on device (os error 28); free some space there");
    assert!(by_hand || said.contains("must stay free: make room there"), "{said}");
    assert!(stdout(&output).contains("failed (build)"), "{}", stdout(&output));
}

#[test]
fn a_folder_that_cannot_be_written_is_told_with_what_to_do() {
    let project = Project::new();
    project.well(&["generate"]);
    for command in ["build", "generate", "shell base", "run-step base prepare"] {
        let script = format!(
            "sed -i 's/^version: .*/version: \"9\"/' specs/base.yaml && mount --bind . . && cd \"$PWD\" && mount -o remount,ro,bind . && lfsgen {command}"
        );
        let output = with_own_mounts(&project, &script);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        assert!(
            said.contains("Read-only file system (os error 30)\n  help: let `output` and `state`"),
            "{command}: {said}"
        );
    }
}

#[test]
fn who_has_nothing_to_write_needs_no_right_to() {
    let project = Project::new();
    // A run remembers itself once its files are old enough.
    let memory = project.dir().join("build/generate.json");
    while !memory.exists() {
        project.well(&["generate"]);
        std::thread::sleep(Duration::from_millis(10));
    }
    std::fs::write(&memory, "of no use").unwrap();
    for command in ["clean", "clean --all --dry-run", "generate"] {
        let script =
            format!("mount --bind . . && cd \"$PWD\" && mount -o remount,ro,bind . && lfsgen {command}");
        let output = with_own_mounts(&project, &script);
        assert_eq!(output.status.code(), Some(0), "{command}: {}", stderr(&output));
    }
}

#[test]
fn what_root_has_made_in_a_users_project_is_told_as_that() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("only root can become another user");
        return;
    }
    let user = 54321;
    let as_user = |project: &Project, arguments: &[&str]| {
        let program = project.dir().join("lfsgen");
        // Not copied by this process: see `end_to_end`.
        assert!(
            Command::new("cp").arg(env!("CARGO_BIN_EXE_lfsgen")).arg(&program).status().unwrap().success()
        );
        let mut command = Command::new(program);
        command.args(arguments).current_dir(project.dir()).uid(user).gid(user);
        let output = command.output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(if arguments == ["fetch"] { 1 } else { 2 }),
            "{}",
            stderr(&output)
        );
        stderr(&output)
    };
    let project = Project::new();
    project.write("there.txt", "text");
    let digest = lfsgen::model::Digest::of(b"text");
    project.write(
        "specs/base.yaml",
        &format!("package: base\nversion: \"1\"\nsources: [ {{ url: \"file:there.txt\", sha256: {digest}, unpack: false }} ]\nbuild: {{ system: custom }}\n"),
    );
    project.well(&["generate"]);
    project.well(&["fetch"]);
    std::fs::remove_dir_all(project.dir().join("build/sources")).unwrap();
    let _ = std::fs::remove_file(project.dir().join("build/generate.json"));
    for path in [".", "specs", "generated", "build", "build/tmp", "build/tmp/downloads"] {
        chown(project.dir().join(path), Some(user), Some(user)).unwrap();
    }
    let lock = format!("build/tmp/downloads/{digest}.lock");
    let said = as_user(&project, &["fetch"]);
    let what_to_do = "belongs to root, as after `sudo lfsgen`: go on as that user, or have the whole folder removed: `sudo lfsgen clean --all`\n";
    assert!(
        said.contains(&format!("  help: `{}` {what_to_do}", project.dir().join(&lock).display())),
        "{said}"
    );
    chown(project.dir().join("build"), Some(0), Some(0)).unwrap();
    let said = as_user(&project, &["build"]);
    assert!(
        said.contains(&format!("  help: `{}` {what_to_do}", project.dir().join("build").display())),
        "{said}"
    );
}

#[test]
fn a_folder_whose_name_no_project_can_have_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("two\nlines: \"$x\" ä");
    std::fs::create_dir(&folder).unwrap();
    let refused = lfsgen(&folder, &["init"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("`lfsgen init NAME` gives it another"), "{}", stderr(&refused));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    // Under another name it is a folder like any.
    assert!(lfsgen(&folder, &["init", "good"]).status.success());
    let spec = "package: a\nversion: '1'\nsummary: A text\nlicense: MIT\nbuild: { system: custom }\nphases: { install: echo a > /usr/share/a }\n";
    std::fs::write(folder.join("specs/a.yaml"), spec).unwrap();
    for backend in ["ninja", "make"] {
        let built = lfsgen(&folder, &["build", "--backend", backend]);
        assert_eq!(built.status.code(), Some(0), "{}", stderr(&built));
        std::fs::remove_dir_all(folder.join("build")).unwrap();
    }
}

#[test]
fn a_step_of_what_was_not_generated_says_what_to_do() {
    let project = Project::new();
    let output = project.run(&["run-step", "base", "build"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`lfsgen generate` writes it"), "{}", stderr(&output));
}

#[test]
fn a_state_that_is_no_folder_is_told_with_what_to_do() {
    let project = Project::new();
    project.write("build", "");
    for command in ["build", "clean"] {
        let output = project.run(&[command]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(stderr(&output).contains("help: what has that name is no folder"), "{}", stderr(&output));
    }
}

#[test]
fn a_state_folder_that_looks_like_an_option_is_refused() {
    let project = Project::new();
    project.write("lfsgen.yaml", "project: small\nspecs: [specs]\nstate: -x\n");
    let said = stderr(&project.run(&["generate"]));
    assert!(
        said.contains("error[bad-path]: programs that are given `-x` would take it for an option"),
        "{said}"
    );
}

#[test]
fn a_program_that_nobody_has_is_to_be_installed_or_packaged() {
    let project = Project::new();
    project.spec("base", "[]", "frobnicate --all");
    let said = stderr(&project.run(&["build", "base"]));
    assert!(said.contains("means: the program `frobnicate` is not in the step's root\n  try:   install it on this machine (`lfsgen doctor`"), "{said}");
    project.spec(
        "base",
        "[]",
        "echo '  CMake 3.99 or higher is required.  You are running version 3.25.1'; exit 1"
            .replace(": ", ":")
            .as_str(),
    );
    let said = stderr(&project.run(&["build", "base"]));
    assert!(said.contains("bring it up to date"), "{said}");
}

#[test]
fn generated_files_of_other_specs_are_known_without_a_memory_of_their_making() {
    let project = Project::new();
    project.well(&["generate"]);
    // As in a fresh clone.
    let _ = std::fs::remove_dir_all(project.dir().join("build"));
    let note = "the specs have changed since `lfsgen generate`, or it was given an `--option`; this is about";
    assert!(!stderr(&project.run(&["report"])).contains(note));
    let path = project.dir().join("specs/base.yaml");
    let spec = std::fs::read_to_string(&path).unwrap();
    project.write("specs/base.yaml", &format!("# Nothing else is new.\n{spec}"));
    let comment = stderr(&project.run(&["report"]));
    project.write("specs/base.yaml", &spec.replace("version: \"1\"", "version: \"2\""));
    for command in [&["report"][..], &["owns", "/x"]] {
        let said = stderr(&project.run(command));
        assert!(said.contains(note), "{command:?}: {said}");
    }
    assert!(!project.dir().join("build").exists(), "who only looks writes nothing: {comment}");
}

#[test]
fn specs_that_only_have_another_time_have_not_changed() {
    let project = Project::new();
    // Old enough to be told from what is written after `generate`.
    std::thread::sleep(std::time::Duration::from_millis(100));
    project.well(&["generate"]);
    assert!(project.dir().join("build/generate.json").exists());
    let path = project.dir().join("specs/base.yaml");
    let spec = std::fs::read_to_string(&path).unwrap();
    let note = "note: the specs have changed since `lfsgen generate`; this is about the plan from before";
    for (text, is_told) in [(spec.clone(), false), (spec.replace("version: \"1\"", "version: \"2\""), true)] {
        // As `git checkout` of another branch and back does.
        std::fs::remove_file(&path).unwrap();
        project.write("specs/base.yaml", &text);
        let said = stderr(&project.run(&["report"]));
        assert_eq!(said.contains(note), is_told, "{said}");
    }
}

#[test]
fn a_package_that_installs_nothing_is_told_of_and_one_that_is_not_meant_to_is_not() {
    let project = Project::new();
    let spec = |name: &str, phase: &str| {
        let text = format!(
            "package: {name}\nversion: '1'\nbuild: {{ system: custom }}\nphases: {{ {phase}: 'true' }}\n"
        );
        project.write(&format!("specs/{name}.yaml"), &text);
    };
    spec("base", "install");
    spec("top", "check");
    let said = stderr(&project.run(&["build"]));
    assert!(
        said.contains("base:install succeeded in ") && said.contains("; it installed nothing\n"),
        "{said}"
    );
    assert_eq!(said.matches("installed nothing").count(), 1, "{said}");
    let journal = std::fs::read_to_string(project.dir().join("build/journal.jsonl")).unwrap();
    assert!(journal.contains(r#""message":"it installed nothing""#), "{journal}");
}

#[test]
fn several_packages_can_be_asked_for_at_once_and_one_that_is_not_there_is_named() {
    let project = Project::new();
    project.spec("other", "[]", "true");
    project.well(&["generate"]);
    let status = project.well(&["status", "top", "base"]);
    assert!(status.contains("\nbase ") && status.contains("\ntop "), "{status}");
    assert!(!status.contains("other") && status.ends_with("\n2 packages: 2 never built\n"), "{status}");
    assert_eq!(
        project.well(&["why", "top", "other", "top"]),
        "other 1 was never built\ntop 1 was never built\n"
    );
    for command in ["status", "why"] {
        let output = project.run(&[command, "base", "bse"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            stderr(&output).contains("no package or stage is called `bse`; did you mean `base`?"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn whoever_asks_for_a_dry_run_is_told_what_there_is() {
    let project = Project::new();
    let output = project.run(&["build", "--dry-run"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("tip: `lfsgen plan` shows what a build would run"),
        "{}",
        stderr(&output)
    );
}

//! The command line as a whole.

use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::{lfsgen, root, stderr, stdout};

#[test]
fn completions_name_the_program() {
    let output = lfsgen(root(), &["completions", "bash"]);
    assert!(output.status.success());
    assert!(stdout(&output).contains("_lfsgen()"));
}

#[test]
fn wrong_usage_leaves_with_status_2_and_says_what_is_known() {
    let output = lfsgen(root(), &["genrate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("unrecognized subcommand"), "{}", stderr(&output));
}

#[test]
fn help_has_what_is_a_command_s_own_before_what_all_take() {
    let help = stdout(&lfsgen(root(), &["new", "--help"]));
    let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text}: {help}"));
    assert!(place("--package-version") < place("--system"), "{help}");
    assert!(place("--system") < place("Options of every command:"), "{help}");
    assert!(place("Options of every command:") < place("--project"), "{help}");
}

/// A text in one line: how it is wrapped is of no matter.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A project whose one spec is wrong.
fn wrong() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("specs")).unwrap();
    std::fs::write(dir.path().join("lfsgen.yaml"), "project: wrong\nspecs: [specs]\n").unwrap();
    std::fs::write(dir.path().join("specs/a.yaml"), "package: a\n").unwrap();
    dir
}

#[test]
fn a_full_output_is_an_error_and_no_panic() {
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut completions = Command::new(env!("CARGO_BIN_EXE_lfsgen"));
    let output = completions.args(["completions", "bash"]).stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("error: failed to write to standard output"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("lfsgen clean"), "it is no disk of ours: {}", stderr(&output));
    let mut generate = Command::new(env!("CARGO_BIN_EXE_lfsgen"));
    let status = generate.arg("generate").current_dir(wrong().path()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn a_configuration_that_is_no_yaml_is_shown_as_a_spec_is() {
    let project = wrong();
    std::fs::write(project.path().join("lfsgen.yaml"), "project: [\n").unwrap();
    for command in ["generate", "status", "fetch"] {
        let output = lfsgen(project.path(), &[command]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(stderr(&output).contains("error[yaml-syntax]"), "{command}: {}", stderr(&output));
        assert!(stderr(&output).contains(" --> lfsgen.yaml:1:10"), "{command}: {}", stderr(&output));
    }
}

#[test]
fn a_folder_that_cannot_be_is_shown_at_its_place_with_all_other_mistakes() {
    let project = wrong();
    for output in ["/abs", "../abs", ".", "''", "~/abs"] {
        let config = format!("project: test\noutput: {output}\nsandbox: maybe\n");
        std::fs::write(project.path().join("lfsgen.yaml"), config).unwrap();
        for command in ["generate", "diff", "build"] {
            let told = lfsgen(project.path(), &[command]);
            let text = stderr(&told);
            assert_eq!(told.status.code(), Some(2), "{command} {output}: {text}");
            for part in ["error[bad-path]", " --> lfsgen.yaml:2:9", "error[wrong-type]: `sandbox`"] {
                assert!(text.contains(part), "{command} {output}: {text}");
            }
        }
        assert!(!project.path().join("generated").exists(), "{output}");
    }
}

#[test]
fn a_named_pipe_among_the_specs_is_refused_and_not_waited_for() {
    let project = wrong();
    assert!(Command::new("mkfifo").arg(project.path().join("specs/pipe.yaml")).status().unwrap().success());
    let output = lfsgen(project.path(), &["generate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`specs/pipe.yaml` is no regular file"), "{}", stderr(&output));
}

#[test]
fn a_patch_that_is_a_named_pipe_is_refused_and_not_waited_for() {
    let project = wrong();
    let spec = "package: p\nversion: \"1\"\npatches: [ { file: p.patch } ]\n";
    std::fs::write(project.path().join("specs/p.yaml"), spec).unwrap();
    assert!(Command::new("mkfifo").arg(project.path().join("specs/p.patch")).status().unwrap().success());
    let output = lfsgen(project.path(), &["generate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("cannot read `specs/p.patch`: it is no regular file"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_spec_that_is_a_link_to_nothing_is_called_one() {
    let project = wrong();
    std::os::unix::fs::symlink("gone", project.path().join("specs/link.yaml")).unwrap();
    let output = lfsgen(project.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    let told = unwrapped(&stdout(&output));
    assert!(told.contains("`specs/link.yaml` is a link to something that is not there"), "{told}");
    assert!(told.contains("specs/a.yaml"), "all else that is wrong is told with it: {told}");
    std::os::unix::fs::symlink("back.yaml", project.path().join("specs/back.yaml")).unwrap();
    let told = unwrapped(&stdout(&lfsgen(project.path(), &["lint"])));
    assert!(told.contains("`specs/back.yaml` is a link that leads back to itself"), "{told}");
    assert!(told.contains("3 errors"), "{told}");
}

#[test]
fn a_spec_that_may_not_be_read_is_told_of_with_all_other_mistakes() {
    let project = wrong();
    let spec = project.path().join("specs/closed.yaml");
    std::fs::write(&spec, "package: closed\nversion: 1\n").unwrap();
    std::fs::set_permissions(&spec, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&spec).is_ok() {
        // Root reads everything.
        return;
    }
    let told = unwrapped(&stdout(&lfsgen(project.path(), &["lint"])));
    assert!(told.contains("cannot read `specs/closed.yaml`: permission denied"), "{told}");
    assert!(told.contains("2 errors"), "{told}");
}

#[test]
fn a_name_that_is_not_utf_8_is_refused_of_a_spec_and_no_matter_of_another_file() {
    let project = wrong();
    let name = |end: &[u8]| std::ffi::OsString::from_vec([b"specs/a\xff", end].concat());
    let before = stderr(&lfsgen(project.path(), &["generate"]));
    std::fs::write(project.path().join(name(b".yaml~")), "").unwrap();
    assert_eq!(stderr(&lfsgen(project.path(), &["generate"])), before);
    std::fs::write(project.path().join(name(b".yaml")), "").unwrap();
    let output = lfsgen(project.path(), &["generate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("is not UTF-8"), "{}", stderr(&output));
}

#[test]
fn a_spec_that_is_not_named_like_one_is_told_of_and_not_passed_over() {
    let project = wrong();
    for (name, text) in
        [("a.yml", "package: a\n"), ("b.YAML", "# b\npackage: b\n"), ("c.yml", "key: package:\n")]
    {
        std::fs::write(project.path().join("specs").join(name), text).unwrap();
    }
    let output = lfsgen(project.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stdout(&output);
    for place in ["`specs/a.yml` would not be read as a spec\n --> specs/a.yml:1:1", " --> specs/b.YAML:1:1"]
    {
        assert!(told.contains(place), "{told}");
    }
    assert!(!told.contains("c.yml"), "{told}");
}

#[test]
fn a_configuration_that_is_no_text_is_shown_at_its_place() {
    let project = wrong();
    std::fs::write(project.path().join("lfsgen.yaml"), b"project: x\n# caf\xe9\n").unwrap();
    let output = lfsgen(project.path(), &["generate"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(told.contains("error[not-text]") && told.contains("lfsgen.yaml:2:6"), "{told}");
    assert!(told.contains("iconv"), "{told}");
}

#[test]
fn who_works_in_a_folder_that_is_gone_is_told_that() {
    let script =
        "mkdir gone && cd gone && rmdir ../gone && for command in status lint init; do \"$1\" $command; done";
    let dir = tempfile::tempdir().unwrap();
    let mut shell = Command::new("/bin/sh");
    let output =
        shell.args(["-c", script, "sh", env!("CARGO_BIN_EXE_lfsgen")]).current_dir(dir.path()).output();
    let told = stderr(&output.unwrap());
    assert_eq!(told.matches("failed to find the working directory").count(), 3, "{told}");
}

#[test]
fn a_name_of_two_things_is_found_by_lint_as_by_generate() {
    let project = wrong();
    let spec = project.path().join("specs/a.yaml");
    for name in ["all", "host", "specs"] {
        let text =
            "version: '1'\nsummary: A text\nlicense: MIT\nphases: { install: echo a > /usr/share/a }\n";
        std::fs::write(&spec, format!("package: {name}\n{text}")).unwrap();
        for (command, said) in [("lint", stdout as fn(&_) -> _), ("generate", stderr)] {
            let output = lfsgen(project.path(), &[command]);
            assert_eq!(output.status.code(), Some(2), "{command} {name}");
            let said = said(&output);
            assert!(
                said.contains("error[target-name-clash]") && said.contains("1 error"),
                "{command}: {said}"
            );
        }
        // By itself it is no package of a project.
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::copy(&spec, elsewhere.path().join("a.yaml")).unwrap();
        assert!(lfsgen(elsewhere.path(), &["lint", "a.yaml"]).status.success(), "{name}");
    }
}

#[test]
fn a_folder_of_specs_that_is_not_there_is_told_of_with_all_other_mistakes() {
    let project = wrong();
    std::fs::write(project.path().join("specs/b.yaml"), "package: b\nversion: 1\ndepends: { build: [c] }\n")
        .unwrap();
    std::fs::write(project.path().join("file"), "").unwrap();
    let configure = |text: &str| {
        std::fs::write(project.path().join("lfsgen.yaml"), format!("project: x\n{text}")).unwrap();
    };
    configure("specs: [specs, other/specs, file]\nsandbox: on\n");
    let output = lfsgen(project.path(), &["generate"]);
    assert_eq!(output.status.code(), Some(2));
    let told = unwrapped(&stderr(&output));
    for mistake in [
        "error[missing-folder]: there is no folder `other/specs`, in which specs are looked for --> lfsgen.yaml:2:16",
        "error[missing-folder]: `file` is no folder, and specs are looked for in one --> lfsgen.yaml:2:29",
        "lfsgen.yaml:3:10",
        "specs/a.yaml:1:1",
        "4 errors",
    ] {
        assert!(told.contains(mistake), "{mistake}: {told}");
    }
    assert!(!told.contains("missing-dependency"), "it may be in one of those folders: {told}");

    std::fs::rename(project.path().join("specs"), project.path().join("moved")).unwrap();
    configure("");
    let told = stdout(&lfsgen(project.path(), &["lint"]));
    assert!(told.contains("there is no folder `specs`") && told.contains("lfsgen.yaml:1:1"), "{told}");
    // A memory of that is none once it is there.
    std::fs::create_dir(project.path().join("specs")).unwrap();
    assert_eq!(stdout(&lfsgen(project.path(), &["lint"])), "");
}

//! What a person sees who looks closer: at what a build puts on the disk, at what it does, and at the store as a whole.

use std::path::PathBuf;

use serde_json::Value;

use crate::building::Project;
use crate::support::{stderr, stdout};

/// A project whose package `top` was built twice, the second time with a file more and one of another mode and content.
fn built_twice() -> (Project, String) {
    let project = Project::new();
    project.spec("top", "[base]", "true");
    project.well(&["build"]);
    let path = project.dir().join("specs/top.yaml");
    let spec = std::fs::read_to_string(&path).unwrap();
    let more = "    chmod 600 /opt/top/text\n    ln -s text /opt/top/link\n    echo x >> /opt/top/text\n";
    std::fs::write(path, spec + more).unwrap();
    let said = project.well(&["build"]);
    (project, said)
}

#[test]
fn what_lands_on_the_disk_otherwise_than_before_is_told_after_a_build_and_shown_by_diff() {
    let (project, said) = built_twice();
    assert!(said.contains("\ntop: 1 path added, 1 changed in content, 1 changed in mode\n"), "{said}");
    assert!(said.contains("`lfsgen diff --artifacts` shows each path"), "{said}");
    for arguments in [&["diff", "--artifacts"][..], &["diff", "--artifacts", "top"]] {
        let shown = project.well(arguments);
        let mut lines = shown.lines();
        assert_eq!(lines.next().unwrap(), "top: 1 path added, 1 changed in content, 1 changed in mode");
        assert_eq!(lines.next().unwrap(), "  + /opt/top/link  link to text 0777 0:0");
        let text = lines.next().unwrap();
        assert!(
            text.starts_with("  ~ /opt/top/text  content 4 B (") && text.ends_with(", mode 0644 → 0600"),
            "{text}"
        );
        assert_eq!(lines.next(), None);
    }
    assert_eq!(
        project.well(&["diff", "--artifacts", "base"]),
        "base: new, with 2 paths (`lfsgen files base`)\n"
    );
    // What is as it was before is nobody's change; what was removed from the store is no change that is known.
    project.well(&["clean", "--keep", "0"]);
    assert_eq!(
        project.well(&["diff", "--artifacts", "top"]),
        "top: what it had before is not in the store any more\n"
    );
    project.spec("more", "[]", "true");
    let said = project.well(&["build"]);
    assert!(!said.contains("top: "), "{said}");
    assert_eq!(project.well(&["diff", "--artifacts"]), "more: new, with 2 paths (`lfsgen files more`)\n");
}

/// Where the file of an artifact lies that ends so.
fn stored(project: &Project, end: &str) -> PathBuf {
    let artifacts = std::fs::read_dir(project.dir().join("build/artifacts")).unwrap();
    let mut files = artifacts.map(|entry| entry.unwrap().path().join("tree").join(end));
    files.find(|path| path.is_file()).unwrap()
}

#[test]
fn an_artifact_that_was_changed_within_its_size_is_found_by_digests_and_made_again_as_the_help_says() {
    let project = Project::new();
    project.well(&["build"]);
    assert_eq!(project.well(&["doctor", "--digests"]), "2 artifacts: every file is what its manifest says\n");
    let path = stored(&project, "opt/base/text");
    std::fs::write(&path, "evil\n").unwrap();
    assert!(project.well(&["build"]).starts_with("nothing to do"));
    let output = project.run(&["doctor", "--digests"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.starts_with("FAIL base ") && text.contains(": `opt/base/text` is of another content\n"),
        "{text}"
    );
    assert!(
        text.contains("'`, then `lfsgen build base`\n")
            && text.ends_with("1 of 2 artifacts: not what the manifest says\n")
    );
    let report: Value =
        serde_json::from_slice(&project.run(&["doctor", "--digests", "--json"]).stdout).unwrap();
    assert_eq!((&report["lfsgen"], &report["ok"], &report["checked"]), (&1.into(), &false.into(), &2.into()));
    let help = text.split('`').find(|part| part.starts_with("rm -rf ")).unwrap();
    assert!(std::process::Command::new("sh").args(["-c", help]).status().unwrap().success());
    project.well(&["build", "base"]);
    assert_eq!(std::fs::read_to_string(stored(&project, "opt/base/text")).unwrap(), "base\n");
    project.well(&["doctor", "--digests"]);
}

#[test]
fn whoever_asks_for_more_sees_what_is_written_what_starts_and_what_it_prints() {
    let project = Project::new();
    let told = |arguments: &[&str]| {
        let output = project.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stderr(&output)
    };
    let said = told(&["generate", "-v"]);
    for line in ["written: generated/build.ninja\n", "written: generated/scripts/top.sh\n"] {
        assert!(said.contains(line), "{said}");
    }
    std::fs::remove_file(project.dir().join("specs/top.yaml")).unwrap();
    let said = told(&["generate", "-v"]);
    assert!(
        said.contains("removed: generated/scripts/top.sh\n") && !said.contains("scripts/base.sh"),
        "{said}"
    );
    assert!(!told(&["generate"]).contains("written: "));

    project.spec("base", "[]", "echo one; sleep 0.3; printf two");
    let said = told(&["build", "-v"]);
    assert!(said.contains("base:build starts (scripts/base.sh build)\n") && !said.contains(" | "), "{said}");
    project.spec("base", "[]", "echo three; sleep 0.3; printf four");
    let said = told(&["build", "-vv"]);
    let at = |text: &str| said.find(text).unwrap_or_else(|| panic!("no `{text}` in {said}"));
    assert!(at("base:build starts") < at("base:build | three\n"));
    assert!(at("base:build | three\n") < at("base:build | four\n"));
    assert!(at("base:build | four\n") < at("base:build succeeded"));
    assert_eq!(said.matches("base:build | ").count(), 2, "{said}");

    let said = told(&["lint", "-v"]);
    assert!(said.contains("checked: specs/base.yaml\n"), "{said}");
    assert_eq!(told(&["-q", "lint", "-v"]), "");

    project.write("source.txt", "text");
    let digest = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";
    let source = format!(
        "package: base\nversion: \"1\"\nsources: [{{ url: \"file:source.txt\", sha256: {digest} }}]\n"
    );
    project.write("specs/base.yaml", &source);
    let said = told(&["fetch", "-v"]);
    assert!(said.contains(&format!("build/sources/{digest}/source.txt`: from file:source.txt\n")), "{said}");
    assert!(told(&["fetch", "-v"]).contains("source.txt`: was there\n"));
}

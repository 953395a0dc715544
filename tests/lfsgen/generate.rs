//! `lfsgen generate` and `lfsgen diff`: what is written, what is left alone, and what is told.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use crate::support::{assert_snapshot, lfsgen, stderr, stdout};

/// A project on the disk.
struct Project(tempfile::TempDir);

impl Project {
    /// Two packages, the second of which needs the first.
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("lfsgen.yaml", "project: x\ntarget: { arch: x86_64, triplet: x86_64-pc-linux-gnu }\n");
        project.write("specs/a.yaml", A);
        project.write("specs/b.yaml", "package: b\nversion: \"1\"\ndepends: { build: [a] }\n");
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        std::fs::write(self.path(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        lfsgen(self.0.path(), arguments)
    }

    /// Generates, which must succeed; gives what was said.
    fn generate(&self) -> String {
        let output = self.run(&["generate"]);
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    }

    /// Every file below a folder, with its number and time.
    fn state(&self, folder: &str) -> Vec<(PathBuf, u64, std::time::SystemTime)> {
        use std::os::unix::fs::MetadataExt as _;
        let mut found = Vec::new();
        let mut waiting = vec![self.path(folder)];
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let entry = entry.unwrap();
                let metadata = entry.metadata().unwrap();
                if metadata.is_dir() {
                    waiting.push(entry.path());
                } else {
                    found.push((entry.path(), metadata.ino(), metadata.modified().unwrap()));
                }
            }
        }
        found.sort();
        found
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@x.example"];
        let output = Command::new("git").args(identity).args(arguments).current_dir(self.0.path()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

const A: &str = "package: a\nversion: \"1\"\nphases:\n  install: touch /usr/a\n";

#[test]
fn the_name_alone_generates() {
    let project = Project::new();
    let output = project.run(&[]);
    assert_eq!(stderr(&output), "generated: 2 packages, 4 steps; 6 files written, 0 removed\n");
    assert!(output.status.success());
    assert!(project.path("generated/build.ninja").exists());
    assert!(!project.path("generated/Makefile").exists());
}

#[test]
fn only_files_whose_bytes_differ_are_written() {
    let project = Project::new();
    project.generate();
    let before = project.state("generated");
    project.write("specs/a.yaml", &A.replace("/usr/a", "/usr/b"));
    assert_eq!(project.generate(), "generated: 2 packages, 4 steps; 3 files written, 0 removed\n");
    let after = project.state("generated");
    let same: Vec<_> =
        before.iter().filter(|file| after.contains(file)).map(|(path, ..)| path.clone()).collect();
    let of_others = ["build.ninja", "plan/stages/host.json", "scripts/b.sh"];
    assert_eq!(same, of_others.map(|path| project.path("generated").join(path)));
}

#[test]
fn nothing_is_written_where_anything_is_wrong() {
    let project = Project::new();
    project.write("specs/b.yaml", "package: b\nversion: \"1\"\ndepends: { build: [z] }\n");
    let output = project.run(&["generate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`b` needs `z`"), "{}", stderr(&output));
    assert!(!project.path("generated").exists() && !project.path("build").exists());

    let project = Project::new();
    project.generate();
    let before = project.state("generated");
    project.write("specs/a.yaml", &A.replace("touch", "touch '"));
    assert_eq!(project.run(&["generate"]).status.code(), Some(2));
    assert_eq!(project.state("generated"), before);
}

#[test]
fn files_of_a_package_that_is_gone_go_and_files_of_other_people_stay() {
    let project = Project::new();
    project.generate();
    project.write("generated/scripts/mine.sh", "#!/bin/sh\necho mine\n");
    project.write("generated/plan/mine.json", "{}\n");
    std::fs::remove_file(project.path("specs/b.yaml")).unwrap();
    assert_eq!(project.generate(), "generated: 1 package, 2 steps; 1 file written, 2 removed\n");
    assert!(
        !project.path("generated/scripts/b.sh").exists() && !project.path("generated/plan/b.json").exists()
    );
    assert!(
        project.path("generated/scripts/mine.sh").exists()
            && project.path("generated/plan/mine.json").exists()
    );
}

#[test]
fn the_file_of_a_stage_comes_and_goes_with_its_packages() {
    let project = Project::new();
    let stages = |first: &str| {
        let head = "project: x\ntarget: { arch: x86_64, triplet: x86_64-pc-linux-gnu }\nstages:\n";
        project
            .write("lfsgen.yaml", &format!("{head}  {first}: {{ root: host }}\n  empty: {{ root: host }}\n"));
    };
    let names = || -> Vec<String> {
        let files = project.state("generated/plan/stages").into_iter();
        files.map(|(path, ..)| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    stages("first");
    assert_eq!(project.generate(), "generated: 2 packages, 4 steps; 6 files written, 0 removed\n");
    assert_eq!(names(), ["first.json"]);
    project.write("generated/plan/stages/mine.json", "{}\n");
    stages("other");
    let check = project.run(&["generate", "--check"]);
    assert!(
        stdout(&check).contains("--- a/generated/plan/stages/first.json\n+++ /dev/null\n"),
        "{}",
        stdout(&check)
    );
    assert!(
        stderr(&check).contains("(3 files with other text, 1 file missing, 1 file too many)"),
        "{}",
        stderr(&check)
    );
    assert_eq!(project.generate(), "generated: 2 packages, 4 steps; 4 files written, 1 removed\n");
    assert_eq!(names(), ["mine.json", "other.json"]);
    std::fs::remove_file(project.path("generated/plan/stages/other.json")).unwrap();
    assert_eq!(project.generate(), "generated: 2 packages, 4 steps; 1 file written, 0 removed\n");
}

#[test]
fn check_shows_what_would_change_and_changes_nothing() {
    let project = Project::new();
    let fresh = project.run(&["generate", "--check"]);
    assert_eq!(fresh.status.code(), Some(1));
    assert!(stdout(&fresh).contains("--- /dev/null\n+++ b/generated/build.ninja\n"), "{}", stdout(&fresh));
    assert!(!project.path("generated").exists());

    project.generate();
    let clean = project.run(&["generate", "--check"]);
    assert_eq!((clean.status.code(), stdout(&clean)), (Some(0), String::new()));
    assert_eq!(stderr(&clean), "generated: 2 packages, 4 steps; up to date\n");

    project.write("specs/a.yaml", &A.replace("/usr/a", "/usr/b"));
    std::fs::remove_file(project.path("specs/b.yaml")).unwrap();
    let before = project.state("generated");
    let stale = project.run(&["generate", "--check"]);
    assert_eq!(stale.status.code(), Some(1));
    assert_eq!(project.state("generated"), before);
    assert_snapshot("generate-check", &stdout(&stale));
    let said = "`generated` is not what the specs say (3 files with other text, 2 files too many): run `lfsgen generate`, \
                and commit what it writes\n";
    assert_eq!(stderr(&stale), said);
}

#[test]
fn a_second_run_believes_what_it_wrote_and_notices_every_change() {
    let project = Project::new();
    // What was written just now could be written again without a trace, and is not believed.
    std::thread::sleep(Duration::from_millis(50));
    project.generate();
    assert!(project.path("build/generate.json").exists());
    assert_eq!(project.generate(), "generated: 2 packages, 4 steps; up to date\n");

    let script = project.read("generated/scripts/a.sh");
    project.write("generated/scripts/a.sh", &script.replace("touch", "rm -f"));
    assert!(project.generate().contains("1 file written"));
    assert_eq!(project.read("generated/scripts/a.sh"), script);

    std::fs::remove_file(project.path("generated/plan/b.json")).unwrap();
    assert!(project.generate().contains("1 file written"));

    project.write("specs/deeper/c.yaml", "package: c\nversion: \"1\"\n");
    assert!(project.generate().contains("3 packages"));
}

#[test]
fn what_was_written_before_the_machine_started_anew_is_looked_at_again() {
    let project = Project::new();
    std::thread::sleep(Duration::from_millis(50));
    project.generate();
    // A lost machine can leave a file that is empty, or full of zeros, under the name and time of the one that was written.
    let script = project.read("generated/scripts/a.sh");
    project.write("generated/scripts/a.sh", "");
    let mut memory: serde_json::Value = serde_json::from_str(&project.read("build/generate.json")).unwrap();
    let now = std::fs::metadata(project.path("generated/scripts/a.sh")).unwrap();
    for file in memory["files"].as_array_mut().unwrap() {
        if file[0] == "generated/scripts/a.sh" {
            let nanos = |seconds: i64, nanos: i64| seconds * 1_000_000_000 + nanos;
            file[1] = serde_json::json!({
                "size": now.size(), "inode": now.ino(), "mtime": nanos(now.mtime(), now.mtime_nsec()),
                "ctime": nanos(now.ctime(), now.ctime_nsec()),
            });
        }
    }
    let believed = memory.to_string();
    project.write("build/generate.json", &believed);
    assert!(project.generate().contains("up to date"), "in the same run of the machine it is believed");
    memory["boot"] = "6fd5e2b4-0000-0000-0000-000000000000".into();
    project.write("build/generate.json", &memory.to_string());
    assert!(project.generate().contains("1 file written"));
    assert_eq!(project.read("generated/scripts/a.sh"), script);
}

#[test]
fn a_memory_that_was_cut_off_anywhere_is_none() {
    let project = Project::new();
    std::thread::sleep(Duration::from_millis(50));
    project.generate();
    let memory = project.read("build/generate.json");
    let script = project.read("generated/scripts/a.sh");
    for length in (0..memory.len()).step_by(97) {
        project.write("build/generate.json", &memory[..length]);
        project.write("generated/scripts/a.sh", "");
        assert!(project.generate().contains("1 file written"), "{length} bytes");
        assert_eq!(project.read("generated/scripts/a.sh"), script, "{length} bytes");
    }
}

#[test]
fn a_change_right_after_a_run_is_never_missed() {
    let project = Project::new();
    for turn in 0..40 {
        // The same size, and often within the same tick of the kernel's clock.
        let (word, other) = if turn % 2 == 0 { ("/usr/a1", "/usr/a2") } else { ("/usr/a2", "/usr/a1") };
        project.write("specs/a.yaml", &A.replace("/usr/a", word));
        project.generate();
        let script = project.read("generated/scripts/a.sh");
        assert!(script.contains(word) && !script.contains(other), "turn {turn}: {script}");
    }
}

#[test]
fn a_run_that_had_something_to_say_says_it_again() {
    let project = Project::new();
    let spec = "package: a\nversion: \"1\"\nbuild: { system: make, configure: [x] }\n";
    project.write("specs/a.yaml", spec);
    std::thread::sleep(Duration::from_millis(50));
    let first = project.generate();
    assert!(first.contains("nothing takes the words of `configure`"));
    assert!(project.path("build/generate.json").exists());
    let again = project.generate();
    assert_eq!(first.replace("6 files written, 0 removed", "up to date"), again);
    let colored = project.run(&["--color", "always", "generate"]);
    assert!(String::from_utf8_lossy(&colored.stderr).contains("\u{1b}["));
}

#[test]
fn options_and_the_output_folder_can_be_given_and_come_back_when_the_graph_makes_itself_anew() {
    let project = Project::new();
    project.write(
        "specs/a.yaml",
        &format!("{A}options: {{ fast: {{ type: bool, default: false }} }}\nvariables: {{}}\n")
            .replace("variables: {}\n", "")
            .replace("/usr/a", "/usr/%{option.fast}"),
    );
    let output = project.run(&["generate", "--out", "other", "--option", "fast=true"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(project.read("other/scripts/a.sh").contains("touch /usr/true"));
    assert!(project.read("other/build.ninja").contains("generate --quiet --out other --option fast=true\n"));
    let outside = project.run(&["generate", "--out", "../other"]);
    assert_eq!(outside.status.code(), Some(2));
    assert!(stderr(&outside).contains("is not a folder below the project's root"), "{}", stderr(&outside));
}

#[test]
fn what_is_generated_depends_on_no_build_where_specs_lie_in_the_project_itself() {
    let project = Project::new();
    project.write("lfsgen.yaml", "project: test\nspecs: [ . ]\n");
    let generate = |arguments: &[&str], graph: &str| {
        let output = project.run(arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        project.read(graph)
    };
    let [first, elsewhere] = [
        generate(&["generate"], "generated/build.ninja"),
        generate(&["generate", "--out", "other"], "other/build.ninja"),
    ];
    // What a build leaves, such as a source with YAML of its own.
    project.write("build/layers/x/work/src/x.yaml", "package: x\nversion: \"1\"\n");
    assert_eq!(generate(&["generate", "--out", "other"], "other/build.ninja"), elsewhere);
    std::fs::remove_dir_all(project.path("other")).unwrap();
    assert_eq!(generate(&["generate"], "generated/build.ninja"), first);
    assert!(!first.contains("build/layers"), "{first}");
}

#[test]
fn an_output_folder_that_cannot_be_written_is_told_with_its_path() {
    let project = Project::new();
    project.write("generated", "a file\n");
    let output = project.run(&["generate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("generated"), "{}", stderr(&output));
    assert_eq!(project.read("generated"), "a file\n");
}

#[test]
fn diff_tells_what_a_person_wants_to_know() {
    let project = Project::new();
    project.write("specs/c.yaml", "package: c\nversion: \"1\"\n");
    project.generate();
    let same = project.run(&["diff"]);
    assert_eq!(stdout(&same), "nothing would change\n");

    project.write("specs/a.yaml", "# A comment.\npackage: a\nversion: \"2\"\nphases:\n  install: touch /usr/%{version}\nbuild: { system: custom, env: { CFLAGS: -O2 } }\n");
    std::fs::remove_file(project.path("specs/c.yaml")).unwrap();
    project.write("specs/d.yaml", "package: d\nversion: \"0.1\"\n");
    let output = project.run(&["diff"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_snapshot("diff", &stdout(&output));
}

#[test]
fn diff_says_what_a_digest_a_place_and_a_stage_were_and_are_and_what_is_checked_again() {
    let project = Project::new();
    let source = |digit: &str| {
        format!("sources: [ {{ url: \"https://example.org/a.tar.gz\", sha256: {} }} ]\n", digit.repeat(64))
    };
    project.write("specs/a.yaml", &format!("{A}{}", source("1")));
    project.generate();
    project.write("specs/a.yaml", &format!("{A}{}", source("2")));
    let diff = stdout(&project.run(&["diff"]));
    assert!(
        diff.contains(
            "    source.a.tar.gz: 111111111111 → 222222222222\n        from https://example.org/a.tar.gz\n"
        ),
        "{diff}"
    );
    project.generate();
    project.write(
        "specs/a.yaml",
        &format!("{A}{}", source("2")).replace("phases:\n", "phases:\n  check: true\n"),
    );
    let diff = stdout(&project.run(&["diff"]));
    assert!(
        diff.starts_with("~ a 1 is not built again, but the phases up to its check run for it\n"),
        "{diff}"
    );
    project.write("specs/a.yaml", &format!("{A}{}", source("2")).replace("\"1\"", "\"2\""));
    let diff = stdout(&project.run(&["diff"]));
    let lines = "    version: `1` → `2`\n    sources: their digests are still those of `1`\n";
    assert!(diff.contains(lines), "{diff}");
    project.write("specs/a.yaml", &format!("{A}{}", source("2")));
    std::fs::create_dir(project.path("specs/more")).unwrap();
    std::fs::rename(project.path("specs/a.yaml"), project.path("specs/more/a.yaml")).unwrap();
    let config = project.read("lfsgen.yaml");
    project.write("lfsgen.yaml", &format!("{config}stages: {{ first: {{}} }}\n"));
    let diff = stdout(&project.run(&["diff"]));
    let lines = "    spec: specs/a.yaml → specs/more/a.yaml\n    stage.name: host → first\n";
    assert!(diff.contains(lines), "{diff}");
}

#[test]
fn diff_says_once_what_is_the_same_in_many_packages_and_shows_what_is_in_no_key() {
    let project = Project::new();
    let digest = |digit: &str| digit.repeat(64);
    let spec = |name: &str, more: &str| {
        format!(
            "package: {name}\nversion: \"1\"\nsources:\n  - url: https://example.org/{name}-%{{version}}.tar.gz\n    sha256: {}\n{more}",
            digest("a")
        )
    };
    for name in ["w", "x", "y", "z"] {
        project.write(&format!("specs/{name}.yaml"), &spec(name, "phases: { check: make check }\n"));
    }
    project.generate();
    project.write(
        "lfsgen.yaml",
        "project: x\ntarget: { arch: x86_64, triplet: x86_64-pc-linux-gnu }\nsources: { mirrors: [ 'https://example.net/{file}' ] }\n",
    );
    project.write(
        "specs/y.yaml",
        &spec("y", "phases: { check: make test }\n").replace(&digest("a"), &digest("b")),
    );
    project.write("specs/z.yaml", &spec("z", "phases: { check: make test }\n"));
    let output = project.run(&["diff"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_snapshot("diff-of-many", &stdout(&output));
}

#[test]
fn diff_compares_with_a_revision() {
    let project = Project::new();
    project.generate();
    project.git(&["init", "--quiet"]);
    project.git(&["add", "generated", "specs", "lfsgen.yaml"]);
    project.git(&["commit", "--quiet", "--message", "x"]);
    project.write("specs/a.yaml", &format!("{A}resources: {{ memory: 1 GiB }}\n"));
    project.generate();
    assert_eq!(stdout(&project.run(&["diff"])), "nothing would change\n");
    assert_eq!(
        stdout(&project.run(&["diff", "HEAD"])),
        "~ a 1 reads otherwise, and is not built again\n    limits.memory: nothing → 1073741824\n\n"
    );
    let unknown = project.run(&["diff", "no-such-revision"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("no-such-revision"), "{}", stderr(&unknown));
}

#[test]
fn an_output_folder_that_holds_specs_is_refused_however_it_is_named() {
    let project = Project::new();
    let by_option = project.run(&["generate", "--out", "specs"]);
    assert_eq!(by_option.status.code(), Some(2));
    let said = stderr(&by_option);
    assert!(said.contains("error[bad-path]: the folder `specs` for `--out` would hold specs"), "{said}");
    let over_state = project.run(&["generate", "--out", "build/x"]);
    assert!(stderr(&over_state).contains("the folder `build` for `state` would hold the generated files"));
    assert!(!project.path("specs/build.ninja").exists() && !project.path("build").exists());
    project.write("lfsgen.yaml", "project: x\noutput: specs\n");
    let said = stderr(&project.run(&["generate"]));
    assert!(said.contains("error[bad-path]: the folder `specs` for `output` would hold specs"), "{said}");
}

#[test]
fn where_one_file_cannot_be_written_none_is_changed() {
    let project = Project::new();
    project.generate();
    let before = project.state("generated");
    project.write("specs/a.yaml", &A.replace("/usr/a", "/usr/c"));
    let long = "true\n    ".repeat(10_000);
    project.write("specs/b.yaml", &format!("package: b\nversion: \"1\"\nphases:\n  build: |\n    {long}\n"));
    // A file that grows over the limit is refused as on a full disk (setrlimit(2), `RLIMIT_FSIZE`).
    let line = format!("trap '' XFSZ; ulimit -f 32; exec {} generate", env!("CARGO_BIN_EXE_lfsgen"));
    let output = Command::new("/bin/sh").args(["-c", &line]).current_dir(&project.0).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("failed to write") && stderr(&output).contains("b.sh"),
        "{}",
        stderr(&output)
    );
    assert_eq!(project.state("generated"), before);
    project.generate();
    assert_ne!(project.state("generated"), before);
}

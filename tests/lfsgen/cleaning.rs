//! What `clean` removes of a small project by its limits, and that builds beside it do not suffer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::building::Project;
use crate::support::{stderr, stdout};

/// Writes the spec of `base` in some version, and builds it.
fn base(project: &Project, version: u32) {
    project.spec("base", "[]", &format!("mkdir -p /opt; echo {version} >/opt/version"));
    project.well(&["build", "base"]);
}

/// The folders of a project's artifacts, without those that are other names of them.
fn artifacts(project: &Project) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project.dir().join("build/artifacts")).unwrap();
    let entries = entries.map(Result::unwrap).filter(|entry| entry.file_type().unwrap().is_dir());
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The versions of `base` that are in the store.
fn versions(project: &Project) -> Vec<u32> {
    let read = |dir: PathBuf| std::fs::read_to_string(dir.join("tree/opt/version")).ok()?.trim().parse().ok();
    let mut versions: Vec<u32> = artifacts(project).into_iter().filter_map(read).collect();
    versions.sort_unstable();
    versions
}

/// The folder of the artifact that the plan wants.
fn planned(project: &Project, package: &str) -> PathBuf {
    let plan = std::fs::read(project.dir().join(format!("generated/plan/{package}.json"))).unwrap();
    let plan: Value = serde_json::from_slice(&plan).unwrap();
    project.dir().join("build/artifacts").join(plan["key"].as_str().unwrap())
}

/// Has an artifact been used so many days ago.
fn age(artifact: &Path, days: u64) {
    let dir = std::fs::File::open(artifact).unwrap();
    dir.set_modified(SystemTime::now() - Duration::from_secs(days * 86_400)).unwrap();
}

fn ninja(project: &Project) -> Command {
    let mut command = Command::new("ninja");
    command.args(["-f", "generated/build.ninja"]).current_dir(project.dir()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("LFSGEN", env!("CARGO_BIN_EXE_lfsgen"));
    command
}

#[test]
fn what_others_keep_in_folders_of_the_state_stays() {
    let project = Project::new();
    let others = [
        "tmp/notes",
        "tmp/sub/file",
        "logs/mine.txt",
        "sources/a.tar",
        "artifacts/old/file",
        "reports/mine",
        "base/acl.yaml",
        "providers/mine/file",
    ];
    for path in others {
        project.write(&format!("build/{path}"), "precious");
    }
    project.well(&["build"]);
    let state = project.dir().join("build");
    assert!(
        state.join("logs/top").is_dir()
            && state.join("tmp/locks").is_dir()
            && state.join("reports/report.html").is_file()
    );
    project.well(&["clean", "--all"]);
    let find = Command::new("find").arg(&state).args(["-type", "f", "-printf", "%P\n"]).output().unwrap();
    let left = stdout(&find);
    let left: BTreeSet<_> = left.lines().collect();
    assert_eq!(left, BTreeSet::from(others));
    // Without those nothing is left, and with links to them what they lead to is.
    let elsewhere = project.dir().join("elsewhere");
    std::fs::rename(&state, &elsewhere).unwrap();
    project.well(&["build"]);
    std::fs::remove_dir_all(state.join("tmp")).unwrap();
    std::os::unix::fs::symlink(elsewhere.join("tmp"), state.join("tmp")).unwrap();
    project.well(&["clean", "--all"]);
    assert!(!state.exists() && elsewhere.join("tmp/notes").exists());
}

#[test]
fn a_state_folder_that_holds_the_project_is_refused_before_anything_is_written_or_removed() {
    let around = Project::new();
    let root = around.dir().join("inner");
    around.write("inner/specs/tmp/precious", "");
    let configure = |state: &Path| {
        around.write("inner/lfsgen.yaml", &format!("project: test\nstate: {}\n", state.display()));
    };
    let listed = || {
        let find = Command::new("find").arg(around.dir()).arg("-print").output().unwrap();
        stdout(&find)
    };
    let states = [around.dir().to_owned(), root.clone(), root.join("specs")];
    let relative = ["''", ".", "specs", "generated", "../inner/specs", "~/build"].map(PathBuf::from);
    for state in states.into_iter().chain(relative) {
        configure(&state);
        let before = listed();
        for command in ["build", "generate", "lint", "fetch", "shell x", "clean --all", "clean --layers"] {
            let arguments: Vec<_> = ["--project", "inner"].into_iter().chain(command.split(' ')).collect();
            let output = around.run(&arguments);
            let told = stderr(&output) + &stdout(&output);
            assert_eq!(listed(), before, "{command} with {state:?}");
            if command == "lint" && state.is_absolute() {
                // Where the project lies is of no matter to it.
                continue;
            }
            assert_eq!(output.status.code(), Some(2), "{command} with {state:?}: {told}");
            // Where there is no plan either, a mistake in the configuration is why.
            assert!(
                told.contains("error[bad-path]") && told.contains("lfsgen.yaml:2:8"),
                "{command}: {told}"
            );
        }
    }
    // Beside the project it may lie, and in a folder of its own in it.
    for state in [around.dir().join("beside"), root.join("own")] {
        configure(&state);
        around.well(&["--project", "inner", "clean"]);
    }
}

#[test]
fn clean_keeps_the_last_used_artifacts_of_each_package_and_what_the_plan_needs() {
    let project = Project::new();
    (1..=4).for_each(|version| base(&project, version));
    let said = project.well(&["clean", "--keep", "2", "--dry-run"]);
    assert!(
        said.contains("2 of 4 artifacts would be removed, ") && said.contains(" would be freed"),
        "{said}"
    );
    assert_eq!(versions(&project), [1, 2, 3, 4]);
    let said = project.well(&["clean", "--keep", "2"]);
    assert!(said.contains("no limit keeps it\n\n2 of 4 artifacts removed, "), "{said}");
    assert_eq!(versions(&project), [3, 4]);
    base(&project, 3);
    project.well(&["clean", "--keep", "1"]);
    assert_eq!(versions(&project), [3], "it was used last");
    base(&project, 5);
    project.spec("base", "[]", "mkdir -p /opt; echo 3 >/opt/version");
    project.well(&["generate"]);
    project.well(&["clean", "--keep", "0"]);
    assert_eq!(versions(&project), [3], "the plan needs it");
    assert!(std::fs::read_dir(project.dir().join("build/tmp/trash")).unwrap().next().is_none());
    let output = project.run(&["build", "base"]);
    assert!(stderr(&output).contains("base:install restored"), "{}", stderr(&output));
    base(&project, 1);
    assert_eq!(versions(&project), [1, 3], "what went can be made again");
}

#[test]
fn clean_takes_what_was_not_used_for_long_and_then_the_longest_unused_until_the_rest_fits() {
    let project = Project::new();
    for version in 1..=4 {
        base(&project, version);
        age(&planned(&project, "base"), 10 * u64::from(5 - version));
    }
    project.well(&["clean", "--older-than", "35d"]);
    assert_eq!(versions(&project), [2, 3, 4]);
    project.well(&["clean", "--max-size", "1T"]);
    assert_eq!(versions(&project), [2, 3, 4]);
    let size: u64 = artifacts(&project).iter().map(|artifact| lfsgen::host::tree::size(artifact)).sum();
    let said = project.well(&["clean", "--max-size", &format!("{}B", size - 1)]);
    assert!(said.contains("over the size"), "{said}");
    assert_eq!(versions(&project), [3, 4]);
    let output = project.run(&["clean", "--max-size", "1KiB"]);
    assert!(stderr(&output).contains("note: that is more than `--max-size`"), "{}", stderr(&output));
    assert_eq!(versions(&project), [4], "what the plan needs stays");
    for (option, value, advice) in [
        ("--max-size", "20GB", "write `20 GiB`: a number"),
        ("--max-size", "much", "write `512 MiB`: a number"),
        ("--older-than", "30", "write `90s`, `10m`, `2h` or `1h 30m`"),
        ("--keep", "all", "invalid digit"),
    ] {
        let output = project.run(&["clean", option, value]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(advice), "{}", stderr(&output));
    }
}

#[test]
fn an_artifact_of_a_package_that_has_no_spec_any_more_goes_with_its_stamps() {
    let project = Project::new();
    project.well(&["build"]);
    let top = planned(&project, "top");
    std::fs::rename(project.dir().join("specs/top.yaml"), project.dir().join("top.yaml")).unwrap();
    project.well(&["build"]);
    project.well(&["clean", "--keep", "1"]);
    assert!(top.exists(), "nobody said that it is of no use");
    let said = project.well(&["clean", "--keep", "0"]);
    assert!(said.contains("top      "), "{said}");
    assert!(!top.exists() && !project.dir().join("build/stamps/top").exists());
    let links = std::fs::read_dir(project.dir().join("build/artifacts")).unwrap();
    assert_eq!(links.count(), 1, "its second key is gone too");
    assert!(project.well(&["build"]).starts_with("nothing to do"));
    std::fs::rename(project.dir().join("top.yaml"), project.dir().join("specs/top.yaml")).unwrap();
    assert!(project.well(&["build"]).starts_with("3 steps ran, "), "its check has passed before");
}

#[test]
fn what_is_left_of_an_artifact_goes_and_a_plain_ninja_makes_it_again() {
    let project = Project::new();
    project.well(&["build"]);
    let whole = |name: &str| planned(&project, name).join("manifest.json").exists();
    std::fs::remove_file(planned(&project, "base").join("manifest.json")).unwrap();
    // What lost a file is an artifact still: the next step that looks at it makes it again.
    std::fs::remove_file(planned(&project, "top").join("tree/opt/top/text")).unwrap();
    let said = project.well(&["clean", "--keep", "5"]);
    assert!(said.contains("not whole\n\n1 of 2 artifacts removed"), "{said}");
    assert!(!planned(&project, "base").exists() && whole("top"));
    assert!(!project.dir().join("build/stamps/base").exists());
    let output = ninja(&project).output().unwrap();
    assert!(output.status.success(), "{}", stdout(&output));
    assert!(whole("base"));
}

#[test]
fn nothing_that_a_step_needs_goes_while_it_waits_for_its_share() {
    let project = Project::new();
    project.well(&["generate"]);
    let build = project.dir().join("build");
    std::fs::create_dir_all(&build).unwrap();
    let ledger = lfsgen::budget::Ledger::open(&build.join("slots"), 4096, 0).unwrap();
    let all = ledger.take_free(4096, 0).unwrap().unwrap();
    let mut step = project.command(&["run-step", "base", "prepare"]).spawn().unwrap();
    let lock = build.join("tmp/locks/base");
    while !std::fs::File::open(&lock).is_ok_and(|file| file.try_lock_shared().is_err()) {
        assert!(step.try_wait().unwrap().is_none(), "it has to wait");
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = project.run(&["clean", "--layers"]);
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    assert!(stderr(&output).contains("a step of `base` is at work in"), "{}", stderr(&output));
    assert!(lock.exists());
    drop(all);
    assert!(step.wait().unwrap().success());
    project.well(&["clean", "--layers"]);
    assert!(!lock.exists());
}

#[test]
fn an_artifact_that_somebody_reads_stays_whatever_is_cleaned_and_is_told_of() {
    let project = Project::new();
    project.well(&["build"]);
    let (base, top) = (planned(&project, "base"), planned(&project, "top"));
    let layout = lfsgen::layout::Layout::new(project.dir().join("build"));
    let key = lfsgen::model::Digest::parse(base.file_name().unwrap().to_str().unwrap()).unwrap();
    // As `lfsgen pack` does.
    let held = lfsgen::store::hold(&layout, &key).unwrap().unwrap();
    for part in ["--artifacts", "--all"] {
        let output = project.run(&["clean", part]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stderr(&output).contains("note: 1 artifact still there: in use\n"), "{}", stderr(&output));
        assert!(base.join("tree/opt/base/text").exists() && !top.exists());
    }
    drop(held);
    project.well(&["clean", "--all"]);
    assert!(!layout.root().exists());
}

#[test]
fn no_part_goes_while_sources_are_fetched() {
    let project = Project::new();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let spec = std::fs::read_to_string(project.dir().join("specs/base.yaml")).unwrap();
    let source = format!(
        "sources: [ {{ url: \"http://{}/file.txt\", sha256: {}, unpack: false }} ]\n",
        server.local_addr().unwrap(),
        lfsgen::model::Digest::of(b"text"),
    );
    std::fs::write(project.dir().join("specs/base.yaml"), spec + &source).unwrap();
    project.well(&["generate"]);
    let fetch = project.command(&["fetch"]).stderr(Stdio::piped()).spawn().unwrap();
    let (mut connection, _) = server.accept().unwrap();
    let output = project.run(&["clean", "--layers"]);
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    assert!(stderr(&output).contains("a download is at work in"), "{}", stderr(&output));
    let _ = std::io::Read::read(&mut connection, &mut [0; 4096]).unwrap();
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntext";
    std::io::Write::write_all(&mut connection, answer).unwrap();
    let output = fetch.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    project.well(&["clean", "--layers"]);
}

/// The names that `Layout` gives to what lies right in a state directory, by its own text.
fn names_of_the_layout() -> Vec<String> {
    let text = std::fs::read_to_string(crate::support::root().join("src/layout.rs")).unwrap();
    let of_root = text.lines().filter(|line| line.contains("self.root.join("));
    let quoted = of_root.flat_map(|line| line.split('"').skip(1).step_by(2));
    quoted.map(str::to_owned).chain([lfsgen::plan::paths::STAMPS.to_owned()]).collect()
}

/// A file that lfsgen may have made there.
fn made_in(name: &str) -> String {
    let digest = "0".repeat(64);
    match name {
        "sources" | "artifacts" => format!("{name}/{digest}/file"),
        "passed" => format!("{name}/zlib"),
        "base" => format!("{name}/host/file"),
        "tmp" => format!("{name}/steps/file"),
        "providers" => format!("{name}/debian/file"),
        "reports" => format!("{name}/report.html"),
        "layers" | "logs" | "stamps" => format!("{name}/zlib/file"),
        _ => name.to_owned(),
    }
}

#[test]
fn clean_all_leaves_nothing_of_all_that_can_lie_in_a_state_folder() {
    let names = names_of_the_layout();
    assert!(names.len() > 20 && names.contains(&".ninja_log".to_owned()), "{names:?}");
    let project = Project::new();
    let build = project.dir().join("build");
    // Whatever lies there alone as well: a `clean` that was killed may have left any of it, and its locks.
    let all = [names.clone()]
        .into_iter()
        .chain(names.iter().map(|name| vec![name.clone(), "build.lock".to_owned()]));
    for names in all {
        for name in &names {
            project.write(&format!("build/{}", made_in(name)), "");
        }
        let said = project.well(&["clean", "--all"]);
        let left: Vec<_> = std::fs::read_dir(&build).into_iter().flatten().flatten().collect();
        assert!(!build.exists(), "{names:?}: {left:?} after {said}");
    }
}

#[test]
fn clean_removes_downloads_that_no_spec_names() {
    let project = Project::new();
    project.write("file.txt", "text");
    let digest = lfsgen::model::Digest::of(b"text");
    let spec = std::fs::read_to_string(project.dir().join("specs/base.yaml")).unwrap();
    let source = format!("sources: [ {{ url: \"file:file.txt\", sha256: {digest}, unpack: false }} ]\n");
    std::fs::write(project.dir().join("specs/base.yaml"), spec + &source).unwrap();
    project.well(&["generate"]);
    project.well(&["fetch"]);
    let cached = |name: &str| project.dir().join("build/sources").join(name);
    let (named, other) = (digest.to_string(), "0".repeat(64));
    project.write(&format!("build/sources/{other}/old.tar"), "old");
    project.write("build/sources/note.txt", "mine");
    project.well(&["clean", "--sources", "--dry-run"]);
    assert!(cached(&other).exists());
    project.well(&["clean", "--sources"]);
    assert!(!cached(&other).exists() && cached(&named).exists() && cached("note.txt").exists());
}

/// The manifests of what the plan wants, by package.
fn manifests(project: &Project, packages: &[String]) -> BTreeMap<String, Vec<u8>> {
    let manifest = |name: &String| std::fs::read(planned(project, name).join("manifest.json")).unwrap();
    packages.iter().map(|name| (name.clone(), manifest(name))).collect()
}

#[test]
fn two_builds_and_a_clean_that_never_stops_come_to_the_same_end() {
    let packages: Vec<String> = (0..6).map(|number| format!("part-{number}")).collect();
    let new = |version: u32| {
        let project = Project::new();
        std::fs::remove_dir_all(project.dir().join("specs")).unwrap();
        write_parts(&project, &packages, version);
        project
    };
    let undisturbed = new(2);
    undisturbed.well(&["build"]);
    let project = new(1);
    project.well(&["build"]);
    write_parts(&project, &packages, 2);
    project.well(&["generate"]);
    let start = || ninja(&project).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut builds = vec![start(), start()];
    let mut rounds = 0;
    while builds.iter_mut().any(|build| build.try_wait().unwrap().is_none()) {
        project.well(&["clean", "--keep", "0", "--max-size", "1B"]);
        rounds += 1;
    }
    assert!(rounds > 0, "the builds were over at once");
    for build in builds {
        let output = build.wait_with_output().unwrap();
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    }
    assert_eq!(manifests(&project, &packages), manifests(&undisturbed, &packages));
    project.well(&["clean", "--keep", "0"]);
    assert_eq!(artifacts(&project).len(), packages.len(), "the first version's are gone");
    // Of two that write one `.ninja_log`, a third may not believe all, and a check whose stamp went with those of an artifact
    // runs again; but everything that was asked for is there.
    project.well(&["build"]);
    let journal = std::fs::read_to_string(project.dir().join("build/journal.jsonl")).unwrap();
    let last = &journal[journal.rfind("\"run-started\"").unwrap()..];
    assert!(!last.contains("artifact-committed"), "{last}");
    assert!(project.well(&["build"]).starts_with("nothing to do"));
}

/// Packages, each of which needs all before it and looks at what they installed.
fn write_parts(project: &Project, packages: &[String], version: u32) {
    for (at, name) in packages.iter().enumerate() {
        let earlier = &packages[..at];
        let look: String = earlier.iter().map(|name| format!("test -s /opt/{name}/text; ")).collect();
        let build = format!("{look} sleep 0.1; {look} mkdir -p /opt; echo {version} >/opt/version-{name}");
        project.spec(name, &format!("[{}]", earlier.join(", ")), &build);
    }
}

//! What came out as before stops the rebuild.

use std::mem::MaybeUninit;

use lfsgen::journal::{self, Event, Outcome};
use rustix::fs::inotify;
use serde_json::json;

use super::project::{Package, Project, everyone};

const USER: [(&str, &str); 2] = [
    ("prepare", "mkdir src; cp /opt/below src/"),
    ("install", "cp src/below /opt/user; date +%N >/opt/when"),
];

/// Builds `below`, whose phase is `text`, then plans `user` on top of it.
fn below(project: &Project, text: &str) {
    project.install("below", &[], text);
    plan_user(project, &[]);
}

/// Runs the phases of `user`, each of which must end like that.
fn run_user(project: &Project, outcome: &str) {
    for (phase, _) in USER {
        let line = project.good("user", phase);
        assert!(line.contains(outcome), "{line}");
    }
}

fn plan_user(project: &Project, more: &[(&str, &str)]) {
    let phases: Vec<_> = USER.iter().chain(more).copied().collect();
    project.package("user", &Package { phases: &phases, layers: &["below"], ..Package::default() });
}

#[test]
fn a_package_whose_dependency_came_out_as_before_is_not_built_again() {
    everyone(|project| {
        below(project, "echo one >/opt/below");
        run_user(project, "succeeded");
        let (old, when) = (project.key("user"), project.artifact_file("user", "opt/when"));
        below(project, "echo one >/opt/below; : another way to the same");
        assert_ne!(project.key("user"), old);
        run_user(project, "restored");
        assert_eq!(project.artifact_file("user", "opt/when"), when, "nothing ran");
        let entries = journal::read(&project.path("build/journal.jsonl")).unwrap().entries;
        let commit = entries.into_iter().rev().find_map(|entry| match entry.event {
            Event::ArtifactCommitted(commit) => Some(commit),
            _ => None,
        });
        let commit = commit.unwrap();
        assert_eq!((commit.key.to_string(), commit.same_as.unwrap().to_string()), (project.key("user"), old));
    });
}

#[test]
fn a_package_whose_dependency_came_out_otherwise_is_built_again() {
    everyone(|project| {
        below(project, "echo one >/opt/below");
        run_user(project, "succeeded");
        below(project, "echo two >/opt/below");
        run_user(project, "succeeded");
        assert_eq!(project.artifact_file("user", "opt/user"), "two\n");
        below(project, "echo one >/opt/below; : and back");
        assert!(project.good("user", "prepare").contains("restored"), "the first one is still there");
        assert_eq!(project.artifact_file("user", "opt/user"), "one\n");
    });
}

#[test]
fn a_change_of_its_own_is_not_taken_for_the_same() {
    everyone(|project| {
        below(project, "echo one >/opt/below");
        run_user(project, "succeeded");
        let phases = [USER[0], ("install", "echo other >/opt/user")];
        project.package("user", &Package { phases: &phases, layers: &["below"], ..Package::default() });
        phases.iter().for_each(|(phase, _)| drop(project.good("user", phase)));
        assert_eq!(project.artifact_file("user", "opt/user"), "other\n");
    });
}

#[test]
fn a_damaged_artifact_is_not_taken_for_the_same() {
    everyone(|project| {
        below(project, "echo one >/opt/below");
        run_user(project, "succeeded");
        let lost = format!("build/artifacts/{}/tree/opt/user", project.key("user"));
        std::fs::remove_file(project.path(&lost)).unwrap();
        below(project, "echo one >/opt/below; : again");
        run_user(project, "succeeded");
        assert_eq!(project.artifact_file("user", "opt/user"), "one\n");
    });
}

#[test]
fn a_check_that_passed_over_the_same_contents_is_not_run_again() {
    everyone(|project| {
        let check = [("check", "test -e src/below; test -e /opt/below")];
        below(project, "echo one >/opt/below");
        let phases = ["prepare", "check", "install"];
        plan_user(project, &check);
        phases.iter().for_each(|phase| drop(project.good("user", phase)));
        project.install("below", &[], "echo one >/opt/below; : again");
        plan_user(project, &check);
        phases.iter().for_each(|phase| drop(project.good("user", phase)));
        let last: Vec<_> = project.outcomes().into_iter().rev().take(3).collect();
        assert_eq!(last, [Outcome::Restored, Outcome::Restored, Outcome::Restored]);
        // What only the check has in its root is part of its contents.
        project.install("tool", &[], "echo tool >/opt/tool");
        let more = json!({"check_layers": [{"package": "tool", "key": project.key("tool")}]});
        let phases: Vec<_> = USER.iter().chain(&check).copied().collect();
        project.package("user", &Package { phases: &phases, layers: &["below"], more, ..Package::default() });
        assert!(project.good("user", "check").contains("succeeded"));
    });
}

#[test]
fn whoever_goes_back_to_an_earlier_state_has_nothing_built_or_checked_again() {
    everyone(|project| {
        let plan = |text: &str| {
            let phases = [("prepare", text), ("check", "test -e made"), ("install", "cp made /opt/")];
            project.package("user", &Package { phases: &phases, ..Package::default() });
            phases.map(|(phase, _)| project.good("user", phase))
        };
        let all = |lines: [String; 3], outcome: &str| {
            assert!(lines.iter().all(|line| line.contains(outcome)), "{lines:?}");
        };
        all(plan("echo one >made"), "succeeded");
        all(plan("echo two >made"), "succeeded");
        all(plan("echo one >made"), "restored");
        all(plan("echo two >made"), "restored");
        assert_eq!(project.artifact_file("user", "opt/made"), "two\n");
        // What did not pass is not taken for it.
        let phases =
            [("prepare", "echo two >made"), ("check", "test -e other"), ("install", "cp made /opt/")];
        project.package("user", &Package { phases: &phases, ..Package::default() });
        for _ in 0..2 {
            project.bad("user", "check", 1);
        }
    });
}

/// How often a file is opened while something is done.
fn opened(path: &std::path::Path, meanwhile: impl FnOnce()) -> usize {
    let flags = inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC;
    let watched = inotify::init(flags).unwrap();
    // Of two that are alike, one after the other, the kernel tells once (inotify(7)).
    let both = inotify::WatchFlags::OPEN | inotify::WatchFlags::CLOSE_NOWRITE;
    inotify::add_watch(&watched, path, both).unwrap();
    meanwhile();
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(&watched, &mut buffer);
    let events = std::iter::from_fn(|| reader.next().ok().map(|event| event.events()));
    events.filter(|events| events.contains(inotify::ReadFlags::OPEN)).count()
}

#[test]
fn a_check_that_has_to_run_reads_each_manifest_of_its_root_once() {
    everyone(|project| {
        below(project, "echo one >/opt/below");
        let phases = ["prepare", "check", "install"];
        plan_user(project, &[("check", "true")]);
        phases.iter().for_each(|phase| drop(project.good("user", phase)));
        // It has passed, but not over this.
        below(project, "echo two >/opt/below");
        plan_user(project, &[("check", "true")]);
        project.good("user", "prepare");
        let manifest = project.path(&format!("build/artifacts/{}/manifest.json", project.key("below")));
        let count = opened(&manifest, || {
            assert!(project.good("user", "check").contains("succeeded"));
        });
        assert_eq!(count, 1);
    });
}

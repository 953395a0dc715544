//! What `plan` says before a build, held against what the build then does.

use std::collections::BTreeSet;

use lfsgen::journal::{self, Event, Outcome};

use crate::building::Project;

/// The steps that `plan` says would run, as `package:phase`; and how many it says are only put in place.
fn planned(project: &Project) -> (BTreeSet<String>, usize) {
    let said = project.well(&["plan"]);
    let mut lines = said.lines().skip_while(|line| !line.starts_with("level"));
    let header = lines.next().unwrap_or_default();
    let steps_at = header.find("steps").unwrap_or_default();
    let rows = lines.by_ref().take_while(|line| !line.is_empty());
    let steps = rows.flat_map(|row| {
        let package = row.split_whitespace().nth(1).unwrap().to_owned();
        let phases = row[steps_at..].split_whitespace();
        phases.map(move |phase| format!("{package}:{phase}")).collect::<Vec<_>>()
    });
    let steps = steps.collect();
    let restored = lines.find_map(|line| line.split_once(" more ")?.0.parse().ok());
    (steps, restored.unwrap_or_default())
}

/// The steps that ran since the journal had so many entries.
fn ran(project: &Project, since: usize) -> BTreeSet<String> {
    let entries = journal::read(&project.dir().join("build/journal.jsonl")).unwrap().entries;
    let ended = entries.into_iter().skip(since).filter_map(|entry| match entry.event {
        Event::StepFinished(step) if !matches!(step.outcome, Outcome::Restored | Outcome::Skipped) => {
            Some(format!("{}:{}", step.package, step.phase))
        }
        _ => None,
    });
    ended.collect()
}

fn entries(project: &Project) -> usize {
    journal::read(&project.dir().join("build/journal.jsonl")).map_or(0, |reading| reading.entries.len())
}

/// Asks for the plan, builds, and holds the two together.
fn as_planned(project: &Project, what: &str) -> BTreeSet<String> {
    let (said, since) = (planned(project).0, entries(project));
    project.run(&["build"]);
    assert_eq!(said, ran(project, since), "{what}");
    said
}

fn edit(project: &Project, old: &str, new: &str) {
    let spec = std::fs::read_to_string(project.dir().join("specs/base.yaml")).unwrap();
    assert!(spec.contains(old), "{spec}");
    project.write("specs/base.yaml", &spec.replacen(old, new, 1));
}

/// One package with a phase of each kind but `check`.
fn project() -> Project {
    let project = Project::new();
    std::fs::remove_file(project.dir().join("specs/top.yaml")).unwrap();
    edit(&project, "  check: echo tested\n", "");
    project
}

fn steps(phases: &[&str]) -> BTreeSet<String> {
    phases.iter().map(|phase| format!("base:{phase}")).collect()
}

#[test]
fn a_plan_names_the_steps_that_the_build_then_runs() {
    let project = project();
    let all = ["prepare", "build", "install"];
    assert_eq!(as_planned(&project, "nothing is there"), steps(&all));
    assert_eq!(as_planned(&project, "all is there"), steps(&[]));
    edit(&project, "mkdir -p", "mkdir -pv");
    assert_eq!(as_planned(&project, "the layers of a finished package are gone"), steps(&all));
    edit(&project, "  install: |", "  check: echo tested\n  install: |");
    let (_, restored) = planned(&project);
    assert_eq!(restored, 1, "the artifact stays");
    assert_eq!(as_planned(&project, "a check is new"), steps(&["prepare", "build", "check"]));
    edit(&project, "echo tested", "echo tested once more");
    assert_eq!(as_planned(&project, "a check is another"), steps(&["prepare", "build", "check"]));
    std::fs::remove_dir_all(project.dir().join("build/artifacts")).unwrap();
    as_planned(&project, "the artifact is gone");
    assert_eq!(as_planned(&project, "it is there again"), steps(&[]));
}

#[test]
fn a_plan_goes_on_behind_the_layers_that_a_failed_build_left() {
    let project = project();
    edit(&project, "mkdir -p", "false; mkdir -p");
    as_planned(&project, "the first, which fails");
    assert_eq!(as_planned(&project, "the same again"), steps(&["install"]));
    edit(&project, "false; mkdir -p", "mkdir -p");
    std::fs::remove_dir_all(project.dir().join("build/layers/base/build")).unwrap();
    assert_eq!(as_planned(&project, "a layer is gone"), steps(&["build", "install"]));
}

#[test]
fn what_was_never_timed_is_reckoned_from_its_sbus_and_said_to_be() {
    let project = project();
    let never = project.well(&["plan"]);
    assert!(never.contains('?') && !never.contains("SBU"), "{never}");
    project.write("specs/other.yaml", &spec("other", "resources: { sbu: 4 }"));
    let unknown = project.well(&["plan"]);
    assert!(
        unknown.contains('?') && unknown.contains("no package with such a number was timed here"),
        "{unknown}"
    );
    edit(&project, "phases:", "resources: { sbu: 2 }\nphases:");
    edit(&project, "  build: |\n", "  build: |\n    sleep 1\n");
    project.well(&["build", "base"]);
    let took: u64 = walls(&project, "base").into_iter().sum();
    let plan = project.well(&["plan"]);
    let row = plan.lines().find(|line| line.contains("other")).unwrap();
    let seconds = |text: &str| text.trim_end_matches(" s").parse::<f64>().unwrap();
    let expected = seconds(
        row.split("  ")
            .map(str::trim)
            .find(|cell| cell.ends_with("by SBU"))
            .unwrap()
            .trim_end_matches(" by SBU"),
    );
    assert!((expected - 2.0 * took as f64 / 1000.0).abs() < 0.02, "{took} ms: {plan}");
    assert!(
        plan.contains("by earlier runs and SBUs")
            && plan.contains("here, going by 1 timed package with such a number\n"),
        "{plan}"
    );
    project.well(&["build"]);
    edit(&project, "sleep 1", "sleep 0");
    assert!(!project.well(&["plan"]).contains("SBU"), "all was timed");
}

/// A spec of a package with the three usual phases.
fn spec(name: &str, more: &str) -> String {
    format!(
        "package: {name}\nversion: \"1\"\nbuild: {{ system: custom }}\n{more}\nphases: {{ build: \"true\", install: \"mkdir -p /opt/{name}\" }}\n"
    )
}

/// How long each step of a package that ran took, in milliseconds.
fn walls(project: &Project, package: &str) -> Vec<u64> {
    let entries = journal::read(&project.dir().join("build/journal.jsonl")).unwrap().entries;
    let walls = entries.into_iter().filter_map(|entry| match entry.event {
        Event::StepFinished(step) if step.package.as_str() == package => Some(step.usage.wall_ms),
        _ => None,
    });
    walls.collect()
}

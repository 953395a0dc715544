//! What is told of builds: reports, states and explanations, over plans and journals that were written for it.

use std::collections::BTreeSet;
use std::path::Path;

use lfsgen::journal;
use lfsgen::model::{Digest, PackageName, Phase, RelPath};
use lfsgen::plan::file::{PackageFile, StepFile};
use lfsgen::report::forecast::{Expected, Forecast, Time};
use lfsgen::report::formats::{FORMATS, View};
use lfsgen::report::history::History;
use lfsgen::report::picture::{self, Graph};
use lfsgen::report::plans::Plans;
use lfsgen::report::status::{Machine, assess};
use lfsgen::report::summary::{Report, Scope};
use lfsgen::report::target::Target;
use lfsgen::report::why::{explain, why};
use lfsgen::run::Standing;
use serde_json::Value;

use crate::support::{assert_snapshot, cases};

/// `machine.json` of a case: what a real machine would answer.
struct Written {
    artifacts: BTreeSet<String>,
    layers: BTreeSet<String>,
    alive: BTreeSet<String>,
    stamps: BTreeSet<(String, Digest)>,
}

impl Machine for Written {
    fn artifact(&self, file: &PackageFile) -> Standing {
        let is_there = self.artifacts.contains(&file.key.to_string());
        if is_there { Standing::There } else { Standing::Absent }
    }

    fn has_layer(&self, file: &PackageFile, step: &StepFile) -> bool {
        self.layers.contains(&format!("{}:{}", file.package, step.phase))
    }

    fn is_alive(&self, _: &PackageName, pid: u32) -> bool {
        self.alive.contains(&pid.to_string())
    }

    fn stamp(&self, package: &PackageName, phase: Phase) -> Option<Digest> {
        let name = format!("{package}:{phase}");
        self.stamps.iter().find(|(step, _)| *step == name).map(|(_, key)| *key)
    }

    fn has_passed(&self, file: &PackageFile, check: &StepFile) -> bool {
        self.stamp(&file.package, check.phase) == Some(check.key)
    }

    fn lacks(&self, _: &PackageFile) -> Vec<RelPath> {
        Vec::new()
    }
}

struct Case {
    name: String,
    plans: Plans,
    history: History,
    machine: Written,
    dir: std::path::PathBuf,
}

impl Case {
    fn read(dir: &Path) -> Self {
        let plans = Plans::read(dir).unwrap();
        let history = History::new(journal::read(&dir.join("journal.jsonl")).unwrap());
        let json: Value = serde_json::from_slice(&std::fs::read(dir.join("machine.json")).unwrap()).unwrap();
        let list = |name: &str| -> BTreeSet<String> {
            let items = json[name].as_array().into_iter().flatten();
            items.map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
        };
        let stamped = list("stamped");
        let steps = plans
            .steps
            .iter()
            .map(|step| (format!("{}:{}", plans.packages[step.package].package, step.phase), step.key));
        let stamps = steps.filter(|(name, _)| stamped.contains(name)).collect();
        let machine =
            Written { artifacts: list("artifacts"), layers: list("layers"), alive: list("alive"), stamps };
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        Self { name, plans, history, machine, dir: dir.to_owned() }
    }

    fn report(&self, scope: Scope) -> Report {
        let tail = |log: &str| {
            let text = std::fs::read_to_string(self.dir.join(log)).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        };
        Report::new(&self.plans, &self.history, &self.machine, scope).with_log_tails(tail)
    }

    fn write(&self, format: &str) -> String {
        let format = FORMATS.iter().find(|known| known.name == format).unwrap();
        let report = self.report(Scope::Latest);
        (format.write)(View {
            report: &report,
            plans: &self.plans,
            history: &self.history,
            scope: Scope::Latest,
        })
        .unwrap()
    }

    fn draw(&self, format: &str) -> String {
        let statuses = assess(&self.plans, &self.history, &self.machine);
        let all = Target::All.packages(&self.plans);
        let format = picture::FORMATS.iter().find(|known| known.name == format).unwrap();
        (format.write)(&Graph::new(&self.plans, &statuses, &all)).unwrap()
    }

    /// What `status`, `why` and `plan` have to say.
    fn answers(&self) -> String {
        let mut text = String::from("status\n");
        for status in assess(&self.plans, &self.history, &self.machine) {
            let phase = status.phase.map(|phase| format!(" ({phase})")).unwrap_or_default();
            let (name, state) = (&status.package, status.state.name());
            let (done, of) = (status.finished_steps, status.planned_steps);
            text += &format!("  {name}: {state}{phase}, {done} of {of} steps\n");
        }
        text += "\nwhy\n";
        for file in self.plans.by_name() {
            text += &explain(file, &why(file, &self.plans, &self.history, &self.machine));
        }
        text += "\nplan\n";
        let forecast = Forecast::new(&self.plans, &self.history, &self.machine, &[Target::All], true);
        for expected in &forecast.packages {
            let name = &self.plans.packages[expected.package].package;
            let phases: Vec<_> = expected.phases.iter().map(|phase| phase.name()).collect();
            text += &format!(
                "  level {}: {name}: {} in {} ms",
                expected.level,
                phases.join(" "),
                expected.wall_ms
            );
            text += &format!("{}\n", if expected.restored { ", from the store" } else { "" });
        }
        let (one, two) = (forecast.makespan_ms(&self.plans, 1), forecast.makespan_ms(&self.plans, 2));
        text + &format!("  together {one} ms one by one, {two} ms by twos\n")
    }
}

fn all() -> Vec<Case> {
    cases("report").iter().map(|dir| Case::read(dir)).collect()
}

#[test]
fn every_case_is_told_to_people() {
    for case in all() {
        let text = format!("{}\n{}", case.write("human"), case.answers());
        assert_snapshot(&format!("report-{}", case.name), &text);
    }
}

#[test]
fn every_format_shows_a_success_and_a_failure() {
    for case in all().iter().filter(|case| case.name.contains("succeeds") || case.name.contains("failed")) {
        for format in FORMATS.iter().filter(|format| format.name != "human") {
            assert_snapshot(&format!("report-{}.{}", case.name, format.name), &case.write(format.name));
        }
    }
}

#[test]
fn the_graph_is_drawn_in_every_format() {
    let case = all().into_iter().find(|case| case.name.contains("failed")).unwrap();
    for format in &picture::FORMATS {
        assert_snapshot(&format!("graph.{}", format.name), &case.draw(format.name));
    }
}

#[test]
fn every_markup_is_well_formed() {
    for case in all() {
        for text in [case.write("junit"), case.draw("svg")] {
            assert_well_formed(&text, &case.name);
        }
        // A page is HTML, not XML: what stands alone in its head, and its first line, are taken away.
        let page = case.write("html");
        let body = &page[page.find("<body>").unwrap()..page.find("</html>").unwrap()];
        assert_well_formed(body, &case.name);
        assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("href="), "{page}");
    }
}

#[test]
fn a_trace_is_what_viewers_read() {
    for case in all() {
        let trace: Value = serde_json::from_str(&case.write("trace")).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let complete: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
        let ended = case.history.attempts.iter().filter(|attempt| attempt.end.is_some()).count();
        assert_eq!(complete.len(), ended, "{}", case.name);
        let named: BTreeSet<_> = events
            .iter()
            .filter(|e| e["name"] == "thread_name")
            .map(|e| (e["pid"].to_string(), e["tid"].to_string()))
            .collect();
        for event in complete {
            assert!(event["ts"].is_u64() && event["dur"].is_u64() && event["name"].is_string(), "{event}");
            assert!(named.contains(&(event["pid"].to_string(), event["tid"].to_string())), "{event}");
        }
    }
}

#[test]
fn a_build_without_checks_waits_for_none() {
    let case = all().into_iter().find(|case| case.name.contains("failed")).unwrap();
    let git = case.plans.position("git").unwrap();
    let check = case.plans.step(git, Phase::Check).unwrap();
    let expected = [true, false].map(|checks| {
        Forecast::new(&case.plans, &case.history, &case.machine, &[Target::All], checks).steps[check]
    });
    assert_eq!(expected, [Expected::Runs(Time::Unknown), Expected::Restored]);
}

#[test]
fn a_report_about_one_run_has_its_attempts_only() {
    let case = all().into_iter().find(|case| case.name.contains("killed")).unwrap();
    assert_eq!(case.history.runs.len(), 2);
    let steps = |scope| case.report(scope).steps().map(|(_, step)| step.phase).collect::<Vec<_>>();
    assert_eq!(steps(Scope::Run(0)), [Phase::Fetch, Phase::Prepare]);
    assert_eq!(steps(Scope::Run(1)), [Phase::Prepare, Phase::Configure, Phase::Build]);
}

#[test]
fn no_run_is_faster_than_its_bound() {
    for case in all() {
        for run in &case.report(Scope::Latest).runs {
            assert!(run.bound.makespan_ms >= run.bound.critical_path_ms, "{}: {:?}", case.name, run.bound);
        }
    }
}

/// A small judge of XML: tags nest, attributes are quoted, and no `<` or `&` stands alone.
fn assert_well_formed(text: &str, name: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        assert_entities(&rest[..at], name);
        let end = at + rest[at..].find('>').unwrap_or_else(|| panic!("{name}: unclosed tag in {rest}"));
        let tag = &rest[at + 1..end];
        assert!(!tag.contains('<'), "{name}: `<` in <{tag}>");
        assert_eq!(tag.matches('"').count() % 2, 0, "{name}: quotes in <{tag}>");
        assert_entities(tag, name);
        rest = &rest[end + 1..];
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}");
        } else if !tag.ends_with('/') && !tag.starts_with('?') {
            open.push(tag.split_whitespace().next().unwrap());
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} are never closed");
    assert!(!text.chars().any(|c| c.is_control() && !"\n\t\r".contains(c)), "{name}: a control character");
}

fn assert_entities(text: &str, name: &str) {
    for part in text.split('&').skip(1) {
        let entity = part.split_once(';').map(|(entity, _)| entity).unwrap_or_default();
        let known = ["amp", "lt", "gt", "quot"].contains(&entity) || entity.starts_with('#');
        assert!(known, "{name}: `&{part}` is no entity");
    }
}

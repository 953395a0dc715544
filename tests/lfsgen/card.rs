//! What is made of the logs of real builds that were broken for it: `tests/cases/card/<case>/` has what was run, how it
//! ended and what is expected of it in `expected`, its output in `log`, and files that were in the build tree.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use lfsgen::diagnose::{BuildTree, Diagnosis, End, Facts, Line, diagnose};
use lfsgen::model::Phase;

use crate::support::root;

/// A case's folder, as the build tree of its step.
struct Case(PathBuf);

impl BuildTree for Case {
    fn newest(&self, name: &str) -> Option<(String, String)> {
        Some((name.to_owned(), self.text(name)?))
    }

    fn text(&self, path: &str) -> Option<String> {
        let bytes = std::fs::read(self.0.join(path)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/cases/card")).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    cases
}

/// The facts in the second line of `expected`: `build: exit 2`.
fn facts(expected: &str) -> Facts {
    let (phase, end) = expected.lines().nth(1).and_then(|line| line.split_once(": exit ")).unwrap();
    Facts { phase: Phase::from_name(phase).unwrap(), end: End::Exited(end.parse().unwrap()) }
}

fn diagnosed(case: &Path, facts: &Facts) -> Diagnosis {
    diagnose(facts, File::open(case.join("log")).unwrap(), &Case(case.to_owned())).unwrap()
}

/// A diagnosis as the cases have it.
fn described(found: &Diagnosis) -> String {
    let Diagnosis { kind, name, says, advice, cause, around: _, own, race } = found;
    let kind = serde_json::to_value(kind).unwrap();
    let mut text = format!("kind: {}\n", kind.as_str().unwrap());
    let mut line = |name: &str, value: &str| writeln!(text, "{name}: {value}").unwrap();
    name.iter().for_each(|name| line("name", name));
    cause.iter().for_each(|Line { number, text }| line(&format!("line {number}"), text));
    line("says", says);
    advice.iter().for_each(|advice| line("do", advice));
    if *race {
        line("race", "may be");
    }
    if let Some(own) = own {
        line("own log", &own.file);
        own.lines.iter().for_each(|Line { number, text }| line(&format!("  {number}"), text));
    }
    text
}

#[test]
fn logs_of_real_builds_are_understood() {
    let mut wrong = String::new();
    for case in cases() {
        let expected = std::fs::read_to_string(case.join("expected")).unwrap();
        let head: String = expected.lines().take(2).map(|line| format!("{line}\n")).collect();
        let found = head + &described(&diagnosed(&case, &facts(&expected)));
        if found != expected {
            write!(wrong, "{}\n--- found\n{found}--- expected\n{expected}\n", case.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_cause_is_found_behind_any_amount_of_output() {
    let noise = "cc -O2 -Wall -Werror=format -c -o strerror.o strerror.c\n".repeat(20_000);
    for case in cases() {
        let expected = std::fs::read_to_string(case.join("expected")).unwrap();
        let facts = facts(&expected);
        let alone = diagnosed(&case, &facts);
        let log = [noise.as_bytes(), &std::fs::read(case.join("log")).unwrap()].concat();
        let behind = diagnose(&facts, std::io::Cursor::new(log), &Case(case.clone())).unwrap();
        assert_eq!((behind.kind, behind.name, behind.says), (alone.kind, alone.name, alone.says));
        let number = |cause: Option<Line>| cause.map(|line| line.number);
        assert_eq!(number(behind.cause), number(alone.cause).map(|number| number + 20_000));
    }
}

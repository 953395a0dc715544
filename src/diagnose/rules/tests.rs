//! A package's own tests.

use crate::diagnose::Kind;
use crate::diagnose::rule::{Meaning, Rank, Rule, Seen, listed};

/// How many names are written out.
const NAMED: usize = 4;

pub(super) const RULES: &[Rule] = &[
    Rule {
        // Automake's driver and DejaGnu; Python's unittest has the class in brackets.
        needles: &["FAIL: ", "ERROR: "],
        pattern: r"^(?:FAIL|ERROR): (?P<name>[\w./:+-]+)(?: \(| - | \d| \S+$|$)",
        rank: Rank::Test,
        read: |seen| failed(seen, |line| line.split_once(": ").and_then(|(_, rest)| rest.split(' ').next())),
    },
    Rule {
        // ctest's list at its end.
        needles: &["(Failed)", "(Timeout)", "(SEGFAULT)", "Exception: "],
        pattern: r"^\s+\d+ - (?P<name>\S+) \((?:Failed|Timeout|SEGFAULT|.*Exception.*)\)",
        rank: Rank::Test,
        read: |seen| {
            failed(seen, |line| line.split_once(" - ").and_then(|(_, rest)| rest.split(" (").next()))
        },
    },
    Rule {
        needles: &[" FAIL ", " TIMEOUT ", " ERROR "],
        pattern: r"^ *\d+/\d+ (?P<name>.*\S) +(?:FAIL|TIMEOUT|ERROR) +[\d.]+s\b",
        rank: Rank::Test,
        read: |seen| {
            failed(seen, |line| {
                let rest = line.trim_start().split_once(' ')?.1;
                let end = ["FAIL ", "TIMEOUT ", "ERROR "].iter().find_map(|word| rest.rfind(word))?;
                Some(rest[..end].trim_end())
            })
        },
    },
    Rule {
        // prove and Test::Harness, in their summary.
        needles: &[" (Wstat: "],
        pattern: r"^(?P<name>\S+) +\(Wstat: \d+",
        rank: Rank::Test,
        read: |seen| failed(seen, |line| line.split_whitespace().next()),
    },
    Rule {
        // pytest's summary.
        needles: &["FAILED "],
        pattern: r"^FAILED (?P<name>\S+::\S+)",
        rank: Rank::Test,
        read: |seen| failed(seen, |line| line.split_whitespace().nth(1)),
    },
    Rule {
        // Rust's test harness.
        needles: &[" ... FAILED"],
        pattern: r"^test (?P<name>\S+).* \.\.\. FAILED$",
        rank: Rank::Test,
        read: |seen| failed(seen, |line| line.split_whitespace().nth(1)),
    },
    Rule {
        // The Test Anything Protocol.
        needles: &["not ok "],
        pattern: r"^\s*not ok \d+(?: - (?P<name>[^#]+))?(?:#? *$|# (?:[^ST]|$))",
        rank: Rank::Test,
        read: |seen| failed(seen, |line| line.split_once(" - ").map(|(_, rest)| rest.trim())),
    },
];

fn failed<'a>(seen: &Seen<'a>, name: fn(&'a str) -> Option<&'a str>) -> Option<Meaning> {
    let mut names: Vec<String> = Vec::new();
    for name in seen.all.iter().filter_map(|line| name(line)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    let many = if names.len() == 1 { "this test" } else { "these tests" };
    let says = if names.is_empty() {
        "a test of the package failed".to_owned()
    } else {
        format!("{many} of the package failed: {}", listed(&names, NAMED))
    };
    let meaning = Meaning::new(Kind::FailedTests, says).advise(
        "a test that is known to fail here goes into the spec: `tests: { expected-failures: [NAME] }`",
    );
    Some(match names.first() {
        Some(name) => meaning.about(name),
        None => meaning,
    })
}

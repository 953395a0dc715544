//! What the parts of a step cost by themselves: to reserve what is free, an event of the journal, to hold the artifacts of a
//! root, to collect an artifact of 10,000 files.
//!
//! `cargo bench --bench parts [-- ROUNDS]`. Leaves with status 1 where a goal is missed by the median.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark looks at the world itself")]

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lfsgen::budget::{self, Ledger, Need};
use lfsgen::journal::{Event, Outcome, StepFinished, Usage, Writer};
use lfsgen::layout::Layout;
use lfsgen::model::{Digest, PackageName, Phase};
use lfsgen::store::{self, Below, Captured, Lower};

const LAYERS: usize = 20;
const FILES: usize = 10_000;

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(200);
    println!("{:<58} {:>9} {:>9} {:>9} {:>9}", "ms", "median", "min", "90 %", "goal");
    let goals = [
        told("reserve a slot and memory that are free", 1.0, &reserve(rounds)),
        told("the same, of 64 slots of which every second one is taken", 1.0, &reserve_among_others(rounds)),
        told("an event of the journal", 1.0, &events(rounds)),
        told("hold the artifacts of a root of 20", 1.0, &hold(rounds)),
        told("collect an artifact of 10,000 files of 8 KiB", 1000.0, &collect(rounds.div_ceil(20))),
    ];
    if goals.contains(&false) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints a line, and says whether the median is below the goal, in milliseconds.
fn told(what: &str, goal: f64, times: &[Duration]) -> bool {
    let mut times: Vec<_> = times.iter().map(|time| time.as_secs_f64() * 1000.0).collect();
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{what:<58} {:>9.3} {:>9.3} {:>9.3} {goal:>9.0}", at(50), at(0), at(90));
    at(50) < goal
}

/// Times something; what it gives is dropped afterwards.
fn timed<T>(rounds: usize, mut work: impl FnMut() -> T) -> Vec<Duration> {
    let round = |_| {
        let start = Instant::now();
        let result = work();
        let time = start.elapsed();
        drop(result);
        time
    };
    (0..rounds).map(round).collect()
}

fn need() -> Need {
    Need { rank: 7, slots: 1, memory: 512 << 20, more: 0 }
}

/// As a step does it: opens the file of locks, and takes its share.
fn reserve(rounds: usize) -> Vec<Duration> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("slots");
    timed(rounds, || {
        let ledger = Ledger::open(&path, 2, 8 << 30).unwrap();
        let held = budget::wait(&ledger, &need(), || Ok(true)).unwrap().unwrap();
        (ledger, held)
    })
}

fn reserve_among_others(rounds: usize) -> Vec<Duration> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("slots");
    let open = || Ledger::open(&path, 64, 256 << 30).unwrap();
    let others = open();
    let mut held: Vec<_> = (0..64).map(|_| others.take_free(1, 512 << 20).unwrap().unwrap()).collect();
    let mut number = 0;
    held.retain(|_| {
        number += 1;
        number % 2 == 0
    });
    let times = timed(rounds, || {
        let ledger = open();
        let held = budget::wait(&ledger, &need(), || Ok(true)).unwrap().unwrap();
        (ledger, held)
    });
    drop(held);
    times
}

fn events(rounds: usize) -> Vec<Duration> {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Writer::open(&dir.path().join("journal.jsonl"), Some("a run".into())).unwrap();
    let package = PackageName::new("package").unwrap();
    timed(rounds, || {
        let finished = StepFinished {
            package: package.clone(),
            phase: Phase::Build,
            key: Digest::of(b"key"),
            outcome: Outcome::Succeeded,
            usage: Usage::default(),
            log: Some("logs/package/build.log".into()),
            message: None,
        };
        journal.append(Event::StepFinished(Box::new(finished))).unwrap();
    })
}

fn hold(rounds: usize) -> Vec<Duration> {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::new(dir.path());
    let keys: Vec<_> = (0..LAYERS).map(|number| Digest::of(&number.to_le_bytes())).collect();
    for key in &keys {
        std::fs::create_dir_all(layout.artifact_tree(key)).unwrap();
        std::fs::write(layout.artifact_manifest(key), "{}").unwrap();
    }
    timed(rounds, || {
        let held: Vec<_> = keys.iter().map(|key| store::hold(&layout, key).unwrap().unwrap()).collect();
        held
    })
}

/// What a step does with what it wrote, before anything is forced to the disk: the tree is made what an artifact's is, each
/// file is read for its digest, and the manifest becomes text.
fn collect(rounds: usize) -> Vec<Duration> {
    let dir = tempfile::tempdir().unwrap();
    let (tree, empty) = (dir.path().join("tree"), dir.path().join("below"));
    std::fs::create_dir(&empty).unwrap();
    fill(&tree);
    let below = Below(vec![Lower { at: "".into(), dir: empty }]);
    timed(rounds, || {
        let manifest = store::capture(&tree, &below, Captured::Layer).unwrap();
        assert!(manifest.entries.len() > FILES);
        manifest.to_json().unwrap()
    })
}

/// Files in folders of fifty.
fn fill(tree: &Path) {
    for number in 0..FILES {
        let folder = tree.join(format!("usr/lib/part-{}", number / 50));
        if number % 50 == 0 {
            std::fs::create_dir_all(&folder).unwrap();
        }
        let text = format!("{number:8}").repeat(1024);
        std::fs::write(folder.join(format!("file-{number}")), text).unwrap();
    }
}

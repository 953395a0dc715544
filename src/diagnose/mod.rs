//! Why a step failed, from what it printed.
//!
//! Pure: it is given the log, a few facts and a way to look at the build tree, and says what it makes of them. It runs
//! nothing, and it does not know where logs are, nor which package has what is missing.

mod hunk;
mod kind;
mod own_log;
mod rule;
mod rules;
mod scan;
mod shown;

use std::io::{self, Cursor, Read, Seek};

use serde::{Deserialize, Serialize};

pub use kind::Kind;
pub use own_log::OwnLog;
pub use scan::Line;
pub use shown::{plain, plain_lines, plain_path};

use rule::{Meaning, Rank, Rule, Seen};

use crate::model::Phase;

/// How many lines of a build system's own log are kept.
const OWN_LINES: usize = 12;
/// Hits that are looked at, at most: each costs a read.
const PATIENCE: usize = 200;

/// What is known of a step beside its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Which phase it was.
    pub phase: Phase,
    /// How its command ended.
    pub end: End,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It left with this status.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// It took longer than this many seconds and was ended.
    TimedOut(u64),
    /// It was ended since the disk that it wrote to was full.
    DiskFull,
}

/// The files of a build tree as the failed step left it.
pub trait BuildTree {
    /// The newest file of a name: its path below the tree, and its text, or the end of it.
    fn newest(&self, name: &str) -> Option<(String, String)>;

    /// The text of the file that commands called `path` from where they worked.
    fn text(&self, path: &str) -> Option<String>;
}

/// No tree: there is only the log.
impl BuildTree for () {
    fn newest(&self, _: &str) -> Option<(String, String)> {
        None
    }

    fn text(&self, _: &str) -> Option<String> {
        None
    }
}

/// What a failure seems to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Of which kind it is.
    pub kind: Kind,
    /// What it is about: what is missing, the file, the test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it means; a fragment without a period. Empty where nothing is known.
    pub says: String,
    /// What to do; a fragment each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
    /// The line that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Line>,
    /// The lines around it; without a cause the last lines.
    pub around: Vec<Line>,
    /// What the build system's own log says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Own>,
    /// Whether makefiles that leave out a dependency fail like this when jobs run at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub race: bool,
}

/// Lines of a build system's own log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// Its path below the build tree.
    pub file: String,
    /// What it says of the test.
    pub lines: Vec<Line>,
}

/// Says why a step failed.
///
/// # Errors
/// The log cannot be read.
pub fn diagnose(facts: &Facts, mut log: impl Read + Seek, tree: &dyn BuildTree) -> io::Result<Diagnosis> {
    let scanned = scan::scan(&mut log)?;
    if let Some(meaning) = of_end(facts) {
        let around = scan::end(&mut log, &scanned)?;
        return Ok(diagnosis(meaning, None, around));
    }
    let Some((meaning, hit, window)) = cause(facts, &mut log, &scanned)? else {
        let around = scan::end(&mut log, &scanned)?;
        return Ok(diagnosis(Meaning::new(Kind::Unknown, ""), None, around));
    };
    let cause = Line { number: hit.number, text: shown::cut(&hit.text) };
    let (own_log, hunk) = (meaning.own_log, meaning.hunk);
    let said: Vec<_> = window.before().iter().rev().map(|line| line.text.clone()).collect();
    let mut found = diagnosis(meaning, Some(cause), window.lines);
    found.race &= facts.phase == Phase::Build;
    if let Some(own_log) = own_log {
        let said: Vec<_> = said.iter().map(String::as_str).collect();
        ask(own_log, facts, &said, tree, &mut found)?;
    }
    if hunk {
        found.advice.extend(found.name.as_deref().and_then(|file| where_it_fits(file, tree)));
    }
    Ok(found)
}

fn diagnosis(meaning: Meaning, cause: Option<Line>, around: Vec<Line>) -> Diagnosis {
    let Meaning { kind, name, says, advice, own_log: _, race, hunk: _ } = meaning;
    Diagnosis { kind, name, says, advice, cause, around, own: None, race }
}

/// What the end alone tells, whatever was printed.
fn of_end(facts: &Facts) -> Option<Meaning> {
    match facts.end {
        End::TimedOut(seconds) => Some(
            Meaning::new(Kind::TimeLimit, format!("it took longer than the {seconds} s that it may"))
                .advise("where it needs more, say so in the spec: `resources: { timeout: 2h }`; else the last lines show where it hung"),
        ),
        End::Signalled(9) => Some(
            Meaning::new(Kind::OutOfMemory, "something killed it, most likely the kernel for want of memory")
                .advise("say in the spec what the phase needs (`resources: { memory: 4 GiB }`), or let fewer jobs run (`jobs: 1`)"),
        ),
        End::DiskFull => Some(
            Meaning::new(Kind::DiskFull, "the disk of the state directory is full")
                .advise("`lfsgen clean` says what may go; or set `state` in `lfsgen.yaml` to a directory on a larger disk"),
        ),
        End::Signalled(_) | End::Exited(_) => None,
    }
}

/// The cause in a log: of the lines that a rule can read, the first of those that say most.
fn cause(
    facts: &Facts,
    log: &mut (impl Read + Seek),
    scanned: &scan::Scanned,
) -> io::Result<Option<(Meaning, scan::Hit, scan::Window)>> {
    let mut order: Vec<(u8, isize, usize, &Rule, &scan::Hit)> = Vec::new();
    for (table, (rule, hits)) in scan::rules().zip(&scanned.hits).enumerate() {
        let class = class(rule.rank, facts.phase);
        for hit in hits {
            let number = hit.number.cast_signed();
            order.push((class, if rule.rank == Rank::Faint { -number } else { number }, table, rule, hit));
        }
    }
    order.sort_by_key(|(class, number, table, ..)| (*class, *number, *table));
    for (_, _, table, rule, hit) in order.into_iter().take(PATIENCE) {
        let window = scan::window(log, hit)?;
        let pattern = regex::Regex::new(&scan::pattern(rule)).map_err(io::Error::other)?;
        let all: Vec<_> = scanned.hits[table].iter().map(|hit| hit.text.as_str()).collect();
        let meaning = pattern.captures(&hit.text).and_then(|captures| {
            let seen = Seen { captures, window: &window, facts, all: &all };
            (rule.read)(&seen)
        });
        if let Some(meaning) = meaning {
            return Ok(Some((meaning, hit.clone(), window)));
        }
    }
    Ok(None)
}

/// In which order ranks are looked at. A test that fails may print anything, so that in `check` tests come first.
fn class(rank: Rank, phase: Phase) -> u8 {
    match rank {
        Rank::Machine => 0,
        Rank::Test if phase == Phase::Check => 1,
        Rank::Sure => 2,
        Rank::Likely => 3,
        Rank::Test => 4,
        Rank::Faint => 5,
        Rank::Echo => 6,
    }
}

/// Has a build system's own log say why its test failed.
fn ask(
    own_log: OwnLog,
    facts: &Facts,
    said: &[&str],
    tree: &dyn BuildTree,
    found: &mut Diagnosis,
) -> io::Result<()> {
    let Some((file, text)) = own_log.names().iter().find_map(|name| tree.newest(name)) else { return Ok(()) };
    let Some(test) = own_log.last_test(&text, said) else { return Ok(()) };
    let (lines, shown) = (test.text(), test.shown(OWN_LINES));
    let mut log = Cursor::new(lines.as_bytes());
    let scanned = scan::scan(&mut log)?;
    let reason = cause(facts, &mut log, &scanned)?;
    let reason = reason.filter(|(reason, ..)| !matches!(reason.kind, Kind::Unknown | Kind::ConfigureTest));
    if found.kind == Kind::ConfigureTest {
        match (reason, test) {
            // The test's own source is nothing to look at.
            (Some((Meaning { kind: Kind::CompilerError, .. }, hit, _)), _)
                if hit.text.contains(": error: ") =>
            {
                let what = hit.text.split(": error: ").nth(1).unwrap_or_default();
                found.says = format!("{}; its test does not compile: {}", found.says, shown::cut(what));
            }
            (Some((reason, ..)), _) => {
                found.says = format!("{}; {}", found.says, reason.says);
                (found.kind, found.name) = (reason.kind, reason.name);
                found.advice.extend(reason.advice);
            }
            (None, own_log::Test { program: Some(program), .. }) => {
                let reason = Meaning::missing(Kind::MissingProgram, shown::plain(program));
                found.says = format!("{}; {}", found.says, reason.says);
                (found.kind, found.name) = (reason.kind, reason.name);
            }
            (None, own_log::Test { status: Some(status), .. }) => {
                found.says =
                    format!("{}; its test program left with status {}", found.says, shown::plain(status));
            }
            (None, _) => {}
        }
    }
    found.own = Some(Own { file, lines: shown });
    Ok(())
}

/// Where the refused hunk of a file's patch would fit.
fn where_it_fits(file: &str, tree: &dyn BuildTree) -> Option<String> {
    let rejected = tree.text(&format!("{file}.rej"))?;
    let text = tree.text(file)?;
    let hunk = hunk::first(&rejected)?;
    let Some(fit) = hunk::fit(&hunk, &text) else {
        return Some(format!("nothing in `{file}` is like what the hunk wants to change"));
    };
    let nearest =
        format!("line {} of `{file}` comes nearest, with {} of {} lines", fit.line, fit.same, hunk.old.len());
    Some(match fit.differs {
        None => nearest,
        Some((line, want, have)) => format!(
            "{nearest}: line {line} is `{}`, where the patch wants `{}`",
            shown::row(have.as_bytes()),
            shown::row(want.as_bytes()),
        ),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn diagnosed(phase: Phase, end: End, log: &[u8]) -> Diagnosis {
        diagnose(&Facts { phase, end }, Cursor::new(log), &()).unwrap()
    }

    #[test]
    fn how_it_ended_may_say_all() {
        let log = b"a.c:1:1: error: bad\nstill running\n";
        let late = diagnosed(Phase::Build, End::TimedOut(60), log);
        assert_eq!((late.kind, late.cause), (Kind::TimeLimit, None));
        assert_eq!(late.around.last().unwrap().text, "still running");
        assert_eq!(diagnosed(Phase::Build, End::Signalled(9), log).kind, Kind::OutOfMemory);
        assert_eq!(diagnosed(Phase::Build, End::DiskFull, log).kind, Kind::DiskFull);
        assert_eq!(diagnosed(Phase::Build, End::Signalled(15), log).kind, Kind::CompilerError);
    }

    #[test]
    fn of_a_log_that_tells_nothing_the_last_lines_are_shown() {
        let log: String = (1..=40).map(|number| format!("line {number}\n")).collect();
        let found = diagnosed(Phase::Build, End::Exited(3), log.as_bytes());
        assert_eq!((found.kind, found.cause, found.around.len()), (Kind::Unknown, None, 20));
        assert_eq!(found.around[19], Line { number: 40, text: "line 40".into() });
        assert_eq!(diagnosed(Phase::Build, End::Exited(3), b"").around, []);
    }

    #[test]
    fn a_failed_test_comes_first_in_check_and_last_elsewhere() {
        let log = b"a.c:1:1: error: bad\nFAIL: reads\n";
        assert_eq!(diagnosed(Phase::Check, End::Exited(2), log).kind, Kind::FailedTests);
        assert_eq!(diagnosed(Phase::Build, End::Exited(2), log).kind, Kind::CompilerError);
    }

    #[test]
    fn every_rule_can_be_compiled() {
        for rule in scan::rules() {
            assert!(regex::Regex::new(&scan::pattern(rule)).is_ok(), "{}", rule.pattern);
            assert!(rule.needles.iter().all(|needle| needle.len() > 3), "{:?} is everywhere", rule.needles);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_printed_something_is_said_of_it(
            parts in proptest::collection::vec((0..1000_usize, proptest::collection::vec(any::<u8>(), 0..30)), 0..12),
            check in any::<bool>(),
        ) {
            let needles: Vec<_> = scan::rules().flat_map(|rule| rule.needles).collect();
            let log: Vec<u8> = parts
                .iter()
                .flat_map(|(at, noise)| [noise, needles[at % needles.len()].as_bytes(), noise, b"\n"].concat())
                .collect();
            let found = diagnosed(if check { Phase::Check } else { Phase::Configure }, End::Exited(1), &log);
            prop_assert!(found.around.iter().all(|line| !line.text.contains('\x1b')));
        }
    }
}

//! Tests that may fail: whether a check that failed did so for these alone.
//!
//! That is read from what test drivers and make print. Whatever could hide another failure, such as a summary that counts
//! more tests than were named, or an error of make in something else, is not excused.

mod drivers;
mod make;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::{self, BufRead};

use drivers::{DRIVERS, Driver};
use make::Makes;
use tally::{Tally, Took};

/// What a check's log says of its tests.
#[derive(Debug, Clone)]
pub(super) struct Results {
    /// What it says by each driver.
    tallies: Vec<Tally>,
    makes: Makes,
    /// Whether anything was printed after the last word of make, or of a driver that says when it ends.
    goes_on: bool,
}

impl Results {
    /// Reads a log, of which no more than a line is held.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(mut log: impl BufRead, expected: &[String]) -> io::Result<Self> {
        let mut results =
            Self { tallies: vec![Tally::default(); DRIVERS.len()], makes: Makes::default(), goes_on: false };
        let mut before = vec![None; DRIVERS.len()];
        let mut line = Vec::new();
        while log.read_until(b'\n', &mut line)? > 0 {
            results.take(String::from_utf8_lossy(&line).trim_end(), expected, &mut before);
            line.clear();
        }
        Ok(results)
    }

    /// Reads a line. `before` has what was known when the run of a driver began that has not ended.
    fn take(&mut self, line: &str, expected: &[String], before: &mut [Option<Self>]) {
        if line.is_empty() {
            return;
        }
        let took =
            tally::take(&mut self.tallies, line, |name| expected.iter().any(|one| is_called(name, one)));
        let is_last_word = match took {
            Took::Begin(at) => {
                before[at] = Some(self.clone());
                true
            }
            Took::End(at) => {
                // What came since its beginning was printed by its tests.
                if let Some(known) = before[at].take() {
                    let own = std::mem::take(&mut self.tallies[at]);
                    *self = known;
                    self.tallies[at] = own;
                }
                true
            }
            Took::Line(at) => !DRIVERS[at].ends.is_empty(),
            Took::Nothing => self.makes.take(line),
        };
        self.goes_on = !is_last_word;
    }

    /// The tests that did not do as they should.
    fn bad(&self) -> BTreeSet<&str> {
        self.tallies.iter().flat_map(|tally| &tally.bad).map(String::as_str).collect()
    }

    /// Those of them that may not fail.
    fn unexpected(&self, expected: &[String]) -> BTreeSet<&str> {
        let mut bad = self.bad();
        bad.retain(|name| !expected.iter().any(|one| is_called(name, one)));
        bad
    }

    /// The drivers that told of such tests.
    fn failed(&self) -> impl Iterator<Item = (&'static Driver, &Tally)> {
        DRIVERS.iter().zip(&self.tallies).filter(|(_, tally)| !tally.bad.is_empty())
    }

    /// Whether a check ended with this status for tests alone, all of which may fail.
    pub(super) fn excuses(&self, status: i32, expected: &[String]) -> bool {
        let is_driver = |status: i32| self.failed().any(|(driver, tally)| ends_with(driver, tally, status));
        let by_tests = if self.makes.failed() {
            // What make itself ended with, and nothing that came after it.
            self.makes.is_of_tests(status, is_driver) && !self.goes_on
        } else {
            let says_when_it_ends = self.failed().any(|(driver, _)| !driver.ends.is_empty());
            is_driver(status) && !(says_when_it_ends && self.goes_on)
        };
        let is_whole = self.tallies.iter().all(Tally::is_whole);
        by_tests && is_whole && self.unexpected(expected).is_empty()
    }

    /// What those who said which tests may fail have to know of a check that failed all the same; nothing where it tells of no test.
    pub(super) fn advice(&self, expected: &[String]) -> Option<String> {
        const NAMED: usize = 4;
        let new = self.unexpected(expected);
        let names: Vec<_> = new.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
        let more = new.len().saturating_sub(NAMED);
        match (self.bad().is_empty(), more) {
            (true, _) => None,
            (_, 0) if new.is_empty() => {
                Some("each test that failed may, by the spec: the check failed for something else".to_owned())
            }
            (_, 0) => Some(format!("the spec does not say yet that this may fail: {}", names.join(", "))),
            _ => Some(format!(
                "the spec does not say yet that these may fail: {} and {more} more",
                names.join(", ")
            )),
        }
    }

    /// What is worth knowing of a check that passes.
    pub(super) fn note(&self, expected: &[String]) -> Option<String> {
        let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
        let bad = self.bad();
        let mut parts = Vec::new();
        if !bad.is_empty() {
            let failed = expected.iter().filter(|one| bad.iter().any(|name| is_called(name, one))).count();
            parts.push(format!("{failed} of {} tests that may fail did: {}", expected.len(), list(&bad)));
        }
        let mut passed: BTreeSet<_> =
            self.tallies.iter().flat_map(|tally| &tally.good).map(String::as_str).collect();
        passed.retain(|name| !bad.contains(name));
        if !passed.is_empty() {
            parts.push(format!("may fail, and passed: {}", list(&passed)));
        }
        let stopped = self.failed().filter(|(_, tally)| tally.stopped);
        parts.extend(
            stopped.map(|(driver, _)| format!("{} stopped there, and did not run the rest", driver.name)),
        );
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Whether a test of this name is the one that a spec calls so: by the whole name, or by what follows the last `::` or
/// ` / ` of it, with which drivers divide files, classes, modules and suites from tests.
fn is_called(name: &str, written: &str) -> bool {
    let before = name.strip_suffix(written);
    before.is_some_and(|before| before.is_empty() || before.ends_with("::") || before.ends_with(" / "))
}

/// Whether a driver may end with this status for the tests that failed.
fn ends_with(driver: &Driver, tally: &Tally, status: i32) -> bool {
    let is_count = || u64::try_from(status).is_ok_and(|status| status != 0 && status == tally.told());
    driver.status.contains(&status) || (driver.ends_with_count && is_count())
}

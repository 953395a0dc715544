//! Tests that may fail: whether a check that failed did so for these alone.
//!
//! That is read from what test drivers and make print. Whatever could hide another failure, such as a summary that counts
//! more tests than were named, or an error of make in something else, is not excused.

use std::collections::BTreeSet;
use std::io::{self, BufRead};

/// What test drivers print before the name of a test that did not do as it should (GNU Automake manual, "Scripts-based
/// Testsuites").
const BAD: [&str; 3] = ["FAIL: ", "ERROR: ", "XPASS: "];
const GOOD: &str = "PASS: ";

/// The exit status of a make that had an error (make(1)).
const MAKE_FAILED: i32 = 2;

/// What a check's log says of its tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Results {
    /// Tests that did not do as they should.
    bad: BTreeSet<String>,
    /// How many lines told of them, and how many of them the summaries count.
    told: u64,
    counted: u64,
    /// Tests that may fail, and passed.
    passed: BTreeSet<String>,
    /// Whether make told of an error.
    make_failed: bool,
    /// Whether it told of one in something else than tests.
    make_failed_elsewhere: bool,
    /// Whether anything was printed after the last word of make.
    goes_on_after_make: bool,
}

impl Results {
    /// Reads a log, of which no more than a line is held.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(mut log: impl BufRead, expected: &[String]) -> io::Result<Self> {
        let (mut results, mut line) = (Self::default(), Vec::new());
        while log.read_until(b'\n', &mut line)? > 0 {
            results.take(String::from_utf8_lossy(&line).trim_end(), expected);
            line.clear();
        }
        Ok(results)
    }

    fn take(&mut self, line: &str, expected: &[String]) {
        let name = |rest: &str| rest.split_whitespace().next().map(str::to_owned);
        if line.is_empty() {
            return;
        }
        self.goes_on_after_make = true;
        if let Some(rest) = BAD.iter().find_map(|word| line.strip_prefix(word)) {
            self.bad.extend(name(rest));
            self.told += 1;
        } else if let Some(count) = of_summary(line) {
            self.counted = self.counted.saturating_add(count);
        } else if let Some(rest) = line.strip_prefix(GOOD) {
            self.passed.extend(name(rest).filter(|name| expected.contains(name)));
        } else if let Some(message) = of_make(line) {
            self.goes_on_after_make = false;
            if let Some(error) = message.strip_prefix("*** ") {
                self.make_failed = true;
                self.make_failed_elsewhere |= !is_of_tests(error);
            }
        }
    }

    /// The tests for which alone a check ended with this status, where all of them may fail.
    pub(super) fn excuse(&self, status: i32, expected: &[String]) -> Option<&BTreeSet<String>> {
        let all = !self.bad.is_empty() && self.bad.iter().all(|name| expected.contains(name));
        let by_tests = if self.make_failed {
            // What make itself ended with, and nothing that came after it.
            status == MAKE_FAILED && !self.make_failed_elsewhere && !self.goes_on_after_make
        } else {
            status == 1
        };
        (all && by_tests && self.told >= self.counted).then_some(&self.bad)
    }

    /// What those who said which tests may fail have to know of a check that failed all the same; nothing where it tells of no test.
    pub(super) fn advice(&self, expected: &[String]) -> Option<String> {
        const NAMED: usize = 4;
        let new: Vec<_> = self.bad.iter().filter(|name| !expected.contains(name)).collect();
        let names: Vec<_> = new.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
        let more = new.len().saturating_sub(NAMED);
        match (self.bad.is_empty(), more) {
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
    pub(super) fn note(&self, expected: usize) -> Option<String> {
        let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
        let mut parts = Vec::new();
        if !self.bad.is_empty() {
            let (failed, names) = (self.bad.len(), list(&self.bad));
            parts.push(format!("{failed} of {expected} tests that may fail did: {names}"));
        }
        let passed: BTreeSet<_> = self.passed.difference(&self.bad).cloned().collect();
        if !passed.is_empty() {
            parts.push(format!("may fail, and passed: {}", list(&passed)));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// How many tests a line of automake's summary counts that did not do as they should: `# FAIL:  2`.
fn of_summary(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("# ")?;
    BAD.iter().find_map(|word| rest.strip_prefix(word)).and_then(|count| count.trim().parse().ok())
}

/// What a make says itself: behind `make: ` or, in one that another make started, `make[1]: `.
fn of_make(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("make").or_else(|| line.strip_prefix("gmake"))?;
    let level = |rest: &'_ str| rest.strip_prefix('[')?.find(']').map(|end| end + 2);
    rest[level(rest).unwrap_or(0)..].strip_prefix(": ")
}

/// Whether an error of make is of a target that runs tests: `[Makefile:94: test-suite.log] Error 1`.
fn is_of_tests(error: &str) -> bool {
    let target = error.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or_default();
    let target = target.rsplit(": ").next().unwrap_or_default();
    let name = target.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    ["check", "test"].iter().any(|word| name.starts_with(word))
        || name.ends_with("check")
        || name.ends_with(".log")
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTOMAKE: &str = "PASS: a\nFAIL: b\nXFAIL: c\nFAIL: d.sh 3 - third case\n# FAIL:  2\n\
                            make[3]: *** [Makefile:940: test-suite.log] Error 1\n\
                            make[2]: *** [Makefile:1048: check-TESTS] Error 2\nmake: *** [Makefile:7: check] Error 2\n";

    fn excuse(log: &str, status: i32, expected: &[&str]) -> Option<Vec<String>> {
        let expected: Vec<_> = expected.iter().map(|name| (*name).to_owned()).collect();
        let results = Results::read(log.as_bytes(), &expected).unwrap();
        results.excuse(status, &expected).map(|names| names.iter().cloned().collect())
    }

    #[test]
    fn a_check_may_fail_for_expected_tests_alone() {
        assert_eq!(excuse(AUTOMAKE, 2, &["b", "d.sh", "x"]).unwrap(), ["b", "d.sh"]);
        assert_eq!(excuse(AUTOMAKE, 2, &["b"]), None);
        assert_eq!(excuse("make: *** [all] Error 1\n", 2, &["b"]), None);
        assert_eq!(excuse("PASS: a\nXPASS: c\nmake: *** [check] Error 1\n", 2, &["b"]), None);
        assert_eq!(excuse("FAIL: b\nok\n", 1, &["b"]).unwrap(), ["b"]);
    }

    #[test]
    fn a_check_that_fails_for_another_reason_is_not_excused() {
        for (log, status) in [
            // Another command, after the tests.
            (AUTOMAKE.to_owned(), 3),
            (format!("{AUTOMAKE}cp: cannot stat 'x'\n"), 2),
            (format!("{AUTOMAKE}cp: cannot stat 'x'\n"), 1),
            // A program that did not compile.
            (AUTOMAKE.replace("check-TESTS", "prog.o"), 2),
            ("FAIL: b\nmake: *** No rule to make target 'x', needed by 'check'.  Stop.\n".to_owned(), 2),
            // A test that is counted, and named nowhere.
            (AUTOMAKE.replace("# FAIL:  2", "# FAIL:  3"), 2),
            (AUTOMAKE.replace("# FAIL:  2", "# FAIL:  2\n# ERROR: 1"), 2),
            // Killed in the middle.
            ("FAIL: b\n".to_owned(), 137),
        ] {
            assert_eq!(excuse(&log, status, &["b", "d.sh"]), None, "{status} {log}");
        }
        let kept_going = format!("{AUTOMAKE}make: Target 'check' not remade because of errors.\n");
        assert!(excuse(&kept_going, 2, &["b", "d.sh"]).is_some());
    }

    #[test]
    fn of_a_check_that_failed_it_is_told_which_tests_nobody_expected() {
        let advice = |log: &str, expected: &[&str]| {
            let expected: Vec<_> = expected.iter().map(|name| (*name).to_owned()).collect();
            Results::read(log.as_bytes(), &expected).unwrap().advice(&expected).unwrap_or_default()
        };
        assert!(advice(AUTOMAKE, &["b"]).ends_with(" may fail: `d.sh`"));
        assert!(advice(AUTOMAKE, &["b", "d.sh"]).contains("for something else"));
        assert!(advice("FAIL: 1\nFAIL: 2\nFAIL: 3\nFAIL: 4\nFAIL: 5\n", &["1", "x"]).ends_with("`4`, `5`"));
        let many: String = (0..9).map(|at| format!("FAIL: {at}\n")).collect();
        assert!(advice(&many, &["b"]).ends_with("`3` and 5 more"));
        assert_eq!(advice("make: *** [all] Error 1\n", &["b"]), "");
    }

    #[test]
    fn a_test_that_may_fail_and_passed_is_told_of() {
        let expected = ["a", "b", "d.sh"].map(str::to_owned);
        let results = Results::read(AUTOMAKE.as_bytes(), &expected).unwrap();
        assert_eq!(
            results.note(3).unwrap(),
            "2 of 3 tests that may fail did: b, d.sh; may fail, and passed: a"
        );
        assert_eq!(Results::read(&b"PASS: z\n"[..], &expected).unwrap().note(3), None);
    }
}

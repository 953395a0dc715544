//! Tests that may fail.

use std::collections::BTreeSet;

/// The tests that a log reports as failed, in the way of automake's test driver (GNU Automake manual, 15.2.1):
/// `FAIL: name` at the start of a line.
fn failed(log: &str) -> BTreeSet<&str> {
    let names = log.lines().filter_map(|line| line.strip_prefix("FAIL: "));
    names.filter_map(|rest| rest.split_whitespace().next()).collect()
}

/// Whether a failed check failed for nothing but tests that may fail; then which.
pub(super) fn only_expected(log: &str, expected: &[String]) -> Option<Vec<String>> {
    let failed = failed(log);
    let all = !failed.is_empty() && failed.iter().all(|name| expected.iter().any(|known| known == name));
    all.then(|| failed.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_may_fail_for_expected_tests_alone() {
        let log = "PASS: a\nFAIL: b\nXFAIL: c\nFAIL: d.sh 3 - third case\nmake: *** [check] Error 1\n";
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(only_expected(log, &names(&["b", "d.sh", "x"])), Some(names(&["b", "d.sh"])));
        assert_eq!(only_expected(log, &names(&["b"])), None);
        assert_eq!(only_expected("make: *** [all] Error 1\n", &names(&["b"])), None);
    }
}

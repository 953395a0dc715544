//! Logs of real test drivers, and of some that are made up.

use super::*;

const AUTOMAKE: &str = "PASS: a\nFAIL: b\nXFAIL: c\nFAIL: d.sh 3 - third case\n# FAIL:  2\n\
                        make[3]: *** [Makefile:940: test-suite.log] Error 1\n\
                        make[2]: *** [Makefile:1048: check-TESTS] Error 2\nmake: *** [Makefile:7: check] Error 2\n";

fn read(log: &str, expected: &[&str]) -> (Results, Vec<String>) {
    let expected: Vec<_> = expected.iter().map(|name| (*name).to_owned()).collect();
    (Results::read(log.as_bytes(), &expected).unwrap(), expected)
}

/// The tests for which alone a check may end so.
fn excuse(log: &str, status: i32, expected: &[&str]) -> Option<Vec<String>> {
    let (results, expected) = read(log, expected);
    results.excuses(status, &expected).then(|| results.bad().into_iter().map(str::to_owned).collect())
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
        results.note(&expected).unwrap(),
        "2 of 3 tests that may fail did: b, d.sh; may fail, and passed: a"
    );
    assert_eq!(Results::read(&b"PASS: z\n"[..], &expected).unwrap().note(&expected), None);
}
/// The output of real drivers, with what they ended with and the tests that failed.
macro_rules! logs {
    ($($name:literal, $status:literal, [$($bad:literal),* $(,)?];)*) => {
        const LOGS: &[(&str, &str, i32, &[&str])] =
            &[$(($name, include_str!(concat!("../../../tests/cases/checks/", $name, ".log")), $status, &[$($bad),*]),)*];
    };
}

logs! {
    "ctest", 8, ["crash", "foo", "slow"];
    "ctest-make", 2, ["crash", "foo", "slow"];
    "ctest-ninja", 1, ["crash", "foo", "slow"];
    "meson", 7, ["x / crash", "x / err", "x / slow", "x / tap", "x / xp", "x:unit / foo", "x:unit+slow / with space"];
    "meson-ninja", 1, ["x / crash", "x / err", "x / slow", "x / tap", "x / xp", "x:unit / foo", "x:unit+slow / with space"];
    "meson-verbose", 1, ["x:unit / foo"];
    "pytest", 1, ["test_a.py::TestC::test_m", "test_a.py::test_err", "test_a.py::test_foo", "test_a.py::test_p[a b]",
        "test_a.py::test_xps"];
    "pytest-verbose", 1, ["test_a.py::TestC::test_m", "test_a.py::test_err", "test_a.py::test_foo",
        "test_a.py::test_p[a b]", "test_a.py::test_xps"];
    "pytest-quiet", 1, ["test_a.py::test_foo"];
    "pytest-stopped", 1, ["test_a.py::test_foo"];
    "prove", 1, ["t/dies.t", "t/foo.t", "t/short.t"];
    "prove-verbose", 1, ["t/foo.t"];
    "perl-make", 2, ["t/dies.t", "t/foo.t", "t/short.t"];
    "tap", 1, ["bad one"];
    "cargo", 101, ["other", "src/lib.rs - d (line 1)", "tests::foo", "tests::sp"];
    "cargo-quiet", 101, ["tests::foo", "tests::sp"];
    "cargo-stopped", 101, ["tests::foo", "tests::sp"];
    "unittest", 1, ["test_err", "test_foo", "test_sub", "test_xp"];
}

#[test]
fn of_every_driver_the_tests_that_failed_are_known_by_name_and_may_where_the_spec_says_so() {
    for (name, log, status, bad) in LOGS {
        assert_eq!(excuse(log, *status, bad).unwrap_or_default(), *bad, "{name}");
        // Each of them has to be named.
        for at in 0..bad.len() {
            let others: Vec<_> = [&bad[..at], &bad[at + 1..], &["good"]].concat();
            assert_eq!(excuse(log, *status, &others), None, "{name} without {}", bad[at]);
            let (results, expected) = read(log, &others);
            assert!(results.advice(&expected).unwrap().ends_with(&format!("`{}`", bad[at])), "{name}");
        }
    }
}

#[test]
fn a_driver_that_does_not_come_to_its_end_excuses_nothing() {
    for (name, log, status, bad) in LOGS {
        for other in [3, 126, 127, 134, 137, 139] {
            assert_eq!(excuse(log, other, bad), None, "{name} with {other}");
        }
        if !["tap", "unittest"].contains(name) {
            let goes_on = format!("{log}cp: cannot stat 'x': No such file or directory\n");
            assert_eq!(excuse(&goes_on, *status, bad), None, "{name}, and then another command");
        }
    }
    let lines = |name: &str, most: usize| {
        let log = LOGS.iter().find(|log| log.0 == name).unwrap().1;
        log.lines().take(most).collect::<Vec<_>>().join("\n")
    };
    let expected = ["foo", "t/foo.t", "t/dies.t", "bad one", "test_foo", "tests::sp"];
    for (log, status) in [
        (lines("ctest", 10), 8),
        (lines("ctest-make", 10) + "\nFAIL: foo\nmake: *** [Makefile:71: test] Error 139", 2),
        (lines("meson-verbose", 12), 1),
        (lines("prove", 12), 1),
        (lines("tap", 3), 1),
        (
            lines("cargo", 20)
                + "\nerror: test failed, to rerun pass `--lib`\n\nCaused by:\n  process didn't exit successfully: `x` (signal: 6, SIGABRT)",
            101,
        ),
        (
            lines("pytest-quiet", 10)
                + "\nINTERNALERROR> Traceback (most recent call last):\n1 failed in 0.02s",
            1,
        ),
        ("not ok 1 - foo\nBail out!  no memory\n".to_owned(), 1),
    ] {
        assert_eq!(excuse(&log, status, &expected), None, "{log}");
    }
}

#[test]
fn what_a_failing_test_prints_is_no_test_of_its_own() {
    // A test of each of these prints `FAIL: inner`, or lines of TAP.
    for name in ["ctest", "meson-ninja", "meson-verbose", "prove-verbose"] {
        let log = LOGS.iter().find(|log| log.0 == name).unwrap();
        assert!(log.1.contains("FAIL: inner") || log.1.contains("not ok 2 - bad one"), "{name}");
        assert!(
            !read(log.1, &[]).0.bad().iter().any(|name| name.contains("inner") || name.contains("bad one"))
        );
    }
}

#[test]
fn a_test_may_be_called_without_its_file_suite_or_module() {
    let log = |name: &str| LOGS.iter().find(|log| log.0 == name).unwrap().1;
    assert!(excuse(log("pytest-quiet"), 1, &["test_foo"]).is_some());
    assert!(excuse(log("meson-verbose"), 1, &["foo"]).is_some());
    assert!(excuse(log("cargo-quiet"), 101, &["foo", "sp"]).is_some());
    assert_eq!(excuse(log("pytest-quiet"), 1, &["foo"]), None);
}

#[test]
fn of_every_driver_a_test_that_may_fail_and_passed_is_told_of() {
    for (name, log, _, bad) in LOGS {
        let passes = match *name {
            "prove" | "perl-make" => "t/good.t",
            "meson" | "meson-ninja" | "meson-verbose" => "x / good",
            "pytest-verbose" => "test_a.py::test_good",
            "cargo" | "cargo-stopped" => "tests::good",
            "ctest" | "ctest-make" | "ctest-ninja" => "good",
            "tap" => "fine",
            // These do not name what passes.
            _ => continue,
        };
        let (results, expected) = read(log, &[bad, &[passes][..]].concat());
        let note = results.note(&expected).unwrap();
        let (failed, all) = (bad.len(), bad.len() + 1);
        assert!(note.starts_with(&format!("{failed} of {all} tests that may fail did: ")), "{name}: {note}");
        assert!(note.contains(&format!("may fail, and passed: {passes}")), "{name}: {note}");
    }
}

#[test]
fn a_driver_that_left_out_the_rest_is_told_of() {
    for (name, log, _, bad) in LOGS {
        let (results, expected) = read(log, bad);
        let note = results.note(&expected).unwrap();
        assert_eq!(note.contains("did not run the rest"), name.ends_with("-stopped"), "{name}: {note}");
    }
}

#[test]
fn a_line_of_tap_says_how_its_test_did() {
    for (log, bad) in [
        ("1..2\nok 1 - a\nnot ok 2 - foo\n", "foo"),
        ("1..1\nnot ok 1 foo # because\n", "foo"),
        ("1..1\nnot ok 1\n", "1"),
        ("not ok 1 - 3rd try\n1..1\n", "3rd try"),
    ] {
        assert_eq!(excuse(log, 1, &[bad]).unwrap(), [bad], "{log}");
    }
    for log in ["1..1\nnot ok 1 - foo # TODO\n", "1..1\nok 1 - foo\n", "1..1\nnot ok 1 foo # skip\n"] {
        assert!(read(log, &[]).0.bad().is_empty(), "{log}");
    }
}

//! What test drivers print: one entry of a table for each.
//!
//! A pattern is a regular expression for one line, or empty where a driver has no such line.

/// A program that runs tests and tells of them.
#[derive(Debug)]
pub(super) struct Driver {
    /// How people call it.
    pub name: &'static str,
    /// A line of which a run has one before its end, and the one that ends it. What others print in between is what tests
    /// print, and says nothing of its own.
    pub begins: &'static str,
    pub ends: &'static str,
    /// A test that did not do as it should; with an `id`, where a run says it twice. It is the first group of `name`,
    /// `before` and `number` that matches.
    pub bad: &'static str,
    /// A test that passed.
    pub good: &'static str,
    /// How many did not do as they should, summed over all groups.
    pub counts: &'static str,
    /// A test that did not only where the next lines have `indeed`.
    pub maybe: &'static str,
    pub indeed: &'static str,
    /// How many tests there will be, and the line of any test.
    pub plans: &'static str,
    pub any: &'static str,
    /// It gave up, for another reason than a test.
    pub dies: &'static str,
    /// It ended before all tests had run, as it was told to; and that it did not, after all.
    pub stops: &'static str,
    pub went_on: &'static str,
    /// What else it prints after its end.
    pub own: &'static str,
    /// What it ends with where tests fail.
    pub status: &'static [i32],
    /// Whether it may also end with the number of tests that failed.
    pub ends_with_count: bool,
}

const NONE: Driver = Driver {
    name: "",
    begins: "",
    ends: "",
    bad: "",
    good: "",
    counts: "",
    maybe: "",
    indeed: "",
    plans: "",
    any: "",
    dies: "",
    stops: "",
    went_on: "",
    own: "",
    status: &[1],
    ends_with_count: false,
};

/// All of them. A line that two know is of the first.
pub(super) const DRIVERS: &[Driver] = &[
    // cmCTest and cmCTestTestHandler of CMake; the status is its TEST_ERRORS.
    Driver {
        name: "ctest",
        begins: r"^Test project /",
        ends: r"^Total Test time \(real\) =",
        bad: r"^\s+\d+ - (?P<name>.+?) \((?:Failed|Timeout|Not Run|SEGFAULT|ILLEGAL|INTERRUPT|NUMERICAL|OTHER_FAULT|BAD_COMMAND|Child aborted|Subprocess aborted|Exit code .+?|.*Exception.*?)\)(?:\s{2,}.*)?$",
        good: r"^ *\d+/\d+ Test +#\d+: (?P<name>.+?) \.+ +Passed\b",
        counts: r"^\d+% tests passed, (\d+) tests? failed out of \d+",
        own: r#"^(?:The following tests|Errors while running CTest|Output from these tests are in: |Use "--rerun-failed|Label Time Summary|Subproject Time Summary|\s+\d+ - .* \((?:Skipped|Disabled)\))"#,
        status: &[8],
        ..NONE
    },
    // mesonbuild/mtest.py, class ConsoleLogger. It ends with the number of failures, later ones with 1.
    Driver {
        name: "meson test",
        begins: r"^ *\d+/\d+ \S.* (?:RUNNING$|(?:OK|FAIL|ERROR|TIMEOUT|INTERRUPT|SKIP|EXPECTEDFAIL|UNEXPECTEDPASS) +[\d.]+ ?s\b)",
        ends: r"^Full log written to ",
        bad: r"^ *(?P<id>\d+/\d+) (?P<name>\S.*?) +(?:FAIL|ERROR|TIMEOUT|INTERRUPT|UNEXPECTEDPASS) +[\d.]+ ?s\b",
        good: r"^ *\d+/\d+ (?P<name>\S.*?) +OK +[\d.]+ ?s\b",
        counts: r"^(?:Fail|Timeout|Unexpected Pass): +(\d+)$",
        ends_with_count: true,
        ..NONE
    },
    // _pytest/terminal.py; the statuses are in _pytest/config, class ExitCode.
    Driver {
        name: "pytest",
        begins: r"^=+ (?:test session starts|short test summary info) =+$",
        ends: r"^=* ?(?:no tests ran|\d+ [a-z]+(?:, \d+ [a-z]+)*) in [\d.]+s(?: \([\d:]+\))?(?: =+)?$",
        bad: r"^(?:FAILED|ERROR) (?P<name>\S+\.py(?:::.+?)?)(?: - .*)?$",
        good: r"^(?:PASSED (?P<name>\S+\.py::.+)|(?P<before>\S+\.py::.+?) PASSED(?: +\[ *\d+%\])?)$",
        counts: r"^=* ?(?:(\d+) failed(?:, | in))?(?:\d+ [a-z]+(?:, | in))*?(?:(\d+) errors?(?:, | in))? [\d.]+s\b",
        dies: r"^(?:INTERNALERROR>|!+ (?:Interrupted: |KeyboardInterrupt|_pytest\.))",
        stops: r"^!+ (?:xdist\.dsession\.Interrupted: )?stopping after ",
        ..NONE
    },
    // TAP::Formatter::Base and ::Console::Session, for prove and Test::Harness. What `die` ends with is 255.
    Driver {
        name: "prove",
        begins: r"^\S+\.t \.{2,}(?: ok| skipped: .*)?$",
        ends: r"^Result: ",
        bad: r"^(?P<name>\S.*?) +\(Wstat: (?:[1-9].*|.* Failed: [1-9]\d*\))$",
        good: r"^(?P<name>\S+) \.{2,} ok$",
        counts: r"^Failed (\d+)/\d+ test programs",
        maybe: r"^(?P<name>\S.*?) +\(Wstat: 0 .* Failed: 0\)$",
        indeed: r"^  Parse errors: ",
        status: &[1, 255],
        ..NONE
    },
    // library/test/src/formatters of Rust, and cargo_test.rs of Cargo.
    Driver {
        name: "cargo test",
        begins: r"^running \d+ tests?$",
        ends: r"^test result: ",
        bad: r"^(?:test )?(?P<name>\S.*?)(?: - should panic)? (?:\.\.\.|---) FAILED$",
        good: r"^test (?P<name>\S.*?)(?: - should panic)? \.\.\. ok$",
        counts: r"^test result: FAILED\. \d+ passed; (\d+) failed;",
        dies: r"^  process didn't exit successfully: ",
        stops: r"^error: (?:doc)?test failed, to rerun pass ",
        went_on: r"^error: \d+ targets? failed:$",
        own: r"^(?: +Running | +Doc-tests |all doctests ran in |    `-)",
        status: &[101],
        ..NONE
    },
    // unittest/runner.py of Python.
    Driver {
        name: "unittest",
        bad: r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (?P<name>\w+) \([\w.]+\)",
        good: r"^(?P<name>\w+) \([\w.]+\) \.\.\. ok$",
        counts: r"^FAILED \((?:failures=(\d+)(?:, )?)?(?:errors=(\d+)(?:, )?)?(?:skipped=\d+(?:, )?)?(?:expected failures=\d+(?:, )?)?(?:unexpected successes=(\d+))?\)$",
        ..NONE
    },
    // GNU Automake manual, "Scripts-based Testsuites"; DejaGnu has the same lines.
    Driver {
        name: "automake",
        bad: r"^(?:FAIL|ERROR|XPASS): +(?P<name>\S+)",
        good: r"^PASS: +(?P<name>\S+)",
        counts: r"^# (?:FAIL|ERROR|XPASS): +(\d+)$",
        ..NONE
    },
    // The specification of the Test Anything Protocol, version 14: a test without a description goes by its number.
    Driver {
        name: "TAP",
        bad: r"^not ok\b(?: (?P<number>\d+)\b)?(?: -)?(?: +(?P<name>[^\s#][^#]*))?(?:#(?:\s*$|\s*[^STst\s].*))?$",
        good: r"^ok\b(?: \d+\b)?(?: -)? +(?P<name>[^\s#][^#]*)",
        plans: r"^1\.\.(\d+)",
        any: r"^(?:not )?ok\b",
        dies: r"^Bail out!",
        ends_with_count: true,
        ..NONE
    },
];

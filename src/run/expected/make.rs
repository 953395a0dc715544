//! What make and ninja say of the targets that tests are run by.

/// What they said last and of what.
#[derive(Debug, Clone, Default)]
pub(super) struct Makes {
    /// Whether a make, or a ninja, told of an error.
    make: bool,
    ninja: bool,
    /// Whether one told of an error in something else than tests.
    elsewhere: bool,
    /// With what the tests' commands ended.
    statuses: Vec<i32>,
}

/// The exit status of a make that had an error (make(1)).
const MAKE_FAILED: i32 = 2;
/// That of a ninja; since 1.13 it is the command's own.
const NINJA_FAILED: i32 = 1;

impl Makes {
    /// Reads a line; says whether it is one of theirs.
    pub(super) fn take(&mut self, line: &str) -> bool {
        if let Some(message) = of_make(line) {
            if let Some(error) = message.strip_prefix("*** ") {
                self.make = true;
                self.elsewhere |= !is_of_tests(target(error));
                match status(error) {
                    Some(status) if !self.statuses.contains(&status) => self.statuses.push(status),
                    Some(_) => {}
                    None => self.elsewhere = true,
                }
            }
            true
        } else if let Some(rest) = line.strip_prefix("FAILED: ") {
            self.ninja = true;
            let rest = rest
                .strip_prefix("[code=")
                .and_then(|rest| rest.split_once("] "))
                .map_or(rest, |(_, rest)| rest);
            self.elsewhere |= !is_of_tests(rest);
            true
        } else if let Some(message) = line.strip_prefix("ninja: ") {
            self.elsewhere |= message.starts_with("error: ") || message.starts_with("fatal: ");
            true
        } else {
            false
        }
    }

    pub(super) fn failed(&self) -> bool {
        self.make || self.ninja || self.elsewhere
    }

    /// Whether they ended with this status for tests alone, whose drivers end with what `is_driver` says.
    pub(super) fn is_of_tests(&self, status: i32, is_driver: impl Fn(i32) -> bool) -> bool {
        let known = |status: i32| status <= MAKE_FAILED || is_driver(status);
        let is_make = self.make && status == MAKE_FAILED;
        let is_ninja = self.ninja && (status == NINJA_FAILED || is_driver(status));
        !self.elsewhere && self.statuses.iter().all(|status| known(*status)) && (is_make || is_ninja)
    }
}

/// What a make says itself: behind `make: ` or, in one that another make started, `make[1]: `.
fn of_make(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("make").or_else(|| line.strip_prefix("gmake"))?;
    let level = |rest: &'_ str| rest.strip_prefix('[')?.find(']').map(|end| end + 2);
    rest[level(rest).unwrap_or(0)..].strip_prefix(": ")
}

/// The target of an error of make: `[Makefile:94: test-suite.log] Error 1`.
fn target(error: &str) -> &str {
    let target = error.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or_default();
    target.rsplit(": ").next().unwrap_or_default()
}

/// With what its command ended; nothing for one that a signal killed.
fn status(error: &str) -> Option<i32> {
    error.rsplit_once("] Error ")?.1.split(' ').next()?.parse().ok()
}

/// Whether a target, by its name, is one that runs tests.
fn is_of_tests(target: &str) -> bool {
    let name = target.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    ["check", "test"].iter().any(|word| name.starts_with(word) || name.ends_with(word))
        || name.ends_with(".log")
}

//! The failure card: what failed, the first line that looks like the cause, and how to look further.

use std::fmt::Write as _;

use super::text::plain;

/// Lines of the log that a card shows.
pub const LINES: usize = 20;

/// What a card is about.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The package.
    pub package: &'a str,
    /// The phase.
    pub phase: &'a str,
    /// How the step ended.
    pub outcome: &'a str,
    /// What failed, in a line.
    pub message: Option<&'a str>,
    /// Where the log is, as a person would type it.
    pub log: Option<&'a str>,
    /// The log.
    pub text: &'a str,
}

/// Words of compilers, linkers, configure scripts and shells that say why they gave up, and what they look like from
/// afar: they stand in a line of any case.
const CAUSES: [&str; 13] = [
    "error:",
    "fatal:",
    "error ",
    "undefined reference",
    "no such file or directory",
    "command not found",
    ": not found",
    "cannot find",
    "no rule to make target",
    "permission denied",
    "no space left",
    "segmentation fault",
    "traceback (most recent call last)",
];

/// The first line of a log that looks like the cause, counted from 0.
pub fn cause<'a>(lines: &[&'a str]) -> Option<(usize, &'a str)> {
    let looks = |line: &str| {
        let line = line.to_ascii_lowercase();
        // What a make says of another make's failure is no cause, nor is a test's `0 errors`.
        CAUSES.iter().any(|words| line.contains(words))
            && !line.contains("*** [")
            && !line.contains("0 error")
    };
    lines.iter().enumerate().find(|(_, line)| looks(line)).map(|(at, line)| (at, *line))
}

/// The card.
pub fn card(failure: &Failure<'_>) -> String {
    let Failure { package, phase, outcome, message, log, text } = *failure;
    let mut card = format!("{package}:{phase} failed: {outcome}\n");
    // Writing into a string cannot fail.
    if let Some(message) = message {
        let _ = writeln!(card, "  {}", plain(message));
    }
    let lines: Vec<&str> = text.lines().collect();
    let cause = cause(&lines);
    let middle = cause.map_or(lines.len(), |(at, _)| at);
    let start = middle.saturating_sub(LINES / 2).min(lines.len().saturating_sub(LINES));
    if start > 0 {
        let _ = writeln!(card, "    … {start} lines before");
    }
    for (at, line) in lines.iter().enumerate().skip(start).take(LINES) {
        let mark = if cause.is_some_and(|(cause, _)| cause == at) { ">" } else { "|" };
        let _ = writeln!(card, "  {mark} {}", plain(line));
    }
    let after = lines.len().saturating_sub(start + LINES);
    if after > 0 {
        let _ = writeln!(card, "    … {after} lines after");
    }
    if let Some(log) = log {
        let _ = writeln!(card, "  the whole log: {log}");
    }
    let _ = writeln!(card, "  to look inside: lfsgen shell {package}:{phase}");
    let _ = writeln!(card, "  to go on: lfsgen build {package}");
    card
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_the_first_error_and_not_what_make_says_of_it() {
        let lines = [
            "checking",
            "make: *** [Makefile:1: a.o] Error 1",
            "a.c:1: fatal error: zlib.h",
            "b.c: error: x",
        ];
        assert_eq!(cause(&lines), Some((2, lines[2])));
        assert_eq!(cause(&["all is well, 0 errors"]), None);
    }

    #[test]
    fn a_card_shows_the_lines_around_the_cause() {
        let mut lines: Vec<String> = (1..=60).map(|n| format!("line {n}")).collect();
        lines[29] = "\u{1b}[31mcc: error: nope\u{1b}[0m".to_owned();
        let text = lines.join("\n");
        let failure = Failure {
            package: "zlib",
            phase: "build",
            outcome: "exit status 2",
            message: Some("`make` left with status 2"),
            log: Some("build/logs/zlib/build.log"),
            text: &text,
        };
        let card = card(&failure);
        assert!(card.starts_with("zlib:build failed: exit status 2\n  `make` left with status 2\n    … 19 lines before\n  | line 20\n"));
        assert!(card.contains("\n  > cc: error: nope\n  | line 31\n"), "{card}");
        assert!(
            card.contains("| line 39\n    … 21 lines after\n  the whole log: build/logs/zlib/build.log\n"),
            "{card}"
        );
    }
}

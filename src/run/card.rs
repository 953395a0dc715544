//! What a person sees of a step that failed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::Result;
use regex::bytes::Regex;

use crate::host::files;
use crate::journal::{Outcome, StepFinished};
use crate::layout::Layout;
use crate::model::{PackageName, Phase};
use crate::store::Missing;

/// How many of a log's last lines a card shows.
const LAST: usize = 20;
/// How much of a line a card shows, in characters.
const WIDEST: usize = 240;

/// Lines that mostly say why a build stopped; the rest of the log follows from them.
static CAUSE: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        r"\b(?:fatal )?error: ",
        r"\bfatal: ",
        r"\bERROR: ",
        r"CMake Error",
        r"command not found",
        r": not found$",
        r"No such file or directory",
        r"undefined reference to",
        r"cannot find -l",
        r"No rule to make target",
        r"Permission denied",
        r"Operation not permitted",
        r"Invalid argument$",
        r"No space left on device",
        r"Read-only file system",
        r"(?:ModuleNotFound|Import|Syntax)Error: ",
        r"Can't locate \S+ in @INC",
        r"Hunk #\d+ FAILED",
        r"^FAIL: ",
        r"Segmentation fault",
        r"\bKilled$",
    ];
    Regex::new(&format!("(?m){}", patterns.join("|"))).expect("the patterns are fixed text")
});

/// A failure, as far as it can be told from what the step left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    package: PackageName,
    phase: Phase,
    /// How it ended, as a fragment after "the step".
    how: String,
    /// The number and text of the line that looks like the cause.
    cause: Option<(usize, String)>,
    last: Vec<String>,
    log: Option<PathBuf>,
    missing: Vec<Missing>,
}

impl Card {
    /// The card of a command that failed, with what its log says.
    pub(super) fn of_command(
        package: &PackageName,
        phase: Phase,
        outcome: &Outcome,
        log: &Path,
    ) -> Result<Self> {
        let bytes = files::read(log)?;
        let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let last: Vec<_> = lines.rev().take(LAST).collect();
        Ok(Self {
            package: package.clone(),
            phase,
            how: how(outcome),
            cause: cause(&bytes),
            last: last.into_iter().rev().map(shown).collect(),
            log: Some(log.to_owned()),
            missing: Vec::new(),
        })
    }

    /// The card of something that lfsgen itself found wrong.
    pub(super) fn of_finding(
        package: &PackageName,
        phase: Phase,
        how: String,
        missing: Vec<Missing>,
    ) -> Self {
        Self { package: package.clone(), phase, how, cause: None, last: Vec::new(), log: None, missing }
    }

    /// The card of a step that the journal says has failed, with what its log says.
    pub fn of_event(step: &StepFinished, layout: &Layout) -> Self {
        let StepFinished { package, phase, outcome, log, message, .. } = step;
        let log = log.as_ref().map(|log| layout.root().join(log));
        let from_log = log.and_then(|log| Self::of_command(package, *phase, outcome, &log).ok());
        let said = message.clone().unwrap_or_else(|| how(outcome));
        let is_of_command = said.starts_with(&how(outcome));
        let card = from_log.unwrap_or_else(|| Self::of_finding(package, *phase, said.clone(), Vec::new()));
        // What lfsgen itself found wrong is not in the log of the command, which may have ended well.
        if is_of_command { card } else { Self { how: said, cause: None, ..card } }
    }

    /// What failed, in a line.
    pub fn message(&self) -> String {
        match &self.cause {
            Some((_, line)) => format!("{}: {line}", self.how),
            None => {
                let how = self.how.lines().next().unwrap_or_default();
                let missing: Vec<_> = self.missing.iter().map(|missing| missing.path.to_string()).collect();
                if missing.is_empty() { how.to_owned() } else { format!("{how}: {}", missing.join(", ")) }
            }
        }
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { package, phase, how, cause, last, log, missing } = self;
        writeln!(f, "FAILED: {phase} of {package}: {how}")?;
        for Missing { path, near } in missing {
            write!(f, "  missing: {path}")?;
            match near.as_slice() {
                [] => writeln!(f)?,
                near => writeln!(f, " (there is `{}`)", near.join("`, `"))?,
            }
        }
        if let Some((number, line)) = cause {
            writeln!(f, "  cause: {line}\n         (line {number} of the log)")?;
        }
        if !last.is_empty() {
            writeln!(f, "  last lines:")?;
        }
        for line in last {
            writeln!(f, "  | {line}")?;
        }
        if let Some(log) = log {
            writeln!(f, "  whole log: {}", log.display())?;
            if *phase != Phase::Fetch {
                writeln!(f, "  look inside: lfsgen shell {package}:{phase}")?;
            }
        }
        Ok(())
    }
}

fn how(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed { status } => format!("exit status {status}"),
        Outcome::Killed { signal: 9 } => "killed by signal 9, perhaps for want of memory".to_owned(),
        Outcome::Killed { signal } => format!("killed by signal {signal}"),
        Outcome::TimedOut { seconds } => format!("took longer than its limit of {seconds} s"),
        Outcome::OverLimit(over) => over.to_string(),
        other => other.name().to_owned(),
    }
}

fn cause(log: &[u8]) -> Option<(usize, String)> {
    // A configure script tells of what it tries; that some of it fails is its purpose.
    let is_probe = |line: &[u8]| line.starts_with(b"checking ");
    let line_at = |at: usize| {
        let start = log[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let end = log[at..].iter().position(|&byte| byte == b'\n').map_or(log.len(), |length| at + length);
        (start, &log[start..end])
    };
    let (start, line) =
        CAUSE.find_iter(log).map(|found| line_at(found.start())).find(|(_, line)| !is_probe(line))?;
    let number = log[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
    Some((number, shown(line)))
}

/// A line fit to be shown: no control characters, which could play with the terminal, and not too long.
fn shown(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    let plain = line.trim_end().chars().map(|c| if c == '\t' || !c.is_control() { c } else { '\u{fffd}' });
    let mut text: String = plain.take(WIDEST + 1).collect();
    if text.chars().count() > WIDEST {
        text.pop();
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause_of(log: &str) -> Option<(usize, String)> {
        cause(log.as_bytes())
    }

    #[test]
    fn the_cause_is_the_first_line_that_looks_like_one() {
        let log = "checking for error: no\ncc -c a.c\na.c:1:10: fatal error: zlib.h: No such file or directory\n\
                   compilation terminated.\nmake: *** [a.o] Error 1\n";
        assert_eq!(
            cause_of(log),
            Some((3, "a.c:1:10: fatal error: zlib.h: No such file or directory".into()))
        );
        assert_eq!(cause_of("cc -Werror -o strerror.o\nall well\n"), None);
        assert_eq!(cause_of("script.sh: line 9: frobnicate: command not found").unwrap().0, 1);
    }

    #[test]
    fn a_line_is_shown_without_what_could_play_with_a_terminal() {
        assert_eq!(shown(b"a\x1b[31mred\tx\r\n"), "a\u{fffd}[31mred\tx");
        assert_eq!(shown(&[b'x'; 1000]).chars().count(), WIDEST + 1);
        assert_eq!(shown(&[0xff]), "\u{fffd}");
    }
}

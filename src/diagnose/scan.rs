//! Goes once through a log of any size, in bounded memory, for the lines that rules know.
//!
//! All that is looked for in every byte are the rules' needles, in one automaton; only a line that has one is held
//! against the patterns.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::LazyLock;

use memchr::{memchr, memchr_iter, memrchr};
use regex::{RegexSet, bytes};
use serde::{Deserialize, Serialize};

use super::rule::{Rank, Rule};
use super::rules::FAMILIES;
use super::shown;

/// What is read at once, in bytes; a longer line is looked at in pieces.
const CHUNK: usize = 256 << 10;
/// How much of a line is looked at, in bytes.
const LONGEST: usize = 4 << 10;
/// How much before and behind a line is read to see what it is about, in bytes.
const AROUND: u64 = 16 << 10;
/// How many lines before and from the cause on are kept.
const BEFORE: usize = 9;
const AFTER: usize = 11;
/// How many places of a rule are kept.
const KEPT: usize = 16;
/// How many lines before one that says "ignored" belong to what was ignored.
const FORGIVEN: usize = 30;
/// What make says of a recipe's line that begins with `-` (GNU Make manual, "Errors in Recipes").
const IGNORED: &str = "(ignored)";

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// Its text, fit to be shown.
    pub text: String,
}

/// A line with those around it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Window {
    pub lines: Vec<Line>,
    /// The place of the line itself.
    pub at: usize,
}

impl Window {
    /// The line itself and those behind it.
    pub(super) fn and_after(&self) -> &[Line] {
        &self.lines[self.at.min(self.lines.len())..]
    }

    /// The lines before it.
    pub(super) fn before(&self) -> &[Line] {
        &self.lines[..self.at.min(self.lines.len())]
    }

    /// Whether the log ends within the window.
    pub(super) fn is_near_end(&self) -> bool {
        self.and_after().len() < AFTER
    }
}

/// A line that a rule knows.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub number: usize,
    start: u64,
    pub text: String,
}

/// What the whole log holds.
#[derive(Debug)]
pub(super) struct Scanned {
    /// By rule, in the order of [`rules`]: the first lines that it knows; of a faint rule the last.
    pub hits: Vec<Vec<Hit>>,
    lines: usize,
    length: u64,
}

/// Every rule, in the order of the tables.
pub(super) fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().copied().flatten()
}

/// A rule's pattern as the library wants it.
pub(super) fn pattern(rule: &Rule) -> String {
    rule.pattern.replace("<q>", r#"(?:[‘’'`"“”]?)"#)
}

static NEEDLES: LazyLock<bytes::Regex> = LazyLock::new(|| {
    let mut needles: Vec<_> = rules().flat_map(|rule| rule.needles).copied().chain([IGNORED]).collect();
    needles.sort_unstable();
    needles.dedup();
    let needles: Vec<_> = needles.into_iter().map(regex::escape).collect();
    bytes::Regex::new(&format!("(?-u){}", needles.join("|"))).expect("escaped literals are a pattern")
});

static PATTERNS: LazyLock<RegexSet> =
    LazyLock::new(|| RegexSet::new(rules().map(pattern)).expect("the patterns are fixed text"));

/// Reads a log from its start to its end.
///
/// # Errors
/// It cannot be read.
pub(super) fn scan(mut log: impl Read) -> io::Result<Scanned> {
    let mut hits: Vec<Vec<Hit>> = rules().map(|_| Vec::new()).collect();
    let ranks: Vec<_> = rules().map(|rule| rule.rank).collect();
    let mut buffer = vec![0; CHUNK];
    let (mut filled, mut offset, mut number) = (0, 0, 1);
    loop {
        let count = match log.read(&mut buffer[filled..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let end = filled + count;
        let whole = match memrchr(b'\n', &buffer[..end]) {
            _ if count == 0 => end,
            Some(newline) => newline + 1,
            None if end < buffer.len() => {
                filled = end;
                continue;
            }
            None => end,
        };
        let chunk = &buffer[..whole];
        let (mut counted, mut from) = (0, 0);
        while let Some(found) = NEEDLES.find_at(chunk, from) {
            let start = memrchr(b'\n', &chunk[from..found.start()]).map_or(from, |at| from + at + 1);
            let stop = memchr(b'\n', &chunk[found.end()..]).map_or(chunk.len(), |at| found.end() + at);
            number += memchr_iter(b'\n', &chunk[counted..start]).count();
            (counted, from) = (start, stop);
            let text = shown::text(&chunk[start..stop.min(start + LONGEST)]);
            look(&Hit { number, start: offset + start as u64, text }, &ranks, &mut hits);
        }
        number += memchr_iter(b'\n', &chunk[counted..]).count();
        offset += whole as u64;
        if count == 0 {
            let lines = if chunk.is_empty() { number - 1 } else { number };
            return Ok(Scanned { hits, lines, length: offset });
        }
        buffer.copy_within(whole..end, 0);
        filled = end - whole;
    }
}

/// Holds a line against the rules.
fn look(line: &Hit, ranks: &[Rank], hits: &mut [Vec<Hit>]) {
    if line.text.ends_with(IGNORED) && line.text.contains("Error ") {
        for kept in hits {
            kept.retain(|hit| hit.number + FORGIVEN < line.number);
        }
        return;
    }
    // A configure script tells of what it tries; that some of it fails is its purpose. But where a test ends with an
    // error, that stands in the same line.
    if line.text.starts_with("checking ") && !line.text.contains("configure: error: ") {
        return;
    }
    for rule in PATTERNS.matches(&line.text) {
        let kept = &mut hits[rule];
        match ranks[rule] {
            Rank::Faint if kept.len() == KEPT => {
                kept.remove(0);
                kept.push(line.clone());
            }
            _ if kept.len() == KEPT => {}
            _ => kept.push(line.clone()),
        }
    }
}

/// A line that was hit, with those around it.
///
/// # Errors
/// The log cannot be read.
pub(super) fn window(log: &mut (impl Read + Seek), hit: &Hit) -> io::Result<Window> {
    let from = hit.start.saturating_sub(AROUND);
    let bytes = read_at(log, from, AROUND * 2)?;
    let middle = usize::try_from(hit.start - from).unwrap_or(usize::MAX).min(bytes.len());
    let (before, after) = bytes.split_at(middle);
    let before = before.strip_suffix(b"\n").map(|before| before.rsplit(|&byte| byte == b'\n'));
    let numbered = before.into_iter().flatten().take(BEFORE).zip((1..hit.number).rev());
    let mut lines: Vec<_> = numbered.map(|(line, number)| Line { number, text: shown::row(line) }).collect();
    lines.reverse();
    let at = lines.len();
    let after = after.strip_suffix(b"\n").unwrap_or(after).split(|&byte| byte == b'\n').take(AFTER);
    lines.extend(after.zip(hit.number..).map(|(line, number)| Line { number, text: shown::row(line) }));
    Ok(Window { lines, at })
}

/// The last lines of a log.
///
/// # Errors
/// It cannot be read.
pub(super) fn end(log: &mut (impl Read + Seek), scanned: &Scanned) -> io::Result<Vec<Line>> {
    let bytes = read_at(log, scanned.length.saturating_sub(AROUND), AROUND)?;
    let whole = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let lines = whole.rsplit(|&byte| byte == b'\n').zip((1..=scanned.lines).rev());
    let lines = lines.filter(|(line, _)| !line.is_empty()).take(BEFORE + AFTER);
    let mut lines: Vec<_> = lines.map(|(line, number)| Line { number, text: shown::row(line) }).collect();
    lines.reverse();
    Ok(lines)
}

fn read_at(log: &mut (impl Read + Seek), from: u64, most: u64) -> io::Result<Vec<u8>> {
    log.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    log.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn numbers(log: &[u8]) -> Vec<usize> {
        let scanned = scan(log).unwrap();
        let mut numbers: Vec<_> = scanned.hits.iter().flatten().map(|hit| hit.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    #[test]
    fn lines_are_counted_across_what_is_read_at_once() {
        let mut log = Vec::new();
        for number in 1..=40_000 {
            log.extend(
                if number % 10_000 == 0 { "a.c:1:1: error: bad\n" } else { "cc -c a.c -o a.o\n" }.bytes(),
            );
        }
        assert!(log.len() > 2 * CHUNK);
        assert_eq!(numbers(&log), [10_000, 20_000, 30_000, 40_000]);
    }

    #[test]
    fn a_line_without_end_is_no_trouble() {
        let mut log = vec![b'x'; 3 * CHUNK];
        log.extend(b"\na.c:1:1: error: bad");
        assert_eq!(numbers(&log), [2]);
        let scanned = scan(log.as_slice()).unwrap();
        assert_eq!(scanned.lines, 2);
        assert_eq!(end(&mut Cursor::new(log), &scanned).unwrap()[1].text, "a.c:1:1: error: bad");
    }

    #[test]
    fn what_make_ignores_is_no_cause() {
        let log = b"a.c:1:1: error: bad\nmake: [Makefile:2: all] Error 1 (ignored)\nb.c:1:1: error: bad\n";
        assert_eq!(numbers(log), [3]);
    }

    #[test]
    fn what_a_configure_script_tries_is_no_cause() {
        assert!(numbers(b"checking for error: no\nchecking for foo... command not found\n").is_empty());
    }
}

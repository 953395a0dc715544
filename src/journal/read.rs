//! Reads a journal, whole or as it grows.
//!
//! A journal survives whatever happened to its writers: a line that was cut off, that a newer lfsgen wrote or that
//! is damaged is told of and passed over, and no line hides another.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use serde::Deserialize;

use super::{Entry, Event, VERSION};
use crate::host::files;

/// What a journal says.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Reading {
    /// In the order of the lines.
    pub entries: Vec<Entry>,
    /// Lines that say nothing to us.
    pub skipped: Vec<Skipped>,
}

/// A line that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// From 1.
    pub line: usize,
    /// Why.
    pub reason: SkipReason,
}

/// Why a line was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// Its writer was stopped in the middle of it.
    CutOff,
    /// It has a version or an event that this lfsgen does not know.
    Newer,
    /// It is no event.
    Damaged,
}

/// Reads a whole journal; one that is not there is empty.
///
/// # Errors
/// It is there and cannot be read.
pub fn read(path: &Path) -> Result<Reading> {
    Ok(parse(&files::read_if_exists(path)?.unwrap_or_default()))
}

/// Reads the bytes of a journal. Never fails: see [`Reading::skipped`].
pub fn parse(bytes: &[u8]) -> Reading {
    let lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
    let last = lines.len().saturating_sub(1);
    let parsed: Vec<Line> = lines
        .par_iter()
        .with_min_len(256)
        .enumerate()
        .map(|(at, line)| parse_line(line, at == last))
        .collect();
    let mut reading = Reading::default();
    for (at, line) in parsed.into_iter().enumerate() {
        reading.entries.extend(line.entry);
        reading.skipped.extend(line.skipped.map(|reason| Skipped { line: at + 1, reason }));
    }
    reading
}

/// A line may be both: a cut-off entry with a whole one behind it, from the next writer.
#[derive(Default)]
struct Line {
    entry: Option<Entry>,
    skipped: Option<SkipReason>,
}

fn parse_line(line: &[u8], last: bool) -> Line {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Line::default();
    }
    let skipped = match entry(line) {
        Ok(entry) => return Line { entry: Some(entry), skipped: None },
        Err(_) if last => SkipReason::CutOff,
        Err(reason) => reason,
    };
    let behind = starts_of_entries(line).filter(|&at| at > 0).find_map(|at| entry(&line[at..]).ok());
    match behind {
        Some(entry) => Line { entry: Some(entry), skipped: Some(SkipReason::CutOff) },
        None => Line { entry: None, skipped: Some(skipped) },
    }
}

/// Where an entry may start: writers put the version first.
fn starts_of_entries(line: &[u8]) -> impl Iterator<Item = usize> {
    const START: &[u8] = br#"{"v":"#;
    line.windows(START.len()).enumerate().filter(|(_, window)| *window == START).map(|(at, _)| at)
}

fn entry(line: &[u8]) -> Result<Entry, SkipReason> {
    let Head { v, at, run, event } = serde_json::from_slice(line).map_err(|error| reason(&error, line))?;
    if v != VERSION {
        return Err(SkipReason::Newer);
    }
    // The frequent events are read directly; serde would first make a tree of one whose kind it must find out.
    let event = match &*event {
        "step-started" => serde_json::from_slice(line).map(Event::StepStarted),
        "step-finished" => serde_json::from_slice(line).map(Event::StepFinished),
        "artifact-committed" => serde_json::from_slice(line).map(Event::ArtifactCommitted),
        _ => serde_json::from_slice(line),
    };
    Ok(Entry { v, at, run, event: event.map_err(|error| reason(&error, line))? })
}

/// What every event has.
#[derive(Deserialize)]
struct Head<'a> {
    v: u32,
    at: u64,
    run: Option<String>,
    #[serde(borrow)]
    event: Cow<'a, str>,
}

fn reason(error: &serde_json::Error, line: &[u8]) -> SkipReason {
    /// What every version of a line has.
    #[derive(Deserialize)]
    struct Envelope {
        v: u32,
    }

    let envelope: serde_json::Result<Envelope> = serde_json::from_slice(line);
    let is_ours = error.is_data() && envelope.is_ok_and(|envelope| envelope.v >= VERSION);
    if is_ours { SkipReason::Newer } else { SkipReason::Damaged }
}

/// Follows a journal that others write to.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: Option<File>,
    offset: u64,
    /// The start of a line whose end is not written yet.
    rest: Vec<u8>,
}

impl Follower {
    /// Follows from the journal's present end on.
    ///
    /// # Errors
    /// It is there and cannot be looked at.
    pub fn from_end(path: &Path) -> Result<Self> {
        let offset = match files::metadata(path) {
            Ok(metadata) => metadata.len(),
            Err(error) if files::is_absent(&error) => 0,
            Err(error) => {
                return Err(error).with_context(|| format!("failed to follow `{}`", path.display()));
            }
        };
        Ok(Self { path: path.to_owned(), file: None, offset, rest: Vec::new() })
    }

    /// The entries that were written since the last call.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn poll(&mut self) -> Result<Vec<Entry>> {
        if self.file.is_none() && !self.path.exists() {
            return Ok(Vec::new());
        }
        let file = match &mut self.file {
            Some(file) => file,
            empty => empty.insert(files::open(&self.path)?),
        };
        let read = file.seek(SeekFrom::Start(self.offset)).and_then(|_| file.read_to_end(&mut self.rest));
        let read = read.with_context(|| format!("failed to read `{}`", self.path.display()))?;
        self.offset += read as u64;
        let Some(end) = self.rest.iter().rposition(|&byte| byte == b'\n') else { return Ok(Vec::new()) };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        Ok(parse(&whole).entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{ArtifactCommitted, Outcome, StepFinished, StepStarted, Usage};
    use crate::model::{Digest, PackageName, Phase};

    const FINISHED: &str = r#"{"v":1,"at":5,"event":"run-finished","ok":true}"#;

    #[test]
    fn an_absent_journal_is_empty() {
        assert_eq!(read(Path::new("/nonexistent/journal.jsonl")).unwrap(), Reading::default());
        assert_eq!(parse(b""), Reading::default());
    }

    #[test]
    fn a_last_line_that_was_cut_off_is_passed_over() {
        let reading = parse(format!("{FINISHED}\n{}", &FINISHED[..20]).as_bytes());
        assert_eq!(reading.entries.len(), 1);
        assert_eq!(reading.skipped, [Skipped { line: 2, reason: SkipReason::CutOff }]);
    }

    #[test]
    fn a_cut_off_entry_does_not_hide_the_one_that_was_appended_to_it() {
        let reading = parse(format!("{}{FINISHED}\n", &FINISHED[..20]).as_bytes());
        assert_eq!(reading.entries[0].event, Event::RunFinished { ok: true });
        assert_eq!(reading.skipped, [Skipped { line: 1, reason: SkipReason::CutOff }]);
    }

    #[test]
    fn events_that_we_do_not_know_are_newer_and_other_lines_are_damaged() {
        let text = format!(
            "{}\n{}\n{{\"v\":9,\"at\":1}}\nnoise\n\n{FINISHED}\n",
            r#"{"v":1,"at":5,"event":"moon-phase","full":true}"#,
            FINISHED.replace("\"v\":1", "\"v\":2"),
        );
        let reading = parse(text.as_bytes());
        assert_eq!(reading.entries.len(), 1);
        let reasons: Vec<_> = reading.skipped.iter().map(|skipped| (skipped.line, skipped.reason)).collect();
        use SkipReason::{Damaged, Newer};
        assert_eq!(reasons, [(1, Newer), (2, Newer), (3, Newer), (4, Damaged)]);
    }

    #[test]
    fn every_event_reads_back_as_it_was_written() {
        let package = PackageName::new("zlib").unwrap();
        let (phase, key) = (Phase::Build, Digest::of(b"key"));
        let key_parts = [("version".to_owned(), "1 \"\\\n".to_owned())].into();
        let events = [
            Event::RunStarted {
                targets: vec!["all".into()],
                jobs: 2,
                cpus: None,
                runner: "ninja".into(),
                lfsgen: "0".into(),
            },
            Event::RunFinished { ok: false },
            Event::StepStarted(StepStarted { package: package.clone(), phase, key, pid: 7 }),
            Event::StepFinished(Box::new(StepFinished {
                package: package.clone(),
                phase,
                key,
                outcome: Outcome::Failed { status: 2 },
                usage: Usage { wall_ms: 5, ..Usage::default() },
                log: Some("logs/a\"b".into()),
                message: Some("é\n".into()),
            })),
            Event::ArtifactCommitted(Box::new(ArtifactCommitted {
                package,
                key,
                manifest: key,
                files: 1,
                bytes: 2,
                key_parts,
                same_as: None,
                captured: crate::store::Captured::Destdir,
            })),
        ];
        for event in events {
            let entry = Entry { v: VERSION, at: 9, run: Some("r\"1".into()), event };
            let mut line = serde_json::to_vec(&entry).unwrap();
            assert!(line.starts_with(br#"{"v":"#));
            line.push(b'\n');
            assert_eq!(parse(&line).entries, [entry]);
        }
    }

    #[test]
    fn a_follower_gives_whole_lines_as_they_come() {
        use std::io::Write as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let mut follower = Follower::from_end(&path).unwrap();
        assert!(follower.poll().unwrap().is_empty());
        let mut file = files::open_append(&path).unwrap();
        write!(file, "{FINISHED}\n{}", &FINISHED[..9]).unwrap();
        assert_eq!(follower.poll().unwrap().len(), 1);
        assert!(follower.poll().unwrap().is_empty());
        writeln!(file, "{}", &FINISHED[9..]).unwrap();
        assert_eq!(follower.poll().unwrap().len(), 1);
        assert!(Follower::from_end(&path).unwrap().poll().unwrap().is_empty());
    }
}

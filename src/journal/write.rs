//! Writes to a journal that many processes write to at once.
//!
//! Nothing is ever changed in it, and no lock is needed. A line that was cut off, by a crash or a full disk, is left as
//! it is, and the next one starts on a line of its own.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Entry, Event, VERSION};
use crate::host::{clock, files};

/// A journal open for appending.
///
/// Each entry is one `write(2)` on a file opened with `O_APPEND`, so that entries of writers at work at once never
/// mix (POSIX.1-2024, `write`: no other modification happens between the change of the offset and the write).
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
    run: Option<String>,
}

impl Writer {
    /// Opens a journal and makes it where it is absent. Its entries will belong to `run`.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path, run: Option<String>) -> Result<Self> {
        if let Some(parent) = path.parent() {
            files::create_dir_all(parent)?;
        }
        Ok(Self { path: path.to_owned(), file: files::open_append_read(path)?, run })
    }

    /// Appends an event of this moment. Where the last line was cut off, by a crash or a full disk, it starts a new one.
    ///
    /// # Errors
    /// It could not be written whole.
    pub fn append(&mut self, event: Event) -> Result<()> {
        let entry = Entry { v: VERSION, at: clock::unix_millis(), run: self.run.clone(), event };
        let failed = || format!("failed to append to the journal `{}`", self.path.display());
        let torn = files::last_byte(&self.file).with_context(failed)?.is_some_and(|byte| byte != b'\n');
        let mut line = if torn { b"\n".to_vec() } else { Vec::new() };
        serde_json::to_writer(&mut line, &entry).context("failed to write an event as JSON")?;
        line.push(b'\n');
        self.file.write_all(&line).with_context(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::read;

    #[test]
    fn an_entry_is_never_glued_to_a_line_that_was_cut_off_wherever_that_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let mut writer = Writer::open(&path, Some("run".into())).unwrap();
        for ok in [true, false, true] {
            writer.append(Event::RunFinished { ok }).unwrap();
        }
        let whole = files::read(&path).unwrap();
        let entries = read(&path).unwrap().entries;
        for length in 0..=whole.len() {
            files::write_atomic(&path, &whole[..length]).unwrap();
            Writer::open(&path, None).unwrap().append(Event::RunFinished { ok: true }).unwrap();
            let reading = read(&path).unwrap();
            let lines = whole[..length].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count();
            let kept = reading.entries.len() - 1;
            assert_eq!(reading.entries[..kept], entries[..kept], "{length} bytes");
            assert_eq!(reading.entries[kept].run, None);
            assert_eq!(kept + reading.skipped.len(), lines, "{length} bytes");
            assert!(reading.skipped.len() <= 1, "{length} bytes");
            let bytes = files::read(&path).unwrap();
            assert_eq!(bytes[..length], whole[..length], "nothing is taken back");
            assert_eq!(length == 0 || whole[length - 1] == b'\n', bytes[length] != b'\n', "{length} bytes");
        }
    }

    #[test]
    fn a_flipped_bit_costs_no_line_but_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let mut writer = Writer::open(&path, None).unwrap();
        for ok in [true, false, true] {
            writer.append(Event::RunFinished { ok }).unwrap();
        }
        let whole = files::read(&path).unwrap();
        let entries = read(&path).unwrap().entries;
        for at in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[at / 8] ^= 1 << (at % 8);
            let found = crate::journal::parse(&bytes).entries;
            // A line end that was lost glues two lines together.
            let hit = if whole[at / 8] == b'\n' { 2 } else { 1 };
            let kept = entries.iter().filter(|entry| found.contains(entry)).count();
            assert!(kept + hit >= entries.len(), "bit {at}");
        }
    }

    #[test]
    fn entries_of_many_writers_at_once_are_all_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/journal.jsonl");
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let mut writer = Writer::open(path, Some(format!("run-{number}"))).unwrap();
                    let targets = vec!["x".repeat(5000)];
                    for jobs in 0..50 {
                        let event = Event::RunStarted {
                            cpus: None,
                            targets: targets.clone(),
                            jobs,
                            runner: "ninja".into(),
                            lfsgen: "0".into(),
                        };
                        writer.append(event).unwrap();
                    }
                });
            }
        });
        let reading = read(&path).unwrap();
        assert_eq!((reading.entries.len(), reading.skipped.len()), (400, 0));
        let of_run_3 = reading.entries.iter().filter(|entry| entry.run.as_deref() == Some("run-3"));
        assert_eq!(of_run_3.count(), 50);
    }
}

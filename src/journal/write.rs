//! Writes to a journal that many processes write to at once.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{Entry, Event, VERSION};
use crate::host::{clock, files};

/// A journal open for appending.
///
/// Each entry is one `write(2)` on a file opened with `O_APPEND`, so that entries of writers at work at once never
/// mix (POSIX.1-2024, `write`: no other modification happens between the change of the offset and the write).
#[derive(Debug)]
pub struct Writer {
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
        Ok(Self { file: files::open_append(path)?, run })
    }

    /// Appends an event of this moment.
    ///
    /// # Errors
    /// It could not be written whole.
    pub fn append(&mut self, event: Event) -> Result<()> {
        let entry = Entry { v: VERSION, at: clock::unix_millis(), run: self.run.clone(), event };
        let mut line = serde_json::to_vec(&entry).context("failed to write an event as JSON")?;
        line.push(b'\n');
        self.file.write_all(&line).context("failed to append to the journal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::read;

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

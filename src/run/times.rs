//! When each part of a log was written.
//!
//! A log has a command's output and nothing else, as tools that read it want it. The times lie beside it in a file of lines
//! `MILLISECONDS OFFSET`: what begins at that byte of the log was written so long after the attempt had begun. A line that a crash
//! cut off ends what is known.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::runner::millis;
use crate::host::clock::Stopwatch;
use crate::host::files;
use crate::layout::times_of;

/// Output that comes within this time of other output counts as having come with it: an hour of it then has no more than ten
/// megabytes of times.
const APART: Duration = Duration::from_millis(10);

/// Notes when the parts of a log are written.
#[derive(Debug)]
pub(super) struct Recorder {
    since: Stopwatch,
    /// When the part began that was noted last.
    last: Option<Duration>,
    /// Nothing before the first output, and where the file cannot be written: the output matters more.
    file: Option<File>,
}

impl Recorder {
    /// Begins with an attempt.
    pub(super) fn start() -> Self {
        Self { since: Stopwatch::start(), last: None, file: None }
    }

    /// Notes that something is about to be written at a byte of a log.
    pub(super) fn note(&mut self, log: &Path, offset: u64) {
        let now = self.since.elapsed();
        if self.last.is_none() {
            self.file = files::create(&times_of(log)).ok();
        } else if self.last.is_some_and(|last| now.saturating_sub(last) < APART) {
            return;
        }
        self.last = Some(now);
        let line = format!("{} {offset}\n", millis(now));
        // Half a line would make the next one a wrong one.
        self.file = self.file.take().filter(|mut file| file.write_all(line.as_bytes()).is_ok());
    }
}

/// When the parts of a log were written, as far as that was noted.
#[derive(Debug, PartialEq, Eq)]
pub struct Times(Vec<(u64, Duration)>);

impl Times {
    /// Of a log; nothing was noted of one that is empty.
    ///
    /// # Errors
    /// The times are there and cannot be read.
    pub fn read(log: &Path) -> Result<Self> {
        let bytes = files::read_if_exists(&times_of(log))?.unwrap_or_default();
        Ok(Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Reads lines of times, up to one that is none.
    pub fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let (millis, offset) = line.strip_suffix('\n')?.split_once(' ')?;
            Some((offset.parse().ok()?, Duration::from_millis(millis.parse().ok()?)))
        };
        Self(text.split_inclusive('\n').map_while(line).collect())
    }

    /// How long after the beginning of its attempt the byte at `offset` of the log was written.
    pub fn at(&self, offset: u64) -> Option<Duration> {
        let after = self.0.partition_point(|(begins, _)| *begins <= offset);
        self.0[..after].last().map(|(_, at)| *at)
    }

    /// When the last output came.
    pub fn last(&self) -> Option<Duration> {
        self.0.last().map(|(_, at)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::clock;

    #[test]
    fn each_byte_has_the_time_of_the_output_that_it_came_with() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("build.log");
        assert_eq!(Times::read(&log).unwrap(), Times(Vec::new()));
        let mut recorder = Recorder::start();
        recorder.note(&log, 0);
        recorder.note(&log, 7);
        clock::sleep(APART);
        recorder.note(&log, 9);
        let times = Times::read(&log).unwrap();
        let (first, second) = (times.at(0).unwrap(), times.at(9).unwrap());
        assert!(second >= APART && second - first >= APART, "{times:?}");
        assert_eq!([8, 9, 99].map(|at| times.at(at).unwrap()), [first, second, second]);
        assert_eq!(times.last(), Some(second));
    }

    #[test]
    fn what_was_cut_off_ends_what_is_known() {
        let of = |times: &[(u64, u64)]| {
            Times(times.iter().map(|&(at, millis)| (at, Duration::from_millis(millis))).collect())
        };
        assert_eq!(Times::parse("5 0\n70 120\n9"), of(&[(0, 5), (120, 70)]));
        assert_eq!(Times::parse("5 0\n70 1"), of(&[(0, 5)]));
        assert_eq!(Times::parse("5 0\nx\n70 1\n"), of(&[(0, 5)]));
        assert_eq!(of(&[(3, 5)]).at(2), None);
    }

    #[test]
    fn times_that_cannot_be_written_are_missed_and_nothing_else() {
        let mut recorder = Recorder::start();
        recorder.note(Path::new("/proc/none/build.log"), 0);
        clock::sleep(APART);
        recorder.note(Path::new("/proc/none/build.log"), 5);
        assert!(recorder.file.is_none());
    }
}

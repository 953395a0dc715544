//! The log of each attempt at a step, whole.
//!
//! The last attempt's is `<phase>.log`. Earlier ones are kept beside it under their numbers, and the oldest of many are
//! removed when a new one starts. Each has its times beside it.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::expected::Results;
use super::times::Recorder;
use crate::host::files;
use crate::layout::{Layout, times_of};
use crate::model::{PackageName, Phase};

/// How many logs of earlier attempts are kept.
const KEPT: usize = 10;

/// A log that is being written.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    /// Bytes that are in it.
    length: u64,
    times: Recorder,
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.times.note(&self.path, self.length);
        let written = self.file.write(bytes)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Starts a log, and takes away what was known of the last attempt's failure. The last attempt's becomes `<phase>.<n>.log`,
/// with the next number; the oldest goes where there are many.
pub(super) fn start(layout: &Layout, package: &PackageName, phase: Phase) -> Result<Log> {
    let path = layout.log(package, phase);
    let dir = path.parent().unwrap_or(layout.root());
    files::create_dir_all(dir)?;
    if path.exists() {
        let earlier = earlier_logs(layout, package, phase)?;
        let next = earlier.last().map_or(1, |last| last.saturating_add(1));
        rename(&path, &layout.earlier_log(package, phase, next))?;
        for old in earlier.into_iter().filter(|number| *number <= next.saturating_sub(KEPT)) {
            remove(&layout.earlier_log(package, phase, old))?;
        }
    }
    files::remove_file(&layout.card(package, phase))?;
    let file = files::create(&path)?;
    Ok(Log { path, file, length: 0, times: Recorder::start() })
}

/// Gives a log another name.
pub(super) fn rename(from: &Path, to: &Path) -> Result<()> {
    files::rename(from, to)?;
    let (from, to) = (times_of(from), times_of(to));
    if from.exists() { files::rename(&from, &to) } else { files::remove_file(&to) }
}

/// Removes a log, if it is there.
pub(super) fn remove(log: &Path) -> Result<()> {
    files::remove_file(log)?;
    files::remove_file(&times_of(log))
}

/// The numbers of the logs of a phase's earlier attempts, that of the one before the last at the end.
///
/// # Errors
/// They cannot be looked for.
pub fn earlier_logs(layout: &Layout, package: &PackageName, phase: Phase) -> Result<Vec<usize>> {
    let path = layout.log(package, phase);
    let names = files::names(path.parent().unwrap_or(layout.root()))?;
    let start = format!("{phase}.");
    let number = |name: &String| name.strip_prefix(&start)?.strip_suffix(".log")?.parse().ok();
    let mut numbers: Vec<usize> = names.iter().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// What the log of a check says of its tests.
pub(super) fn results(
    layout: &Layout,
    package: &PackageName,
    phase: Phase,
    expected: &[String],
) -> Result<Results> {
    let path = layout.log(package, phase);
    let log = BufReader::with_capacity(256 << 10, files::open(&path)?);
    Results::read(log, expected).with_context(|| format!("failed to read `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn each_attempt_keeps_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, package) = (Layout::new(dir.path()), PackageName::new("zlib").unwrap());
        for attempt in 0..3 {
            write!(start(&layout, &package, Phase::Build).unwrap(), "{attempt}").unwrap();
        }
        let text = |name: &str| files::read(&dir.path().join("logs/zlib").join(name)).unwrap();
        assert_eq!([text("build.1.log"), text("build.2.log"), text("build.log")], [b"0", b"1", b"2"]);
    }

    #[test]
    fn of_many_attempts_the_last_ones_keep_their_logs_under_their_own_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, package) = (Layout::new(dir.path()), PackageName::new("zlib").unwrap());
        for attempt in 1..=25 {
            write!(start(&layout, &package, Phase::Build).unwrap(), "{attempt}").unwrap();
        }
        start(&layout, &package, Phase::Check).unwrap();
        let logs = dir.path().join("logs/zlib");
        let kept = (15..25).map(|number| format!("build.{number}")).chain(["build".to_owned()]);
        let mut expected: Vec<_> =
            kept.flat_map(|name| [format!("{name}.log"), format!("{name}.times")]).collect();
        // Of nothing that was written there are no times.
        expected.push("check.log".to_owned());
        assert_eq!(files::names(&logs).unwrap(), expected);
        assert_eq!(files::read(&logs.join("build.15.log")).unwrap(), b"15");
    }
}

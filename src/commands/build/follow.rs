//! What steps print while they run, line by line as it comes to their logs.

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use crate::diagnose::plain;
use crate::host::files;
use crate::layout::Layout;
use crate::model::{PackageName, Phase};

/// How much of a log is read at once, in bytes.
const AT_ONCE: u64 = 1 << 20;
/// By how much the time of a file may lag behind the clock, in milliseconds: a tick of the kernel at 100 Hz.
const TICK_MS: u64 = 10;

/// The logs of steps that run.
#[derive(Debug, Default)]
pub(super) struct Follow(BTreeMap<(PackageName, Phase), Log>);

#[derive(Debug)]
struct Log {
    path: PathBuf,
    /// When its step started, in milliseconds since the Unix epoch. What is there and older is the log of an attempt before.
    started: u64,
    /// How much was read, and what of it is the beginning of a line.
    read: u64,
    rest: Vec<u8>,
}

impl Follow {
    /// A step starts.
    pub(super) fn start(&mut self, layout: &Layout, package: &PackageName, phase: Phase, started: u64) {
        let log = Log { path: layout.log(package, phase), started, read: 0, rest: Vec::new() };
        self.0.insert((package.clone(), phase), log);
    }

    /// What all of them have printed since, each line behind its step's name.
    pub(super) fn news(&mut self) -> String {
        self.0
            .iter_mut()
            .map(|((package, phase), log)| log.news(&format!("{package}:{phase}"), false))
            .collect()
    }

    /// The rest of what a step has printed that has ended.
    pub(super) fn end(&mut self, package: &PackageName, phase: Phase) -> String {
        let log = self.0.remove(&(package.clone(), phase));
        log.map_or_else(String::new, |mut log| log.news(&format!("{package}:{phase}"), true))
    }
}

impl Log {
    /// A log that cannot be read has nothing new: the step's line tells of what went wrong.
    fn news(&mut self, name: &str, to_end: bool) -> String {
        let mut text = String::new();
        while let Some(bytes) = self.read() {
            self.rest.extend(bytes);
            while let Some(end) = self.rest.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                text += &shown(name, &line);
            }
            if !to_end {
                break;
            }
        }
        if to_end && !self.rest.is_empty() {
            text += &shown(name, &std::mem::take(&mut self.rest));
        }
        text
    }

    /// The next bytes, if there are any.
    fn read(&mut self) -> Option<Vec<u8>> {
        let mut file = files::open(&self.path).ok()?;
        let metadata = file.metadata().ok()?;
        let changed = u64::try_from(metadata.mtime() * 1000 + metadata.mtime_nsec() / 1_000_000).ok()?;
        if changed + TICK_MS < self.started {
            return None;
        }
        file.seek(SeekFrom::Start(self.read)).ok()?;
        let mut bytes = Vec::new();
        self.read += file.take(AT_ONCE).read_to_end(&mut bytes).ok()? as u64;
        (!bytes.is_empty()).then_some(bytes)
    }
}

fn shown(name: &str, line: &[u8]) -> String {
    format!("{name} | {}\n", plain(String::from_utf8_lossy(line).trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_once_and_the_last_one_with_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, package) = (Layout::new(dir.path()), PackageName::new("zlib").unwrap());
        let path = layout.log(&package, Phase::Build);
        let mut follow = Follow::default();
        follow.start(&layout, &package, Phase::Build, 0);
        assert_eq!(follow.news(), "");
        files::write_atomic(&path, b"one\ntw").unwrap();
        assert_eq!(follow.news(), "zlib:build | one\n");
        files::write_atomic(&path, b"one\ntwo\nthr\x1b[2Jee").unwrap();
        assert_eq!(follow.news(), "zlib:build | two\n");
        assert_eq!(follow.end(&package, Phase::Build), "zlib:build | three\n");
        assert_eq!(follow.end(&package, Phase::Build), "");
        // That of an attempt before is not this one's.
        follow.start(&layout, &package, Phase::Build, u64::MAX);
        assert_eq!(follow.end(&package, Phase::Build), "");
    }
}

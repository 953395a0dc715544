//! What the first process tells the runner before it ends, and how: as JSON through a pipe.

use std::os::fd::OwnedFd;

use anyhow::Result;
use rustix::fd::BorrowedFd;
use rustix::process::WaitStatus;
use serde::{Deserialize, Serialize};

use super::refused::split;
use crate::model::Over;

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Report {
    /// How the command ended.
    pub end: End,
    /// The most memory that it had at once, in bytes, as far as that was looked at.
    pub peak: u64,
    /// Why it had the machine's clock, where it should have had one of its own.
    pub clock_refused: Option<String>,
}

/// How the command ended, or why it never started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum End {
    /// It left with this status.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// It used more of something than it may.
    Over(Over),
    /// The root could not be built.
    Failed {
        /// Why.
        found: String,
        /// What to do, where that is known.
        remedy: Option<String>,
    },
}

impl Report {
    /// Of a first process that never started its command.
    pub(super) fn of_error(error: &anyhow::Error) -> Self {
        let (found, remedy) = split(error);
        Self { end: End::Failed { found, remedy }, peak: 0, clock_refused: None }
    }

    /// Writes it. Who does not read it does not want to know.
    pub(super) fn write(&self, pipe: BorrowedFd<'_>) {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let mut rest = text.as_slice();
        while let Ok(written @ 1..) = rustix::io::write(pipe, rest) {
            rest = &rest[written..];
        }
    }

    /// Reads one; nothing where the process was killed before it wrote its own.
    ///
    /// # Errors
    /// The pipe cannot be read.
    pub(super) fn read(pipe: &OwnedFd) -> Result<Option<Self>> {
        Ok(serde_json::from_slice(&read_all(pipe)?).ok())
    }
}

impl End {
    /// Of a command that ended; nothing where it was merely stopped.
    pub(super) fn of_status(status: WaitStatus) -> Option<Self> {
        let signalled = status.terminating_signal().map(Self::Signalled);
        signalled.or_else(|| status.exit_status().map(Self::Exited))
    }
}

/// Everything that is written to a pipe until nobody has its other end open.
fn read_all(pipe: &OwnedFd) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while let count @ 1.. = rustix::io::read(pipe, &mut buffer[..])? {
        text.extend_from_slice(&buffer[..count]);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use rustix::pipe::pipe;

    use super::*;
    use crate::model::Limited;

    #[test]
    fn a_report_reads_back_what_was_written_and_half_of_one_is_none() {
        let failed = |remedy: Option<&str>| End::Failed {
            found: "failed to mount\nx".to_owned(),
            remedy: remedy.map(str::to_owned),
        };
        let over = Over::new(Limited::Memory, 3, 2);
        let ends =
            [End::Exited(3), End::Signalled(9), End::Over(over), failed(None), failed(Some("lift it"))];
        for end in ends {
            for clock_refused in [None, Some("that takes another Linux".to_owned())] {
                let report = Report { end: end.clone(), peak: 7, clock_refused };
                let (read, write) = pipe().unwrap();
                report.write(write.as_fd());
                drop(write);
                assert_eq!(Report::read(&read).unwrap(), Some(report));
            }
        }
        for text in ["", "{", r#"{"end":{"Exited":3},"peak":"#] {
            let (read, write) = pipe().unwrap();
            rustix::io::write(&write, text.as_bytes()).unwrap();
            drop(write);
            assert_eq!(Report::read(&read).unwrap(), None, "{text:?}");
        }
    }
}

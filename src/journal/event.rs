//! One event, one line of `journal.jsonl`.
//!
//! These types are the shape on the disk. Lines of earlier versions of lfsgen must stay readable: a field that is added
//! later is optional, and any other change raises [`VERSION`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Digest, Over, PackageName, Phase};
use crate::store::Captured;

/// The version of this shape; each line carries it as `v`.
pub const VERSION: u32 = 1;

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// [`VERSION`].
    pub v: u32,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
    /// The run it belongs to: what `lfsgen build` named itself, or absent under a plain `ninja`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// `lfsgen build` started.
    RunStarted {
        /// What was asked for; empty for everything.
        targets: Vec<String>,
        /// Steps at once.
        jobs: u32,
        /// Processors that the run may use.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cpus: Option<u32>,
        /// The program that runs the graph, such as `ninja`.
        runner: String,
        /// The version of lfsgen.
        lfsgen: String,
    },
    /// `lfsgen build` ended.
    RunFinished {
        /// Whether every step of it succeeded.
        ok: bool,
    },
    /// A step started.
    StepStarted(StepStarted),
    /// A step ended.
    StepFinished(Box<StepFinished>),
    /// A package's artifact was committed.
    ArtifactCommitted(Box<ArtifactCommitted>),
}

/// A step that started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepStarted {
    /// Whose.
    pub package: PackageName,
    /// Which phase.
    pub phase: Phase,
    /// The step's key.
    pub key: Digest,
    /// The runner's process id on the host.
    pub pid: u32,
}

/// An artifact that was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactCommitted {
    /// Whose.
    pub package: PackageName,
    /// The package's key.
    pub key: Digest,
    /// The digest of the manifest's bytes: equal where the content is equal.
    pub manifest: Digest,
    /// Regular files in it.
    pub files: u64,
    /// Their size together, in bytes.
    pub bytes: u64,
    /// What the key was made of, as in the plan file.
    pub key_parts: BTreeMap<String, String>,
    /// Where nothing was built, because all that the artifact is made of came out as before: the key under which it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<Digest>,
    /// How it is known what the package installed.
    #[serde(default, skip_serializing_if = "Captured::is_whole")]
    pub captured: Captured,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepFinished {
    /// Whose.
    pub package: PackageName,
    /// Which phase.
    pub phase: Phase,
    /// The step's key.
    pub key: Digest,
    /// How it ended.
    pub outcome: Outcome,
    /// What it used.
    pub usage: Usage,
    /// Its log, relative to the state directory.
    pub log: Option<String>,
    /// For a failure what failed, for a success what is worth knowing of it; a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It ran and succeeded.
    Succeeded,
    /// Its result was there already, under the same key.
    Restored,
    /// Its command left with this status.
    Failed {
        /// The exit status.
        status: i32,
    },
    /// A signal ended it.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// It took longer than its limit and was ended.
    TimedOut {
        /// The limit, in seconds.
        seconds: u64,
    },
    /// It used more of something than it may and was ended.
    OverLimit(Over),
    /// Somebody asked the runner to stop.
    Interrupted,
    /// It could not be run: the machine was at fault, not the command.
    Errored,
    /// It was not asked for, as with `build --check-phase off`.
    Skipped,
}

impl Outcome {
    /// Whether the build may go on after it.
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Restored | Self::Skipped)
    }

    /// Whether nothing ran: an earlier result was taken, or nothing was asked for. Such a step has an end alone in the journal.
    pub fn is_passed(&self) -> bool {
        matches!(self, Self::Restored | Self::Skipped)
    }

    /// Whether something is wrong, rather than stopped by somebody.
    pub fn is_failure(&self) -> bool {
        !self.is_ok() && !matches!(self, Self::Interrupted)
    }

    /// Its name in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Restored => "restored",
            Self::Failed { .. } => "failed",
            Self::Killed { .. } => "killed",
            Self::TimedOut { .. } => "timed-out",
            Self::OverLimit(_) => "over-limit",
            Self::Interrupted => "interrupted",
            Self::Errored => "errored",
            Self::Skipped => "skipped",
        }
    }
}

/// What a step used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// From start to end, in milliseconds.
    pub wall_ms: u64,
    /// Processor time in user mode, in milliseconds.
    pub user_ms: u64,
    /// Processor time in the kernel, in milliseconds.
    pub system_ms: u64,
    /// Peak resident memory of the largest process, in KiB (getrusage(2), `ru_maxrss`).
    pub max_rss_kib: u64,
    /// The most memory that all its processes had at once, in bytes, as far as that was looked at several times a second; without
    /// what the kernel can take back, such as programs' code. 0 of a step that was over in a moment.
    #[serde(default)]
    pub peak_bytes: u64,
    /// Bytes that disks were read for; what memory still had of a file is not among them (`ru_inblock`).
    #[serde(default)]
    pub read_bytes: u64,
    /// Bytes that were given to be written to disks, those of files in memory not among them (`ru_oublock`).
    #[serde(default)]
    pub written_bytes: u64,
}

impl Usage {
    /// The most memory that it had at once, in bytes: that of all its processes together, or of its largest one if that was more, as
    /// of a process that was there between two looks.
    pub fn peak(&self) -> u64 {
        self.peak_bytes.max(self.max_rss_kib.saturating_mul(1024))
    }

    /// What this and another used together, one after the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            wall_ms: self.wall_ms.saturating_add(other.wall_ms),
            user_ms: self.user_ms.saturating_add(other.user_ms),
            system_ms: self.system_ms.saturating_add(other.system_ms),
            max_rss_kib: self.max_rss_kib.max(other.max_rss_kib),
            peak_bytes: self.peak_bytes.max(other.peak_bytes),
            read_bytes: self.read_bytes.saturating_add(other.read_bytes),
            written_bytes: self.written_bytes.saturating_add(other.written_bytes),
        }
    }
}

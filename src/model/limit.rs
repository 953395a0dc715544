//! What a step may use only so much of.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something of which a step may use so much and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limited {
    /// Memory of all its processes, and of its file systems in memory; in bytes.
    Memory,
    /// What it writes to its layer and build tree; in bytes.
    Disk,
    /// What the disk of the state directory has free; in bytes. Here a limit is the least.
    Room,
    /// Processes at once.
    Processes,
}

/// A limit that a step went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// Of what.
    pub of: Limited,
    /// How much it had when it was ended.
    pub used: u64,
    /// How much it may have.
    pub limit: u64,
    /// Whether that is what all steps of the project have together, which no spec can raise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_all: bool,
}

impl Over {
    /// A limit of the step itself.
    pub fn new(of: Limited, used: u64, limit: u64) -> Self {
        Self { of, used, limit, of_all: false }
    }
}

impl fmt::Display for Over {
    /// What was used, what may be, and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| format!("{} MiB", bytes.div_ceil(1 << 20));
        let (used, limit) = (mib(self.used), mib(self.limit));
        let raise = |key: &str| {
            format!("raise `resources.{key}` in its spec, or in `lfsgen.yaml` if its spec has none")
        };
        match self.of {
            Limited::Memory if self.of_all => write!(
                f,
                "used {used} of memory, and all steps together may use {limit}: give it fewer jobs (`resources.jobs` in its \
                 spec), or raise `resources.memory` in `lfsgen.yaml` where the machine has more",
            ),
            Limited::Disk if self.of_all => write!(
                f,
                "wrote {used} to the disk, and may write {limit}: raise `resources.disk` in `lfsgen.yaml`",
            ),
            Limited::Memory => {
                write!(f, "used {used} of memory, and may use {limit}: {}", raise("memory"))
            }
            Limited::Disk => write!(f, "wrote {used} to the disk, and may write {limit}: {}", raise("disk")),
            Limited::Room => write!(
                f,
                "had {used} free on the disk of the state directory, where {limit} must stay free: make room there",
            ),
            Limited::Processes => {
                write!(
                    f,
                    "had {} processes or threads at once, and may have {} processes",
                    self.used, self.limit
                )
            }
        }
    }
}

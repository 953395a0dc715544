//! Whether this machine can do what a project asks of it, and what to do where it cannot.
//!
//! Every check looks at the real thing: it starts the program, makes the namespace, asks the file system. A check
//! never changes anything that outlives it.

mod aliases;
mod distribution;
mod machine;
mod tools;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use crate::model::{Arch, SandboxMode};
use distribution::Distribution;

/// The version of the report's shape.
pub const VERSION: u32 = 1;

/// Something that a project may use and that only then must work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Steps on the host's root: the host's own tools.
    HostStage,
    /// Sources from Debian's archive.
    DebianSources,
    /// Sources from Python's index.
    PypiSources,
    /// Packages built with CMake.
    Cmake,
    /// Packages built with Meson.
    Meson,
    /// Python distributions.
    Python,
    /// Perl distributions.
    Perl,
    /// Rust packages.
    Cargo,
}

/// What a check is given.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The state directory, or where it would be.
    pub state: &'a Path,
    /// Whether steps must be isolated.
    pub sandbox: SandboxMode,
    /// The processor that is built for, if a project says so.
    pub target: Option<Arch>,
    /// What the project uses.
    pub uses: BTreeSet<Feature>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// All well.
    Well,
    /// Something that this project does without is not there.
    Unneeded,
    /// It will do, with a drawback.
    Doubtful,
    /// A build will fail.
    Failed,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `tools` or `machine`.
    pub group: &'static str,
    /// What was looked at.
    pub name: &'static str,
    /// What it is for.
    pub why: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found: a version, a size, an error.
    pub found: String,
    /// What to do, where something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What all checks found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// [`VERSION`].
    pub lfsgen: u32,
    /// Whether nothing failed.
    pub ok: bool,
    /// In the order in which they are shown.
    pub checks: Vec<Finding>,
}

/// Runs every check.
pub fn examine(subject: &Subject<'_>) -> Report {
    let distribution = Distribution::of_this_machine();
    let mut checks = tools::findings(subject, distribution);
    checks.extend(aliases::findings(subject, distribution));
    checks.extend(machine::findings(subject));
    let ok = checks.iter().all(|finding| finding.verdict != Verdict::Failed);
    Report { lfsgen: VERSION, ok, checks }
}

//! `lfsgen.yaml`, settled.
//!
//! Defaults are filled in, the target is chosen, and there is at least one stage; whoever has a [`Project`] need not ask
//! whether a key was written.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AbsPath, ByteSize, EnvName, Jobs, OptionName, OptionValue, RelPath, StageName};
use crate::diag::{Confidence, Persona, Severity};
use crate::source::{Place, Spanned, Text};

/// The project: everything that `lfsgen.yaml` says, with defaults filled in.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// Folders with specs, relative to the project's root.
    pub specs: Vec<RelPath>,
    /// Where generated files go, relative to the root; `generated` by default.
    pub output: RelPath,
    /// The state directory; relative to the root unless absolute; `build` by default.
    pub state: String,
    /// What is built for.
    pub target: Target,
    /// In the order of the file; the first is the default. Never empty.
    pub stages: Vec<Stage>,
    /// `variables:`, for `%{name}`.
    pub variables: BTreeMap<OptionName, Spanned<String>>,
    /// Those of them that nothing reads, as far as there are specs that could.
    pub unread_variables: Vec<Spanned<OptionName>>,
    /// Settled options, by name, for every package that declares one of that name.
    pub options: BTreeMap<OptionName, Spanned<OptionValue>>,
    /// Limits of the whole build.
    pub resources: ProjectResources,
    /// Where sources come from.
    pub sources: SourcesConfig,
    /// Whether steps must be isolated.
    pub sandbox: SandboxMode,
    /// What lint reports.
    pub lint: LintConfig,
}

impl Project {
    /// The stage of that name.
    pub fn stage(&self, name: &StageName) -> Option<&Stage> {
        self.stages.iter().find(|stage| &stage.name == name)
    }
}

/// The machine that is built for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Processor architecture.
    pub arch: Arch,
    /// The GNU triplet, such as `x86_64-pc-linux-gnu`.
    pub triplet: String,
}

/// A processor architecture that LFS is built for, by the kernel's name (`uname -m`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86.
    I686,
    /// 64-bit ARM.
    Aarch64,
    /// 64-bit RISC-V.
    Riscv64,
}

impl Arch {
    /// Every architecture.
    pub const ALL: [Self; 4] = [Self::X86_64, Self::I686, Self::Aarch64, Self::Riscv64];

    /// The one that the kernel calls by a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arch| arch.name() == name)
    }

    /// The kernel's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::I686 => "i686",
            Self::Aarch64 => "aarch64",
            Self::Riscv64 => "riscv64",
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A named environment in which packages build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub name: StageName,
    /// What lies under everything else.
    pub root: RootKind,
    /// Stages whose artifacts are all in the root, without being declared.
    pub base: Vec<StageName>,
    /// Where the artifacts are laid and captured: `/`, or for a cross stage a place such as `/mnt/lfs`.
    pub mount: AbsPath,
    /// The environment of each step, before the package's own. Values may hold `%{…}` that were expanded already.
    pub env: BTreeMap<EnvName, Text>,
    /// Who runs the phases.
    pub user: StageUser,
    /// Whether phases other than `fetch` may reach the network.
    pub network: bool,
    /// Where its name stands, or the start of `lfsgen.yaml` for the default stage.
    pub place: Place,
}

/// What lies under a step's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RootKind {
    /// The host's own system directories, read-only.
    Host,
    /// Nothing but artifacts.
    Composed,
}

/// Who runs the phases of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageUser {
    /// User 0 of the root (of a user namespace, where an ordinary user runs lfsgen).
    Root,
    /// An unprivileged user inside the root.
    Builder,
}

/// Whether steps must be isolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SandboxMode {
    /// A step fails if the machine cannot isolate it.
    Required,
    /// If the machine cannot isolate them, an ordinary user's steps run on the machine itself, and what they put into `DESTDIR` is
    /// captured (docs/design/fallback.md).
    Preferred,
    /// No step runs a command.
    Off,
}

/// Limits of the whole build. Not part of any key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectResources {
    /// Steps, and jobs inside steps, at once.
    pub jobs: Jobs,
    /// Memory for all steps together.
    pub memory: Option<ByteSize>,
    /// The most that one phase may write.
    pub disk: Option<ByteSize>,
    /// Downloads at once.
    pub fetch: u32,
    /// How long a phase may take where its package says nothing.
    pub timeout: Option<Duration>,
}

/// Where sources come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcesConfig {
    /// A cache shared between projects; absolute, or relative to the project's root. Default: in the state directory.
    pub cache: Option<String>,
    /// Prefixes or `{file}` patterns to try for every source.
    pub mirrors: Vec<Spanned<String>>,
    /// Whether a source's mirrors are tried before its own address.
    pub mirrors_first: bool,
    /// What one source may have at most where its package says nothing.
    pub max_size: Option<ByteSize>,
}

/// What lint reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LintConfig {
    /// The level of rules whose level was changed, by rule name.
    pub levels: BTreeMap<String, Spanned<LintLevel>>,
    /// The lowest severity that makes lint fail.
    pub fail_on: Severity,
    /// Whom findings are for.
    pub persona: Persona,
    /// How sure a finding must be to be reported.
    pub min_confidence: Confidence,
}

/// What somebody wants of lint this time, whatever the project says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LintChoice {
    /// Whom findings are for.
    pub persona: Option<Persona>,
    /// How sure a finding must be to be reported.
    pub min_confidence: Option<Confidence>,
}

impl LintConfig {
    /// The same, but for what was chosen.
    #[must_use]
    pub fn with(self, choice: LintChoice) -> Self {
        Self {
            persona: choice.persona.unwrap_or(self.persona),
            min_confidence: choice.min_confidence.unwrap_or(self.min_confidence),
            ..self
        }
    }
}

impl Default for LintConfig {
    fn default() -> Self {
        Self {
            levels: BTreeMap::new(),
            fail_on: Severity::Error,
            persona: Persona::Default,
            min_confidence: Confidence::Low,
        }
    }
}

/// A level that a project gives to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LintLevel {
    /// Do not report.
    Off,
    /// Report as this severity.
    #[serde(untagged)]
    At(Severity),
}

//! `generated/plan/<package>.json`: what the runner needs and a reviewer wants to see.
//!
//! This is the contract between the two worlds. It is written by `emit` and read by `run` and `report`; a change of
//! shape raises [`VERSION`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{
    AbsPath, ByteSize, Digest, EnvName, Jobs, PackageName, Phase, RelPath, RootKind, SandboxMode, StageName,
    StageUser,
};

/// The version of this shape.
pub const VERSION: u32 = 3;

/// How the part of a key is called that a dependency is, before the dependency's name.
pub const DEPENDS: &str = "depends.";

/// One package of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageFile {
    /// [`VERSION`].
    pub lfsgen: u32,
    /// Its name.
    pub package: PackageName,
    /// Its version.
    pub version: String,
    /// Its spec, relative to the project's root, for a person.
    pub spec: String,
    /// The digest of everything that can change its artifact; names the artifact in the store.
    pub key: Digest,
    /// Where the phases run.
    pub stage: StageFile,
    /// The script, relative to the folder that holds `plan/`.
    pub script: RelPath,
    /// The digest of the script's bytes: a script that was changed by hand is refused.
    pub script_sha256: Digest,
    /// In the order of the spec.
    pub sources: Vec<SourceFile>,
    /// Patches and other files beside the spec, in order.
    pub files: Vec<LocalFile>,
    /// The steps, in order; a phase that has nothing to run is absent.
    pub steps: Vec<StepFile>,
    /// Artifacts that lie in the root of every phase, the uppermost first.
    pub layers: Vec<LayerFile>,
    /// Artifacts that the check phase has on top of these, the uppermost first.
    pub check_layers: Vec<LayerFile>,
    /// Paths below the stage's mount point that the artifact must hold.
    pub expect: Vec<RelPath>,
    /// Names of tests that may fail.
    pub expected_failures: Vec<String>,
    /// Limits. Not part of any key.
    pub limits: Limits,
    /// Every part of the package's key with its value: names such as `version`, `env.CFLAGS`, `source.zlib-1.3.1.tar.gz`,
    /// `depends.attr` (that package's key), `phase.configure` (the digest of its text). What the key is made of, and what
    /// `why` compares.
    pub key_parts: BTreeMap<String, String>,
}

impl PackageFile {
    /// The artifacts in the root of a phase, the uppermost first.
    pub fn layers_of(&self, phase: Phase) -> impl Iterator<Item = &LayerFile> {
        let check: &[LayerFile] = if phase == Phase::Check { &self.check_layers } else { &[] };
        check.iter().chain(&self.layers)
    }

    /// Its step of a phase.
    pub fn step(&self, phase: Phase) -> Option<&StepFile> {
        self.steps.iter().find(|step| step.phase == phase)
    }

    /// The step whose success completes the artifact.
    pub fn last_step(&self) -> Option<&StepFile> {
        self.step(Phase::COMPLETING)
    }
}

/// The stage, as far as a step needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageFile {
    /// Its name.
    pub name: StageName,
    /// What lies under everything else.
    pub root: RootKind,
    /// Where artifacts are laid and captured.
    pub mount: AbsPath,
    /// The whole environment of a step: the stage's, then the package's.
    pub env: BTreeMap<EnvName, String>,
    /// Who runs the phases.
    pub user: StageUser,
    /// Whether phases may reach the network.
    pub network: bool,
    /// Whether steps must be isolated.
    pub sandbox: SandboxMode,
}

/// A source or a fetched patch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// The name under which the package sees it.
    pub name: String,
    /// The digest of its bytes.
    pub sha256: Digest,
    /// Where to get it, in the order in which the places are tried.
    pub urls: Vec<String>,
    /// What it may have at most, in bytes. Not part of any key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_size: Option<ByteSize>,
}

/// A file beside the spec that a phase reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalFile {
    /// The name under which the package sees it, beside its sources.
    pub name: String,
    /// Relative to the project's root.
    pub path: RelPath,
    /// The digest of its bytes when the specs were compiled.
    pub sha256: Digest,
}

/// One step: one phase of the package, one edge in the ninja file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    /// The phase.
    pub phase: Phase,
    /// The digest of everything that can change this step's result, the earlier phases included.
    pub key: Digest,
    /// The same without the dependencies. With the digests of their manifests beside it, it tells whether a result would
    /// be the same though their keys have changed.
    pub own: Digest,
}

/// An artifact in a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerFile {
    /// Whose.
    pub package: PackageName,
    /// Its key.
    pub key: Digest,
}

/// Limits of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Jobs inside one phase.
    pub jobs: Jobs,
    /// Peak memory of one phase, in bytes.
    pub memory: Option<ByteSize>,
    /// Disk, in bytes.
    pub disk: Option<ByteSize>,
    /// Wall time of one phase, in seconds.
    pub timeout: Option<u64>,
    /// Jobs of all steps of the project together.
    pub project_jobs: Jobs,
    /// Memory of all steps of the project together, in bytes.
    pub project_memory: Option<ByteSize>,
    /// Disk for the state folder of the project, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_disk: Option<ByteSize>,
    /// Phases that may run jobs of which a job server knows nothing.
    pub own_jobs: BTreeMap<Phase, OwnJobs>,
}

/// When a phase takes a number of jobs at its start and keeps them, instead of going by the job server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnJobs {
    /// Whatever is in its root: its text asks for the number, or starts a program that knows no job server.
    Always,
    /// Where its root's ninja knows none.
    Ninja,
}

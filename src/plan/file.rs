//! The files of `generated/plan/`: what the runner needs and a reviewer wants to see.
//!
//! There is one for each package, `<package>.json`, and one for each stage, `stages/<stage>.json`, with what its packages
//! have in common. A package's file names the bytes of its stage's, so that the two are of one generation.
//!
//! This is the contract between the two worlds. It is written by `emit` and read, with [`super::read`], by `run` and
//! `report`; a change of shape raises [`VERSION`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    AbsPath, ByteSize, Digest, EnvName, Jobs, PackageName, Phase, RelPath, RootKind, SandboxMode, StageName,
    StageUser,
};

/// The version of these shapes.
pub const VERSION: u32 = 4;

/// How the part of a key is called that a dependency is, before the dependency's name.
pub const DEPENDS: &str = "depends.";

/// One package of the plan, over its stage. As it is written, it has a [`StageRef`] in the stage's place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageFile<Stage = Arc<StageFile>> {
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
    pub stage: Stage,
    /// The whole environment of a step: the stage's, then the package's.
    pub env: BTreeMap<EnvName, String>,
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
    /// Artifacts that lie in the root of every phase, the uppermost first, but for those of the stage's base.
    pub upper_layers: Vec<LayerFile>,
    /// Whether the stage's base lies below these. It does not only where something of them would lie between the artifacts of
    /// the base; then these are all.
    pub over_base: bool,
    /// Artifacts that the check phase has on top of these, the uppermost first.
    pub check_layers: Vec<LayerFile>,
    /// Paths below the stage's mount point that the artifact must hold.
    pub expect: Vec<RelPath>,
    /// Names of tests that may fail.
    pub expected_failures: Vec<String>,
    /// The time that its phases but the check are expected to take, in standard build units. Not part of any key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sbu: Option<f64>,
    /// Limits. Not part of any key.
    pub limits: Limits,
    /// Every part of the package's key with its value, without the keys of what lies in its root: names such as `version`,
    /// `env.CFLAGS`, `source.zlib-1.3.1.tar.gz`, `phase.configure` (the digest of its text).
    pub own_parts: BTreeMap<String, String>,
}

impl PackageFile {
    /// The artifacts in the root of every phase, the uppermost first.
    pub fn layers(&self) -> impl Iterator<Item = &LayerFile> {
        let base: &[LayerFile] = if self.over_base { &self.stage.base } else { &[] };
        self.upper_layers.iter().chain(base)
    }

    /// The artifacts in the root of a phase, the uppermost first.
    pub fn layers_of(&self, phase: Phase) -> impl Iterator<Item = &LayerFile> {
        let check: &[LayerFile] = if phase == Phase::Check { &self.check_layers } else { &[] };
        check.iter().chain(self.layers())
    }

    /// Every part of the package's key with its value: its own, and `depends.attr` and the like, with that package's key.
    /// What the key is made of, and what `why` compares.
    pub fn key_parts(&self) -> BTreeMap<String, String> {
        let layers = self.layers().map(|layer| depends_part(&layer.package, &layer.key));
        self.own_parts.clone().into_iter().chain(layers).collect()
    }
}

impl<Stage> PackageFile<Stage> {
    /// Its step of a phase.
    pub fn step(&self, phase: Phase) -> Option<&StepFile> {
        self.steps.iter().find(|step| step.phase == phase)
    }

    /// The steps whose layers lie under that of a phase, the lowest first. A check leaves no layer.
    pub fn under(&self, phase: Phase) -> impl Iterator<Item = &StepFile> {
        let leaves_layer = |phase| !matches!(phase, Phase::Fetch | Phase::Check);
        self.steps.iter().filter(move |step| step.phase < phase && leaves_layer(step.phase))
    }

    /// The step whose success completes the artifact.
    pub fn last_step(&self) -> Option<&StepFile> {
        self.step(Phase::COMPLETING)
    }

    /// The same with something else in its stage's place.
    pub fn with_stage<Other>(self, stage: Other) -> PackageFile<Other> {
        PackageFile {
            stage,
            lfsgen: self.lfsgen,
            package: self.package,
            version: self.version,
            spec: self.spec,
            key: self.key,
            env: self.env,
            script: self.script,
            script_sha256: self.script_sha256,
            sources: self.sources,
            files: self.files,
            steps: self.steps,
            upper_layers: self.upper_layers,
            over_base: self.over_base,
            check_layers: self.check_layers,
            expect: self.expect,
            expected_failures: self.expected_failures,
            sbu: self.sbu,
            limits: self.limits,
            own_parts: self.own_parts,
        }
    }
}

/// The part of a key that an artifact in the root is.
pub fn depends_part(package: &PackageName, key: &Digest) -> (String, String) {
    (format!("{DEPENDS}{package}"), key.to_string())
}

/// Which file of a stage a package's file goes with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageRef {
    /// The stage's name.
    pub name: StageName,
    /// The digest of the bytes of its file.
    pub sha256: Digest,
}

/// One stage of the plan: what its packages have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageFile {
    /// [`VERSION`].
    pub lfsgen: u32,
    /// Its name.
    pub name: StageName,
    /// What lies under everything else.
    pub root: RootKind,
    /// Where artifacts are laid and captured.
    pub mount: AbsPath,
    /// Who runs the phases.
    pub user: StageUser,
    /// Whether phases may reach the network.
    pub network: bool,
    /// Whether steps must be isolated.
    pub sandbox: SandboxMode,
    /// The artifacts of the stages that it is based on, the uppermost first: the lowest in the root of every phase.
    pub base: Vec<LayerFile>,
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
    /// The most that any phase of the project may write, in bytes.
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

//! What the specs mean.
//!
//! Every value here was parsed once and is trusted afterwards: a [`PackageName`] is a legal name, a [`Digest`] is 32
//! bytes, a [`RelPath`] cannot leave its root. [`load`] makes them from what was written. This module does not know YAML's syntax,
//! the graph, shell, or the host.

mod broken;
mod build;
mod limit;
mod load;
mod names;
mod overlap;
mod package;
mod project;
mod release;
#[cfg(test)]
pub(crate) mod testing;

pub use broken::{Broken, ShellPart};
pub use build::{Arguments, Build, BuildSystem, Phase, PhaseText, Phases};
pub use limit::{Limited, Over};
pub use load::{
    ARCHIVES, DEFAULT_FETCHES, DEFAULT_OUTPUT, DEFAULT_STATE, Files, Inputs, Loaded, Overrides, SCHEMES,
    Unread, WhyUnread, duration, escaped, load, own_folders, size, spec_folders, wrong_folders,
};
pub use names::{
    AbsPath, BadName, Digest, EnvName, OptionName, PackageName, RelPath, StageName, is_variable_name,
};
pub(crate) use overlap::{overlap_of_state, overlaps};
pub use package::{
    Allow, ByteSize, Dependency, Dialect, Jobs, LostText, OptionValue, Package, Patch, PatchOrigin,
    Resources, Source, SourceUrl, Unpack,
};
pub use project::{
    Arch, LintChoice, LintConfig, LintLevel, Project, ProjectResources, RootKind, SandboxMode, SourcesConfig,
    Stage, StageUser, Target,
};
pub use release::Release;

//! How a package is built: its build system, that system's arguments, and text of the author's own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{EnvName, RelPath};
use crate::source::{Spanned, Text};

/// One part of a package's build, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Bring the sources into the cache. Done by lfsgen itself, over the machine's own network; the others have one only where
    /// their stage says so (`network: true`).
    Fetch,
    /// Unpack and patch.
    Prepare,
    /// Set the build up.
    Configure,
    /// Compile.
    Build,
    /// Test.
    Check,
    /// Install into the root.
    Install,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 6] =
        [Self::Fetch, Self::Prepare, Self::Configure, Self::Build, Self::Check, Self::Install];

    /// The phases that a script runs, in order: all but `fetch`.
    pub const SCRIPTED: [Self; 5] = [Self::Prepare, Self::Configure, Self::Build, Self::Check, Self::Install];

    /// The phase whose success completes a package's artifact: the last one, which every script has.
    pub const COMPLETING: Self = Self::Install;

    /// Its name, as in `phases:` and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Prepare => "prepare",
            Self::Configure => "configure",
            Self::Build => "build",
            Self::Check => "check",
            Self::Install => "install",
        }
    }

    /// The phase of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A build system that lfsgen knows the commands of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BuildSystem {
    /// `./configure && make && make install`.
    Autotools,
    /// CMake with Ninja or Make.
    Cmake,
    /// Meson with Ninja.
    Meson,
    /// A plain makefile.
    Make,
    /// A Python distribution, installed with pip and no network.
    Python,
    /// A Perl distribution with `Makefile.PL`.
    Perl,
    /// A Rust package with vendored crates.
    Cargo,
    /// Nothing but the spec's own text.
    Custom,
}

/// Literal command-line words; the shell sees each as one word whatever it holds.
pub type Arguments = Vec<Text>;

/// `build:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Which commands the phases have.
    pub system: Spanned<BuildSystem>,
    /// Build in this directory below the source.
    pub subdir: Option<Spanned<RelPath>>,
    /// Words after the configure command.
    pub configure: Arguments,
    /// Words after the build command.
    pub make: Arguments,
    /// Words after the install command.
    pub install: Arguments,
    /// The environment of all phases, over the stage's.
    pub env: BTreeMap<EnvName, Text>,
}

/// What the author wrote for one phase.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PhaseText {
    /// Runs instead of the build system's commands.
    pub replace: Option<Text>,
    /// Runs before them.
    pub before: Option<Text>,
    /// Runs after them.
    pub after: Option<Text>,
}

/// `phases:`; a phase without an entry has the build system's commands alone. Never holds `fetch`.
pub type Phases = BTreeMap<Phase, PhaseText>;

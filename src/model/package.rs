//! One package: a spec with its variables, options and platform settled.
//!
//! Every value was checked when this was made, and keeps its place in the YAML for what is said of it later. Dependencies
//! are only names here; whether those packages exist is for the plan to find.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Build, Digest, OptionName, PackageName, Phases, RelPath, StageName};
use crate::source::{Place, Spanned, Text};

/// A package that can be planned.
#[derive(Debug, Clone)]
pub struct Package {
    /// Unique in the project.
    pub name: Spanned<PackageName>,
    /// As written; lfsgen does not order versions.
    pub version: Spanned<String>,
    /// One line about it.
    pub summary: Option<Text>,
    /// An SPDX expression, which only lint reads.
    pub license: Option<Text>,
    /// Its page.
    pub homepage: Option<Spanned<String>>,
    /// Where it builds.
    pub stage: Spanned<StageName>,
    /// The shell its phases are written for.
    pub dialect: Dialect,
    /// In the order of the spec. The first is the package's own; may be empty.
    pub sources: Vec<Source>,
    /// In the order in which they are applied.
    pub patches: Vec<Patch>,
    /// In the root in every phase, with what they need at run time.
    pub build_depends: Vec<Dependency>,
    /// Needed by everyone who depends on this package, and in the root in every phase.
    pub run_depends: Vec<Dependency>,
    /// In the root in the check phase.
    pub check_depends: Vec<Dependency>,
    /// Settled options.
    pub options: BTreeMap<OptionName, OptionValue>,
    /// Those of the options that its own spec declares which no text and no condition reads.
    pub unread_options: Vec<Spanned<OptionName>>,
    /// Texts for phases that it would have from what it extends, had it not its own.
    pub lost_texts: Vec<LostText>,
    /// Build system and arguments.
    pub build: Build,
    /// The author's own text.
    pub phases: Phases,
    /// Paths below its stage's mount point that the artifact must hold.
    pub expect: Vec<Spanned<RelPath>>,
    /// What a build of it needs. Not part of any key.
    pub resources: Resources,
    /// Names of tests that may fail.
    pub expected_failures: Vec<Spanned<String>>,
    /// Suppressed findings.
    pub allows: Vec<Allow>,
    /// The whole spec file.
    pub file: Place,
}

impl Package {
    /// Every file that is fetched for it: its sources, then its patches.
    pub fn fetched(&self) -> impl Iterator<Item = &Source> {
        let patches = self.patches.iter().filter_map(|patch| match &patch.origin {
            PatchOrigin::Fetched(source) => Some(source),
            PatchOrigin::File { .. } => None,
        });
        self.sources.iter().chain(patches)
    }
}

/// A dependency as written.
pub type Dependency = Spanned<PackageName>;

/// The shell that phases are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// GNU bash.
    #[default]
    Bash,
    /// The shell of POSIX.1-2024.
    Posix,
}

/// A file to fetch and, if it is an archive, to unpack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its own address.
    pub url: SourceUrl,
    /// Other addresses, in order.
    pub mirrors: Vec<SourceUrl>,
    /// The digest of its bytes; absent only where the spec says none, which is an error-level finding.
    pub sha256: Option<Spanned<Digest>>,
    /// A weak digest that the spec gives instead; kept so that lint can say so.
    pub md5: Option<Spanned<String>>,
    /// The name under which the package sees it.
    pub file_name: String,
    /// What `prepare` does with it.
    pub unpack: Unpack,
    /// What it may have at most.
    pub max_size: Option<ByteSize>,
    /// The whole entry.
    pub place: Place,
}

/// What `prepare` does with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpack {
    /// Unpack; the archive has one top directory.
    TopDirectory,
    /// Unpack; enter this directory. `.` for an archive without a top directory.
    Directory(Spanned<RelPath>),
    /// Leave it as a file: it is no archive by its name.
    No,
}

/// An address of a source, in the notation of one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceUrl {
    /// The provider's scheme: what stands before the first `:`.
    pub scheme: String,
    /// The whole address with its variables expanded.
    pub text: Text,
}

/// A change to the unpacked source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where it is.
    pub origin: PatchOrigin,
    /// How many leading parts of the paths in it are dropped (`patch -p`).
    pub strip: u32,
    /// The whole entry.
    pub place: Place,
}

impl Patch {
    /// The name under which the package sees it, beside its sources.
    pub fn file_name(&self) -> &str {
        match &self.origin {
            PatchOrigin::File { path, .. } => path.as_str().rsplit('/').next().unwrap_or_default(),
            PatchOrigin::Fetched(source) => &source.file_name,
        }
    }
}

/// Where a patch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchOrigin {
    /// Beside the spec.
    File {
        /// As written, relative to the spec's folder.
        written: Spanned<RelPath>,
        /// Relative to the project's root.
        path: RelPath,
        /// The digest of its bytes when the specs were compiled.
        sha256: Digest,
    },
    /// Fetched like a source.
    Fetched(Source),
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OptionValue {
    /// On or off.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Free text, or one of the choices that the spec lists.
    Text(String),
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
        }
    }
}

/// What a build of a package needs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resources {
    /// Jobs inside one phase; as many as there are where nobody says.
    pub jobs: Option<Spanned<Jobs>>,
    /// Peak memory of one phase.
    pub memory: Option<Spanned<ByteSize>>,
    /// Disk for layers and build tree.
    pub disk: Option<Spanned<ByteSize>>,
    /// How long one phase may take.
    pub timeout: Option<Duration>,
    /// Expected time in standard build units (LFS book, 4.5).
    pub sbu: Option<f64>,
}

/// How many jobs at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Jobs {
    /// As many as there are.
    #[default]
    Max,
    /// At most this many; at least one.
    #[serde(untagged)]
    At(u32),
}

impl Jobs {
    /// As a number, at least one; `most` is as many as there are.
    pub fn or(self, most: u32) -> u32 {
        match self {
            Self::Max => most,
            Self::At(jobs) => jobs.max(1),
        }
    }
}

/// A number of bytes. Written with `B`, `KiB`, `MiB`, `GiB` or `TiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ByteSize(pub u64);

impl fmt::Display for ByteSize {
    /// With the largest unit of which it is a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut number, mut units) = (self.0, ["B", "KiB", "MiB", "GiB", "TiB"].into_iter());
        let mut unit = units.next().unwrap_or_default();
        while number > 0 && number.is_multiple_of(1024) {
            let Some(larger) = units.next() else { break };
            (number, unit) = (number / 1024, larger);
        }
        write!(f, "{number} {unit}")
    }
}

/// A suppressed rule and the reason for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The rule's name.
    pub rule: Spanned<String>,
    /// Why; never empty.
    pub reason: Spanned<String>,
    /// All that stands in the spec for its sake, where that can be taken out.
    pub whole: Option<Place>,
}

/// A text around a phase that a spec inherits and does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostText {
    /// The phase.
    pub phase: String,
    /// `before` or `after`.
    pub around: String,
    /// What is there instead.
    pub place: Place,
    /// Where the text stands.
    pub was: Place,
    /// Whether a text for the whole phase takes its place, rather than another of its kind.
    pub whole: bool,
}

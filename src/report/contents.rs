//! What artifacts hold: whose a path is, and which paths several packages have.
//!
//! All of it comes from manifests, and no tree of files is looked at. Of a package that is not built from its present inputs,
//! the artifact of earlier ones tells, and what its spec expects stands in for what that does not have. Which of several files
//! is seen depends on a root that holds all of their packages; where there is none, nobody's file is said to be seen.

mod shown;

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::history::History;
use super::plans::Plans;
use crate::journal::ArtifactCommitted;
use crate::layout::Layout;
use crate::model::{AbsPath, Digest, PackageName, RelPath, StageName};
use crate::plan::file::PackageFile;
use crate::store::{self, Entry, Kind, Manifest};

pub use shown::{listing, table};

/// What is known of a plan's packages, in its order; nothing where no artifact is there.
#[derive(Debug)]
pub struct Contents(Vec<Option<Known>>);

/// What an artifact has.
#[derive(Debug)]
struct Known {
    manifest: Manifest,
    /// The version that it was made of, where that was from earlier inputs than the present ones.
    earlier: Option<String>,
}

/// The artifacts of a package that are in the store, the first of which tells best what it has: that of its present inputs,
/// then the one that it last made or took, then older ones. Those of earlier inputs come with what the journal says of them.
pub fn artifacts<'a>(
    file: &'a PackageFile,
    history: &'a History,
    layout: &'a Layout,
) -> impl Iterator<Item = (Digest, Option<&'a ArtifactCommitted>)> {
    let earlier = history.artifacts_of(&file.package).filter(|commit| commit.key != file.key);
    let all = std::iter::once((file.key, None)).chain(earlier.map(|commit| (commit.key, Some(commit))));
    all.filter(|(key, _)| store::has_artifact(layout, key))
}

/// A path, and every package that has a say in it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Owned<'a> {
    /// Relative to the mount point of a stage, as in manifests.
    pub path: &'a str,
    /// Whether some root holds all of these packages. Then they are in its order, the uppermost first, which is the one
    /// whose file is seen; else by name.
    pub stacked: bool,
    /// The packages.
    pub owners: Vec<Owner<'a>>,
}

/// A package, and what a path is to it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Owner<'a> {
    /// Its name.
    pub package: &'a PackageName,
    /// Its version.
    pub version: &'a str,
    /// Where it is built.
    pub stage: &'a StageName,
    /// Whether this is what it has been: it is not built from its present inputs.
    #[serde(skip_serializing_if = "is_false")]
    pub earlier: bool,
    /// What the path is to it.
    #[serde(flatten)]
    pub how: How<'a>,
}

/// What a path is to a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum How<'a> {
    /// Its artifact has it.
    Has {
        /// What it is there.
        entry: &'a Entry,
    },
    /// Its artifact hides it in the layers below.
    Removes,
    /// It is not built, and its spec says that it will have it.
    Expects,
}

impl Contents {
    /// Reads the manifests of all packages that were ever built. One that is damaged counts as none: the next build replaces it.
    pub fn read(plans: &Plans, history: &History, layout: &Layout) -> Self {
        let known = |file| {
            artifacts(file, history, layout).find_map(|(key, commit)| {
                let manifest = Manifest::read(&layout.artifact_manifest(&key)).ok()?;
                let version = |commit: &ArtifactCommitted| commit.key_parts.get("version").cloned();
                Some(Known { manifest, earlier: commit.map(|commit| version(commit).unwrap_or_default()) })
            })
        };
        Self(plans.packages.par_iter().map(known).collect())
    }

    /// How many packages have none.
    pub fn unknown(&self) -> usize {
        self.0.iter().filter(|known| known.is_none()).count()
    }

    /// How many packages have one of earlier inputs.
    pub fn earlier(&self) -> usize {
        self.0.iter().flatten().filter(|known| known.earlier.is_some()).count()
    }

    /// The paths that are `sought`, in the form of [`store::path_text`], with their packages: one that starts with `/` is
    /// a path in a root or below a stage's mount point; any other is how a path ends.
    pub fn owners<'a>(&'a self, plans: &'a Plans, sought: &str) -> Vec<Owned<'a>> {
        let sought = Sought::new(sought);
        let found =
            self.says(plans).filter(|&(at, path, _)| sought.is(path, &plans.packages[at].stage.mount));
        self.stacked(plans, grouped(plans, found))
    }

    /// The paths in which packages of one stage, or of stages that build on each other, disagree or repeat each other. A
    /// directory that all of them make alike is none.
    pub fn shared<'a>(&'a self, plans: &'a Plans) -> Vec<Owned<'a>> {
        let built = self.says(plans).filter(|(_, _, how)| *how != How::Expects);
        let mut groups = grouped(plans, built);
        groups.retain(|_, says| {
            let all: Vec<usize> = says.iter().map(|&(at, _)| at).collect();
            says.retain(|&(at, _)| all.iter().any(|&other| other != at && may_meet(plans, at, other)));
            says.iter().any(|(_, how)| !is_directory(how) || !is_same(how, &says[0].1))
        });
        self.stacked(plans, groups)
    }

    fn says<'a>(&'a self, plans: &'a Plans) -> impl Iterator<Item = (usize, &'a str, How<'a>)> {
        self.0.iter().zip(&plans.packages).enumerate().flat_map(|(at, (known, file))| {
            let manifest = known.iter().map(|known| &known.manifest);
            let entries = manifest.clone().flat_map(|manifest| &manifest.entries);
            let has = entries.map(move |entry| (at, entry.path.as_str(), How::Has { entry }));
            let removes = manifest.flat_map(|manifest| &manifest.removes);
            let removes = removes.map(move |path| (at, path.as_str(), How::Removes));
            let expects = file.expect.iter().map(RelPath::as_str);
            let expects =
                expects.filter(|path| known.as_ref().is_none_or(|known| known.may_come_to_have(path)));
            let expects = expects.map(move |path| (at, path, How::Expects));
            has.chain(removes).chain(expects)
        })
    }

    /// The version of a package that has what is said of it, and whether that is an earlier state of it.
    fn version<'a>(&'a self, plans: &'a Plans, at: usize, how: &How<'_>) -> (&'a str, bool) {
        let known = self.0[at].as_ref().filter(|_| *how != How::Expects);
        match known.and_then(|known| known.earlier.as_deref()) {
            Some(version) => (version, true),
            None => (&plans.packages[at].version, false),
        }
    }

    fn stacked<'a>(&'a self, plans: &'a Plans, groups: Groups<'a>) -> Vec<Owned<'a>> {
        // Thousands of paths have the same few owners.
        let mut stacks = BTreeMap::new();
        let owned = |(path, mut says): (&'a str, Vec<(usize, How<'a>)>)| {
            let owners: Vec<usize> = says.iter().map(|&(at, _)| at).collect();
            let stack = stacks.entry(owners).or_insert_with_key(|owners| stack_of(plans, owners));
            if let Some(stack) = stack {
                says.sort_by_key(|(at, _)| stack.iter().position(|other| other == at));
            }
            let owners = says.into_iter().map(|(at, how)| {
                let PackageFile { package, stage, .. } = &plans.packages[at];
                let (version, earlier) = self.version(plans, at, &how);
                Owner { package, version, stage: &stage.name, earlier, how }
            });
            Owned { path, stacked: stack.is_some(), owners: owners.collect() }
        };
        groups.into_iter().map(owned).collect()
    }
}

impl Known {
    /// Whether a path that the spec expects is not in the artifact for all that is known.
    fn may_come_to_have(&self, path: &str) -> bool {
        let has = || self.manifest.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).is_ok();
        self.earlier.is_some() && !has()
    }
}

// The signature is serde's.
#[expect(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A path that a person asks for.
struct Sought<'a> {
    text: &'a str,
    is_whole: bool,
}

impl<'a> Sought<'a> {
    fn new(text: &'a str) -> Self {
        Self { text: text.trim_matches('/'), is_whole: text.starts_with('/') }
    }

    fn is(&self, path: &str, mount: &AbsPath) -> bool {
        let Some(before) = path.strip_suffix(self.text) else {
            // Below the mount point, what is asked for is longer than what the manifest has.
            let inside = self.text.strip_prefix(mount.as_str().trim_matches('/'));
            return self.is_whole && inside.and_then(|inside| inside.strip_prefix('/')) == Some(path);
        };
        before.is_empty() || !self.is_whole && before.ends_with('/')
    }
}

/// By path, what packages say of it, by their names.
type Groups<'a> = BTreeMap<&'a str, Vec<(usize, How<'a>)>>;

fn grouped<'a>(plans: &Plans, says: impl Iterator<Item = (usize, &'a str, How<'a>)>) -> Groups<'a> {
    let mut groups = Groups::new();
    says.for_each(|(at, path, how)| groups.entry(path).or_default().push((at, how)));
    for says in groups.values_mut() {
        says.sort_by_key(|&(at, _)| &plans.packages[at].package);
    }
    groups
}

/// A root that holds all of several packages, the uppermost first. What a package writes lies over what it needs.
fn stack_of(plans: &Plans, owners: &[usize]) -> Option<Vec<usize>> {
    let stack = |at: usize| {
        let layers = plans.packages[at].layers();
        let layers = layers.filter_map(|layer| plans.position(layer.package.as_str()));
        std::iter::once(at).chain(layers).collect::<Vec<_>>()
    };
    let last = owners.iter().copied().max().filter(|_| owners.len() > 1)?;
    let holds_all = |stack: &Vec<usize>| owners.iter().all(|at| stack.contains(at));
    // What needs all of them comes after them, or is the last of them.
    (last..plans.packages.len()).map(stack).find(holds_all)
}

/// Whether files of two packages may come into one root, or one system.
fn may_meet(plans: &Plans, one: usize, other: usize) -> bool {
    let is_over = |one: usize, other: usize| plans.needs[one].binary_search(&other).is_ok();
    plans.packages[one].stage.name == plans.packages[other].stage.name
        || is_over(one, other)
        || is_over(other, one)
}

fn is_directory(how: &How<'_>) -> bool {
    matches!(how, How::Has { entry } if entry.kind == Kind::Directory)
}

fn is_same(one: &How<'_>, other: &How<'_>) -> bool {
    let (How::Has { entry: one }, How::Has { entry: other }) = (one, other) else { return one == other };
    let same_kind = match (&one.kind, &other.kind) {
        (Kind::File { sha256: one, .. }, Kind::File { sha256: other, .. }) => one == other,
        (one, other) => one == other,
    };
    same_kind
        && (&one.mode, one.uid, one.gid, &one.xattrs) == (&other.mode, other.uid, other.gid, &other.xattrs)
}

//! What artifacts hold: whose a path is, and which paths several packages have.
//!
//! All of it comes from manifests, and no tree of files is looked at. Of a package that is not built, what its spec
//! expects stands in for the manifest. Which of several files is seen depends on a root that holds all of their packages;
//! where there is none, nobody's file is said to be seen.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::plans::Plans;
use super::text::{Table, bytes};
use crate::diagnose::plain_path;
use crate::layout::Layout;
use crate::model::{AbsPath, PackageName, StageName};
use crate::store::{self, Entry, Kind, Manifest};

/// The manifests of a plan's packages, in its order; none where an artifact is not there.
#[derive(Debug)]
pub struct Contents(pub Vec<Option<Manifest>>);

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
    /// Reads the manifests of all artifacts that are there. One that is damaged counts as none: the next build replaces it.
    pub fn read(plans: &Plans, layout: &Layout) -> Self {
        let manifest = |key| {
            let is_there = store::has_artifact(layout, key);
            is_there.then(|| Manifest::read(&layout.artifact_manifest(key)).ok()).flatten()
        };
        Self(plans.packages.par_iter().map(|file| manifest(&file.key)).collect())
    }

    /// How many packages have none.
    pub fn unknown(&self) -> usize {
        self.0.iter().filter(|manifest| manifest.is_none()).count()
    }

    /// The paths that are `sought`, in the form of [`store::path_text`], with their packages: one that starts with `/` is
    /// a path in a root or below a stage's mount point; any other is how a path ends.
    pub fn owners<'a>(&'a self, plans: &'a Plans, sought: &str) -> Vec<Owned<'a>> {
        let sought = Sought::new(sought);
        let found =
            self.says(plans).filter(|&(at, path, _)| sought.is(path, &plans.packages[at].stage.mount));
        stacked(plans, grouped(plans, found))
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
        stacked(plans, groups)
    }

    fn says<'a>(&'a self, plans: &'a Plans) -> impl Iterator<Item = (usize, &'a str, How<'a>)> {
        self.0.iter().zip(&plans.packages).enumerate().flat_map(|(at, (manifest, file))| {
            let entries = manifest.iter().flat_map(|manifest| &manifest.entries);
            let has = entries.map(move |entry| (at, entry.path.as_str(), How::Has { entry }));
            let removes = manifest.iter().flat_map(|manifest| &manifest.removes);
            let removes = removes.map(move |path| (at, path.as_str(), How::Removes));
            let expects = file.expect.iter().filter(|_| manifest.is_none());
            let expects = expects.map(move |path| (at, path.as_str(), How::Expects));
            has.chain(removes).chain(expects)
        })
    }
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

fn stacked<'a>(plans: &'a Plans, groups: Groups<'a>) -> Vec<Owned<'a>> {
    // Thousands of paths have the same few owners.
    let mut stacks = BTreeMap::new();
    let owned = |(path, mut says): (&'a str, Vec<(usize, How<'a>)>)| {
        let owners: Vec<usize> = says.iter().map(|&(at, _)| at).collect();
        let stack = stacks.entry(owners).or_insert_with_key(|owners| stack_of(plans, owners));
        if let Some(stack) = stack {
            says.sort_by_key(|(at, _)| stack.iter().position(|other| other == at));
        }
        let owners = says.into_iter().map(|(at, how)| {
            let file = &plans.packages[at];
            Owner { package: &file.package, version: &file.version, stage: &file.stage.name, how }
        });
        Owned { path, stacked: stack.is_some(), owners: owners.collect() }
    };
    groups.into_iter().map(owned).collect()
}

/// A root that holds all of several packages, the uppermost first. What a package writes lies over what it needs.
fn stack_of(plans: &Plans, owners: &[usize]) -> Option<Vec<usize>> {
    let stack = |at: usize| {
        let layers = plans.packages[at].layers.iter();
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

/// A table of paths and their packages for a terminal.
pub fn table(found: &[Owned<'_>]) -> String {
    let mut table = Table::new(&["path", "package", "stage", "what", ""]);
    for Owned { path, stacked, owners } in found {
        for (at, owner) in owners.iter().enumerate() {
            let note = match at {
                0 if *stacked => "seen",
                0 => "",
                _ if is_same(&owner.how, &owners[0].how) => "the same",
                _ => "differs",
            };
            let (package, stage) = (format!("{} {}", owner.package, owner.version), owner.stage.to_string());
            let path = if at == 0 { plain_path(&format!("/{path}")) } else { String::new() };
            table.row([path, package, stage, what(&owner.how), note.to_owned()]);
        }
    }
    table.render(&[])
}

fn what(how: &How<'_>) -> String {
    let How::Has { entry } = how else {
        let removes = *how == How::Removes;
        return if removes { "removes it" } else { "is to have it, not built yet" }.to_owned();
    };
    let Entry { kind, mode, .. } = entry;
    match kind {
        Kind::File { size, .. } => format!("{kind} {mode}, {}", bytes(*size)),
        Kind::Symlink { target } => format!("link to {}", plain_path(target)),
        _ => format!("{kind} {mode}"),
    }
}

/// What one artifact holds, a path a line, as it lies in the roots of its stage.
pub fn listing(manifest: &Manifest, mount: &AbsPath) -> String {
    let place = |path: &str| plain_path(&format!("{}/{path}", mount.as_str().trim_end_matches('/')));
    let mut table = Table::new(&["mode", "owner", "size", "path"]);
    for Entry { path, kind, mode, uid, gid, .. } in &manifest.entries {
        let size = match kind {
            Kind::File { size, .. } => size.to_string(),
            _ => "-".to_owned(),
        };
        let more = match kind {
            Kind::File { link_of: None, .. } => String::new(),
            Kind::File { link_of: Some(first), .. } => format!(" (the same file as {})", place(first)),
            Kind::Directory => "/".to_owned(),
            Kind::Symlink { target } => format!(" -> {}", plain_path(target)),
            special => format!(" ({special})"),
        };
        table.row([mode.clone(), format!("{uid}:{gid}"), size, place(path) + &more]);
    }
    for path in &manifest.removes {
        table.row(["-".to_owned(), "-".to_owned(), "-".to_owned(), place(path) + " (removed)"]);
    }
    table.render(&[2])
}

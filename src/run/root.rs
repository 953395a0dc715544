//! What a step sees as `/`, and where what it writes goes.
//!
//! A root is a list of overlays: one over `/`, and one over each directory that needs layers of its own, such as the
//! host's `/usr` or the stage's mount point. What is written to each goes to a directory of the attempt; [`Root::fold`]
//! makes one tree of them, once the sandbox has ended. The artifacts in it are held for as long as the [`Root`] lives.

use std::ffi::{OsStr, OsString};
use std::fs::{FileType, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::BUILDER;
use super::fallback::OF_DESTDIR;
use crate::host::owner::Owner;
use crate::host::{files, tree};
use crate::layout::Layout;
use crate::model::{Phase, RootKind, StageUser};
use crate::plan::file::PackageFile;
use crate::sandbox::{HostRoot, HostTop, Overlay, composed_skeleton};
use crate::store::{self, Below, Captured, Held, Lower, trash};

/// How the names of an attempt's directories for the kernel begin.
pub(super) const WORK: &str = "work-";

/// A root, ready to be mounted.
#[derive(Debug)]
pub(super) struct Root {
    /// For the sandbox.
    pub overlays: Vec<Overlay>,
    /// What the package's own layers lie over, where its artifact is captured.
    pub below: Below,
    /// What the step writes: a tree of changes of the whole root, once [`Root::fold`] was called.
    pub tree: PathBuf,
    /// How it is known what the step writes.
    pub captured: Captured,
    /// The trees of the artifacts in it, the uppermost first.
    pub trees: Vec<PathBuf>,
    folds: Vec<Fold>,
    attempt: PathBuf,
    /// Keeps the attempt for whoever writes to it alone, where others could look into it.
    pub own: Option<Held>,
    /// What lies under it.
    _held: Vec<Held>,
}

/// An upper directory that belongs into the tree.
#[derive(Debug)]
struct Fold {
    from: PathBuf,
    to: PathBuf,
    /// What its own mode and owner were.
    was: Own,
}

/// What is a directory's own, whatever is in it.
#[derive(Debug, PartialEq, Eq)]
struct Own {
    mode: u32,
    uid: u32,
    gid: u32,
    /// The owner that it is meant to have, if that is another one.
    wished: Option<Owner>,
}

/// Composes the root of a phase. `earlier` are the trees of the package's layers, the uppermost first; `attempt` is a
/// directory that is empty, or has what a command wrote in this same root.
pub(super) fn compose(
    layout: &Layout,
    package: &PackageFile,
    phase: Phase,
    earlier: &[PathBuf],
    attempt: &Path,
    builder: bool,
) -> Result<Root> {
    let (trees, held) = artifacts(layout, package, phase, Captured::Layer)?;
    let (earlier, artifacts) = (Tree::all(earlier)?, Tree::all(&trees)?);
    let mount = Path::new(package.stage.mount.as_str().trim_start_matches('/'));
    let (skeleton, tops) = match package.stage.root {
        RootKind::Host => {
            let HostRoot { skeleton, tops } = HostRoot::prepare(&layout.base(), layout.root())?;
            (skeleton, tops)
        }
        RootKind::Composed if mount.as_os_str().is_empty() => {
            (composed_skeleton(&layout.base())?, Vec::new())
        }
        RootKind::Composed => bail!(
            "stage `{}` has a composed root and the mount point `{}`: nothing would be in its root; use `mount: /`, or \
             `root: host`",
            package.stage.name,
            package.stage.mount,
        ),
    };
    let mut root = Root {
        overlays: Vec::new(),
        below: Below::default(),
        tree: attempt.join("tree"),
        captured: Captured::Layer,
        trees,
        folds: Vec::new(),
        attempt: attempt.to_owned(),
        own: None,
        _held: held,
    };
    // What lies over the host's `/`: the artifacts, unless they have a place of their own.
    let over: &[Tree] = if mount.as_os_str().is_empty() { &artifacts } else { &[] };
    let own = || earlier.iter().chain(over);
    let whole = |dir: &Path| Lower { at: PathBuf::new(), dir: dir.to_owned() };
    root.below.0.extend(artifacts.iter().map(|tree| whole(&tree.dir)));
    let top = own().next().map_or(skeleton.as_path(), |tree| &tree.dir);
    // Most layers have something in `/usr` alone, which has an overlay of its own.
    let seen = own().filter(|tree| tree.has_more_than(&tops)).map(|tree| tree.dir.clone());
    root.overlay(Path::new(""), "tree", &Own::of(top)?, seen.chain([skeleton.clone()]).collect())?;
    for (index, HostTop { at, lower: host }) in tops.into_iter().enumerate() {
        let upper = format!("top-{index}");
        let lower: Vec<_> = own().filter_map(|tree| tree.inside(&at)).chain(host.iter().cloned()).collect();
        let top = Own::of(lower.first().context("an overlay without layers")?)?;
        root.overlay(&at, &upper, &top, lower)?;
        if mount.as_os_str().is_empty() {
            root.below.0.extend(host.into_iter().map(|dir| Lower { at: at.clone(), dir }));
            root.fold_later(&upper, &at, top);
        }
    }
    if mount.as_os_str().is_empty() {
        root.below.0.push(whole(&skeleton));
    } else {
        let empty = layout.empty();
        files::create_dir_all(&empty)?;
        let before = earlier.iter().filter_map(|tree| tree.inside(mount));
        let lower: Vec<_> = before.chain(artifacts.into_iter().map(|tree| tree.dir)).chain([empty]).collect();
        let top = Own::of(lower.first().context("an overlay without layers")?)?;
        root.overlay(mount, "target", &top, lower)?;
        root.fold_later("target", mount, top);
        if builder {
            own_by_builder(&attempt.join("target"))?;
        }
    }
    Ok(root)
}

/// Whether a step runs without privilege as another user. An ordinary user has no other one to become.
pub(super) fn needs_builder(package: &PackageFile, real_root: bool) -> bool {
    real_root && package.stage.user == StageUser::Builder
}

fn own_by_builder(path: &Path) -> Result<()> {
    lchown(path, Some(BUILDER.0), Some(BUILDER.1))
        .with_context(|| format!("failed to give `{}` to user {}", path.display(), BUILDER.0))
}

/// The trees of the artifacts in a phase's root, the uppermost first, and what keeps them there.
fn artifacts(
    layout: &Layout,
    package: &PackageFile,
    phase: Phase,
    for_: Captured,
) -> Result<(Vec<PathBuf>, Vec<Held>)> {
    let (mut trees, mut held) = (Vec::new(), Vec::new());
    for layer in package.layers_of(phase) {
        let is_less = for_ == Captured::Layer && store::is_of_destdir(layout, &layer.key);
        let Some(artifact) = store::hold(layout, &layer.key)?.filter(|_| !is_less) else {
            // Ninja believes in its stamps; without them it builds the package again.
            trash::put(layout, &layout.package_stamps(&layer.package))?;
            let how =
                if is_less { format!("but {OF_DESTDIR}") } else { "which is not in the store".to_owned() };
            bail!(
                "`{}` needs the artifact of `{}` ({}), {how}; start the build again to make it",
                package.package,
                layer.package,
                layer.key.short(),
            );
        };
        trees.push(layout.artifact_tree(&layer.key));
        held.push(artifact);
    }
    Ok((trees, held))
}

impl Own {
    fn of(dir: &Path) -> Result<Self> {
        let failed = || format!("failed to look at `{}`", dir.display());
        let metadata = files::metadata(dir).with_context(failed)?;
        let wished = Owner::wished_of(dir).with_context(failed)?;
        Ok(Self { wished, ..Self::seen_in(&metadata) })
    }

    /// What the file system itself says of it.
    fn seen_in(metadata: &Metadata) -> Self {
        let (mode, uid, gid) = (metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
        Self { mode, uid, gid, wished: None }
    }
}

/// The tree of a layer, and what lies right in it.
#[derive(Debug)]
struct Tree {
    dir: PathBuf,
    names: Vec<(OsString, FileType)>,
}

impl Tree {
    fn all(dirs: &[PathBuf]) -> Result<Vec<Self>> {
        let look = |dir: &PathBuf| {
            let names = files::kinds(dir).with_context(|| format!("failed to list `{}`", dir.display()))?;
            Ok(Self { dir: dir.clone(), names })
        };
        dirs.iter().map(look).collect()
    }

    /// Its directory at a path, if it has one there.
    fn inside(&self, at: &Path) -> Option<PathBuf> {
        let mut parts = at.iter();
        let first = parts.next()?;
        if !self.names.iter().any(|(name, kind)| name == first && kind.is_dir()) {
            return None;
        }
        let dir = self.dir.join(at);
        let is_dir = || files::symlink_metadata(&dir).is_ok_and(|metadata| metadata.is_dir());
        (parts.next().is_none() || is_dir()).then_some(dir)
    }

    /// Whether there is something in it that lies in none of these directories.
    fn has_more_than(&self, tops: &[HostTop]) -> bool {
        let lies_in = |name: &OsStr| tops.iter().any(|top| top.at == Path::new(name));
        self.names.iter().any(|(name, kind)| !kind.is_dir() || !lies_in(name))
    }
}

impl Root {
    /// The machine itself as a root, for a phase that runs there: what it installs goes to the tree, and nothing else is seen.
    pub(super) fn on_machine(
        layout: &Layout,
        package: &PackageFile,
        phase: Phase,
        attempt: &Path,
    ) -> Result<Self> {
        let (trees, held) = artifacts(layout, package, phase, Captured::Destdir)?;
        let tree = attempt.join("tree");
        let lower: Vec<_> = trees.iter().cloned().chain(["/".into()]).collect();
        let below = lower.iter().map(|dir| Lower { at: PathBuf::new(), dir: dir.clone() }).collect();
        // It is never mounted, and says where things are looked for.
        let overlay = Overlay { at: PathBuf::new(), lower, upper: tree.clone(), work: attempt.join("work") };
        Ok(Self {
            overlays: vec![overlay],
            below: Below(below),
            tree,
            captured: Captured::Destdir,
            trees,
            folds: Vec::new(),
            attempt: attempt.to_owned(),
            own: None,
            _held: held,
        })
    }

    /// Where the step's job server goes: beside what the step writes, and away with it.
    pub(super) fn jobs(&self) -> PathBuf {
        self.beside("jobs")
    }

    /// A place beside what the step writes, away with it.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.attempt.join(name)
    }

    /// Where what a step wrote to a path of its root lies, before [`Root::fold`].
    pub(super) fn written(&self, path: &Path) -> PathBuf {
        let path = path.strip_prefix("/").unwrap_or(path);
        // Later ones lie on earlier ones.
        let overlay = self.overlays.iter().rev().find(|overlay| path.starts_with(&overlay.at));
        let inner =
            overlay.and_then(|overlay| Some(overlay.upper.join(path.strip_prefix(&overlay.at).ok()?)));
        inner.unwrap_or_else(|| self.tree.join(path))
    }

    /// The names in a directory of the root that lie below what a step writes, those that a layer hides among them.
    pub(super) fn names(&self, dir: &Path) -> Vec<String> {
        let dir = dir.strip_prefix("/").unwrap_or(dir);
        let below = |overlay: &'_ Overlay| {
            let inside = dir.strip_prefix(&overlay.at).ok();
            inside.map(|inside| overlay.lower.iter().map(|lower| lower.join(inside)).collect::<Vec<_>>())
        };
        let dirs = self.overlays.iter().filter_map(below).flatten();
        dirs.flat_map(|dir| files::names(&dir).unwrap_or_default()).collect()
    }

    /// Lays directories over `at`; what is written there goes to the directory `upper` of the attempt, which shows in the root
    /// with this mode and owner.
    fn overlay(&mut self, at: &Path, upper: &str, top: &Own, lower: Vec<PathBuf>) -> Result<()> {
        let work = self.attempt.join(format!("{WORK}{upper}"));
        let upper = self.attempt.join(upper);
        let &Own { mode, uid, gid, wished } = top;
        let failed = || format!("failed to prepare `{}`", upper.display());
        match tree::make_dir(&upper, mode) {
            // What an attempt before has left.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => {
                made.with_context(failed)?;
                if Own::seen_in(&files::metadata(&upper).with_context(failed)?) != *top {
                    lchown(&upper, Some(uid), Some(gid))
                        .and_then(|()| tree::set_exact_mode(&upper, mode))
                        .and_then(|()| wished.map_or(Ok(()), |owner| owner.wish_for(&upper)))
                        .with_context(failed)?;
                }
            }
        }
        files::create_dir_all(&work)?;
        self.overlays.push(Overlay { at: at.to_owned(), lower, upper, work });
        Ok(())
    }

    fn fold_later(&mut self, from: &str, to: &Path, was: Own) {
        let (from, to) = (self.attempt.join(from), self.tree.join(to));
        self.folds.push(Fold { from, to, was });
    }

    /// Brings what the step wrote into one tree. Only after the sandbox has ended.
    pub(super) fn fold(&self) -> Result<()> {
        let mut changed: Vec<&Fold> = Vec::new();
        // From the innermost: a directory is there for what was written in one that lies in it.
        for fold in self.folds.iter().rev() {
            let Fold { from, to, was } = fold;
            let same = Own::of(from)? == *was && files::list(from)?.is_empty();
            if !same || changed.iter().any(|inner| inner.to.starts_with(to)) {
                changed.push(fold);
            }
        }
        for Fold { from, to, was: _ } in changed.into_iter().rev() {
            if let Some(parent) = to.parent() {
                files::create_dir_all(parent)?;
            }
            files::rename(from, to)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_lies_in_the_hosts_directories_alone_is_seen_through_those() {
        let dir = tempfile::tempdir().unwrap();
        let tree = |name: &str, files: &[&str]| {
            let dir = dir.path().join(name);
            for file in files {
                files::write_atomic(&dir.join(file), b"").unwrap();
            }
            Tree::all(&[dir]).unwrap().remove(0)
        };
        let top = |at: &str| HostTop { at: at.into(), lower: Vec::new() };
        let tops = ["usr", "var", "var/log"].map(top);
        let usual = tree("usual", &["usr/bin/make", "var/log/made"]);
        assert!(!usual.has_more_than(&tops));
        assert_eq!(usual.inside(Path::new("var/log")), Some(usual.dir.join("var/log")));
        assert_eq!(usual.inside(Path::new("var/lib")), None);
        assert_eq!(usual.inside(Path::new("etc")), None);
        // A file where the host has a directory, as overlayfs has in place of what was removed, and a directory that it has not.
        let file = tree("file", &["usr"]);
        assert!(file.has_more_than(&tops) && file.inside(Path::new("usr")).is_none());
        assert!(tree("more", &["usr/bin/ld", "srv/http/index"]).has_more_than(&tops));
    }
}

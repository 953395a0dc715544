//! What a step sees as `/`, and where what it writes goes.

use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::BUILDER;
use crate::host::owner::Owner;
use crate::host::{files, tree};
use crate::layout::Layout;
use crate::model::{Phase, RootKind, StageUser};
use crate::plan::file::PackageFile;
use crate::sandbox::{HostRoot, HostTop, Overlay, composed_skeleton};
use crate::store::{self, Below, Held, Lower, trash};

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
    folds: Vec<Fold>,
    attempt: PathBuf,
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

/// A directory's own mode, owner and group, and the owner that it is meant to have if that is another one.
type Own = (u32, u32, u32, Option<Owner>);

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
    let (artifacts, held) = artifacts(layout, package, phase)?;
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
        folds: Vec::new(),
        attempt: attempt.to_owned(),
        _held: held,
    };
    // What lies over the host's `/`: the artifacts, unless they have a place of their own.
    let over: &[PathBuf] = if mount.as_os_str().is_empty() { &artifacts } else { &[] };
    let whole = |dir: &PathBuf| Lower { at: PathBuf::new(), dir: dir.clone() };
    root.below.0.extend(artifacts.iter().map(whole));
    root.overlay(Path::new(""), "tree", [earlier, over, std::slice::from_ref(&skeleton)].concat())?;
    for (index, HostTop { at, lower: host }) in tops.into_iter().enumerate() {
        let upper = format!("top-{index}");
        let lower = [inside(earlier, &at), inside(over, &at), host.clone()].concat();
        if mount.as_os_str().is_empty() {
            root.below.0.extend(host.into_iter().map(|dir| Lower { at: at.clone(), dir }));
            root.fold_later(&upper, &at, &lower)?;
        }
        root.overlay(&at, &upper, lower)?;
    }
    if mount.as_os_str().is_empty() {
        root.below.0.push(whole(&skeleton));
    } else {
        let empty = layout.base().join("empty");
        files::create_dir_all(&empty)?;
        let lower = [inside(earlier, mount), artifacts, vec![empty]].concat();
        root.fold_later("target", mount, &lower)?;
        root.overlay(mount, "target", lower)?;
        if builder {
            own(&attempt.join("target"))?;
        }
    }
    Ok(root)
}

/// Whether a step runs without privilege as another user. An ordinary user has no other one to become.
pub(super) fn needs_builder(package: &PackageFile, real_root: bool) -> bool {
    real_root && package.stage.user == StageUser::Builder
}

fn own(path: &Path) -> Result<()> {
    lchown(path, Some(BUILDER.0), Some(BUILDER.1))
        .with_context(|| format!("failed to give `{}` to user {}", path.display(), BUILDER.0))
}

/// The trees of the artifacts in a phase's root, the uppermost first, and what keeps them there.
fn artifacts(layout: &Layout, package: &PackageFile, phase: Phase) -> Result<(Vec<PathBuf>, Vec<Held>)> {
    let (mut trees, mut held) = (Vec::new(), Vec::new());
    for layer in package.layers_of(phase) {
        let Some(artifact) = store::hold(layout, &layer.key)? else {
            // Ninja believes in its stamps; without them it builds the package again.
            trash::put(layout, &layout.stamps().join(layer.package.as_str()))?;
            bail!(
                "`{}` needs the artifact of `{}` ({}), which is not in the store; start the build again to make it",
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

/// A directory of each tree that has it.
fn inside(trees: &[PathBuf], at: &Path) -> Vec<PathBuf> {
    let dirs = trees.iter().map(|tree| tree.join(at));
    dirs.filter(|dir| files::symlink_metadata(dir).is_ok_and(|metadata| metadata.is_dir())).collect()
}

fn mode_and_owner(dir: &Path) -> Result<Own> {
    let metadata = files::metadata(dir).with_context(|| format!("failed to look at `{}`", dir.display()))?;
    let wished = Owner::wished_of(dir).with_context(|| format!("failed to look at `{}`", dir.display()))?;
    Ok((metadata.mode() & 0o7777, metadata.uid(), metadata.gid(), wished))
}

impl Root {
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

    /// Lays directories over `at`; what is written there goes to the directory `upper` of the attempt.
    fn overlay(&mut self, at: &Path, upper: &str, lower: Vec<PathBuf>) -> Result<()> {
        let work = self.attempt.join(format!("{WORK}{upper}"));
        let upper = self.attempt.join(upper);
        let is_new = !upper.exists();
        // The mode and owner of an upper directory show in the root: it must have those of what lies below it.
        let top = top_of(&lower)?;
        let (mode, uid, gid, wished) = top;
        for dir in [&upper, &work] {
            tree::ensure_dir(dir, mode)?;
        }
        if is_new && mode_and_owner(&upper)? != top {
            lchown(&upper, Some(uid), Some(gid))
                .and_then(|()| tree::set_exact_mode(&upper, mode))
                .and_then(|()| wished.map_or(Ok(()), |owner| owner.wish_for(&upper)))
                .with_context(|| format!("failed to prepare `{}`", upper.display()))?;
        }
        self.overlays.push(Overlay { at: at.to_owned(), lower, upper, work });
        Ok(())
    }

    fn fold_later(&mut self, from: &str, to: &Path, lower: &[PathBuf]) -> Result<()> {
        let (from, to) = (self.attempt.join(from), self.tree.join(to));
        self.folds.push(Fold { from, to, was: top_of(lower)? });
        Ok(())
    }

    /// Brings what the step wrote into one tree. Only after the sandbox has ended.
    pub(super) fn fold(&self) -> Result<()> {
        let mut changed: Vec<&Fold> = Vec::new();
        // From the innermost: a directory is there for what was written in one that lies in it.
        for fold in self.folds.iter().rev() {
            let Fold { from, to, was } = fold;
            let same = mode_and_owner(from)? == *was && files::list(from)?.is_empty();
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

fn top_of(lower: &[PathBuf]) -> Result<Own> {
    mode_and_owner(lower.first().context("an overlay without layers")?)
}

//! From the layers of a package to its artifact.
//!
//! The last phase's tree gets those of the earlier phases below it, without the build tree. It is captured, held against
//! `artifacts.expect`, dated, and only then committed; one that lacks something is not committed at all.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::environment;
use super::root::Root;
use crate::host::{files, tree};
use crate::journal::ArtifactCommitted;
use crate::layout::{Layout, guest};
use crate::model::{Digest, Phase};
use crate::plan::file::PackageFile;
use crate::sandbox::Overlay;
use crate::store::{self, Captured, Manifest, Missing};

/// What of an attempt is no part of an artifact: the changes of the last phase to the build tree.
pub(super) const BUILD_TREE: &str = "build-tree";

/// What became of an artifact.
pub(super) enum Committed {
    /// It is in the store.
    Yes(Box<ArtifactCommitted>),
    /// It lacks what it must hold.
    Lacks(Vec<Missing>),
}

/// Makes the artifact of a package out of its last phase's tree and of its earlier layers' trees, the uppermost first. `attempt`
/// becomes a place for it.
pub(super) fn commit(
    layout: &Layout,
    package: &PackageFile,
    root: &Root,
    earlier: &[PathBuf],
    attempt: &Path,
) -> Result<Committed> {
    let target = Path::new(package.stage.mount.as_str().trim_start_matches('/'));
    let staged = attempt.join("artifact");
    let artifact_tree = staged.join("tree");
    files::create_dir_all(&staged)?;
    let written = root.tree.join(target);
    if written.is_dir() {
        let home = guest::HOME.trim_start_matches('/');
        if written.join(home).exists() {
            files::rename(&written.join(home), &attempt.join(BUILD_TREE))?;
        }
        files::rename(&written, &artifact_tree)?;
    } else {
        tree::make_dir(&artifact_tree, 0o755)?;
    }
    for layer in earlier.iter().map(|layer| layer.join(target)).filter(|layer| layer.is_dir()) {
        store::merge_under(&artifact_tree, &layer, guest::HOME.trim_start_matches('/'))?;
    }
    let manifest = store::capture(&artifact_tree, &root.below, root.captured)?;
    let missing = store::missing(&package.expect, &artifact_tree, &manifest);
    if !missing.is_empty() {
        return Ok(Committed::Lacks(missing));
    }
    if let Some(latest) = environment::latest_time(package) {
        tree::date_no_later(&artifact_tree, latest)?;
    }
    if root.captured == Captured::Destdir {
        files::write_atomic(&layout.had_destdir(), b"")?;
    }
    let bytes = manifest.to_json()?;
    store::commit_artifact(layout, &staged, &package.key, &bytes)?;
    Ok(Committed::Yes(Box::new(committed(package, &manifest, &bytes, None))))
}

/// What is said of a package whose `install` phase has left nothing, though its script has something to do there.
pub(super) fn installed_nothing(
    layout: &Layout,
    package: &PackageFile,
    phase: Phase,
    output: &Path,
) -> Option<String> {
    let names = || files::names(&layout.artifact_tree(&package.key));
    let is_empty = phase == Phase::Install && names().is_ok_and(|names| names.is_empty());
    (is_empty && installs(output, package))
        .then(|| format!("it installed nothing{}", only_below(package).unwrap_or_default()))
}

/// What is said of a step that wrote outside of the mount point of its stage, where nothing is kept.
pub(super) fn thrown_away(root: &Root, package: &PackageFile) -> Result<Option<String>> {
    let mount = package.stage.mount.as_str();
    if mount == "/" {
        return Ok(None);
    }
    let mut written = Vec::new();
    for Overlay { at, upper, .. } in
        root.overlays.iter().filter(|overlay| in_root(&overlay.at) != Path::new(mount))
    {
        collect(upper, at, &mut written)?;
    }
    Ok(written.split_first().map(|(first, others)| {
        let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        format!("thrown away, since it lies outside of `{mount}`: `{}`{others}", in_root(first).display())
    }))
}

/// A path below a root, as it is called in it.
fn in_root(path: &Path) -> PathBuf {
    Path::new("/").join(path)
}

/// The files of a tree that is written to at a path of a root, but for lfsgen's own, and what Python makes of whatever it reads.
fn collect(tree: &Path, at: &Path, written: &mut Vec<PathBuf>) -> Result<()> {
    let kinds = files::kinds(tree).with_context(|| format!("failed to list `{}`", tree.display()))?;
    for (name, kind) in kinds {
        let path = at.join(&name);
        if name == "__pycache__" || in_root(&path) == Path::new(guest::HOME) {
            continue;
        }
        if kind.is_dir() {
            collect(&tree.join(&name), &path, written)?;
        } else {
            written.push(path);
        }
    }
    Ok(())
}

/// What is said of an artifact that lacks what it must hold.
pub(super) fn lacks(package: &PackageFile) -> String {
    let below = only_below(package).map_or_else(String::new, |below| format!("{below},"));
    format!("it did not install{below} what `artifacts.expect` names")
}

/// Where an artifact is looked for, if what was written elsewhere is lost.
fn only_below(package: &PackageFile) -> Option<String> {
    let mount = package.stage.mount.as_str();
    (mount != "/").then(|| format!(" below `{mount}`, the one place that its stage keeps"))
}

/// Whether a package's script has something to do in its `install` phase.
pub(super) fn installs(output: &Path, package: &PackageFile) -> bool {
    files::read(&output.join(package.script.as_str()))
        .is_ok_and(|text| does_install(&String::from_utf8_lossy(&text)))
}

/// Whether the `install` phase of a script does more than going to where it works.
fn does_install(script: &str) -> bool {
    let phase = script.lines().skip_while(|line| *line != "phase_install() {").skip(1);
    phase.take_while(|line| *line != "}").any(|line| !line.is_empty() && !line.starts_with("cd "))
}

/// What the journal says of a package's artifact, whose manifest has these bytes.
pub(super) fn committed(
    package: &PackageFile,
    manifest: &Manifest,
    bytes: &[u8],
    same_as: Option<Digest>,
) -> ArtifactCommitted {
    let (files, size) = manifest.totals();
    ArtifactCommitted {
        package: package.package.clone(),
        key: package.key,
        manifest: Digest::of(bytes),
        files,
        bytes: size,
        key_parts: package.key_parts(),
        same_as,
        captured: manifest.captured,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_that_only_goes_to_its_directory_installs_nothing() {
        let script = |install: &str| {
            format!("phase_build() {{\nmake\n}}\n\nphase_install() {{\n{install}}}\n\nusage() {{\n}}\n")
        };
        assert!(!does_install(&script("cd \"$work\"/src\n")));
        assert!(does_install(&script("cd \"$work\"/src\nmake install\n")));
        assert!(does_install(&script("cd \"$work\"/src\n\n# specs/a.yaml:8\ntrue\n")));
    }
}

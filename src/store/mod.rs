//! Layers and artifacts on the disk: what phases wrote, committed by one rename each.
//!
//! A *layer* lives as long as its package is being built and is not forced to the disk: it is good until the machine
//! starts anew, which its key file tells. An *artifact* is for keeps: everything in it is on the disk before it
//! gets its name.
//!
//! This module does not know how a layer came to be, nor what a phase does.

mod below;
mod capture;
pub mod collect;
mod expect;
mod hold;
mod layers;
mod manifest;
mod marks;
mod merge;
mod passed;
mod provides;
mod stack;
mod stamp;
pub mod trash;
mod union;
mod verify;

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

pub use below::{Below, Lower};
pub use capture::capture;
pub use expect::{Missing, absent, lacking, missing};
pub use hold::{Held, InUse, hold, hold_dir, own_dir, take_dir, use_state};
pub use layers::{commit_layer, has_layer, hold_layer, remove_layers};
pub use manifest::{Captured, Entry, Kind, Manifest, path_text, text_path};
pub use merge::merge_under;
pub use passed::{passed, remember_passed};
pub use provides::{Wanted, provided};
pub use stack::{Seen, Stack};
pub use stamp::{read_stamp, write_stamp};
pub use union::{Part, Shown, Union, union};
pub use verify::{damage, damage_of_bytes};

use self::hold::lock_names;
use crate::host::{files, tree};
use crate::layout::Layout;
use crate::model::Digest;

/// Has nobody but this user get at what packages wrote. Their files have the owners and modes that a root needs: a setuid
/// program or a device that a package made is one on this machine, too.
///
/// # Errors
/// A directory cannot be made, or belongs to somebody else.
pub fn close_to_others(layout: &Layout) -> Result<()> {
    refuse_of_others(layout)?;
    written(layout).iter().try_for_each(|dir| tree::ensure_closed_dir(dir))
}

/// Where what packages wrote lies.
fn written(layout: &Layout) -> [PathBuf; 3] {
    [layout.all_layers(), layout.artifacts(), layout.scratch()]
}

/// Refuses what another user has built: its files belong to that user where no attribute says otherwise, and would do so in a root
/// too, and in the manifests of packages that change them.
///
/// # Errors
/// Another user has built here.
pub fn refuse_of_others(layout: &Layout) -> Result<()> {
    let user = rustix::process::geteuid().as_raw();
    for dir in written(layout) {
        let Ok(owner) = files::metadata(&dir).map(|metadata| metadata.uid()) else { continue };
        ensure!(
            owner == user,
            "`{}` belongs to user {owner}, and so do the files of what was built there, but you are user {user}: go on as that \
             user, set `state` in `lfsgen.yaml` to another directory, or remove this one with `lfsgen clean --all`",
            dir.display(),
        );
    }
    Ok(())
}

/// Whether this user may not look at what packages wrote.
pub fn is_closed(layout: &Layout) -> bool {
    let inside = files::metadata(&layout.artifacts().join("."));
    inside.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

/// Whether the artifact of a key is there, as far as two looks tell. Whether it is whole, [`damage`] says; that it stays,
/// [`hold`].
pub fn has_artifact(layout: &Layout, key: &Digest) -> bool {
    layout.artifact_manifest(key).exists() && layout.artifact_tree(key).is_dir()
}

/// Whether an artifact is known only by what its package put into `DESTDIR`, on the machine itself.
pub fn is_of_destdir(layout: &Layout, key: &Digest) -> bool {
    // Most state directories never had one.
    layout.had_destdir().exists()
        && Manifest::read(&layout.artifact_manifest(key))
            .is_ok_and(|manifest| manifest.captured == Captured::Destdir)
}

/// Gives an artifact its name. `staged` holds its `tree` and becomes the artifact's directory.
///
/// # Errors
/// It could not be written to the disk; then there is no artifact of that name.
pub fn commit_artifact(layout: &Layout, staged: &Path, key: &Digest, manifest: &[u8]) -> Result<()> {
    // Nobody looks at it yet.
    files::write_new(&staged.join("manifest.json"), manifest, files::DATA)
        .with_context(|| format!("failed to write the manifest of `{}`", staged.display()))?;
    tree::sync(staged)?;
    let target = layout.artifact(key);
    let names = lock_names(layout)?;
    // A directory without a manifest is not an artifact, wherever it came from. It may still be in use.
    trash::put(layout, &target)?;
    files::rename(staged, &target)?;
    drop(names);
    tree::sync_dir(&layout.artifacts())
}

/// Gives the artifact of a key another key as well: a symbolic link of that name. Returns the key under which it was made.
///
/// # Errors
/// The link cannot be made.
pub fn name_artifact(layout: &Layout, key: &Digest, other: &Digest) -> Result<Digest> {
    let _names = lock_names(layout)?;
    let made = made_as(layout, key);
    if made_as(layout, other) != made {
        let link = layout.artifact(other);
        // Where there is one, it stands for something that is lost or damaged.
        trash::put(layout, &link)?;
        tree::ensure_symlink(Path::new(&made.to_string()), &link)?;
    }
    Ok(made)
}

/// The key under which an artifact was made, where it has several.
fn made_as(layout: &Layout, key: &Digest) -> Digest {
    link_target(&layout.artifact(key)).unwrap_or(*key)
}

/// The key that a link among the artifacts stands for.
fn link_target(link: &Path) -> Option<Digest> {
    Digest::parse(tree::read_link(link).ok()?.to_str()?).ok()
}

//! Layers and artifacts on the disk: what phases wrote, committed by one rename each.
//!
//! A *layer* lives as long as its package is being built and is not forced to the disk: it is good until the machine
//! starts anew, which its key file tells. An *artifact* is for keeps: everything in it is on the disk before it
//! gets its name.
//!
//! This module does not know how a layer came to be, nor what a phase does.

mod below;
mod capture;
mod expect;
mod layers;
mod manifest;
mod marks;
mod merge;
mod verify;

use std::path::Path;

use anyhow::Result;

pub use below::{Below, Lower};
pub use capture::capture;
pub use expect::{Missing, missing};
pub use layers::{commit_layer, has_layer, layer_tree};
pub use manifest::{Entry, Kind, Manifest, path_text};
pub use merge::merge_under;
pub use verify::damage;

use crate::host::{files, tree};
use crate::layout::Layout;
use crate::model::Digest;

/// Whether the artifact of a key is there, as far as two looks tell. Whether it is whole, [`damage`] says.
pub fn has_artifact(layout: &Layout, key: &Digest) -> bool {
    layout.artifact_manifest(key).exists() && layout.artifact_tree(key).is_dir()
}

/// Gives an artifact its name. `staged` holds its `tree` and becomes the artifact's directory.
///
/// # Errors
/// It could not be written to the disk; then there is no artifact of that name.
pub fn commit_artifact(layout: &Layout, staged: &Path, key: &Digest, manifest: &[u8]) -> Result<()> {
    files::write_atomic(&staged.join("manifest.json"), manifest)?;
    tree::sync(staged)?;
    let target = layout.artifact(key);
    files::create_dir_all(&layout.artifacts())?;
    // A directory without a manifest is not an artifact, wherever it came from.
    tree::remove(&target)?;
    files::rename(staged, &target)?;
    tree::sync_dir(&layout.artifacts())
}

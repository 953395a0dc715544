//! What is made once for each run of the machine, below `build/base`. None of it is forced to the disk, so that nothing is believed
//! that was made before the machine started; its name tells.

use std::path::Path;

use anyhow::Result;

use crate::host::{clock, files, tree};
use crate::model::Digest;

/// How names of a kind, which begin with `kind`, begin since the machine started.
pub(super) fn names(kind: &str) -> String {
    format!("{kind}{}-", Digest::of(clock::boot_id().as_bytes()).short())
}

/// Removes what cannot be in use of a kind: what was made before the machine started, and what a process that was killed left half
/// made. The lock is held.
pub(super) fn remove_old(base: &Path, kind: &str) -> Result<()> {
    let (now, half) = (names(kind), format!(".{kind}"));
    let is_old = |name: &str| name.starts_with(kind) && !name.starts_with(&now) || name.starts_with(&half);
    let names = files::names(base)?;
    names.iter().filter(|name| is_old(name)).try_for_each(|name| tree::remove(&base.join(name)))
}

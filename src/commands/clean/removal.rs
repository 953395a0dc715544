//! How parts of the state directory are removed, whatever of them somebody still uses.

use std::path::PathBuf;

use anyhow::Result;

use super::own::own;
use crate::host::{files, tree};
use crate::layout::Layout;
use crate::store::collect::{self, Removal, inventory, remove_lost_keys};
use crate::store::trash;

/// Removes paths of the state directory; says how many artifacts are in use and stay.
///
/// # Errors
/// Something cannot be removed.
pub(super) fn remove(layout: &Layout, paths: &[PathBuf]) -> Result<usize> {
    let mut used = 0;
    for path in paths {
        if *path == layout.artifacts() {
            used = remove_artifacts(layout)?;
        } else if *path == layout.scratch() {
            remove_all_but_trash(layout)?;
        } else if *path != layout.had_destdir() || used == 0 {
            // Where it goes, nobody looks any more for how an artifact was captured.
            own(layout, path).iter().try_for_each(|path| tree::remove(path))?;
        }
    }
    trash::empty(layout, || true)?;
    for emptied in [layout.trash(), layout.scratch()] {
        // What is left in it is in use.
        let _ = tree::remove_dir(&emptied);
    }
    Ok(used)
}

/// Takes every artifact for itself before it goes: who only reads some, as `lfsgen pack` does, keeps nobody else out.
fn remove_artifacts(layout: &Layout) -> Result<usize> {
    let mut used = 0;
    for stored in inventory(layout)? {
        used += usize::from(collect::remove(layout, &stored)? == Removal::InUse);
    }
    if used == 0 {
        own(layout, &layout.artifacts()).iter().try_for_each(|path| tree::remove(path))?;
    } else {
        remove_lost_keys(layout)?;
    }
    Ok(used)
}

/// Others may use what lies in the trash.
fn remove_all_but_trash(layout: &Layout) -> Result<()> {
    let (scratch, trash) = (layout.scratch(), layout.trash());
    let is_folder = files::symlink_metadata(&scratch).is_ok_and(|metadata| metadata.is_dir());
    let mut made = own(layout, &scratch);
    if is_folder && made == [scratch] {
        made = files::list(&layout.scratch())?;
    }
    made.iter().filter(|path| **path != trash).try_for_each(|path| tree::remove(path))
}

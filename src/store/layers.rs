//! The layers of a package that is being built.
//!
//! There is one for each phase that has run, under the name of the phase, with a file that says under which key and in
//! which run of the machine it was made. One of another key or another run counts as none. They go once the package's
//! artifact is there. A shell that has one in its root keeps its files, but not its place.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::hold::{Held, hold_dir};
use super::trash;
use crate::host::{clock, files, tree};
use crate::layout::Layout;
use crate::model::{Digest, PackageName, Phase};

/// Whether a phase's layer is there, was made under this key, and can be trusted.
pub fn has_layer(layout: &Layout, package: &PackageName, phase: Phase, key: &Digest) -> bool {
    is_layer(&layout.layer(package, phase), key)
}

/// Takes a phase's layer into use; nothing where [`has_layer`] says no.
///
/// # Errors
/// It is there and cannot be opened or locked.
pub fn hold_layer(
    layout: &Layout,
    package: &PackageName,
    phase: Phase,
    key: &Digest,
) -> Result<Option<Held>> {
    let Some(held) = hold_dir(&layout.layer(package, phase))? else { return Ok(None) };
    Ok(is_layer(&held.path()?, key).then_some(held))
}

fn is_layer(dir: &Path, key: &Digest) -> bool {
    let has_key = files::read_if_exists(&dir.join("key"))
        .is_ok_and(|bytes| bytes.is_some_and(|bytes| bytes == key_file(key)));
    has_key && dir.join("tree").is_dir()
}

/// Gives a layer its name. `staged` holds its `tree` and becomes the layer's directory; what later phases wrote over
/// an older one goes.
///
/// # Errors
/// It cannot be renamed; then the phase has no layer.
pub fn commit_layer(
    layout: &Layout,
    staged: &Path,
    package: &PackageName,
    phase: Phase,
    key: &Digest,
) -> Result<()> {
    // Nobody looks at it yet.
    files::write_new(&staged.join("key"), &key_file(key), files::DATA)
        .with_context(|| format!("failed to write the key of `{}`", staged.display()))?;
    files::create_dir_all(&layout.layers(package))?;
    remove_from(layout, package, phase)?;
    files::rename(staged, &layout.layer(package, phase))
}

/// Removes all layers of a package.
///
/// # Errors
/// Something of them belongs to somebody else.
pub fn remove_layers(layout: &Layout, package: &PackageName) -> Result<()> {
    remove_from(layout, package, Phase::ALL[0])?;
    tree::remove(&layout.layers(package))
}

/// Removes the layers of a phase and of those after it.
fn remove_from(layout: &Layout, package: &PackageName, phase: Phase) -> Result<()> {
    let later = Phase::ALL.into_iter().filter(|later| *later >= phase);
    later.map(|later| layout.layer(package, later)).try_for_each(|layer| trash::remove(layout, &layer))
}

/// A layer is not forced to the disk, which would cost more than it is worth; so it ends with the run of the machine.
fn key_file(key: &Digest) -> Vec<u8> {
    format!("{key}\n{}\n", clock::boot_id()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_known_by_its_key_and_takes_later_ones_with_it_when_it_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let package = PackageName::new("zlib").unwrap();
        let (old, new) = (Digest::of(b"old"), Digest::of(b"new"));
        let commit = |phase, key| {
            let staged = dir.path().join("staged");
            files::create_dir_all(&staged.join("tree")).unwrap();
            commit_layer(&layout, &staged, &package, phase, key).unwrap();
        };
        commit(Phase::Prepare, &old);
        commit(Phase::Build, &old);
        assert!(has_layer(&layout, &package, Phase::Build, &old));
        assert!(!has_layer(&layout, &package, Phase::Build, &new));
        commit(Phase::Prepare, &new);
        assert!(has_layer(&layout, &package, Phase::Prepare, &new));
        assert!(!has_layer(&layout, &package, Phase::Build, &old));
    }

    #[test]
    fn a_layer_that_somebody_looks_into_makes_room_for_the_next_one_and_keeps_its_files() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let package = PackageName::new("zlib").unwrap();
        let key = |text: &str| Digest::of(text.as_bytes());
        let commit = |text: &str| {
            let staged = dir.path().join("staged");
            files::write_atomic(&staged.join("tree/file"), text.as_bytes()).unwrap();
            commit_layer(&layout, &staged, &package, Phase::Build, &key(text)).unwrap();
        };
        let hold = |text: &str| hold_layer(&layout, &package, Phase::Build, &key(text)).unwrap();
        let read = |held: &Held| files::read(&held.tree().unwrap().join("file")).unwrap();
        commit("old");
        assert!(hold("new").is_none());
        let old = hold("old").unwrap();
        commit("new");
        let new = hold("new").unwrap();
        remove_layers(&layout, &package).unwrap();
        assert!(hold("new").is_none() && !layout.layers(&package).exists());
        trash::empty(&layout, || true).unwrap();
        assert_eq!([read(&old), read(&new)], [b"old", b"new"]);
        drop((old, new));
        trash::empty(&layout, || true).unwrap();
        assert_eq!(files::names(&layout.trash()).unwrap(), [""; 0]);
    }

    #[test]
    fn a_layer_of_an_earlier_run_of_the_machine_is_not_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let (package, key) = (PackageName::new("zlib").unwrap(), Digest::of(b"key"));
        let file = layout.layer_key(&package, Phase::Build);
        files::write_atomic(&file, format!("{key}\n6fd5e2b4-0000-0000-0000-000000000000\n").as_bytes())
            .unwrap();
        assert!(!has_layer(&layout, &package, Phase::Build, &key));
    }

    #[test]
    fn a_layer_whose_key_was_cut_off_anywhere_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let (package, key) = (PackageName::new("zlib").unwrap(), Digest::of(b"key"));
        files::create_dir_all(&layout.layer_tree(&package, Phase::Build)).unwrap();
        let (file, whole) = (layout.layer_key(&package, Phase::Build), key_file(&key));
        for length in 0..=whole.len() {
            files::write_atomic(&file, &whole[..length]).unwrap();
            let has = has_layer(&layout, &package, Phase::Build, &key);
            assert_eq!(has, length == whole.len(), "{length} bytes");
        }
    }
}

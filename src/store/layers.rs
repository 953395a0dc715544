//! The layers of a package that is being built.
//!
//! There is one for each phase that has run, under the name of the phase, with a file that says under which key and in
//! which run of the machine it was made. One of another key or another run counts as none. They go once the package's
//! artifact is there.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::host::{clock, files, tree};
use crate::layout::Layout;
use crate::model::{Digest, PackageName, Phase};

/// Whether a phase's layer is there, was made under this key, and can be trusted.
pub fn has_layer(layout: &Layout, package: &PackageName, phase: Phase, key: &Digest) -> bool {
    let file = layout.layer_key(package, phase);
    let has_key =
        files::read_if_exists(&file).is_ok_and(|bytes| bytes.is_some_and(|bytes| bytes == key_file(key)));
    has_key && layout.layer_tree(package, phase).is_dir()
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
    for later in Phase::ALL.into_iter().filter(|later| *later >= phase) {
        tree::remove(&layout.layer(package, later))?;
    }
    files::rename(staged, &layout.layer(package, phase))
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

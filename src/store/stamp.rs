//! Stamps: the small files by which ninja knows of a finished step. Their times change only with their content.

use anyhow::Result;

use crate::host::files;
use crate::layout::Layout;
use crate::model::{Digest, PackageName, Phase};

/// What a stamp says of a check that was not asked for.
const SKIPPED: &str = "skipped";

/// The key that a step's stamp holds; nothing where it has none, or one that is damaged or says that the step was skipped.
pub fn read_stamp(layout: &Layout, package: &PackageName, phase: Phase) -> Option<Digest> {
    let bytes = files::read_plain(&layout.stamp(package, phase)).ok()?;
    Digest::parse(str::from_utf8(&bytes).ok()?.lines().next()?).ok()
}

/// Writes the stamp of a step under its key, or of a check that was skipped. One that says so already keeps its time.
///
/// # Errors
/// It cannot be written.
pub fn write_stamp(key: Option<&Digest>, layout: &Layout, package: &PackageName, phase: Phase) -> Result<()> {
    let text = key.map_or_else(|| format!("{SKIPPED}\n"), |key| format!("{key}\n"));
    let path = layout.stamp(package, phase);
    let written = files::write_if_changed(&path, text.as_bytes());
    // `clean` takes a package's stamps away with their folder, perhaps at this moment.
    let is_taken = path.parent().is_some_and(|folder| !folder.exists());
    if written.is_err() && is_taken {
        return files::write_if_changed(&path, text.as_bytes()).map(drop);
    }
    written.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_reads_back_what_it_wrote_and_a_damaged_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let package = PackageName::new("zlib").unwrap();
        for key in [None, Some(Digest::of(b"key"))] {
            write_stamp(key.as_ref(), &layout, &package, Phase::Check).unwrap();
            assert_eq!(read_stamp(&layout, &package, Phase::Check), key);
        }
        for damaged in ["", "\n", "0\n"] {
            files::write_atomic(&layout.stamp(&package, Phase::Check), damaged.as_bytes()).unwrap();
            assert_eq!(read_stamp(&layout, &package, Phase::Check), None, "{damaged:?}");
        }
    }

    #[test]
    fn a_stamp_that_was_cut_off_anywhere_says_nothing_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let package = PackageName::new("zlib").unwrap();
        let key = Digest::of(b"key");
        write_stamp(Some(&key), &layout, &package, Phase::Check).unwrap();
        let path = layout.stamp(&package, Phase::Check);
        let whole = files::read(&path).unwrap();
        for length in 0..=whole.len() {
            files::write_atomic(&path, &whole[..length]).unwrap();
            let read = read_stamp(&layout, &package, Phase::Check);
            assert!(read.is_none_or(|read| read == key), "{length} bytes");
        }
    }
}

//! Stamps: the small files by which ninja knows of a finished step. Their times change only with their content.

use anyhow::Result;

use crate::host::files;
use crate::layout::Layout;
use crate::model::{Digest, PackageName, Phase};

/// What a stamp says of a check that was not asked for.
const SKIPPED: &str = "skipped";

/// A finished step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The step's key.
    pub key: Digest,
    /// What a check was made of, by content: where that is the same under another key, the check need not run again.
    pub contents: Option<Digest>,
}

impl Stamp {
    /// The stamp of a step; nothing where it has none, or one that is damaged or says that the step was skipped.
    pub fn read(layout: &Layout, package: &PackageName, phase: Phase) -> Option<Self> {
        let bytes = files::read_plain(&layout.stamp(package, phase)).ok()?;
        let mut lines = str::from_utf8(&bytes).ok()?.lines();
        let key = Digest::parse(lines.next()?).ok()?;
        let contents = lines.next().map(Digest::parse).transpose().ok()?;
        Some(Self { key, contents })
    }

    /// Writes the stamp of a step, or of a check that was skipped. One that says so already keeps its time.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(stamp: Option<&Self>, layout: &Layout, package: &PackageName, phase: Phase) -> Result<()> {
        let text = match stamp {
            None => format!("{SKIPPED}\n"),
            Some(Self { key, contents: None }) => format!("{key}\n"),
            Some(Self { key, contents: Some(contents) }) => format!("{key}\n{contents}\n"),
        };
        let path = layout.stamp(package, phase);
        let written = files::write_if_changed(&path, text.as_bytes());
        // `clean` takes a package's stamps away with their folder, perhaps at this moment.
        let is_taken = path.parent().is_some_and(|folder| !folder.exists());
        if written.is_err() && is_taken {
            return files::write_if_changed(&path, text.as_bytes()).map(drop);
        }
        written.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_reads_back_what_it_wrote_and_a_damaged_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let package = PackageName::new("zlib").unwrap();
        let (key, contents) = (Digest::of(b"key"), Digest::of(b"contents"));
        for stamp in
            [None, Some(Stamp { key, contents: None }), Some(Stamp { key, contents: Some(contents) })]
        {
            Stamp::write(stamp.as_ref(), &layout, &package, Phase::Check).unwrap();
            assert_eq!(Stamp::read(&layout, &package, Phase::Check), stamp);
        }
        for damaged in ["", "\n", "0\n", &format!("{key}\nx\n")] {
            files::write_atomic(&layout.stamp(&package, Phase::Check), damaged.as_bytes()).unwrap();
            assert_eq!(Stamp::read(&layout, &package, Phase::Check), None, "{damaged:?}");
        }
    }

    #[test]
    fn a_stamp_that_was_cut_off_anywhere_says_nothing_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let package = PackageName::new("zlib").unwrap();
        let stamp = Stamp { key: Digest::of(b"key"), contents: Some(Digest::of(b"contents")) };
        Stamp::write(Some(&stamp), &layout, &package, Phase::Check).unwrap();
        let path = layout.stamp(&package, Phase::Check);
        let whole = files::read(&path).unwrap();
        for length in 0..=whole.len() {
            files::write_atomic(&path, &whole[..length]).unwrap();
            if let Some(read) = Stamp::read(&layout, &package, Phase::Check) {
                assert_eq!(read.key, stamp.key, "{length} bytes");
                assert!(
                    read.contents.is_none_or(|contents| Some(contents) == stamp.contents),
                    "{length} bytes"
                );
            }
        }
    }
}

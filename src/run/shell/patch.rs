//! Turns what was changed in a source tree into a patch.
//!
//! It must fit the tree that `prepare` leaves, for that is what patches are applied to. So what another phase made or
//! changed is left out, and what a unified diff cannot hold (POSIX.1-2024, `diff`, "Diff Unified Output Format"), each with
//! its reason.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use similar::{Algorithm, DiffTag, capture_diff_slices, group_diff_ops};

use crate::host::files;
use crate::store::{Seen, Stack};

/// Lines around a change.
const CONTEXT: usize = 3;

/// A patch, and what is not in it.
#[derive(Debug, Default)]
pub(super) struct Patch {
    /// The text; empty where nothing was changed.
    pub text: Vec<u8>,
    /// What is in it, a line each.
    pub holds: Vec<String>,
    /// What is not, with why.
    pub lacks: Vec<String>,
}

/// The trees that are compared: what the shell wrote, what was below it, and of that what `prepare` left.
struct Trees {
    written: Stack,
    below: Stack,
    prepared: PathBuf,
}

/// The patch from a source tree to what was written over it. `prepared` is the layer of `prepare`.
///
/// # Errors
/// Something cannot be read.
pub(super) fn make(written: Stack, below: Stack, prepared: PathBuf) -> Result<Patch> {
    let mut patch = Patch::default();
    Trees { written, below, prepared }.compare(Path::new(""), &mut patch)?;
    Ok(patch)
}

impl Trees {
    fn compare(&self, at: &Path, patch: &mut Patch) -> Result<()> {
        let mut names = self.written.names()?;
        let is_new = self.written.is_opaque()?;
        if is_new {
            names.extend(self.below.names()?);
        }
        for name in names {
            let path = at.join(&name);
            let old = self.below.look(&name)?;
            match (self.written.look(&name)?, old) {
                (Seen::Directory(written), old) => {
                    let below = match old {
                        Seen::Directory(below) => below,
                        Seen::File(old) => {
                            self.change(&path, Some(&old), None, patch)?;
                            Stack::default()
                        }
                        Seen::Nothing | Seen::Removed => Stack::default(),
                    };
                    Self { written, below, prepared: self.prepared.clone() }.compare(&path, patch)?;
                }
                (Seen::File(new), Seen::File(old)) => self.change(&path, Some(&old), Some(&new), patch)?,
                (Seen::File(new), old) => {
                    self.removed(&path, old, patch)?;
                    self.change(&path, None, Some(&new), patch)?;
                }
                (Seen::Removed, old) => self.removed(&path, old, patch)?,
                (Seen::Nothing, old) if is_new => self.removed(&path, old, patch)?,
                (Seen::Nothing, _) => {}
            }
        }
        Ok(())
    }

    /// All that was there under a name is gone.
    fn removed(&self, path: &Path, old: Seen, patch: &mut Patch) -> Result<()> {
        match old {
            Seen::File(old) => self.change(path, Some(&old), None, patch),
            Seen::Directory(stack) => stack
                .names()?
                .into_iter()
                .try_for_each(|name| self.removed(&path.join(&name), stack.look(&name)?, patch)),
            Seen::Nothing | Seen::Removed => Ok(()),
        }
    }

    /// One file that is new, or other than before, or gone.
    fn change(&self, path: &Path, old: Option<&Path>, new: Option<&Path>, patch: &mut Patch) -> Result<()> {
        let shown = path.display();
        let [old_metadata, new_metadata] =
            [old, new].map(|file| file.map(files::symlink_metadata).transpose());
        let (old_metadata, new_metadata) = (old_metadata?, new_metadata?);
        let is_text = |metadata: &Option<Metadata>| metadata.as_ref().is_none_or(Metadata::is_file);
        let mut lacks = |why: &str| patch.lacks.push(format!("{shown}: {why}"));
        if !is_text(&old_metadata) || !is_text(&new_metadata) {
            lacks("it is or was no regular file");
            return Ok(());
        }
        let read = |file: Option<&Path>| file.map_or(Ok(Vec::new()), files::read);
        let (before, after) = (read(old)?, read(new)?);
        let is_run = |metadata: &Option<Metadata>| {
            metadata.as_ref().is_some_and(|metadata| metadata.permissions().mode() & 0o100 != 0)
        };
        let mode_differs = new.is_some() && is_run(&old_metadata) != is_run(&new_metadata);
        if mode_differs {
            lacks("a patch does not hold whether it can be run");
        }
        if old.is_some() && new.is_some() && before == after {
            return Ok(());
        }
        if old.is_some_and(|old| !old.starts_with(&self.prepared)) {
            lacks("another phase than `prepare` made or changed it");
        } else if before.contains(&0) || after.contains(&0) {
            lacks("it is not text");
        } else if before.is_empty() && after.is_empty() {
            lacks("a patch does not hold an empty file");
        } else if let Some(name) = plain(path) {
            patch.holds.push(format!(
                "{} {shown}",
                match (old, new) {
                    (None, _) => "new    ",
                    (_, None) => "removed",
                    _ => "changed",
                }
            ));
            let named = |side: &str, file: Option<&Path>| {
                // With a tab behind it, a name ends where it should (GNU diff manual, "Detailed Unified").
                let tab = if name.contains(' ') { "\t" } else { "" };
                file.map_or_else(|| "/dev/null".to_owned(), |_| format!("{side}/{name}{tab}"))
            };
            let head = format!("--- {}\n+++ {}\n", named("a", old), named("b", new));
            patch.text.extend(head.into_bytes());
            hunks(&before, &after, &mut patch.text);
        } else {
            lacks("its name is not plain text");
        }
        Ok(())
    }
}

/// A path that a patch can hold without quotes.
fn plain(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| !text.contains(|c: char| c.is_control() || c == '"' || c == '\\'))
}

/// Writes the hunks that lead from one text to another.
fn hunks(before: &[u8], after: &[u8], into: &mut Vec<u8>) {
    let lines = |text| -> Vec<&[u8]> { <[u8]>::split_inclusive(text, |&byte| byte == b'\n').collect() };
    let (old, new) = (lines(before), lines(after));
    for group in group_diff_ops(capture_diff_slices(Algorithm::Myers, &old, &new), CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old_lines = first.old_range().start..last.old_range().end;
        let new_lines = first.new_range().start..last.new_range().end;
        into.extend(format!("@@ -{} +{} @@\n", range(&old_lines), range(&new_lines)).into_bytes());
        for op in group {
            let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
            if op.tag() == DiffTag::Equal {
                old.iter().for_each(|text| line(b' ', text, into));
            } else {
                old.iter().for_each(|text| line(b'-', text, into));
                new.iter().for_each(|text| line(b'+', text, into));
            }
        }
    }
}

/// Lines as a hunk's head names them: from 1, and where there are none, after which one they would be.
fn range(lines: &std::ops::Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        count => format!("{},{count}", lines.start + 1),
    }
}

fn line(sign: u8, text: &[u8], into: &mut Vec<u8>) {
    into.push(sign);
    into.extend(text);
    if !text.ends_with(b"\n") {
        into.extend(b"\n\\ No newline at end of file\n");
    }
}

//! Cut-off: what is made of the same contents is the same, whatever the keys of its parts.
//!
//! A key names inputs. Where a dependency's inputs changed and its artifact came out as before, byte for byte, whoever
//! depends on it has a new key and would be built again for nothing. So each artifact gets a second key, made of the
//! package's own parts and of the manifests that lay in its root; a package whose artifact has that key already takes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use super::artifact;
use super::fallback::Way;
use super::runner::Runner;
use crate::host::files::{self, Identity};
use crate::journal::Event;
use crate::layout::Layout;
use crate::model::Digest;
use crate::plan::file::{PackageFile, StepFile};
use crate::store::{self, Manifest};

impl Runner {
    /// Takes the artifact that was made of the same contents under another key. Says whether there was one.
    pub(super) fn take_the_same(&mut self) -> Result<bool> {
        let key = self.package.key;
        let Some(contents) = self.artifact_contents() else { return Ok(false) };
        let whole = |key| self.way.damage(&self.layout, key).is_none();
        if store::has_artifact(&self.layout, &key) && whole(&key) {
            return Ok(false);
        }
        let Some(_held) = store::hold(&self.layout, &contents)?.filter(|_| whole(&contents)) else {
            return Ok(false);
        };
        let made = store::name_artifact(&self.layout, &contents, &key)?;
        let bytes = files::read(&self.layout.artifact_manifest(&key))?;
        let committed = artifact::committed(&self.package, &Manifest::parse(&bytes)?, &bytes, Some(made));
        self.journal.append(Event::ArtifactCommitted(Box::new(committed)))?;
        Ok(true)
    }

    /// Gives the artifact that was just committed its second key.
    pub(super) fn name_by_contents(&self) -> Result<()> {
        // What was captured through `DESTDIR` is not all that the package wrote.
        let Some(contents) = self.artifact_contents().filter(|_| self.way == Way::Isolated) else {
            return Ok(());
        };
        store::name_artifact(&self.layout, &self.package.key, &contents).map(drop)
    }

    /// Whether a check has passed under its key, or over the same contents under another one.
    pub(super) fn has_passed(&self, step: &StepFile) -> bool {
        let passed_so =
            || store::passed(&self.layout, &self.package.package).contains(&self.way.key(&step.key));
        has_passed(&self.layout, &self.manifests, &self.package, step) || passed_so()
    }

    /// Remembers that a check has passed.
    pub(super) fn remember_passed(&self, step: &StepFile) -> Result<()> {
        let contents = self.contents(step).filter(|_| self.way == Way::Isolated);
        let keys: Vec<_> = [Some(self.way.key(&step.key)), contents].into_iter().flatten().collect();
        store::remember_passed(&self.layout, &self.package.package, &keys)
    }

    /// The artifact's second key. One of a package that depends on nothing would tell no more than the first.
    fn artifact_contents(&self) -> Option<Digest> {
        self.package
            .last_step()
            .filter(|_| self.package.layers().next().is_some())
            .and_then(|step| self.contents(step))
    }

    fn contents(&self, step: &StepFile) -> Option<Digest> {
        contents(&self.layout, &self.manifests, &self.package, step)
    }
}

/// Whether a package's check would be passed on: it has passed under its key, or over the same contents under another one.
pub fn check_has_passed(layout: &Layout, package: &PackageFile, step: &StepFile) -> bool {
    has_passed(layout, &Manifests::default(), package, step)
}

fn has_passed(layout: &Layout, manifests: &Manifests, package: &PackageFile, step: &StepFile) -> bool {
    let passed = store::passed(layout, &package.package);
    let over_the_same =
        || contents(layout, manifests, package, step).is_some_and(|contents| passed.contains(&contents));
    passed.contains(&step.key) || !passed.is_empty() && over_the_same()
}

/// What a step is made of: its own parts, and the contents of what lies in its root. Nothing where some of that is not in the
/// store.
fn contents(
    layout: &Layout,
    manifests: &Manifests,
    package: &PackageFile,
    step: &StepFile,
) -> Option<Digest> {
    let mut text = format!("contents {}\n", step.own);
    for layer in package.layers_of(step.phase) {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{} {}", layer.package, manifests.digest(layout, &layer.key)?);
    }
    Some(Digest::of(text.as_bytes()))
}

/// The digests of the manifests that were read, by the keys of their artifacts. They are asked for before the package's lock is
/// had, after that, and when the step has ended.
#[derive(Default)]
pub(super) struct Manifests(Mutex<BTreeMap<Digest, (Identity, Digest)>>);

impl Manifests {
    /// The digest of the manifest of a key, which is read again only if it is another one than it was: a damaged artifact may
    /// have been made anew meanwhile.
    fn digest(&self, layout: &Layout, key: &Digest) -> Option<Digest> {
        let path = layout.artifact_manifest(key);
        let seen = Identity::of(&path).ok()?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, digest)) = known.get(key).filter(|(before, _)| *before == seen) {
            return Some(*digest);
        }
        let digest = Digest::of(&files::read(&path).ok()?);
        known.insert(*key, (seen, digest));
        Some(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_was_made_anew_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, manifests) = (Layout::new(dir.path()), Manifests::default());
        let key = Digest::of(b"key");
        assert_eq!(manifests.digest(&layout, &key), None);
        for text in [b"one", b"two"] {
            files::write_atomic(&layout.artifact_manifest(&key), text).unwrap();
            assert_eq!(manifests.digest(&layout, &key), Some(Digest::of(text)));
        }
    }
}

//! Cut-off: what is made of the same contents is the same, whatever the keys of its parts.
//!
//! A key names inputs. Where a dependency's inputs changed and its artifact came out as before, byte for byte, whoever
//! depends on it has a new key and would be built again for nothing. So each artifact gets a second key, made of the
//! package's own parts and of the manifests that lay in its root; a package whose artifact has that key already takes it.

use std::fmt::Write as _;

use anyhow::Result;

use super::runner::Runner;
use crate::host::files;
use crate::journal::{ArtifactCommitted, Event};
use crate::model::{Digest, Phase};
use crate::plan::file::StepFile;
use crate::store::{self, Manifest, Stamp};

impl Runner {
    /// Takes the artifact that was made of the same contents under another key. Says whether there was one.
    pub(super) fn take_the_same(&mut self) -> Result<bool> {
        let (package, key) = (&self.package, self.package.key);
        let Some(contents) = self.artifact_contents().filter(|_| !package.layers.is_empty()) else {
            return Ok(false);
        };
        let has_it =
            |key| store::has_artifact(&self.layout, key) && store::damage(&self.layout, key).is_none();
        if has_it(&key) || !has_it(&contents) {
            return Ok(false);
        }
        let made = store::name_artifact(&self.layout, &contents, &key)?;
        let bytes = files::read(&self.layout.artifact_manifest(&key))?;
        let (files, size) = Manifest::read(&self.layout.artifact_manifest(&key))?.totals();
        self.journal.append(Event::ArtifactCommitted(Box::new(ArtifactCommitted {
            package: package.package.clone(),
            key,
            manifest: Digest::of(&bytes),
            files,
            bytes: size,
            key_parts: package.key_parts.clone(),
            same_as: Some(made),
        })))?;
        Ok(true)
    }

    /// Gives the artifact that was just committed its second key.
    pub(super) fn name_by_contents(&self) -> Result<()> {
        match self.artifact_contents() {
            Some(contents) if !self.package.layers.is_empty() => {
                store::name_artifact(&self.layout, &self.package.key, &contents).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Whether a check that passed was of the same contents.
    pub(super) fn is_the_same(&self, step: &StepFile, stamp: &Stamp) -> bool {
        stamp.contents.is_some() && stamp.contents == self.contents(step)
    }

    /// The stamp of a step that is finished.
    pub(super) fn stamp_of(&self, step: &StepFile) -> Stamp {
        let contents = if step.phase == Phase::Check { self.contents(step) } else { None };
        Stamp { key: step.key, contents }
    }

    fn artifact_contents(&self) -> Option<Digest> {
        let last = self.package.steps.iter().rev().find(|step| step.phase != Phase::Check)?;
        self.contents(last)
    }

    /// What a step is made of: its own parts, and the contents of what lies in its root. Nothing where some of that is not
    /// in the store.
    fn contents(&self, step: &StepFile) -> Option<Digest> {
        let check = if step.phase == Phase::Check { self.package.check_layers.as_slice() } else { &[] };
        let mut text = format!("contents {}\n", step.own);
        for layer in check.iter().chain(&self.package.layers) {
            let manifest = files::read(&self.layout.artifact_manifest(&layer.key)).ok()?;
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{} {}", layer.package, Digest::of(&manifest));
        }
        Some(Digest::of(text.as_bytes()))
    }
}

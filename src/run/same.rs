//! Cut-off: what is made of the same contents is the same, whatever the keys of its parts.
//!
//! A key names inputs. Where a dependency's inputs changed and its artifact came out as before, byte for byte, whoever
//! depends on it has a new key and would be built again for nothing. So each artifact gets a second key, made of the
//! package's own parts and of the manifests that lay in its root; a package whose artifact has that key already takes it.

use std::fmt::Write as _;

use anyhow::Result;

use super::artifact;
use super::runner::Runner;
use crate::host::files;
use crate::journal::Event;
use crate::model::{Digest, Phase};
use crate::plan::file::StepFile;
use crate::store::{self, Manifest, Stamp};

impl Runner {
    /// Takes the artifact that was made of the same contents under another key. Says whether there was one.
    pub(super) fn take_the_same(&mut self) -> Result<bool> {
        let key = self.package.key;
        let Some(contents) = self.artifact_contents() else { return Ok(false) };
        let whole = |key| store::damage(&self.layout, key).is_none();
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
        let Some(contents) = self.artifact_contents() else { return Ok(()) };
        store::name_artifact(&self.layout, &self.package.key, &contents).map(drop)
    }

    /// The stamp of a check that passed under this key, or over the same contents. Reading those takes a while, so that it
    /// is done once, and only for another key.
    pub(super) fn passed(&self, step: &StepFile, stamp: Stamp) -> Option<Stamp> {
        let is_the_same =
            stamp.key == step.key || stamp.contents.is_some() && stamp.contents == self.contents(step);
        is_the_same.then_some(Stamp { key: step.key, ..stamp })
    }

    /// The stamp of a step that is finished.
    pub(super) fn stamp_of(&self, step: &StepFile) -> Stamp {
        let contents = if step.phase == Phase::Check { self.contents(step) } else { None };
        Stamp { key: step.key, contents }
    }

    /// The artifact's second key. One of a package that depends on nothing would tell no more than the first.
    fn artifact_contents(&self) -> Option<Digest> {
        self.package
            .last_step()
            .filter(|_| !self.package.layers.is_empty())
            .and_then(|step| self.contents(step))
    }

    /// What a step is made of: its own parts, and the contents of what lies in its root. Nothing where some of that is not
    /// in the store.
    fn contents(&self, step: &StepFile) -> Option<Digest> {
        let mut text = format!("contents {}\n", step.own);
        for layer in self.package.layers_of(step.phase) {
            let manifest = files::read(&self.layout.artifact_manifest(&layer.key)).ok()?;
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{} {}", layer.package, Digest::of(&manifest));
        }
        Some(Digest::of(text.as_bytes()))
    }
}

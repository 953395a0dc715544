//! An artifact that is there and lacks what its spec has come to expect.
//!
//! What a package must have installed is in no key: to expect more of it makes nothing else of it. So what is in the store is
//! held against the spec as it is now whenever it is taken, and not only where it is made.

use anyhow::Result;

use super::card::Card;
use super::runner::Runner;
use super::stopping::tell_of_failure;
use super::{StepResult, artifact};
use crate::host::files;
use crate::journal::{Outcome, Usage};
use crate::model::Phase;
use crate::plan::file::StepFile;
use crate::store;

impl Runner {
    /// The failure of a package's last step, whose result is there; nothing where that is what the spec expects.
    ///
    /// # Errors
    /// The artifact cannot be read, or the failure cannot be told of.
    pub(super) fn lacking(&mut self, step: &StepFile) -> Result<Option<StepResult>> {
        if self.package.expect.is_empty() || step.phase != Phase::COMPLETING {
            return Ok(None);
        }
        let layout = &self.layout;
        let missing = store::lacking(layout, &self.package.key, &self.package.expect)?;
        if missing.is_empty() {
            return Ok(None);
        }
        files::remove_file(&layout.stamp(&self.package.package, step.phase))?;
        let outcome = Outcome::Failed { status: 1 };
        let how = artifact::lacks(&self.package);
        let card = Card::of_finding(&self.package.package, step, &outcome, how, missing);
        // As of any failure: where they cannot be written, the failure itself matters more.
        let _ = tell_of_failure(layout, self.run.as_deref());
        let _ = card.write(layout);
        let message = card.message();
        let result =
            StepResult { phase: step.phase, outcome, usage: Usage::default(), note: None, card: Some(card) };
        self.record(step, &result, Some(message))?;
        Ok(Some(result))
    }
}

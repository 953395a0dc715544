//! Whether the machine isolates steps, asked once a build where that is only preferred.

use std::cell::OnceCell;

use anyhow::Result;

use crate::commands::results::Results;
use crate::model::SandboxMode;
use crate::plan::file::PackageFile;
use crate::sandbox;

/// What was found out so far.
#[derive(Default)]
pub(super) struct Isolation(OnceCell<Option<Option<String>>>);

impl Isolation {
    /// Why this machine does not isolate steps, if it does not. Nothing where steps need isolation: then it is for the first of them
    /// to say.
    pub(super) fn why_not(&self, results: &Results) -> Result<Option<Option<&str>>> {
        let known = match self.0.get() {
            Some(known) => known,
            None => {
                let preferred = |package: &PackageFile| package.stage.sandbox == SandboxMode::Preferred;
                let is_asked = results.plans.packages.iter().any(preferred);
                let ask = || sandbox::why_not(results.place.layout.root());
                let found = is_asked.then(ask).transpose()?;
                self.0.get_or_init(|| found.map(|problem| problem.map(|problem| problem.to_string())))
            }
        };
        Ok(known.as_ref().map(Option::as_deref))
    }
}

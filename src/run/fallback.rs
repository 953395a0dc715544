//! What `sandbox: off` and `preferred` give where a step cannot be isolated: nothing, and the reason
//! (docs/design/fallback.md).

use anyhow::{Error, Result, bail};

use crate::host::remedy::is_full_disk;
use crate::model::SandboxMode;

/// Refuses to run a command without a root of its own.
pub(super) fn refuse_off(mode: SandboxMode) -> Result<()> {
    if mode == SandboxMode::Off {
        bail!(
            "`sandbox: off` runs no step: on this machine as it is, a command would write anywhere, and nothing of what it \
             installs could be captured (docs/design/fallback.md); set `sandbox: required` in `lfsgen.yaml`, and run \
             `lfsgen generate`"
        );
    }
    Ok(())
}

/// What is said of a step that the machine would not isolate.
pub(super) fn nothing_instead(mode: SandboxMode) -> impl FnOnce(Error) -> Error {
    move |error| match mode {
        // A disk that is full is nobody's rule.
        SandboxMode::Preferred if !is_full_disk(&error) => {
            error.context("`sandbox: preferred` has nothing to fall back to (docs/design/fallback.md)")
        }
        _ => error,
    }
}

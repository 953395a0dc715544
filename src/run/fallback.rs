//! What `sandbox: preferred` gives where the machine does not isolate steps, and `off` anywhere (docs/design/fallback.md).

use anyhow::{Result, anyhow, bail, ensure};

use super::{Options, StepResult};
use crate::layout::Layout;
use crate::model::{Digest, Phase, RootKind, SandboxMode};
use crate::plan::file::{PackageFile, StepFile};
use crate::sandbox::{self, Confined};
use crate::store;

/// What there is of a package's artifact, for whoever would build it on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is not in the store.
    Absent,
    /// It was captured through `DESTDIR`, and is made again where steps are isolated.
    NotIsolated,
    /// It will do, as far as two looks tell.
    There,
}

/// What there is of a package's artifact. `isolates` says whether this machine isolates steps; it is asked only where that matters.
pub fn standing(layout: &Layout, package: &PackageFile, isolates: impl FnOnce() -> bool) -> Standing {
    let must_isolate = package.stage.sandbox != SandboxMode::Preferred;
    if !store::has_artifact(layout, &package.key) {
        Standing::Absent
    } else if store::is_of_destdir(layout, &package.key) && (must_isolate || isolates()) {
        Standing::NotIsolated
    } else {
        Standing::There
    }
}

/// How a package's phases run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// In roots of their own.
    Isolated,
    /// On the machine itself, which gives no roots for this reason.
    OnMachine(String),
}

impl Way {
    /// The way on this machine. Who only downloads need not know.
    pub(super) fn of(package: &PackageFile, layout: &Layout, options: &Options) -> Result<Self> {
        if package.stage.sandbox != SandboxMode::Preferred || options.phase == Phase::Fetch {
            return Ok(Self::Isolated);
        }
        if let Some(way) = &options.way {
            return Ok(way.clone());
        }
        let problem = sandbox::why_not(layout.root())?;
        Ok(problem.map_or(Self::Isolated, |problem| Self::OnMachine(problem.to_string())))
    }

    /// The key of what this way makes of something with this key: nobody takes a half built package of the other way.
    pub(super) fn key(&self, key: &Digest) -> Digest {
        match self {
            Self::Isolated => *key,
            Self::OnMachine(_) => Digest::of(format!("on the machine\n{key}\n").as_bytes()),
        }
    }

    /// The result of a step that ran so, with what is worth knowing of that.
    pub(super) fn told_in(&self, result: StepResult) -> StepResult {
        if *self == Self::Isolated {
            return result;
        }
        let notes: Vec<_> = [NOT_ISOLATED.to_owned()].into_iter().chain(result.note).collect();
        let card = result.card.map(|card| card.on_machine(NOT_ISOLATED));
        StepResult { note: Some(notes.join("; ")), card, ..result }
    }

    /// What is wrong with the artifact of a key, for whoever goes this way.
    pub(super) fn damage(&self, layout: &Layout, key: &Digest) -> Option<String> {
        let of_destdir =
            || (*self == Self::Isolated && store::is_of_destdir(layout, key)).then(|| OF_DESTDIR.to_owned());
        store::damage(layout, key).or_else(of_destdir)
    }
}

/// Whether the layer of a step is there, in whichever way it was made.
pub fn has_layer(layout: &Layout, package: &PackageFile, step: &StepFile) -> bool {
    let ways = [Way::Isolated, Way::OnMachine(String::new())];
    ways.iter().any(|way| store::has_layer(layout, &package.package, step.phase, &way.key(&step.key)))
}

/// What is said of a step that had no root of its own.
const NOT_ISOLATED: &str =
    "not isolated: it ran on the machine itself, for a reason that `lfsgen doctor` tells";

/// What is said of an artifact that whoever can isolate steps makes again.
pub(super) const OF_DESTDIR: &str = "it was captured through `DESTDIR`, without isolation";

/// Refuses to run a command without a root of its own.
pub(super) fn refuse_off(mode: SandboxMode) -> Result<()> {
    if mode == SandboxMode::Off {
        bail!(
            "`sandbox: off` runs no step: on this machine as it is, a command would write anywhere, and nothing of what it \
             installs could be captured; set `sandbox: required` in `lfsgen.yaml`, and run `lfsgen generate`"
        );
    }
    Ok(())
}

/// Refuses what needs a root of its own. The machine gives none for the reason `why`.
pub(super) fn refuse_what_needs_a_root(
    package: &PackageFile,
    layout: &Layout,
    has_clock: bool,
    why: &str,
) -> Result<()> {
    let refused = || -> Result<()> {
        let stage = &package.stage;
        ensure!(
            stage.root == RootKind::Host && stage.mount.as_str() == "/",
            "stage `{}` needs a root of its own: only one with `root: host` and `mount: /` can do without",
            stage.name
        );
        ensure!(!has_clock, "a clock of its own needs a root of its own");
        let state = layout.root().to_string_lossy();
        ensure!(
            state.chars().all(|char| char.is_ascii_alphanumeric() || "/._+-".contains(char)),
            "packages are built below `{state}`, and many cannot be below a path with blanks or special characters: set `state` in \
             `lfsgen.yaml` to another directory"
        );
        Confined::is_possible()
    };
    refused().map_err(|error| {
        anyhow!("{error:#}")
            .context("`sandbox: preferred` cannot fall back to the machine itself")
            .context(format!("this machine does not isolate steps: {why}"))
    })
}

//! What lies below a shell: the layers of a package up to a phase, made again in scratch where they are gone.
//!
//! A shell may be open for long, and no build waits for it. What it shows of a package's layers is held: a step that makes them anew,
//! or the artifact of them, puts the old ones aside, where the shell still has them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::slice;

use anyhow::{Context as _, Result, bail};

use crate::host::files;
use crate::journal::Outcome;
use crate::model::Phase;
use crate::plan::file::StepFile;
use crate::run::card::Card;
use crate::run::kept;
use crate::run::root::Root;
use crate::run::runner::Runner;
use crate::sandbox::Output;
use crate::store::{self, Held};

/// What a shell shows of the phase that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// What is there before it.
    Before,
    /// What it left when it ended well.
    After,
    /// What its last attempt left when it did not.
    Failed,
    /// What it left when it was run again for the shell, and how it ended.
    Again(Outcome),
}

/// The layers below a shell.
pub(super) struct Below {
    /// Layers of phases, the uppermost first.
    pub layers: Vec<Held>,
    /// The attempt of a failed phase, whose directories lie over them.
    pub failed: Option<Held>,
    /// What all of that shows.
    pub state: State,
    /// What the phase wrote to its log where it was run again.
    pub log: Option<PathBuf>,
}

impl Below {
    /// The trees that it shows, the uppermost first, as they lie now.
    pub(super) fn trees(&self) -> Result<Vec<PathBuf>> {
        trees(self.failed.iter().chain(&self.layers))
    }
}

/// The trees of what is held, as they lie now.
pub(super) fn trees<'a>(held: impl IntoIterator<Item = &'a Held>) -> Result<Vec<PathBuf>> {
    held.into_iter().map(Held::tree).collect()
}

/// A phase that was run in scratch.
struct Scratch {
    layer: Held,
    log: PathBuf,
    outcome: Outcome,
}

/// Finds the layers below a shell before or after a phase, and makes those again below `scratch` that are gone. Nothing
/// where somebody asked for the end meanwhile.
///
/// # Errors
/// A phase before the one that was asked for fails now, or could not be run.
pub(super) fn find(
    runner: &mut Runner,
    step: &StepFile,
    after: bool,
    scratch: &Path,
) -> Result<Option<Below>> {
    let name = runner.package.package.clone();
    let earlier: Vec<StepFile> = runner.earlier(step.phase).cloned().collect();
    let mut layers: Vec<Held> = Vec::new();
    while let Some(layer) = earlier.get(layers.len()).map_or(Ok(None), |step| runner.hold_layer(step))? {
        layers.insert(0, layer);
    }
    let there = layers.len();
    for missing in &earlier[there..] {
        let Some(ran) = run_again(runner, missing.phase, &layers, scratch)? else { return Ok(None) };
        if !ran.outcome.is_ok() {
            let trees = trees(slice::from_ref(&ran.layer).iter().chain(&layers))?;
            let card =
                Card::of_command(&ran.log, &name, missing, &ran.outcome, trees.iter().map(PathBuf::as_path));
            bail!(
                "`{phase}` of `{name}` fails where it is run again ({}); `lfsgen shell --after {name}:{phase}` shows what \
                 it leaves",
                card.message(),
                phase = missing.phase,
            );
        }
        layers.insert(0, ran.layer);
    }
    let below = |layers, state| Below { layers, failed: None, state, log: None };
    if !after {
        return Ok(Some(below(layers, State::Before)));
    }
    if step.phase != Phase::Check
        && there == earlier.len()
        && let Some(layer) = runner.hold_layer(step)?
    {
        layers.insert(0, layer);
        return Ok(Some(below(layers, State::After)));
    }
    if let Some(failed) = runner.left_a_tree_over(step, &layers, scratch)? {
        return Ok(Some(Below { failed: Some(failed), ..below(layers, State::Failed) }));
    }
    let Some(Scratch { layer, log, outcome }) = run_again(runner, step.phase, &layers, scratch)? else {
        return Ok(None);
    };
    layers.insert(0, layer);
    Ok(Some(Below { log: Some(log), ..below(layers, State::Again(outcome)) }))
}

impl Runner {
    /// The last attempt at a phase, if it failed and left its tree, over these very layers.
    fn left_a_tree_over(&self, step: &StepFile, layers: &[Held], scratch: &Path) -> Result<Option<Held>> {
        let Some(left) = store::hold_dir(&self.attempt(step.phase))? else { return Ok(None) };
        if !kept::is_marked(&left.path()?) {
            return Ok(None);
        }
        let layers = trees(layers)?;
        let root = self.compose(step.phase, &layers, &scratch.join("probe"))?;
        Ok(self.is_kept_over(step, &layers, &root, &left.path()?)?.then_some(left))
    }
}

/// Runs a phase over layers, and keeps what it wrote in scratch: nothing is committed, and the journal does not hear of it.
/// Nothing where somebody asked for the end.
fn run_again(runner: &mut Runner, phase: Phase, layers: &[Held], scratch: &Path) -> Result<Option<Scratch>> {
    // A terminal that went away hears nothing.
    let _ = writeln!(
        std::io::stderr(),
        "running `{phase}` of `{}` in scratch: its layer is not there",
        runner.package.package,
    );
    if runner.earlier(phase).next().is_none() {
        runner.sources().verify()?;
    }
    let Some(mut share) = runner.wait_for_share(phase)? else { return Ok(None) };
    let attempt = scratch.join(phase.name());
    let root = runner.compose(phase, &trees(layers)?, &attempt)?;
    let mut sandbox = runner.sandbox(phase, &root)?;
    let server = share.offer(&runner.package, phase, &root, &mut sandbox)?;
    let log = attempt.join("log");
    let mut file = files::create(&log)?;
    let ended = sandbox.run(Output::Log(&mut file), |stop| server.serve(&runner.layout, stop))?;
    let outcome = runner.outcome(ended.how);
    if outcome == Outcome::Interrupted {
        return Ok(None);
    }
    root.fold()?;
    Ok(Some(Scratch { layer: store::own_dir(&attempt)?, log, outcome }))
}

/// Lays the directories that a failed attempt wrote to over those of a root.
pub(super) fn lay_over(root: &mut Root, attempt: &Path) -> Result<()> {
    for overlay in &mut root.overlays {
        let name = overlay.upper.file_name().context("an upper directory without a name")?;
        let written = attempt.join(name);
        if written.is_dir() {
            overlay.lower.insert(0, written);
        }
    }
    Ok(())
}

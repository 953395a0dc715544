//! A shell in the very root of a step, for a person.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::Options;
use super::runner::Runner;
use super::share;
use crate::host::{env, files, tree};
use crate::layout::guest;
use crate::model::Phase;
use crate::sandbox::{How, Output};
use crate::store;

/// Where phases start, in the best shell that the root has.
const START: &str = "cd src 2>/dev/null; command -v bash >/dev/null && exec bash --norc -i; exec sh -i";

/// Opens a shell on this terminal in the root that a phase starts in, or would go on in if none is named. What is
/// written there is thrown away. Returns the shell's exit status.
///
/// # Errors
/// The root could not be built.
pub fn shell(options: &Options, phase: Option<Phase>) -> Result<i32> {
    let runner = Runner::open(options)?;
    let phase = match phase {
        Some(phase) => runner.find(phase)?.phase,
        None => runner.next_phase(),
    };
    if phase == Phase::Fetch {
        let (name, sources) = (&runner.package.package, runner.layout.sources());
        bail!(
            "`{name}:fetch` runs no command, so there is no root to look into: it downloads sources to `{}`, and \
             `lfsgen logs {name}:fetch` shows how that went",
            sources.display(),
        );
    }
    runner.make_ready()?;
    let earlier = layers(&runner, phase);
    let attempt = runner.layout.scratch().join(format!("shell-{}", std::process::id()));
    let root = runner.compose(phase, &earlier, &attempt)?;
    let mut sandbox = runner.sandbox(phase, &root)?;
    sandbox.command.argv = ["/bin/sh", "-c", START].map(str::to_owned).to_vec();
    sandbox.command.timeout = None;
    // Whoever looks around takes nothing of the budget.
    share::with_one_job(&mut sandbox);
    let name = &runner.package.package;
    let own = [
        ("PS1", format!(r"[{name}:{phase}] \w \$ ")),
        ("TERM", env::var("TERM").unwrap_or_else(|| "dumb".to_owned())),
    ];
    sandbox.command.env.extend(own.map(|(name, value)| (name.to_owned(), value)));
    // A terminal that went away hears nothing, and the shell will end by itself.
    let _ = writeln!(
        io::stderr(),
        "the root of `{name}` before `{phase}`, in {}; `{} {phase}` runs it; what is written here is thrown away",
        guest::WORK,
        guest::SCRIPT,
    );
    let ended = sandbox.run(Output::Terminal, |_| {});
    tree::remove(&attempt)?;
    Ok(match ended?.how {
        How::Exited(status) => status,
        How::Signalled(signal) => 128 + signal,
        How::TimedOut | How::Over(_) | How::Stopped => 1,
    })
}

/// The layers below a phase, the uppermost first; those of a finished package are in its artifact.
fn layers(runner: &Runner, phase: Phase) -> Vec<PathBuf> {
    let name = &runner.package.package;
    let trees = runner.earlier(phase).map(|step| store::layer_tree(&runner.layout, name, step.phase));
    let mut layers: Vec<_> = trees.filter(|tree| files::symlink_metadata(tree).is_ok()).collect();
    layers.reverse();
    if layers.is_empty() && store::has_artifact(&runner.layout, &runner.package.key) {
        layers.push(runner.layout.artifact_tree(&runner.package.key));
    }
    layers
}

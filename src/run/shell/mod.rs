//! A shell in the very root of a step, for a person.
//!
//! The root is composed as for the step itself, as it is before the phase or as the phase has left it. What is written
//! goes to a directory of the shell's own and is thrown away, but for the changes of the source tree that become a patch.

mod below;
mod patch;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use self::below::{Below, State};
use self::patch::Patch;
use super::fallback::Way;
use super::root::Root;
use super::runner::Runner;
use super::{Options, limits, share};
use crate::host::{env, files, tree};
use crate::journal::Outcome;
use crate::layout::{Layout, guest};
use crate::model::{PackageName, Phase};
use crate::plan::file::StepFile;
use crate::sandbox::{How, Output};
use crate::store::{self, Stack};

/// The best shell that the root has, for somebody at a terminal.
const TYPED: &str = "command -v bash >/dev/null && exec bash --rcfile \"$ENV\" -i; exec sh -i";
/// The same for commands from a file or a pipe.
const READ: &str = "run='. \"$ENV\"; unset ENV; eval \"$(cat)\"'
command -v bash >/dev/null && exec bash -c \"$run\"; exec sh -c \"$run\"";

/// How many paths that are not in a patch are told of.
const MOST: usize = 20;

/// What somebody wants to see.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// The phase; the one with which the package would go on, if none is named.
    pub phase: Option<Phase>,
    /// Whether to look at what it left, and not at what it would find.
    pub after: bool,
    /// A file that gets what is changed in the source tree, as a patch.
    pub patch: Option<PathBuf>,
    /// The patches that the package has from another, which a list of its own would replace.
    pub inherited: Option<Inherited>,
}

/// A list of patches in the spec that a package extends.
#[derive(Debug, Clone)]
pub struct Inherited {
    /// That spec, relative to the project's root.
    pub spec: String,
    /// Its entries, as lines to write; nothing where they are not so easily written.
    pub lines: Option<String>,
    /// The files that lie beside that spec, and not beside the package's own.
    pub files: Vec<String>,
}

/// Opens a shell on this terminal, or for commands from standard input, in the root of a phase. What is written there is
/// thrown away, but for a patch. Returns the shell's exit status.
///
/// # Errors
/// The root could not be built, or the patch not be written.
pub fn shell(options: &Options, look: &Look) -> Result<i32> {
    let mut runner = Runner::open(options)?;
    let phase = look.phase.unwrap_or_else(|| runner.next_phase());
    let step = runner.find(phase)?.clone();
    let name = runner.package.package.clone();
    if phase == Phase::Fetch {
        bail!(
            "`{name}:fetch` runs no command, so there is no root to look into: it downloads sources to `{}`, and \
             `lfsgen logs {name}:fetch` shows how that went",
            runner.layout.sources().display(),
        );
    }
    if let Way::OnMachine(why) = &runner.way {
        bail!("a shell is opened in a root of its own, and this machine does not isolate steps: {why}");
    }
    if let Some(file) = &look.patch {
        let first = runner.earlier(phase).map(|step| step.phase).chain(look.after.then_some(phase)).next();
        ensure!(
            first == Some(Phase::Prepare),
            "there is no source tree before `prepare` of `{name}` to make a patch for; try `--after`, or a later phase",
        );
        ensure!(
            files::symlink_metadata(file).is_err(),
            "`{}` is there already, and is not written over",
            file.display()
        );
        // Better now than when the work is done.
        files::write_atomic(file, b"").and_then(|()| files::remove_file(file))?;
    }
    if !runner.sources().are_there() {
        runner.bring_sources()?;
    }
    clear(&runner.layout.shells());
    let scratch = runner.layout.shell(std::process::id());
    runner.make_ready()?;
    runner.hold_signals()?;
    // A finished package's layers are in its artifact.
    let _held = store::hold(&runner.layout, &runner.package.key)?;
    let result = open(&mut runner, &step, look, &scratch);
    let removed = tree::remove(&scratch);
    let status = result?;
    removed?;
    Ok(status)
}

/// The processes of the shells that are open.
///
/// # Errors
/// What they write cannot be looked at.
pub fn open_shells(layout: &Layout) -> Result<Vec<String>> {
    let mut names = files::names(&layout.shells())?;
    names.retain(|name| is_open(name));
    Ok(names)
}

/// Whether the process lives that is named like what a shell writes.
fn is_open(name: &str) -> bool {
    Path::new("/proc").join(name).exists()
}

/// Removes what shells left that were killed.
fn clear(shells: &Path) {
    for name in files::names(shells).unwrap_or_default() {
        if !is_open(&name) {
            // What cannot be removed is another's, or is told of by `lfsgen clean`.
            let _ = tree::remove(&shells.join(name));
        }
    }
}

fn open(runner: &mut Runner, step: &StepFile, look: &Look, scratch: &Path) -> Result<i32> {
    let (name, phase) = (runner.package.package.clone(), step.phase);
    let Some(below) = below::find(runner, step, look.after, scratch)? else { return Ok(1) };
    let is_whole = matches!(below.state, State::Before | State::After | State::Again(Outcome::Succeeded));
    ensure!(
        look.patch.is_none() || phase != Phase::Prepare || is_whole,
        "`prepare` of `{name}` fails, and a patch for the tree that it leaves half done would fit nothing: take what fails out \
         of the spec, such as a patch that does not apply, and make a new one for the tree without it",
    );
    let mut root = runner.compose(phase, &below::trees(&below.layers)?, &scratch.join("session"))?;
    if let Some(failed) = &below.failed {
        below::lay_over(&mut root, &failed.path()?)?;
    }
    let (prompt, words) = described(&name.to_string(), phase, &below.state);
    provide(&root, &prompt, &below)?;
    let mut sandbox = runner.sandbox(phase, &root)?;
    let start = if io::stdin().is_terminal() { TYPED } else { READ };
    sandbox.command.argv = ["/bin/sh", "-c", start].map(str::to_owned).to_vec();
    sandbox.command.timeout = None;
    // Whoever looks around takes nothing of the budget.
    share::with_one_job(&mut sandbox);
    let own =
        [("ENV", guest::SHELL.to_owned()), ("TERM", env::var("TERM").unwrap_or_else(|| "dumb".to_owned()))];
    sandbox.command.env.extend(own.map(|(name, value)| (name.to_owned(), value)));
    let end = look.patch.as_ref().map_or_else(
        || "what is written here is thrown away".to_owned(),
        |file| format!("what is changed in {}/src goes to `{}`", guest::WORK, file.display()),
    );
    // A terminal that went away hears nothing, and the shell will end by itself.
    let _ = writeln!(io::stderr(), "{words}; `{} {phase}` runs it; {end}", guest::SCRIPT);
    let ended = sandbox.run(Output::Terminal, |_| {})?;
    if let Some(file) = &look.patch {
        save(runner, &root, below.trees()?, file, look.inherited.as_ref())?;
    }
    Ok(match ended.how {
        How::Exited(status) => status,
        How::Signalled(signal) => 128 + signal,
        How::Over(over) => bail!("the shell {}", limits::whose(&runner.package.limits, over)),
        How::TimedOut | How::Stopped => 1,
    })
}

/// Where a shell is: for its prompt, and in words.
fn described(name: &str, phase: Phase, state: &State) -> (String, String) {
    let at =
        |when: &str| (format!("{name} {when} {phase}"), format!("the root of `{name}` {when} `{phase}`"));
    match state {
        State::Before => at("before"),
        State::After | State::Again(Outcome::Succeeded) => at("after"),
        State::Failed => (
            format!("{name} {phase} failed"),
            format!(
                "the root of `{name}` as the last attempt at `{phase}`, which did not end well, has left it"
            ),
        ),
        State::Again(outcome) => (
            format!("{name} {phase} failed"),
            format!(
                "the root of `{name}` after `{phase}`, which was run again for this and did not end well ({}; see {})",
                outcome.name(),
                guest::LOG,
            ),
        ),
    }
}

/// Puts what the shell reads first into its root, and the log of a phase that was run again.
fn provide(root: &Root, prompt: &str, below: &Below) -> Result<()> {
    let inside = |path: &str| root.tree.join(path.trim_start_matches('/'));
    tree::ensure_dir(&inside(guest::HOME), 0o755)?;
    let text = format!(
        "set -- functions\n. {script}\nset --\nset +eu\nunset HISTFILE\nPS1='[{prompt}] $PWD \\$ '\n",
        script = guest::SCRIPT,
    );
    let mut files = vec![(guest::SHELL, text.into_bytes())];
    if let Some(log) = &below.log {
        files.push((guest::LOG, files::read(log)?));
    }
    for (path, bytes) in files {
        files::write_atomic(&inside(path), &bytes)?;
        files::set_mode(&inside(path), 0o644)?;
    }
    Ok(())
}

/// Writes the changes of the source tree down, and says what to do with them.
fn save(
    runner: &Runner,
    root: &Root,
    layers: Vec<PathBuf>,
    file: &Path,
    inherited: Option<&Inherited>,
) -> Result<()> {
    let source = Path::new(guest::WORK.trim_start_matches('/')).join("src");
    let prepared = layers.last().context("a source tree without a layer")?.clone();
    let [written, below] = [vec![root.tree.clone()], layers].map(|trees| Stack(trees).inside(&source));
    let Patch { text, holds, lacks } = patch::make(written?, below?, prepared)?;
    let mut told = String::new();
    for lack in lacks.iter().take(MOST) {
        told.push_str(&format!("left out of the patch: {lack}\n"));
    }
    if let more @ 1.. = lacks.len().saturating_sub(MOST) {
        told.push_str(&format!("left out of the patch: {more} more\n"));
    }
    if text.is_empty() {
        told.push_str("nothing was changed that a patch could hold; none was written\n");
    } else {
        files::write_atomic(file, &text)?;
        holds.iter().for_each(|line| told.push_str(&format!("{line}\n")));
        told.push_str(&applied(&runner.package.package, file, inherited));
    }
    let _ = io::stderr().write_all(told.as_bytes());
    Ok(())
}

/// What to write into the spec so that a patch is applied.
fn applied(package: &PackageName, file: &Path, inherited: Option<&Inherited>) -> String {
    let wrote =
        format!("wrote `{}`; with it beside the spec of `{package}`, these lines apply it", file.display());
    let name = file.file_name().unwrap_or_default().display();
    let entry = format!("  - file: {name}\n    strip: 1\n");
    let Some(Inherited { spec, lines, files }) = inherited else {
        return format!("{wrote}, behind the patches that are there:\npatches:\n{entry}");
    };
    let replaces = format!("they replace the list that `{package}` has from `{spec}`");
    let mut text = match lines {
        Some(lines) => format!("{wrote}; {replaces}, and so repeat it:\npatches:\n{lines}{entry}"),
        None => {
            format!(
                "{wrote}; {replaces}, so write the entries of that list before this one:\npatches:\n{entry}"
            )
        }
    };
    if !files.is_empty() {
        let names: Vec<_> = files.iter().map(|name| format!("`{name}`")).collect();
        text.push_str(&format!("put {} beside the spec of `{package}` too\n", names.join(", ")));
    }
    text
}

//! `lfsgen clean`: removes parts of the state directory.
//!
//! Without a part it only says what there is. Nothing outside the state directory is ever touched: links in it are
//! removed, not followed, and names that lfsgen does not know stay.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::output::print;
use super::place::{CONFIG, Place};
use super::{Global, Status};
use crate::host::{files, tree};
use crate::journal;
use crate::layout::Layout;
use crate::model::{PackageName, Phase};
use crate::report::history::{Attempt, History};
use crate::report::status::Machine as _;
use crate::report::text::{Table, bytes};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Layers of packages that are being built, and what can vanish at any time
    #[arg(long)]
    layers: bool,
    /// Logs and reports; the journal stays
    #[arg(long)]
    logs: bool,
    /// Artifacts: everything will be built again
    #[arg(long)]
    artifacts: bool,
    /// Downloads
    #[arg(long)]
    sources: bool,
    /// All of these, and the journal
    #[arg(long)]
    all: bool,
    /// Only say what would be removed
    #[arg(long, short = 'n')]
    dry_run: bool,
}

/// A part of the state directory that goes as a whole.
struct Part {
    name: &'static str,
    chosen: bool,
    paths: Vec<PathBuf>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let place = Place::find(global)?;
    let layout = &place.layout;
    if files::symlink_metadata(layout.root()).is_err_and(|error| files::is_absent(&error)) {
        print("there is nothing to remove\n")?;
        return Ok(Status::Well);
    }
    refuse_what_is_no_state(layout.root())?;
    let Some(_lock) = tree::try_lock(&layout.build_lock())? else {
        bail!("a `lfsgen build` is at work in `{}`", layout.root().display());
    };
    refuse_while_steps_run(layout)?;
    let parts = parts(layout, args);
    let asked = parts.iter().any(|part| part.chosen);
    let dry = args.dry_run || !asked;
    let mut table = Table::new(&["part", "size"]);
    for part in parts.iter().filter(|part| part.chosen || !asked) {
        let size: u64 = part.paths.iter().map(|path| tree::size(path)).sum();
        table.row([part.name.to_owned(), bytes(size)]);
        if !dry {
            part.paths.iter().try_for_each(|path| remove(path))?;
        }
    }
    if args.all && !dry {
        files::remove_file(&layout.build_lock())?;
        // Names that are not ours may be left in it.
        let _ = tree::remove_dir(layout.root());
    }
    if !global.quiet {
        print(&table.render(&[1]))?;
        print(match (asked, dry) {
            (false, _) => {
                "\nnothing was removed: choose parts with `--layers`, `--logs`, … or take `--all`\n"
            }
            (true, true) => "\nnothing was removed\n",
            (true, false) => "\nremoved\n",
        })?;
    }
    Ok(Status::Well)
}

/// Removes whatever a path names; a link itself, and not what it points to.
fn remove(path: &Path) -> Result<()> {
    match files::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => tree::remove(path),
        _ => files::remove_file(path),
    }
}

/// What ninja, samurai and n2 write into the `builddir` of the graph.
const RUNNER_LOGS: [&str; 3] = [".ninja_log", ".ninja_deps", ".n2_db"];

fn parts(layout: &Layout, args: &Args) -> Vec<Part> {
    let part = |name, chosen: bool, paths: Vec<PathBuf>| Part { name, chosen: chosen || args.all, paths };
    let root = layout.root();
    let mut layers = vec![root.join("layers"), layout.scratch(), layout.base()];
    layers.extend(unfinished(layout));
    let budget = [layout.slots(), layout.order()];
    let memories =
        [layout.journal(), layout.generate_stamp(), layout.lint_memory()].into_iter().chain(budget);
    vec![
        part("layers", args.layers, layers),
        part("logs", args.logs, vec![root.join("logs"), layout.reports(), layout.runner_log()]),
        // Without an artifact a stamp is a lie.
        part("artifacts", args.artifacts, vec![layout.artifacts(), layout.stamps()]),
        part("sources", args.sources, vec![layout.sources(), root.join("providers")]),
        part("journal", false, memories.chain(RUNNER_LOGS.map(|name| root.join(name))).collect()),
    ]
}

/// The stamps of packages that are not finished: their layers are all that stands behind them.
fn unfinished(layout: &Layout) -> Vec<PathBuf> {
    let stamps = files::list(&layout.stamps()).unwrap_or_default();
    let name = |dir: &PathBuf| PackageName::new(dir.file_name()?.to_str()?).ok();
    let is_unfinished = |dir: &PathBuf| {
        name(dir).is_some_and(|name| files::symlink_metadata(&layout.stamp(&name, Phase::Install)).is_err())
    };
    stamps.into_iter().filter(is_unfinished).collect()
}

/// A plain `ninja` takes no lock, but its steps are in the journal.
fn refuse_while_steps_run(layout: &Layout) -> Result<()> {
    let history = History::new(journal::read(&layout.journal())?);
    let runs =
        |attempt: &&Attempt| attempt.end.is_none() && attempt.pid.is_some_and(|pid| layout.is_alive(pid));
    match history.attempts.iter().rev().find(runs) {
        Some(Attempt { package, phase, .. }) => {
            bail!("`{package}:{phase}` is running in `{}`", layout.root().display())
        }
        None => Ok(()),
    }
}

/// A wrong `state:` must not cost anybody their files.
fn refuse_what_is_no_state(root: &Path) -> Result<()> {
    let has = |name: &str| files::symlink_metadata(&root.join(name)).is_ok();
    if let Some(name) = [CONFIG, ".git", "etc", "usr"].into_iter().find(|name| has(name)) {
        bail!("`{}` does not look like a state directory: it holds `{name}`", root.display());
    }
    let known = [
        "journal.jsonl",
        "stamps",
        "sources",
        "layers",
        "artifacts",
        "generate.json",
        "lint.json",
        "build.lock",
        RUNNER_LOGS[0],
    ];
    let is_empty = files::list(root)?.is_empty();
    if !is_empty && !known.into_iter().any(has) {
        bail!(
            "`{}` does not look like a state directory: it holds nothing that lfsgen makes",
            root.display()
        );
    }
    Ok(())
}

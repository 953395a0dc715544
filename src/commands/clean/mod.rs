//! `lfsgen clean`: removes parts of the state directory, and artifacts that nobody needs any more.
//!
//! Without a part it only says what there is. Nothing outside the state directory is ever touched: links in it are
//! removed, not followed, and names that lfsgen does not give stay, in its folders too.

mod choice;
mod collect;
mod own;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use self::choice::Limits;
use self::own::{BASES, FILES_OF_PACKAGES, OF_DIGESTS, OF_PACKAGES, OF_PROVIDERS, REPORTS, has_own, own};
use super::output::print;
use super::place::{CONFIG, Place};
use super::{Global, Status};
use crate::host::{files, lock, tree};
use crate::layout::{Layout, is_scratch};
use crate::model::{self, Digest, PackageName, Phase};
use crate::report::plans::Plans;
use crate::report::text::{Table, bytes};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Artifacts, except the N last used of each package and what the plan needs
    #[arg(long, value_name = "N")]
    keep: Option<usize>,
    /// Artifacts that were not used for this long, except what the plan needs
    #[arg(long, value_name = "TIME", value_parser = model::duration)]
    older_than: Option<Duration>,
    /// Artifacts, the longest unused first, until all take no more than this
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,
    /// Artifacts: without a limit everything will be built again
    #[arg(long)]
    artifacts: bool,
    /// Layers of packages that are being built, and what can vanish at any time
    #[arg(long)]
    layers: bool,
    /// Logs and reports; the journal stays
    #[arg(long)]
    logs: bool,
    /// Downloads that no spec names
    #[arg(long)]
    sources: bool,
    /// All of these, the downloads that a spec names, and the journal
    #[arg(long, conflicts_with_all = ["keep", "older_than", "max_size"])]
    all: bool,
    /// Only say what would be removed
    #[arg(long, short = 'n')]
    dry_run: bool,
}

/// A size as in specs, for which `20G` is enough here.
fn size(text: &str) -> Result<u64, String> {
    let whole = if text.ends_with(['K', 'M', 'G', 'T']) { format!("{text}iB") } else { text.to_owned() };
    model::size(&whole).map(|size| size.0)
}

impl Args {
    /// By which limits artifacts go, if by any.
    fn limits(&self) -> Option<Limits> {
        let Self { keep, older_than, max_size, .. } = *self;
        Some(Limits { keep, older_than, max_size }).filter(|limits| *limits != Limits::default())
    }
}

/// A part of the state directory that goes as a whole.
struct Part {
    name: &'static str,
    chosen: bool,
    paths: Vec<PathBuf>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let limits = args.limits();
    let place = Place::find(global)?;
    place.refuse_misplaced()?;
    let layout = &place.layout;
    if files::symlink_metadata(layout.root()).is_err_and(|error| files::is_absent(&error)) {
        print("there is nothing to remove\n")?;
        return Ok(Status::Well);
    }
    refuse_what_is_no_state(layout)?;
    let parts = parts(&place, args, limits.is_some())?;
    if limits.is_none() || parts.iter().any(|part| part.chosen) {
        remove_parts(global, args, layout, &parts)?;
    }
    match limits {
        Some(limits) => collect::run(global, &limits, args.dry_run),
        None => Ok(Status::Well),
    }
}

/// Removes what was chosen; where nothing was, says what there is.
fn remove_parts(global: &Global, args: &Args, layout: &Layout, parts: &[Part]) -> Result<()> {
    let asked = parts.iter().any(|part| part.chosen);
    let dry = args.dry_run || !asked;
    // Who only looks may do so while others build, and without a right to write.
    let _lock = if dry { None } else { Some(keep_builds_out(layout)?) };
    let mut table = Table::new(&["part", "size"]);
    for part in parts.iter().filter(|part| part.chosen || !asked) {
        let size: u64 = part.paths.iter().map(|path| tree::size(path)).sum();
        table.row([part.name.to_owned(), bytes(size)]);
        if !dry {
            part.paths.iter().try_for_each(|path| tree::remove(path))?;
        }
    }
    if args.all && !dry {
        files::remove_file(&layout.build_lock())?;
        // What is somebody's own may be left in it.
        let _ = tree::remove_dir(layout.root());
    }
    if !global.quiet {
        print(&table.render(&[1]))?;
        print(match (asked, dry) {
            (false, _) => {
                "\nnothing was removed: choose parts with `--layers`, `--logs`, …, or limits such as `--keep 1`, or take `--all`\n"
            }
            (true, true) => "\nnothing was removed\n",
            (true, false) => "\nremoved\n",
        })?;
    }
    Ok(())
}

/// The parts, with what of them goes. Artifacts that go by limits are none.
fn parts(place: &Place, args: &Args, limited: bool) -> Result<Vec<Part>> {
    let layout = &place.layout;
    let part = |name, chosen: bool, paths: Vec<PathBuf>| Part { name, chosen: chosen || args.all, paths };
    let layers = [own(layout.all_layers(), OF_PACKAGES), own(layout.scratch(), |name, _| is_scratch(name))];
    let layers = layers.into_iter().flatten().chain(own(layout.base(), BASES)).chain(unfinished(layout));
    let sources = if args.sources && !args.all {
        unnamed_sources(layout, &Plans::read(&place.output)?)?
    } else {
        [own(layout.sources(), OF_DIGESTS), own(layout.providers(), OF_PROVIDERS)].concat()
    };
    let logs = [own(layout.logs(), OF_PACKAGES), own(layout.reports(), REPORTS)];
    // Without an artifact a stamp is a lie.
    let artifacts = [
        own(layout.artifacts(), OF_DIGESTS),
        own(layout.stamps(), OF_PACKAGES),
        own(layout.all_passed(), FILES_OF_PACKAGES),
    ];
    let budget = [layout.slots(), layout.order()];
    let memories =
        [layout.journal(), layout.generate_stamp(), layout.lint_memory()].into_iter().chain(budget);
    Ok(vec![
        part("layers", args.layers, layers.collect()),
        part("logs", args.logs, logs.into_iter().flatten().chain([layout.graph_log()]).collect()),
        part("artifacts", args.artifacts && !limited, artifacts.into_iter().flatten().collect()),
        part("sources", args.sources, sources),
        part("journal", false, memories.chain(layout.graph_memories()).collect()),
    ])
}

/// The folders of downloads that the plan does not name.
fn unnamed_sources(layout: &Layout, plans: &Plans) -> Result<Vec<PathBuf>> {
    let sources = plans.packages.iter().flat_map(|package| &package.sources);
    let named: BTreeSet<Digest> = sources.map(|source| source.sha256).collect();
    let names = files::names(&layout.sources())?;
    let there = names.iter().filter_map(|name| Digest::parse(name).ok());
    Ok(there.filter(|digest| !named.contains(digest)).map(|digest| layout.source(&digest)).collect())
}

/// The stamps of packages that are not finished: their layers are all that stands behind them.
fn unfinished(layout: &Layout) -> Vec<PathBuf> {
    let stamps = files::list(&layout.stamps()).unwrap_or_default();
    let name = |dir: &PathBuf| PackageName::new(dir.file_name()?.to_str()?).ok();
    let is_unfinished = |dir: &PathBuf| {
        name(dir)
            .is_some_and(|name| files::symlink_metadata(&layout.stamp(&name, Phase::COMPLETING)).is_err())
    };
    stamps.into_iter().filter(is_unfinished).collect()
}

/// Lets no build begin while what is returned is held.
///
/// # Errors
/// One is at work, or the state directory cannot be written.
fn keep_builds_out(layout: &Layout) -> Result<File> {
    let Some(lock) = lock::try_hold(&layout.build_lock())? else {
        bail!("a `lfsgen build` is at work in `{}`", layout.root().display());
    };
    refuse_while_steps_run(layout)?;
    Ok(lock)
}

/// A plain `ninja` does not lock the build, but each of its steps its package, also while it waits for its share.
fn refuse_while_steps_run(layout: &Layout) -> Result<()> {
    for name in files::names(&layout.locks())? {
        if PackageName::new(&name).is_ok_and(|name| matches!(lock::try_hold(&layout.lock(&name)), Ok(None))) {
            bail!("a step of `{name}` is at work in `{}`", layout.root().display());
        }
    }
    Ok(())
}

/// A wrong `state:` must not cost anybody their files.
fn refuse_what_is_no_state(layout: &Layout) -> Result<()> {
    let root = layout.root();
    let is_there = |path: &PathBuf| files::symlink_metadata(path).is_ok();
    let others = [CONFIG, ".git", "etc", "usr"];
    if let Some(name) = others.into_iter().find(|name| is_there(&root.join(name))) {
        bail!("`{}` does not look like a state directory: it holds `{name}`", root.display());
    }
    // Names that nobody else gives; what is called otherwise, such as `sources`, has to hold what lfsgen makes.
    let known = [
        layout.journal(),
        layout.generate_stamp(),
        layout.lint_memory(),
        layout.build_lock(),
        layout.slots(),
    ];
    let is_state = known.iter().chain(&layout.graph_memories()[..1]).any(is_there)
        || [layout.sources(), layout.artifacts()].iter().any(|folder| has_own(folder, OF_DIGESTS));
    let is_empty = files::list(root)?.is_empty();
    if !is_empty && !is_state {
        bail!(
            "`{}` does not look like a state directory: it holds nothing that lfsgen makes",
            root.display()
        );
    }
    Ok(())
}

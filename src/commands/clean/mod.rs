//! `lfsgen clean`: removes parts of the state directory, and artifacts that nobody needs any more.
//!
//! Without a part it only says what there is. Nothing outside the state directory is ever touched: links in it are
//! removed, not followed, and names that lfsgen does not give stay, in its folders too.

mod choice;
mod collect;
mod own;
mod removal;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use self::choice::Limits;
use self::own::{has_own, own, rule_of};
use super::output::{print, tell};
use super::place::{CONFIG, Place};
use super::{Global, Status};
use crate::host::{files, lock, tree};
use crate::layout::{Layout, Part};
use crate::model::{self, Digest, PackageName, Phase};
use crate::report::plans::Plans;
use crate::report::text::{Table, bytes, count};
use crate::run;

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

    /// The parts that go as a whole. Artifacts that go by limits are none.
    fn parts(&self) -> Vec<Part> {
        let is_chosen = |part: &Part| match part {
            Part::Layers => self.layers,
            Part::Logs => self.logs,
            Part::Artifacts => self.artifacts && self.limits().is_none(),
            Part::Sources => self.sources,
            Part::Journal => false,
        };
        Part::ALL.into_iter().filter(|part| self.all || is_chosen(part)).collect()
    }
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
    let chosen = args.parts();
    if limits.is_none() || !chosen.is_empty() {
        remove_parts(global, args, &place, &chosen)?;
    }
    match limits {
        Some(limits) => collect::run(global, &limits, args.dry_run),
        None => Ok(Status::Well),
    }
}

/// Removes what was chosen; where nothing was, says what there is.
fn remove_parts(global: &Global, args: &Args, place: &Place, chosen: &[Part]) -> Result<()> {
    let layout = &place.layout;
    let dry = args.dry_run || chosen.is_empty();
    // Who only looks may do so while others build, and without a right to write.
    let _locks = if dry { None } else { Some(keep_others_out(layout)?) };
    let mut table = Table::new(&["part", "size"]);
    let mut used = 0;
    for part in Part::ALL.into_iter().filter(|part| chosen.is_empty() || chosen.contains(part)) {
        let paths = paths(place, args, part)?;
        let made = paths.iter().flat_map(|path| own(layout, path));
        let size: u64 = made.map(|path| tree::size(&path)).sum();
        table.row([part.name().to_owned(), bytes(size)]);
        if !dry {
            used += removal::remove(layout, &paths)?;
        }
    }
    if args.all && !dry && used == 0 {
        layout.own_locks().iter().try_for_each(|lock| files::remove_file(lock))?;
        // What is somebody's own may be left in it.
        let _ = tree::remove_dir(layout.root());
    }
    if !global.quiet {
        print(&table.render(&[1]))?;
        print(match (chosen.is_empty(), dry) {
            (true, _) => {
                "\nnothing was removed: choose parts with `--layers`, `--logs`, …, or limits such as `--keep 1`, or take `--all`\n"
            }
            (false, true) => "\nnothing was removed\n",
            (false, false) => "\nremoved\n",
        })?;
    }
    if used > 0 {
        tell(&format!("note: {} still there: in use\n", count(used, "artifact")));
    }
    Ok(())
}

/// What of a part goes.
fn paths(place: &Place, args: &Args, part: Part) -> Result<Vec<PathBuf>> {
    let layout = &place.layout;
    let mut paths = layout.part(part);
    match part {
        Part::Layers => paths.extend(unfinished(layout)),
        Part::Sources if args.sources && !args.all => {
            paths = unnamed_sources(layout, &Plans::read(&place.output)?)?;
        }
        _ => {}
    }
    Ok(paths)
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

/// Lets nobody begin to work in the state directory while what is returned is held.
///
/// # Errors
/// Somebody is at work, or the state directory cannot be written.
fn keep_others_out(layout: &Layout) -> Result<[File; 2]> {
    let here = layout.root().display();
    let Some(build) = lock::try_hold(&layout.build_lock())? else {
        bail!("a `lfsgen build` is at work in `{here}`");
    };
    let Some(all) = lock::try_hold(&layout.use_lock())? else {
        bail!("{} in `{here}`", who_is_at_work(layout)?);
    };
    Ok([build, all])
}

/// Who has the state directory in use, as far as that can be told.
fn who_is_at_work(layout: &Layout) -> Result<String> {
    // A plain `ninja` does not lock the build, but each of its steps its package, also while it waits for its share.
    let is_built = |name: &String| {
        PackageName::new(name).is_ok_and(|name| lock::is_held(&layout.lock(&name)) == Some(true))
    };
    if let Some(name) = files::names(&layout.locks())?.into_iter().find(is_built) {
        return Ok(format!("a step of `{name}` is at work"));
    }
    let shells = run::open_shells(layout)?;
    Ok(match shells.first() {
        Some(process) => format!("`lfsgen shell` (process {process}) is open"),
        None => "a step, a shell or a download is at work".to_owned(),
    })
}

/// A wrong `state:` must not cost anybody their files.
fn refuse_what_is_no_state(layout: &Layout) -> Result<()> {
    let root = layout.root();
    let is_there = |path: &PathBuf| files::symlink_metadata(path).is_ok();
    let others = [CONFIG, ".git", "etc", "usr"];
    if let Some(name) = others.into_iter().find(|name| is_there(&root.join(name))) {
        bail!("`{}` does not look like a state directory: it holds `{name}`", root.display());
    }
    // What many folders have in them has to hold what lfsgen makes.
    let is_ours = |path: PathBuf| match rule_of(layout, &path) {
        Some(rule) => has_own(&path, rule),
        None => is_there(&path),
    };
    let is_empty = files::list(root)?.is_empty();
    if !is_empty && !layout.marks().any(is_ours) {
        bail!(
            "`{}` does not look like a state directory: it holds nothing that lfsgen makes",
            root.display()
        );
    }
    Ok(())
}

//! `lfsgen clean` by limits: artifacts that nobody needs any more go, and builds may go on meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use anyhow::Result;
use rayon::prelude::*;

use super::choice::{Candidate, Limits, Reason, choose};
use crate::commands::output::{print, tell};
use crate::commands::place::Place;
use crate::commands::results::Results;
use crate::commands::{Global, Status};
use crate::host::{clock, lock, tree};
use crate::model::{Digest, PackageName};
use crate::report::text::{Table, bytes, count, utc};
use crate::store::collect::{Removal, Stored, inventory, is_in_use, remove, remove_lost_keys};
use crate::store::{self, trash};

/// Removes the artifacts that no limit keeps.
///
/// # Errors
/// There is no plan, by which to know what is needed; or something cannot be removed.
pub(super) fn run(global: &Global, limits: &Limits, dry: bool) -> Result<Status> {
    // First the store: what a step of a newer plan uses from here on has another time when we come to remove it.
    let place = Place::find(global)?;
    let found = inventory(&place.layout)?;
    let results = Results::read(global)?;
    let now = clock::unix_time();
    let candidates = candidates(&found, &results);
    let reasons = choose(&candidates, limits, now);

    let mut table = Table::new(&["package", "artifact", "last used (UTC)", "size", "why"]);
    let (mut gone, mut freed) = (0, 0);
    let stays = |at: usize| reasons[at].is_none().then(|| candidates[at].size);
    let mut left: u64 = (0..found.len()).filter_map(stays).sum();
    for ((stored, candidate), reason) in found.iter().zip(&candidates).zip(&reasons) {
        let Some(reason) = reason else { continue };
        let is_gone = if dry {
            !is_in_use(&place.layout, stored)?
        } else {
            take(&results, stored, candidate.package.as_ref())?
        };
        if is_gone {
            (gone, freed) = (gone + 1, freed + candidate.size);
        } else {
            left += candidate.size;
        }
        table.row(row(stored, candidate, *reason, is_gone));
    }
    if !dry {
        remove_lost_keys(&place.layout)?;
        trash::empty(&place.layout, || true)?;
    }
    if !global.quiet {
        if reasons.iter().any(Option::is_some) {
            print(&table.render(&[3]))?;
            print("\n")?;
        }
        let (would, are) = if dry { ("would be ", "would be ") } else { ("", "") };
        print(&format!(
            "{} of {} {would}removed, {} {are}freed; what stays takes {}\n",
            gone,
            count(found.len(), "artifact"),
            bytes(freed),
            bytes(left),
        ))?;
        if limits.max_size.is_some_and(|most| left > most) {
            tell(
                "note: that is more than `--max-size`: what the plan needs, and what is in use, always stays\n",
            );
        }
    }
    Ok(Status::Well)
}

fn row(stored: &Stored, candidate: &Candidate, reason: Reason, is_gone: bool) -> [String; 5] {
    let used = u64::try_from(stored.used.as_millis()).unwrap_or(u64::MAX);
    [
        candidate.package.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string),
        stored.key.short(),
        utc(used),
        bytes(candidate.size),
        if is_gone { reason.text() } else { "stays: in use" }.to_owned(),
    ]
}

/// What the plan and the journal know of what was found.
fn candidates(found: &[Stored], results: &Results) -> Vec<Candidate> {
    let planned: BTreeSet<Digest> = results.plans.packages.iter().map(|package| package.key).collect();
    let commits = results.history.commits.iter().map(|commit| (commit.key, &commit.package));
    let plans = results.plans.packages.iter().map(|package| (package.key, &package.package));
    let packages: BTreeMap<Digest, &PackageName> = commits.chain(plans).collect();
    let layout = &results.place.layout;
    let candidate = |stored: &Stored| {
        let keys = || std::iter::once(&stored.key).chain(&stored.other_keys);
        Candidate {
            package: keys().find_map(|key| packages.get(key)).map(|&package| package.clone()),
            used: stored.used,
            size: tree::size(&layout.artifact(&stored.key)),
            is_whole: stored.is_whole,
            is_planned: keys().any(|key| planned.contains(key)),
        }
    };
    found.par_iter().map(candidate).collect()
}

/// Takes an artifact out of the store, and before it the stamps that would tell of it. Says whether it is gone.
fn take(results: &Results, stored: &Stored, package: Option<&PackageName>) -> Result<bool> {
    let layout = &results.place.layout;
    let mut _lock: Option<File> = None;
    if let Some(package) = package.filter(|package| !has_planned(results, package)) {
        _lock = lock::try_hold(&layout.lock(package))?;
        if _lock.is_none() {
            // It is being built at this moment, in whatever version.
            return Ok(false);
        }
        tree::remove(&layout.package_stamps(package))?;
    }
    Ok(remove(layout, stored)? == Removal::Done)
}

/// Whether the artifact that the plan wants of a package is there, so that its stamps tell of that one.
fn has_planned(results: &Results, package: &PackageName) -> bool {
    let planned = results.plans.package(package.as_str());
    planned.is_some_and(|planned| store::has_artifact(&results.place.layout, &planned.key))
}

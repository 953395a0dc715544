//! `lfsgen doctor --digests`: whether the artifacts in the store are what their manifests say, byte for byte.
//!
//! A build asks that of sizes and modes alone, since reading everything would take it longer than its work.

use std::collections::BTreeMap;

use anyhow::Result;
use rayon::prelude::*;
use serde::Serialize;

use super::super::output::{print, print_json};
use super::super::place::Place;
use super::super::results::history;
use super::super::{Global, Status};
use crate::model::{Digest, PackageName};
use crate::report::text::count;
use crate::store::collect::{Stored, inventory};
use crate::store::damage_of_bytes;

/// The version of the JSON shape.
const VERSION: u32 = 1;

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    lfsgen: u32,
    ok: bool,
    checked: usize,
    damaged: Vec<Damaged>,
}

/// An artifact that is not what it was.
#[derive(Debug, Serialize)]
struct Damaged {
    /// Whose, where the journal knows that.
    package: Option<PackageName>,
    key: Digest,
    /// The first path that differs, and how.
    what: String,
    /// Where it lies.
    path: String,
}

pub(super) fn run(global: &Global, json: bool) -> Result<Status> {
    let place = Place::find(global)?;
    let found = inventory(&place.layout)?;
    let history = history(&place)?;
    let packages: BTreeMap<Digest, &PackageName> =
        history.commits.iter().map(|commit| (commit.key, &commit.package)).collect();
    let damaged = |stored: &Stored| {
        let what = damage_of_bytes(&place.layout, &stored.key)?;
        let package =
            std::iter::once(&stored.key).chain(&stored.other_keys).find_map(|key| packages.get(key));
        let path = place.layout.artifact(&stored.key).display().to_string();
        Some(Damaged { package: package.map(|&package| package.clone()), key: stored.key, what, path })
    };
    let damaged: Vec<_> = found.par_iter().filter_map(damaged).collect();
    let report = Report { lfsgen: VERSION, ok: damaged.is_empty(), checked: found.len(), damaged };
    if json {
        print_json(&report)?;
    } else {
        print(&human(&report, global.quiet))?;
    }
    Ok(if report.ok { Status::Well } else { Status::Found })
}

fn human(report: &Report, quiet: bool) -> String {
    let mut text = String::new();
    for Damaged { package, key, what, path } in &report.damaged {
        let name = package.as_ref().map_or("?", PackageName::as_str);
        let then = package.as_ref().map_or_else(String::new, |name| format!(", then `lfsgen build {name}`"));
        text += &format!("FAIL {name} {}: {what}\n     help: `rm -rf '{path}'`{then}\n", key.short());
    }
    let all = count(report.checked, "artifact");
    match report.damaged.len() {
        0 if quiet => {}
        0 => text += &format!("{all}: every file is what its manifest says\n"),
        damaged => text += &format!("{damaged} of {all}: not what the manifest says\n"),
    }
    text
}

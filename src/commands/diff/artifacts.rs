//! `lfsgen diff --artifacts [PACKAGE…]`: what lands on the disk otherwise than before.

use anyhow::{Result, bail};

use super::super::output::print;
use super::super::results::Results;
use super::super::{Global, Status};
use crate::plan::file::PackageFile;
use crate::report::landed::{Landed, Pair, pair, pair_of_run};
use crate::report::target::Target;

pub(super) fn run(global: &Global, packages: &[String]) -> Result<Status> {
    let Results { place, plans, history } = Results::read(global)?;
    let mut found: Vec<(&PackageFile, Pair<'_>)> = Vec::new();
    if packages.is_empty() {
        let Some(last) = history.runs.len().checked_sub(1) else {
            bail!("nothing was built yet: `lfsgen build` does")
        };
        let pairs = plans.packages.iter().filter_map(|file| Some((file, pair_of_run(file, &history, last)?)));
        found.extend(pairs);
    }
    for target in Target::parse_all(packages, &plans)?.iter().filter(|_| !packages.is_empty()) {
        for at in target.packages(&plans) {
            let file = &plans.packages[at];
            let Some(pair) = pair(file, &history, &place.layout) else {
                bail!("`{0}` is not built: `lfsgen build {0}` does", file.package)
            };
            found.push((file, pair));
        }
    }
    let mut text = String::new();
    for (file, pair) in &found {
        let name = &file.package;
        text += &match Landed::read(pair, &place.layout)? {
            Landed::New(paths) => format!("{name}: new, with {paths} paths (`lfsgen files {name}`)\n"),
            Landed::Lost => format!("{name}: what it had before is not in the store any more\n"),
            Landed::Changed(changes) if changes.is_empty() => format!("{name}: nothing changed\n"),
            Landed::Changed(changes) => {
                format!("{name}: {}\n{}", changes.summary(), changes.lines(&file.stage.mount))
            }
        };
    }
    print(if text.is_empty() { "the last build gave no package another artifact\n" } else { &text })?;
    Ok(Status::Well)
}

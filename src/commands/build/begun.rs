//! The generated files as a build found them when it began.
//!
//! A build of hours goes by these, so that `lfsgen generate`, another version of lfsgen or a change of branches may write the
//! folder of generated files anew meanwhile. They are copies: a second name would change what the file system says of the
//! first, by which `generate` sees that nothing changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use rayon::prelude::*;

use crate::commands::place::Place;
use crate::host::{files, tree};
use crate::model::{PackageName, Phase, StageName};
use crate::plan::file::PackageFile;
use crate::plan::paths;
use crate::report::plans::Plans;

/// Copies the plan's files and scripts into the state directory, in place of those of a build before.
///
/// # Errors
/// One cannot be read, or not be copied.
pub(super) fn keep(place: &Place, plans: &Plans) -> Result<PathBuf> {
    let to = place.layout.begun();
    tree::remove(&to)?;
    for folder in [paths::STAGES, paths::SCRIPTS] {
        files::create_dir_all(&to.join(folder))?;
    }
    let stages: BTreeSet<&StageName> = plans.packages.iter().map(|file| &file.stage.name).collect();
    let stages = stages.into_par_iter().map(paths::stage_file);
    let of_package = |file: &PackageFile| [paths::plan_file(&file.package), file.script.to_string()];
    let of_packages = plans.packages.par_iter().flat_map_iter(of_package);
    of_packages.chain(stages).try_for_each(|path| {
        let from = place.output.join(&path);
        files::copy(&from, &to.join(&path)).with_context(|| format!("failed to copy `{}`", from.display()))
    })?;
    Ok(to)
}

/// Whether the graph's program would believe the stamp of a step though it is of another plan: it goes by times, and a step
/// that had begun when its plan was changed ends after that.
pub(super) fn is_newer(place: &Place, package: &PackageName, phase: Phase) -> bool {
    let plan = place.output.join(paths::plan_file(package));
    written(&place.layout.stamp(package, phase)) >= written(&plan)
}

fn written(path: &Path) -> Option<SystemTime> {
    files::symlink_metadata(path).and_then(|metadata| metadata.modified()).ok()
}

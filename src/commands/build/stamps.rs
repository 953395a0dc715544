//! Stamps that stand for nothing any more.
//!
//! The program that runs the graph believes in stamps, whatever became of what they stand for. So those that are not so go
//! before it starts.

use anyhow::Result;

use super::{Switch, begun};
use crate::commands::output::tell;
use crate::commands::results::{Results, ThisMachine};
use crate::host::{files, tree};
use crate::model::Phase;
use crate::plan::file::PackageFile;
use crate::report::status::Machine;
use crate::run::Standing;

/// Removes the stamps of packages whose artifacts were lost, or were captured without isolation where there is some now, of a plan that
/// was changed while its step ran, and, where checks are asked for, of those that were left out.
///
/// # Errors
/// One cannot be removed.
pub(super) fn forget_what_is_not_so(results: &Results, machine: &ThisMachine, checks: Switch) -> Result<()> {
    let layout = &results.place.layout;
    for file in &results.plans.packages {
        let PackageFile { package, steps, .. } = file;
        let mut is_believed = false;
        let mut unstamped_checks = Vec::new();
        for step in steps {
            let path = layout.stamp(package, step.phase);
            let stamp = machine.stamp(package, step.phase);
            let is_of_another = stamp.is_some_and(|stamp| stamp != step.key);
            if is_of_another && begun::is_newer(&results.place, package, step.phase) {
                files::remove_file(&path)?;
            }
            if step.phase != Phase::Check {
                // A machine that went down may have left a stamp without its content.
                is_believed = !is_of_another && (stamp.is_some() || files::symlink_metadata(&path).is_ok());
            } else if stamp.is_none() {
                unstamped_checks.push(path);
            }
        }
        // What was said last is of the last step, which makes the artifact.
        let why = match is_believed.then(|| machine.artifact(file)) {
            Some(Standing::Absent) => Some("is lost and"),
            Some(Standing::NotIsolated) => Some("was captured without isolation, and"),
            Some(Standing::There) | None => None,
        };
        if let Some(why) = why {
            tell(&format!("note: the artifact of `{package}` {why} will be made again\n"));
            tree::remove(&layout.package_stamps(package))?;
        } else if checks == Switch::On {
            unstamped_checks.iter().try_for_each(|path| files::remove_file(path))?;
        }
    }
    Ok(())
}

//! Standard build units: what a spec says of the time that a package takes, for packages that were never built here.
//!
//! The unit is the time that binutils, the first package of the LFS book, takes on a machine ("About SBUs", 4.5). Here every
//! package that was timed and whose spec has a number tells how long it is, so that no package needs to be the first. The
//! book's numbers are without fetching, and `import` takes those without tests.

use super::history::History;
use super::plans::Plans;
use crate::model::Phase;
use crate::plan::file::PackageFile;

/// How long a standard build unit is on this machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sbu {
    /// In milliseconds.
    pub ms: f64,
    /// How many packages tell.
    pub packages: usize,
}

impl Sbu {
    /// The median of what timed packages tell; nothing where none does.
    pub fn here(plans: &Plans, history: &History) -> Option<Self> {
        let told = |file: &PackageFile| {
            let wall: Option<u64> =
                phases(file).map(|phase| history.usual_wall_ms(&file.package, phase)).sum();
            Some(wall? as f64 / file.sbu.filter(|&sbu| sbu > 0.0)?)
        };
        let mut units: Vec<f64> = plans.packages.iter().filter_map(told).filter(|&unit| unit > 0.0).collect();
        units.sort_by(f64::total_cmp);
        let middle = units.len() / 2;
        let upper = *units.get(middle)?;
        let lower = if units.len().is_multiple_of(2) { units[middle - 1] } else { upper };
        Some(Self { ms: f64::midpoint(lower, upper), packages: units.len() })
    }

    /// The share of a phase that was never timed in the time that its package is expected to take.
    pub(super) fn share_ms(self, file: &PackageFile, history: &History, phase: Phase) -> Option<u64> {
        let usual = |phase| history.usual_wall_ms(&file.package, phase);
        let timed: u64 = phases(file).filter_map(usual).sum();
        let untimed: Vec<Phase> = phases(file).filter(|&phase| usual(phase).is_none()).collect();
        let all: u64 = untimed.iter().copied().map(typical_ms).sum();
        let left = (file.sbu? * self.ms - timed as f64).max(0.0);
        let share = left * typical_ms(phase) as f64 / all as f64;
        untimed.contains(&phase).then_some(share as u64)
    }

    /// How long it is in whole milliseconds.
    pub fn whole_ms(self) -> u64 {
        self.ms as u64
    }
}

/// The phases whose time a number of units is.
fn phases(file: &PackageFile) -> impl Iterator<Item = Phase> {
    let phases = file.steps.iter().map(|step| step.phase);
    phases.filter(|phase| !matches!(phase, Phase::Fetch | Phase::Check))
}

/// How long a phase takes of which nothing is known, in milliseconds: what is seen of small packages.
pub(super) fn typical_ms(phase: Phase) -> u64 {
    match phase {
        Phase::Fetch | Phase::Prepare | Phase::Install => 1_000,
        Phase::Configure => 8_000,
        Phase::Build => 15_000,
        Phase::Check => 5_000,
    }
}

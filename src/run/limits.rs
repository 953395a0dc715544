//! How much of the machine a step may use.
//!
//! A spec says what its package needs on the machine where that was measured; a step may use amply more than that, but
//! never more than the project or the machine has. Where both say something, the lower limit holds, and [`whose`] tells
//! which of them it was.

use crate::host::process;
use crate::model::{ByteSize, Limited, Over};
use crate::plan::file::Limits;
use crate::sandbox;

/// What a step may use for each byte that its spec says it does, and beside: what a spec says was measured on another
/// machine, with another number of jobs.
const FACTOR: u64 = 2;
const SPARE: u64 = 256 << 20;

/// Memory of all steps of the project together, in bytes: what the project says, and never more than the machine has.
pub fn project_memory(limits: &Limits) -> u64 {
    let machine = process::memory();
    limits.project_memory.map_or(machine / 5 * 4, |size| size.0.min(machine))
}

/// What one step may use: what the project has, or amply what the spec says if that is less.
pub(super) fn of(limits: &Limits) -> sandbox::Limits {
    let ample = |size: ByteSize| size.0.saturating_mul(FACTOR).saturating_add(SPARE);
    let project_disk = limits.project_disk.map(|size| size.0);
    sandbox::Limits {
        memory: limits.memory.map_or(u64::MAX, ample).min(project_memory(limits)),
        disk: limits.disk.map(ample).into_iter().chain(project_disk).min(),
    }
}

/// A limit that a step went over, with whose it is.
pub(super) fn whose(limits: &Limits, over: Over) -> Over {
    let of_all = match over.of {
        Limited::Memory => over.limit == project_memory(limits),
        Limited::Disk => limits.project_disk.is_some_and(|size| size.0 == over.limit),
        Limited::Room | Limited::Processes => false,
    };
    Over { of_all, ..over }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Jobs;

    fn limits(own: Option<u64>, project: Option<u64>) -> Limits {
        Limits {
            jobs: Jobs::Max,
            memory: own.map(ByteSize),
            disk: own.map(ByteSize),
            timeout: None,
            project_jobs: Jobs::Max,
            project_memory: project.map(ByteSize),
            project_disk: project.map(ByteSize),
            own_jobs: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_step_may_use_amply_what_its_spec_says_and_never_more_than_the_project_has() {
        let mib = |count: u64| count << 20;
        let of = |own: Option<u64>, project: Option<u64>| of(&limits(own.map(mib), project.map(mib)));
        let both = |bytes| sandbox::Limits { memory: bytes, disk: Some(bytes) };
        assert_eq!(of(Some(1), Some(900)), both(mib(2) + SPARE));
        assert_eq!(of(Some(700), Some(900)), both(mib(900)));
        assert_eq!(of(None, Some(900)), both(mib(900)));
        assert_eq!(of(Some(0), None), both(SPARE.min(process::memory() / 5 * 4)));
        assert_eq!(of(None, None), sandbox::Limits { memory: process::memory() / 5 * 4, disk: None });
    }
    #[test]
    fn no_project_has_more_memory_than_the_machine() {
        assert_eq!(project_memory(&limits(None, Some(u64::MAX))), process::memory());
        assert_eq!(of(&limits(Some(u64::MAX), Some(u64::MAX))).memory, process::memory());
    }

    #[test]
    fn a_limit_that_no_spec_can_raise_is_told_as_the_projects() {
        let limits = limits(Some(700 << 20), Some(900 << 20));
        let own = Over::new(Limited::Memory, 4, 3);
        assert!(whose(&limits, own).to_string().contains("raise `resources.memory` in its spec"), "{own}");
        for of in [Limited::Memory, Limited::Disk] {
            let over = whose(&limits, Over::new(of, 1 << 40, 900 << 20)).to_string();
            assert!(over.contains("in `lfsgen.yaml`") && !over.contains("in its spec, or"), "{over}");
        }
    }
}

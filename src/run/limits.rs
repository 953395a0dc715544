//! How much of the machine a step may use.

use crate::host::process;
use crate::model::ByteSize;
use crate::plan::file::Limits;
use crate::sandbox;

/// What a step may use for each byte that its spec says it does, and beside: what a spec says was measured on another
/// machine, with another number of jobs.
const FACTOR: u64 = 2;
const SPARE: u64 = 256 << 20;

/// Memory of all steps of the project together, in bytes.
pub(super) fn project_memory(limits: &Limits) -> u64 {
    limits.project_memory.map_or_else(|| process::memory() / 5 * 4, |size| size.0)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Jobs;

    #[test]
    fn a_step_may_use_amply_what_its_spec_says_and_never_more_than_the_project_has() {
        let limits = |own: Option<u64>, project: Option<u64>| Limits {
            jobs: Jobs::Max,
            memory: own.map(ByteSize),
            disk: own.map(ByteSize),
            timeout: None,
            project_jobs: Jobs::Max,
            project_memory: project.map(ByteSize),
            project_disk: project.map(ByteSize),
            own_jobs: std::collections::BTreeMap::new(),
        };
        let gib = |count: u64| count << 30;
        let of = |own: Option<u64>, project: Option<u64>| of(&limits(own.map(gib), project.map(gib)));
        let both = |bytes| sandbox::Limits { memory: bytes, disk: Some(bytes) };
        assert_eq!(of(Some(1), Some(100)), both(gib(2) + SPARE));
        assert_eq!(of(Some(80), Some(100)), both(gib(100)));
        assert_eq!(of(None, Some(100)), both(gib(100)));
        assert_eq!(of(Some(0), None), both(SPARE.min(process::memory() / 5 * 4)));
        assert_eq!(of(None, None), sandbox::Limits { memory: process::memory() / 5 * 4, disk: None });
    }
}

//! The machine gave out.

use crate::diagnose::Kind;
use crate::diagnose::rule::{Meaning, Rank, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["No space left on device", "Disk quota exceeded"],
        pattern: r"No space left on device|Disk quota exceeded",
        rank: Rank::Machine,
        read: |_| Some(disk_full()),
    },
    Rule {
        // GNU tar says no more of it (src/misc.c, `write_error_details`).
        needles: &[": Wrote only "],
        pattern: r"tar: .*: Wrote only \d+ of \d+ bytes",
        rank: Rank::Machine,
        read: |_| Some(disk_full()),
    },
    Rule {
        needles: &["Killed", "killed"],
        pattern: r"fatal error: Killed signal terminated program (?P<name>\S+)|\*\*\* \[.*\] Killed$|^Killed$|: line \d+: +\d+ Killed|\(signal: 9, SIGKILL: kill\)",
        rank: Rank::Machine,
        read: |seen| {
            let who = match seen.name() {
                "" => "a program".to_owned(),
                name => format!("`{name}`"),
            };
            Some(out_of_memory(format!("{who} was killed, most likely by the kernel for want of memory")))
        },
    },
    Rule {
        needles: &["emory", "bad_alloc"],
        pattern: r"virtual memory exhausted|Cannot allocate memory|: (?:error|fatal error|fatal|internal compiler error): .*(?:out of memory|memory exhausted)|^cc1\w*: out of memory|std::bad_alloc|LLVM ERROR: out of memory|^MemoryError",
        rank: Rank::Machine,
        read: |_| Some(out_of_memory("a program got no more memory".to_owned())),
    },
];

/// Which one, a program seldom says. Where the state directory's disk is full, lfsgen itself ends the step for that.
fn disk_full() -> Meaning {
    Meaning::new(Kind::DiskFull, "a file system is full")
        .advise(
            "`/tmp`, `/run` and `/dev/shm` are in memory, half of the step's each: have it write elsewhere (`TMPDIR: /lfsgen/work` \
             in `build.env`), or raise `resources.memory` in its spec",
        )
        .advise("where it is the disk of the state directory, make room there: `lfsgen clean` says what may go")
}

fn out_of_memory(says: String) -> Meaning {
    Meaning::new(Kind::OutOfMemory, says)
        .advise("say in the spec what the phase needs (`resources: { memory: 4 GiB }`), or let fewer jobs run (`jobs: 1`)")
}

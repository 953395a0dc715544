//! What becomes of a step that uses more than it may.

use lfsgen::journal::Outcome;
use lfsgen::model::{Limited, Over};
use serde_json::json;

use super::project::{Package, Project, everyone, processes_with, wait_until};

const MIB: u64 = 1 << 20;

/// What a step may have that says of itself that it needs 8 MiB: twice that, and what every step may have.
const LIMIT: u64 = (2 * 8 + 256) * MIB;

/// A package that says of itself that it needs 8 MiB of memory and of disk.
fn package(project: &Project, text: &str) {
    let more = json!({"limits": {"memory": 8 * MIB, "disk": 8 * MIB, "jobs": 1}});
    project.package("tool", &Package { phases: &[("build", text)], more, ..Package::default() });
}

/// Runs a step that is ended for a limit; returns how much it used and what is said of it.
fn ended_for(project: &Project, text: &str, of: Limited, limit: u64) -> (u64, String) {
    package(project, text);
    let said = project.bad("tool", "build", 1);
    let outcome = project.outcomes().pop();
    let Some(Outcome::OverLimit(over)) = outcome else { panic!("{outcome:?}: {said}") };
    assert_eq!(over, Over { of, limit, ..over }, "{said}");
    assert!(over.used > limit, "{over:?}");
    (over.used, said)
}

#[test]
fn a_step_that_takes_far_more_memory_than_its_spec_says_is_ended_and_told_which_key_to_raise() {
    everyone(|project| {
        // In two processes, neither of which would be too large.
        let text = "for part in 1 2; do perl -e '$x = \"x\" x (180 << 20); sleep 300' & done; wait";
        let (used, said) = ended_for(project, text, Limited::Memory, LIMIT);
        assert!(used < 1024 * MIB, "{used}");
        let way = "and may use 272 MiB: raise `resources.memory` in its spec, or in `lfsgen.yaml`";
        assert!(said.contains(way), "{said}");
        let recorded = project.finished().pop().unwrap().message.unwrap();
        assert!(recorded.contains(way), "{recorded}");
    });
}

#[test]
fn what_processes_share_is_counted_once() {
    everyone(|project| {
        let fork =
            "perl -e '$x = \"x\" x (100 << 20); for (1..5) { fork or do { sleep 2; exit } } wait for 1..5'";
        package(project, fork);
        project.good("tool", "build");
    });
}

/// Writes so many MiB to a file without a name, maps them in two processes, and waits for three looks.
const MAPPED: &str = "
import mmap, os, time
file = os.memfd_create('x')
for _ in range(180):
    os.write(file, b'x' * (1 << 20))
shared = mmap.mmap(file, 180 << 20)
os.fork()
assert sum(shared[at] for at in range(0, 180 << 20, 4096)) == 120 * 180 * 256
time.sleep(3)
";

#[test]
fn what_is_in_a_file_without_a_name_is_counted_once_however_often_it_is_open_and_mapped() {
    everyone(|project| {
        package(project, &format!("cat >mapped.py <<'END'{MAPPED}END\npython3 mapped.py"));
        project.good("tool", "build");
    });
}

#[test]
fn a_step_that_writes_far_more_to_the_disk_than_its_spec_says_is_ended() {
    everyone(|project| {
        let text = "mkdir -p deep/er; for n in 1 2 3; do head -c 100M /dev/zero >deep/er/$n; done; sleep 300";
        let (used, said) = ended_for(project, text, Limited::Disk, LIMIT);
        assert!(used < 512 * MIB, "{used}");
        assert!(said.contains("raise `resources.disk` in its spec"), "{said}");
        package(project, "head -c 100M /dev/zero >big; sleep 1");
        project.good("tool", "build");
    });
}

#[test]
fn file_systems_in_memory_hold_half_of_a_steps_memory_and_count_as_such() {
    everyone(|project| {
        let fill = "for at in /tmp /run /dev/shm /dev; do
                        head -c 200M /dev/zero >$at/big || true; wc -c <$at/big; rm $at/big
                    done";
        package(project, fill);
        project.good("tool", "build");
        let log = project.log("tool", "build");
        let sizes = log.lines().filter_map(|line| line.parse::<u64>().ok());
        assert_eq!(sizes.collect::<Vec<_>>(), [LIMIT / 2, LIMIT / 2, LIMIT / 2, MIB], "{log}");
        assert_eq!(log.matches("No space left on device").count(), 4, "{log}");
        let text = "for at in /tmp /run /dev/shm; do head -c 100M /dev/zero >$at/big; done; sleep 300";
        ended_for(project, text, Limited::Memory, LIMIT);
    });
}

#[test]
fn a_step_with_too_many_processes_is_ended_with_all_of_them() {
    everyone(|project| {
        let mark = format!("7{}", std::process::id());
        let text = format!("while sleep {mark} & do :; done");
        let more = json!({"limits": {"jobs": 1}});
        project.package("tool", &Package { phases: &[("build", &text)], more, ..Package::default() });
        project.bad("tool", "build", 1);
        let outcome = project.outcomes().pop();
        let is_over = matches!(outcome, Some(Outcome::OverLimit(Over { of: Limited::Processes, .. })));
        assert!(is_over, "{outcome:?}");
        wait_until("all have ended", || processes_with(&mark).is_empty());
    });
}

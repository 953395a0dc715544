//! What control groups allow (cgroups(7)).
//!
//! A process is in one group of each hierarchy, and what is set for a group holds for all below it together. In version 1 of
//! control groups memory may have a hierarchy of its own; in version 2 there is one for everything.

use std::path::{Component, Path, PathBuf};

use super::files;
use super::mountinfo::{Mount, mounts};

/// The least limit on memory that is set for this process's group or one above it, in bytes; nothing where none is, or none can be
/// read.
pub(super) fn memory_limit() -> Option<u64> {
    let [groups, mounts] = ["/proc/self/cgroup", "/proc/self/mountinfo"]
        .map(|path| files::read(Path::new(path)).unwrap_or_default());
    let set = |file: PathBuf| limit(&files::read(&file).ok()?);
    limit_files(&String::from_utf8_lossy(&groups), &mounts).into_iter().filter_map(set).min()
}

/// A limit as the kernel writes it. Where there is none, version 2 has the word `max`, and version 1 a number that no machine reaches.
fn limit(text: &[u8]) -> Option<u64> {
    str::from_utf8(text).ok()?.trim().parse().ok()
}

/// The files that may have a limit on memory for a process that has these texts in `/proc/PID/cgroup` and `/proc/PID/mountinfo`: that
/// of its group, and those of all groups above it that are mounted.
fn limit_files(groups: &str, mountinfo: &[u8]) -> Vec<PathBuf> {
    let mounts = mounts(mountinfo);
    let of_group = |line: &str| {
        // Which hierarchy, its controllers, the group. In version 2 the first two are zero and nothing.
        let mut fields = line.splitn(3, ':');
        let (controllers, group) = (fields.nth(1)?, fields.next()?);
        let is_of_memory = |list: &str| list.split(',').any(|controller| controller == "memory");
        let (kind, file) = match controllers {
            "" => ("cgroup2", "memory.max"),
            list if is_of_memory(list) => ("cgroup", "memory.limit_in_bytes"),
            _ => return None,
        };
        let is_its =
            |mount: &&Mount| mount.kind == kind && (kind == "cgroup2" || is_of_memory(&mount.options));
        let found = mounts.iter().filter(is_its).flat_map(|mount| dirs(group, &mount.root, &mount.at));
        Some(found.map(|dir| dir.join(file)).collect::<Vec<_>>())
    };
    groups.lines().filter_map(of_group).flatten().collect()
}

/// A group's directory and those above it, where `at` shows the hierarchy from `root` on. None where the group does not lie there: one
/// outside of a process's cgroup namespace begins with `..` (cgroup_namespaces(7)).
fn dirs(group: &str, root: &Path, at: &Path) -> Vec<PathBuf> {
    let below = Path::new(group).strip_prefix(root).ok();
    let below = below.filter(|below| below.components().all(|part| matches!(part, Component::Normal(_))));
    below.into_iter().flat_map(Path::ancestors).map(|dir| at.join(dir)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(groups: &str, mountinfo: &str) -> Vec<String> {
        limit_files(groups, mountinfo.as_bytes()).iter().map(|file| file.display().to_string()).collect()
    }

    #[test]
    fn a_limit_may_be_set_for_every_group_from_a_processes_own_up_to_the_mount() {
        let mounts = "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        let files = [
            "/sys/fs/cgroup/user.slice/a.scope/memory.max",
            "/sys/fs/cgroup/user.slice/memory.max",
            "/sys/fs/cgroup/memory.max",
        ];
        assert_eq!(found("0::/user.slice/a.scope\n", mounts), files);
        assert_eq!(found("0::/\n", mounts), files[2..]);
    }

    #[test]
    fn in_version_1_it_is_the_hierarchy_of_memory_wherever_that_is_mounted() {
        let groups = "9:name=systemd:/\n4:cpu,memory:/docker/1f\n3:cpuset:/docker/1f\n0::/\n";
        let mounts = "33 31 0:30 /docker/1f /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset\n\
                      35 31 0:32 /docker/1f /sys/fs/cgroup/memory ro master:9 - cgroup cgroup rw,cpu,memory\n\
                      41 31 0:38 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw\n";
        let files = ["/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/unified/memory.max"];
        assert_eq!(found(groups, mounts), files);
    }

    #[test]
    fn groups_that_are_not_to_be_seen_say_nothing() {
        let mount = "30 23 0:26 /a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        assert_eq!(found("0::/ab\n", mount), Vec::<String>::new());
        assert_eq!(found("0::/../b\n", &mount.replace("/a ", "/ ")), Vec::<String>::new());
        assert_eq!(found("0::/a\n", ""), Vec::<String>::new());
        assert_eq!(found("", mount), Vec::<String>::new());
        assert_eq!(found("cut off", mount), Vec::<String>::new());
    }

    #[test]
    fn a_limit_is_a_number_and_none_is_a_word() {
        assert_eq!(limit(b"4294967296\n"), Some(4 << 30));
        assert_eq!(limit(b"max\n"), None);
        assert_eq!(limit(b""), None);
    }
}

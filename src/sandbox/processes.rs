//! Which processes are a root's: those of its PID namespace, but its first one, which is this one.

use std::collections::BTreeMap;
use std::path::Path;

use crate::host::{files, process};

/// Their numbers in `/proc`.
///
/// Where `/proc` is not the namespace's own but a container's, which is masked, it has others too. Whatever belongs to the namespace
/// descends from its first process, for who loses a parent there becomes that one's child (pid_namespaces(7)); and who is whose parent
/// everybody may read, of whatever process.
pub(super) fn processes() -> Vec<u32> {
    let names = files::names(Path::new("/proc")).unwrap_or_default();
    let all = names.iter().filter_map(|name| name.parse().ok());
    match own_number() {
        Some(1) => all.filter(|&pid| pid != 1).collect(),
        Some(own) => descendants(own, all.filter_map(|pid| Some((pid, process::parent(pid)?)))),
        None => Vec::new(),
    }
}

/// The number that `/proc` has for this process: 1 where it is the namespace's own.
pub(super) fn own_number() -> Option<u32> {
    rustix::fs::readlink("/proc/self", Vec::new()).ok()?.to_str().ok()?.parse().ok()
}

/// Processes that descend from one, given pairs of process and parent.
fn descendants(of: u32, parents: impl Iterator<Item = (u32, u32)>) -> Vec<u32> {
    let mut children = BTreeMap::<u32, Vec<u32>>::new();
    for (pid, parent) in parents {
        children.entry(parent).or_default().push(pid);
    }
    let mut found = Vec::new();
    let mut next = Some(of);
    let mut looked_at = 0;
    while let Some(pid) = next {
        found.extend(children.remove(&pid).unwrap_or_default());
        next = found.get(looked_at).copied();
        looked_at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_of_children_descend_from_a_process_and_its_parents_do_not() {
        let parents = [(1, 0), (2, 1), (3, 9), (4, 3), (5, 4), (6, 2), (7, 3), (9, 1)];
        let mut found = descendants(9, parents.into_iter());
        found.sort_unstable();
        assert_eq!(found, [3, 4, 5, 7]);
        assert!(descendants(8, parents.into_iter()).is_empty());
    }
}

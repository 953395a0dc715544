//! How long steps take together: the longest chain of them, and how long a build of them would last.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::plans::Step;

/// The longest chain of steps that had to follow each other.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its length in milliseconds.
    pub ms: u64,
    /// Its steps, the first to run first.
    pub steps: Vec<usize>,
}

/// The longest chain, where each step takes as long as `walls` says; one without a time takes none.
pub fn longest_chain(steps: &[Step], walls: &[Option<u64>]) -> Chain {
    let mut ends = vec![0_u64; steps.len()];
    let mut before: Vec<Option<usize>> = vec![None; steps.len()];
    for (at, step) in steps.iter().enumerate() {
        before[at] = step.needs.iter().copied().max_by_key(|&need| (ends[need], Reverse(need)));
        ends[at] = before[at].map_or(0, |need| ends[need]) + walls[at].unwrap_or(0);
    }
    let last = (0..steps.len()).max_by_key(|&at| (ends[at], Reverse(at)));
    let mut chain = Chain { ms: last.map_or(0, |at| ends[at]), steps: Vec::new() };
    let mut next = last;
    while let Some(at) = next {
        if walls[at].is_some() {
            chain.steps.push(at);
        }
        next = before[at];
    }
    chain.steps.reverse();
    chain
}

/// For each step how long the longest chain takes that it begins.
pub fn urgency(steps: &[Step], walls: &[Option<u64>]) -> Vec<u64> {
    let dependents = dependents(steps);
    let mut urgency = vec![0_u64; steps.len()];
    for at in (0..steps.len()).rev() {
        let after = dependents[at].iter().map(|&next| urgency[next]).max().unwrap_or(0);
        urgency[at] = after.saturating_add(walls[at].unwrap_or(0));
    }
    urgency
}

/// For each step those that wait for it.
fn dependents(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut dependents = vec![Vec::new(); steps.len()];
    for (at, step) in steps.iter().enumerate() {
        step.needs.iter().for_each(|&need| dependents[need].push(at));
    }
    dependents
}

/// How long a build of the steps with a time would last with so many at once, the ones before the longest chains first.
/// Steps without a time are done.
pub fn makespan(steps: &[Step], walls: &[Option<u64>], jobs: usize) -> u64 {
    let dependents = dependents(steps);
    let mut waits_for: Vec<usize> = steps.iter().map(|step| step.needs.len()).collect();
    let urgency = urgency(steps, walls);
    let rank = |at: usize| (urgency[at], Reverse(at));
    let mut ready: BinaryHeap<_> = (0..steps.len()).filter(|&at| waits_for[at] == 0).map(rank).collect();
    let mut running: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut now = 0;
    loop {
        while running.len() < jobs.max(1) {
            let Some((_, Reverse(at))) = ready.pop() else { break };
            running.push(Reverse((now + walls[at].unwrap_or(0), at)));
        }
        let Some(Reverse((end, finished))) = running.pop() else { return now };
        now = end;
        for &next in &dependents[finished] {
            waits_for[next] -= 1;
            if waits_for[next] == 0 {
                ready.push(rank(next));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Digest, Phase};

    fn steps(needs: &[&[usize]]) -> Vec<Step> {
        let step = |needs: &&[usize]| Step {
            package: 0,
            phase: Phase::Build,
            key: Digest::of(b""),
            needs: needs.to_vec(),
        };
        needs.iter().map(step).collect()
    }

    #[test]
    fn the_longest_chain_goes_through_steps_that_did_not_run() {
        let steps = steps(&[&[], &[], &[0, 1], &[2]]);
        let chain = longest_chain(&steps, &[Some(5), Some(7), None, Some(1)]);
        assert_eq!(chain, Chain { ms: 8, steps: vec![1, 3] });
        assert_eq!(longest_chain(&[], &[]), Chain::default());
    }

    #[test]
    fn more_at_once_is_shorter_but_not_shorter_than_the_chain() {
        let steps = steps(&[&[], &[], &[], &[0]]);
        let walls = [Some(3), Some(3), Some(4), Some(5)];
        assert_eq!([1, 2, 9].map(|jobs| makespan(&steps, &walls, jobs)), [15, 8, 8]);
        assert_eq!(makespan(&steps, &[None; 4], 1), 0);
    }
}

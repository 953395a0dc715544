//! Which artifacts go, by what is known of them: a function, which looks at nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::PackageName;

/// What a person wants to keep. Where there is neither a number nor an age, every artifact may stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// The last used ones of a package stay, so many of each.
    pub(super) keep: Option<usize>,
    /// What was used within this time stays.
    pub(super) older_than: Option<Duration>,
    /// Of what stays so far, the longest unused go until all others take no more bytes than this.
    pub(super) max_size: Option<u64>,
}

/// What is known of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Whose it is, if the plan or the journal knows.
    pub(super) package: Option<PackageName>,
    /// Its last use, since the Unix epoch.
    pub(super) used: Duration,
    /// What it takes on the disk, in bytes.
    pub(super) size: u64,
    /// Whether it has its files and its manifest.
    pub(super) is_whole: bool,
    /// Whether the present plan wants it.
    pub(super) is_planned: bool,
}

/// Why an artifact goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// It lacks its files or its manifest, and is none.
    NotWhole,
    /// Neither the number nor the age keeps it.
    Unused,
    /// All together take too much.
    Size,
}

impl Reason {
    /// As people read it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::NotWhole => "not whole",
            Self::Unused => "no limit keeps it",
            Self::Size => "over the size",
        }
    }
}

/// For each artifact, why it goes; nothing for those that stay. What the plan wants stays.
pub(super) fn choose(candidates: &[Candidate], limits: &Limits, now: Duration) -> Vec<Option<Reason>> {
    let mut by_use: Vec<usize> = (0..candidates.len()).collect();
    by_use.sort_by_key(|&at| std::cmp::Reverse(candidates[at].used));
    let mut reasons = vec![None; candidates.len()];
    let mut seen: BTreeMap<Option<&PackageName>, usize> = BTreeMap::new();
    for &at in &by_use {
        let Candidate { package, used, is_whole, is_planned, .. } = &candidates[at];
        if !is_whole {
            reasons[at] = Some(Reason::NotWhole);
            continue;
        }
        let rank = seen.entry(package.as_ref()).or_default();
        let by_number = limits.keep.map(|most| *rank < most);
        let by_age = limits.older_than.map(|age| now.saturating_sub(*used) < age);
        *rank += 1;
        let is_kept = *is_planned || by_number == Some(true) || by_age == Some(true);
        if !is_kept && (by_number.is_some() || by_age.is_some()) {
            reasons[at] = Some(Reason::Unused);
        }
    }
    let Some(most) = limits.max_size else { return reasons };
    let stays = |at: &&usize, reasons: &[Option<Reason>]| reasons[**at].is_none();
    let mut total: u64 = by_use.iter().filter(|at| stays(at, &reasons)).map(|&at| candidates[at].size).sum();
    for &at in by_use.iter().rev() {
        if total > most && reasons[at].is_none() && !candidates[at].is_planned {
            reasons[at] = Some(Reason::Size);
            total -= candidates[at].size;
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;
    const NOW: Duration = Duration::from_secs(100 * DAY);

    /// An artifact of a package, last used so many days ago, of so many bytes.
    fn candidate(package: &str, days: u64, size: u64) -> Candidate {
        Candidate {
            package: PackageName::new(package).ok(),
            used: NOW - Duration::from_secs(days * DAY),
            size,
            is_whole: true,
            is_planned: false,
        }
    }

    /// The positions of those that go.
    fn gone(candidates: &[Candidate], limits: Limits) -> Vec<usize> {
        let reasons = choose(candidates, &limits, NOW);
        (0..candidates.len()).filter(|&at| reasons[at].is_some()).collect()
    }

    fn days(days: u64) -> Option<Duration> {
        Some(Duration::from_secs(days * DAY))
    }

    #[test]
    fn of_each_package_the_last_used_are_kept() {
        let mut all =
            [candidate("a", 3, 1), candidate("a", 1, 1), candidate("b", 9, 1), candidate("a", 2, 1)];
        let keep = |number| Limits { keep: Some(number), ..Limits::default() };
        assert_eq!(gone(&all, keep(2)), [0]);
        assert_eq!(gone(&all, keep(1)), [0, 3]);
        assert_eq!(gone(&all, keep(0)), [0, 1, 2, 3]);
        all[0].is_planned = true;
        assert_eq!(gone(&all, keep(1)), [3], "what the plan wants stays beside them");
        // Those of which nobody knows whose they are count as one package's.
        let unknown = [candidate("?", 1, 1), candidate("?", 2, 1)];
        assert_eq!((unknown[0].package.as_ref(), gone(&unknown, keep(1))), (None, vec![1]));
    }

    #[test]
    fn what_one_limit_keeps_the_other_does_not_take() {
        let all = [candidate("a", 50, 1), candidate("a", 40, 1), candidate("a", 5, 1), candidate("b", 40, 1)];
        assert_eq!(gone(&all, Limits { older_than: days(30), ..Limits::default() }), [0, 1, 3]);
        assert_eq!(gone(&all, Limits { older_than: days(30), keep: Some(1), max_size: None }), [0, 1]);
        assert_eq!(gone(&all, Limits::default()), [0; 0]);
    }

    #[test]
    fn the_longest_unused_go_until_the_rest_fits() {
        let mut all = [candidate("a", 1, 10), candidate("b", 3, 10), candidate("c", 2, 10)];
        let fits = |bytes| Limits { max_size: Some(bytes), ..Limits::default() };
        assert_eq!(gone(&all, fits(30)), [0; 0]);
        assert_eq!(gone(&all, fits(29)), [1]);
        assert_eq!(gone(&all, fits(10)), [1, 2]);
        all[1].is_planned = true;
        assert_eq!(gone(&all, fits(0)), [0, 2], "what the plan wants stays, however much it is");
        // What another limit takes no longer counts.
        let limits = Limits { keep: Some(0), older_than: days(2), max_size: Some(20) };
        assert_eq!(gone(&all, limits), [2]);
    }

    #[test]
    fn what_is_not_whole_is_no_artifact_whoever_wants_it() {
        let mut all = [candidate("a", 1, 1), candidate("a", 2, 1)];
        (all[0].is_whole, all[0].is_planned) = (false, true);
        let limits = Limits { keep: Some(1), ..Limits::default() };
        assert_eq!(choose(&all, &limits, NOW), [Some(Reason::NotWhole), None], "and takes no place of one");
    }
}

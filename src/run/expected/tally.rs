//! The lines of a log, driver by driver.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Captures, Regex, RegexSet};

use super::drivers::{DRIVERS, Driver};

/// What the log says by one driver.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Tests that did not do as they should, and those that passed and are asked for.
    pub bad: BTreeSet<String>,
    pub good: BTreeSet<String>,
    /// How many lines told of the former; how many the summaries count.
    told: BTreeSet<(u64, String)>,
    counted: u64,
    /// How many tests were to be, and were.
    planned: u64,
    any: u64,
    /// A test that may yet turn out bad.
    maybe: Option<String>,
    runs: u64,
    pub is_open: bool,
    died: bool,
    pub stopped: bool,
}

impl Tally {
    /// Whether each failure was told with a name, and the driver came to its end.
    pub(super) fn is_whole(&self) -> bool {
        !self.is_open && !self.died && self.told() >= self.counted && self.any >= self.planned
    }

    /// How many failures were told.
    pub(super) fn told(&self) -> u64 {
        u64::try_from(self.told.len()).unwrap_or(u64::MAX)
    }

    fn tell(&mut self, name: String, id: Option<String>) {
        let id = id.unwrap_or_else(|| format!("line {}", self.told.len()));
        self.told.insert((self.runs, id));
        self.bad.insert(name);
    }
}

/// What a line may be to a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Begins,
    Ends,
    Bad,
    Good,
    Counts,
    Maybe,
    Indeed,
    Plans,
    Any,
    Dies,
    Stops,
    WentOn,
    Own,
}

struct Patterns {
    set: RegexSet,
    /// What each pattern of the set is: the driver's place, the role, and the pattern alone.
    each: Vec<(usize, Role, Regex)>,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let each: Vec<_> =
        DRIVERS.iter().enumerate().flat_map(|(at, driver)| of(driver).map(move |it| (at, it))).collect();
    let each = each.into_iter().filter(|(_, (_, pattern))| !pattern.is_empty());
    #[expect(clippy::unwrap_used, reason = "the patterns are fixed, and tests read them all")]
    let each: Vec<_> = each.map(|(at, (role, pattern))| (at, role, Regex::new(pattern).unwrap())).collect();
    #[expect(clippy::unwrap_used, reason = "the same")]
    let set = RegexSet::new(each.iter().map(|(_, _, pattern)| pattern.as_str())).unwrap();
    Patterns { set, each }
});

/// The patterns of a driver, in the order in which a line is taken.
fn of(driver: &Driver) -> [(Role, &'static str); 13] {
    [
        (Role::Begins, driver.begins),
        (Role::Bad, driver.bad),
        (Role::Good, driver.good),
        (Role::Maybe, driver.maybe),
        (Role::Indeed, driver.indeed),
        (Role::Counts, driver.counts),
        (Role::Plans, driver.plans),
        (Role::Any, driver.any),
        (Role::Dies, driver.dies),
        (Role::Stops, driver.stops),
        (Role::WentOn, driver.went_on),
        (Role::Own, driver.own),
        (Role::Ends, driver.ends),
    ]
}

/// What a line did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Took {
    Nothing,
    /// It is a line of this driver.
    Line(usize),
    /// A driver's run begins, or ends, with it.
    Begin(usize),
    End(usize),
}

/// Reads a line into the tallies, one a driver. Of tests that passed, those are kept that `is_asked` wants.
pub(super) fn take(tallies: &mut [Tally], line: &str, is_asked: impl Fn(&str) -> bool) -> Took {
    let matches = PATTERNS.set.matches(line);
    let mut took = Took::Nothing;
    let mut whose = None;
    for (at, role, pattern) in matches.iter().map(|index| &PATTERNS.each[index]) {
        // A line that two know is of the first.
        if *whose.get_or_insert(*at) != *at {
            break;
        }
        let (Some(found), Some(tally)) = (pattern.captures(line), tallies.get_mut(*at)) else { continue };
        if took == Took::Nothing {
            took = Took::Line(*at);
        }
        match role {
            Role::Begins if !tally.is_open => {
                (tally.is_open, tally.runs, took) = (true, tally.runs + 1, Took::Begin(*at));
            }
            Role::Ends => (tally.is_open, took) = (false, Took::End(*at)),
            Role::Bad => {
                let id = found.name("id").map(|id| id.as_str().to_owned());
                tally.tell(name(&found), id);
            }
            Role::Good => tally.good.extend(Some(name(&found)).filter(|name| is_asked(name))),
            Role::Maybe => tally.maybe = Some(name(&found)),
            Role::Indeed => {
                if let Some(name) = tally.maybe.take() {
                    tally.tell(name, None);
                }
            }
            Role::Counts => tally.counted = tally.counted.saturating_add(sum(&found)),
            Role::Plans => tally.planned = tally.planned.saturating_add(sum(&found)),
            Role::Any => tally.any += 1,
            Role::Dies => tally.died = true,
            Role::Stops => tally.stopped = true,
            Role::WentOn => tally.stopped = false,
            Role::Begins | Role::Own => {}
        }
        if *role == Role::Bad {
            tally.maybe = None;
        }
    }
    took
}

fn name(found: &Captures<'_>) -> String {
    let group = ["name", "before", "number"].iter().find_map(|group| found.name(group));
    group.map_or("", |group| group.as_str()).trim().to_owned()
}

fn sum(found: &Captures<'_>) -> u64 {
    found
        .iter()
        .skip(1)
        .flatten()
        .filter_map(|group| group.as_str().parse::<u64>().ok())
        .fold(0, u64::saturating_add)
}

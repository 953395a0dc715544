//! What a rule is: how a line is recognised, and what it means.

use regex::Captures;

use super::scan::Window;
use super::{Facts, Kind, OwnLog};

/// A kind of line that says why a step stopped.
pub(super) struct Rule {
    /// One of these is in each line that matches: what is looked for in the whole log.
    pub needles: &'static [&'static str],
    /// The line; `<q>` stands for a quotation mark of any style, or none.
    pub pattern: &'static str,
    pub rank: Rank,
    /// What the line means; nothing where it only looks like its kind.
    pub read: fn(&Seen<'_>) -> Option<Meaning>,
}

/// How surely a line is the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// The machine gave out: all else follows from that.
    Machine,
    /// A test failed: what a `check` phase is about, and elsewhere hardly.
    Test,
    /// Nothing prints this unless it gives up.
    Sure,
    /// Mostly the cause, but programs go on after some of it.
    Likely,
    /// Programs say this in passing, too. The last of them counts, the others count by the first.
    Faint,
    /// What says only that something else failed.
    Echo,
}

/// A line that matched, with what is known around it.
pub(super) struct Seen<'a> {
    pub captures: Captures<'a>,
    pub window: &'a Window,
    pub facts: &'a Facts,
    /// All lines that this rule matched, as far as they were kept.
    pub all: &'a [&'a str],
}

impl Seen<'_> {
    /// What the group `name` of the pattern matched.
    pub(super) fn name(&self) -> &str {
        self.group("name")
    }

    pub(super) fn group(&self, name: &str) -> &str {
        self.captures.name(name).map_or("", |found| found.as_str())
    }

    /// The next lines, the nearest first.
    pub(super) fn next(&self, most: usize) -> impl Iterator<Item = &str> {
        self.window.and_after().iter().skip(1).take(most).map(|line| line.text.as_str())
    }

    /// The lines before, the nearest first.
    pub(super) fn before(&self) -> impl Iterator<Item = &str> {
        self.window.before().iter().rev().map(|line| line.text.as_str())
    }

    /// Whether a make, or the phase itself, says right afterwards that a command left with this status.
    pub(super) fn led_to_exit(&self, status: i32) -> bool {
        let make = format!("Error {status}");
        let mut rest = self.window.and_after().iter().skip(1);
        let ends_here = self.facts.end == super::End::Exited(status) && self.window.is_near_end();
        ends_here || rest.any(|line| line.text.contains("***") && line.text.ends_with(&make))
    }
}

/// What a line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub kind: Kind,
    /// What it is about: what is missing, the file, the test.
    pub name: Option<String>,
    /// A fragment without a period.
    pub says: String,
    /// What to do, a fragment each.
    pub advice: Vec<String>,
    /// Which log of the build tree knows more.
    pub own_log: Option<OwnLog>,
    /// Whether makefiles that leave out a dependency fail like this when jobs run at once.
    pub race: bool,
    /// Whether there is a hunk that would fit elsewhere.
    pub hunk: bool,
}

impl Meaning {
    pub(super) fn new(kind: Kind, says: impl Into<String>) -> Self {
        Self {
            kind,
            name: None,
            says: says.into(),
            advice: Vec::new(),
            own_log: None,
            race: false,
            hunk: false,
        }
    }

    /// Something is missing: the words are made of it.
    pub(super) fn missing(kind: Kind, name: impl Into<String>) -> Self {
        let name = name.into();
        let what = kind.missing().unwrap_or("file");
        Self::new(kind, format!("the {what} `{name}` is not in the step's root")).about(name)
    }

    pub(super) fn about(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    pub(super) fn advise(mut self, text: impl Into<String>) -> Self {
        self.advice.push(text.into());
        self
    }

    pub(super) fn may_be_race(mut self) -> Self {
        self.race = true;
        self
    }

    pub(super) fn fit_hunk(mut self) -> Self {
        self.hunk = true;
        self
    }

    pub(super) fn look_in(mut self, log: OwnLog) -> Self {
        self.own_log = Some(log);
        self
    }
}

/// The words of several names: "`a`, `b` and 3 more".
pub(super) fn listed(names: &[String], most: usize) -> String {
    let shown: Vec<_> = names.iter().take(most).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(most) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

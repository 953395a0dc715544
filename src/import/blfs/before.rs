//! What a page says before commands, and what that means for them.

use super::page::{Page, Said};
use super::split::members;
use crate::import::document::shown;
use crate::model::Phase;

/// What a sentence ends with before the command that it tells its reader to run.
const ASKS: [&str; 9] =
    ["issue", "issuing", "run", "running", "enter", "execute", "command", "with", "using"];
/// Pages of the scripts that start services, each of which is installed by itself.
const SCRIPTS: [&str; 2] = ["bootscripts", "systemd-units"];
/// What a page says before commands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before<'a> {
    pub(super) words: &'a str,
    /// Other pages that it refers to.
    pub(super) refs: &'a [String],
}

impl Before<'_> {
    /// Whether it begins with a condition.
    pub(super) fn asks(self) -> bool {
        self.words.starts_with("If ")
    }

    /// Whether another package has to be there, or must not be, for what comes to be run; nothing where it does not say so.
    pub(super) fn is_met(self, page: &Page) -> Option<bool> {
        let needed = |id: &String| page.needs.iter().any(|need| need.id == *id);
        let asks = self.asks() && self.words.contains("install") && !self.refs.is_empty();
        let not = self.words.contains(" not ") || self.words.contains("n't ");
        asks.then(|| self.refs.iter().any(needed) != not)
    }

    /// Whether it tells of a script that starts a service.
    pub(super) fn of_a_script(self) -> bool {
        self.refs.iter().any(|id| SCRIPTS.contains(&id.as_str()))
    }
}

/// Whether a sentence tells its reader to test with that command.
pub(super) fn is_test(said: &Said) -> bool {
    let sentence = said.before.rsplit(". ").next().unwrap_or(&said.before).to_lowercase();
    let last = sentence.trim_end_matches([':', ' ', '(']).rsplit(' ').next().unwrap_or_default();
    let asks = ASKS.contains(&last) && (sentence.contains("test") || sentence.contains("check"));
    let tests = || members(&shown(&said.pieces)).iter().any(|(phase, _)| *phase == Some(Phase::Check));
    asks && !sentence.starts_with("if ") && tests()
}

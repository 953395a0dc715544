//! What a page says before commands.

use super::page::{Named, Said};
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
    /// What it names.
    pub(super) named: &'a [Named],
}

impl Before<'_> {
    /// Whether it tells of a script that starts a service.
    pub(super) fn of_a_script(self) -> bool {
        self.named.iter().any(|named| named.refers && SCRIPTS.contains(&named.name.as_str()))
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

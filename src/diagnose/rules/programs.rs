//! Programs that are not there, as shells and others who start them say it.

use crate::diagnose::rule::{Meaning, Rank, Rule};
use crate::diagnose::{End, Kind};

pub(super) const RULES: &[Rule] = &[
    Rule {
        // bash, and dash of a program by its path.
        needles: &[": command not found"],
        pattern: r"(?:^|: |\s)(?P<name>[^\s:]+): command not found$",
        rank: Rank::Likely,
        read: |seen| seen.led_to_exit(127).then(|| program(seen.name())),
    },
    Rule {
        needles: &[": not found"],
        pattern: r"^[^\s:]+: (?:line )?\d+: (?P<name>[^\s:]+): not found$",
        rank: Rank::Likely,
        read: |seen| seen.led_to_exit(127).then(|| program(seen.name())),
    },
    Rule {
        // make itself.
        needles: &[": No such file or directory"],
        pattern: r"^g?make(?:\[\d+\])?: (?P<name>[^\s:]+): No such file or directory$",
        rank: Rank::Likely,
        read: |seen| seen.led_to_exit(127).then(|| program(seen.name())),
    },
    Rule {
        needles: &["env: "],
        pattern: r"env: <q>(?P<name>[^‘’':]+?)<q>: No such file or directory$",
        rank: Rank::Sure,
        read: |seen| Some(program(seen.name())),
    },
    Rule {
        needles: &["bad interpreter: "],
        pattern: r"(?:^|: )(?P<script>[^\s:]+): (?:\S+: )?(?P<name>[^\s:]+): bad interpreter: ",
        rank: Rank::Sure,
        read: |seen| Some(program(seen.name())),
    },
    Rule {
        // What the last command of a phase could not find, where no make is between.
        needles: &[": command not found", ": not found"],
        pattern: r"(?:^|: )(?P<name>[^\s:]+): (?:command )?not found$",
        rank: Rank::Faint,
        read: |seen| (seen.facts.end == End::Exited(127)).then(|| program(seen.name())),
    },
];

fn program(name: &str) -> Meaning {
    match name.rsplit_once('/') {
        // By its path it is a file, unless that is where programs are.
        Some((dir, file)) if ["bin", "sbin"].iter().any(|end| dir.ends_with(end)) => {
            Meaning::missing(Kind::MissingProgram, file)
        }
        Some(_) => Meaning::new(Kind::MissingFile, format!("the program `{name}` is not there"))
            .about(name)
            .advise("if the file is there, then what its first line names, or its loader, is not")
            .may_be_race(),
        None => Meaning::missing(Kind::MissingProgram, name),
    }
}

//! make and ninja.

use crate::diagnose::Kind;
use crate::diagnose::rule::{Meaning, Rank, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["No rule to make target "],
        pattern: r"\*\*\* No rule to make target <q>(?P<name>[^'’`]+)<q>(?:, needed by <q>(?P<by>[^'’`]+)<q>)?",
        rank: Rank::Sure,
        read: |seen| {
            let (name, by) = (seen.name(), seen.group("by"));
            let meaning = if by.is_empty() {
                Meaning::new(Kind::MakeError, format!("the makefile has no target `{name}`"))
            } else {
                let says = format!("`{by}` needs `{name}`, which is not there and which no rule makes");
                Meaning::new(Kind::MissingFile, says).may_be_race()
            };
            Some(meaning.about(name))
        },
    },
    Rule {
        needles: &["and no known rule to make it"],
        pattern: r"ninja: error: '(?P<name>[^']+)'.* missing and no known rule to make it",
        rank: Rank::Sure,
        read: |seen| {
            let name = seen.name();
            Some(
                Meaning::new(Kind::MissingFile, format!("`{name}` is not there, and no rule makes it"))
                    .about(name),
            )
        },
    },
    Rule {
        needles: &[": No such file or directory.  Stop."],
        pattern: r"^g?make(?:\[\d+\])?: \*\*\* (?P<name>[^:]+): No such file or directory\.  Stop\.$",
        rank: Rank::Sure,
        read: |seen| {
            let dir = seen.name();
            let says = format!("the directory `{dir}`, in which make was told to work, is not there");
            Some(Meaning::new(Kind::MissingFile, says).about(dir))
        },
    },
    Rule {
        needles: &["No targets specified and no makefile found"],
        pattern: r"\*\*\* No targets specified and no makefile found",
        rank: Rank::Sure,
        read: |_| {
            Some(
                Meaning::new(Kind::MakeError, "there is no makefile where make was started")
                    .advise("it is made by `configure`, or lies elsewhere: `build.subdir` in the spec says where the phases work"),
            )
        },
    },
    Rule {
        needles: &["*** "],
        pattern: r"^(?P<name>[^\s:]+):\d+: \*\*\* (?P<what>.+?)\.  Stop\.$",
        rank: Rank::Sure,
        read: |seen| {
            let (file, what) = (seen.name(), seen.group("what"));
            Some(
                Meaning::new(Kind::MakeError, format!("make cannot go on with `{file}`: {what}")).about(file),
            )
        },
    },
    Rule {
        needles: &["*** "],
        pattern: r"\*\*\* \[(?:[^:\]]+:\d+: )?(?P<name>[^\]]+)\] (?P<signal>Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception)",
        rank: Rank::Sure,
        read: |seen| {
            let (target, signal) = (seen.name(), seen.group("signal").to_lowercase());
            Some(
                Meaning::new(Kind::Crash, format!("a program crashed ({signal}) while make made `{target}`"))
                    .about(target),
            )
        },
    },
    Rule {
        needles: &["*** ["],
        pattern: r"^g?make(?:\[\d+\])?: \*\*\* \[(?:[^:\]]+:\d+: )?(?P<name>[^\]]+)\] Error \d+$",
        rank: Rank::Echo,
        read: |seen| {
            // The innermost make says first what failed, and the others only follow.
            let target = seen.name();
            Some(
                Meaning::new(Kind::Unknown, format!("a command failed while make made `{target}`"))
                    .about(target),
            )
        },
    },
];

//! Perl.

use crate::diagnose::Kind;
use crate::diagnose::rule::{Meaning, Rank, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["Can't locate "],
        pattern: r"Can't locate (?P<name>[\w/]+)\.pm in @INC",
        rank: Rank::Sure,
        read: |seen| Some(Meaning::missing(Kind::MissingPerlModule, seen.name().replace('/', "::"))),
    },
    Rule {
        needles: &[" perl module is required"],
        pattern: r"(?P<name>[\w:]+) perl module is required",
        rank: Rank::Sure,
        read: |seen| Some(Meaning::missing(Kind::MissingPerlModule, seen.name())),
    },
    Rule {
        needles: &["Can't exec "],
        pattern: r#"Can't exec "(?P<name>[\w+.-]+)": No such file or directory"#,
        rank: Rank::Sure,
        read: |seen| Some(Meaning::missing(Kind::MissingProgram, seen.name())),
    },
];

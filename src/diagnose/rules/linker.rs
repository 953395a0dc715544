//! The linker, and the dynamic one.

use crate::diagnose::Kind;
use crate::diagnose::rule::{Meaning, Rank, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["cannot find -l", "unable to find library -l", "library not found for -l"],
        pattern: r"(?:cannot find|unable to find library|library not found for) -l(?P<name>[^\s:]+)",
        rank: Rank::Sure,
        read: |seen| Some(Meaning::missing(Kind::MissingLibrary, seen.name()).may_be_race()),
    },
    Rule {
        needles: &["error while loading shared libraries"],
        pattern: r"error while loading shared libraries: (?P<name>[^\s:]+): cannot open",
        rank: Rank::Sure,
        read: |seen| {
            Some(
                Meaning::missing(Kind::MissingSharedObject, seen.name())
                    .advise("a program needs it to start: it belongs into `depends: run` of the package that the program is from"),
            )
        },
    },
    Rule {
        needles: &[", not found (try using -rpath"],
        pattern: r"warning: (?P<name>\S+), needed by (?P<by>\S+), not found \(try using -rpath",
        rank: Rank::Sure,
        read: |seen| {
            seen.next(9).any(|line| line.contains("undefined reference to")).then(|| {
                let by = seen.group("by");
                let file = by.rsplit('/').next().unwrap_or(by);
                Meaning::missing(Kind::MissingSharedObject, seen.name()).advise(format!(
                    "`{file}` needs it: it belongs into `depends: run` of the package that has `{file}`"
                ))
            })
        },
    },
    Rule {
        needles: &["cannot find the library "],
        pattern: r"libtool: +error: cannot find the library <q>(?:.*/)?(?:lib)?(?P<name>[^/'’]+?)\.la<q> ",
        rank: Rank::Sure,
        read: |seen| Some(Meaning::missing(Kind::MissingLibrary, seen.name()).may_be_race()),
    },
    Rule {
        needles: &["undefined reference to "],
        pattern: r"undefined reference to <q>(?P<name>[^`'’]+)",
        rank: Rank::Sure,
        read: |seen| {
            let name = seen.name();
            Some(
                Meaning::new(Kind::LinkerError, format!("nothing that is linked has `{name}`"))
                    .about(name)
                    .advise("the library that has it is missing among the `-l` options, or stands before what needs it"),
            )
        },
    },
    Rule {
        needles: &["multiple definition of "],
        pattern: r"multiple definition of <q>(?P<name>[^`'’]+)",
        rank: Rank::Sure,
        read: |seen| {
            let name = seen.name();
            Some(
                Meaning::new(Kind::LinkerError, format!("`{name}` is defined more than once"))
                    .about(name)
                    .advise("old C code that defines a variable in a header builds with `CFLAGS: -fcommon` (the default before GCC 10)"),
            )
        },
    },
    Rule {
        needles: &["ld: ", "ld.lld: ", "mold: "],
        pattern: r"(?:^|/)(?:\S*-)?(?:ld|ld\.\w+|mold): (?:error: |fatal: )?(?P<what>unrecognized option .*|unknown argument.*|.*: file format not recognized.*|.*relocation .* can not be used.*|.*: error adding symbols: .*)",
        rank: Rank::Sure,
        read: |seen| {
            Some(Meaning::new(Kind::LinkerError, format!("the linker refused: {}", seen.group("what"))))
        },
    },
    Rule {
        needles: &["ld returned "],
        pattern: r"collect2: error: ld returned \d+ exit status",
        rank: Rank::Echo,
        read: |_| Some(Meaning::new(Kind::LinkerError, "the linker failed")),
    },
];

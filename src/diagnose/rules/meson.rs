//! Meson.

use crate::diagnose::rule::{Meaning, Rank, Rule};
use crate::diagnose::{Kind, OwnLog};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["ERROR: Dependency "],
        pattern: r#"ERROR: Dependency "(?P<name>[^"]+)" not found"#,
        rank: Rank::Sure,
        read: |seen| Some(super::pkg_config::wanted(seen.name(), OwnLog::Meson)),
    },
    Rule {
        needles: &["ERROR: Dependency lookup for ", "Invalid version of dependency", "ERROR: Dependency '"],
        pattern: r"ERROR: (?:Dependency lookup for (?P<name>\S+) with method .*: Invalid version|Dependency <q>(?P<other>[^'’]+)<q> is required|Invalid version of dependency).*need (?P<want>.+) found (?P<is>\S+)",
        rank: Rank::Sure,
        read: |seen| {
            let name = if seen.name().is_empty() { seen.group("other") } else { seen.name() };
            let (want, is) = (seen.group("want"), seen.group("is"));
            let says = format!("the dependency `{name}` must be {want}, and the root has {is}");
            Some(Meaning::new(Kind::TooOld, says).about(name))
        },
    },
    Rule {
        needles: &["library '"],
        pattern: r"ERROR: \S+ (?:shared or static |shared |static )?library '(?P<name>[^']+)' not found",
        rank: Rank::Sure,
        read: |seen| Some(Meaning::missing(Kind::MissingLibrary, seen.name())),
    },
    Rule {
        needles: &["ERROR: Program "],
        pattern: r"ERROR: Program(?:\(s\))? \[?'(?P<name>[^']+)'.*not found",
        rank: Rank::Sure,
        read: |seen| {
            let name = seen.name();
            Some(Meaning::missing(Kind::MissingProgram, name.rsplit('/').next().unwrap_or(name)))
        },
    },
    Rule {
        needles: &["header '"],
        pattern: r"ERROR: \S+ header '(?P<name>[^']+)' not (?:found|usable)",
        rank: Rank::Sure,
        read: |seen| Some(Meaning::missing(Kind::MissingHeader, seen.name())),
    },
    Rule {
        needles: &["is missing modules: "],
        pattern: r"ERROR: \S+ is missing modules: (?P<name>[\w.]+)(?P<more>.*)",
        rank: Rank::Sure,
        read: |seen| {
            // The line above it lists those that were asked for, not those that are missing, and this one lists all.
            let meaning = Meaning::missing(Kind::MissingPythonModule, seen.name());
            let more = seen.group("more").trim_start_matches(", ");
            Some(if more.is_empty() {
                meaning
            } else {
                meaning.advise(format!("one of these is missing, perhaps all: {}, {more}", seen.name()))
            })
        },
    },
    Rule {
        needles: &["Unknown compiler(s): "],
        pattern: r"ERROR: Unknown compiler\(s\): \[\['(?P<name>[^']+)'",
        rank: Rank::Sure,
        read: |seen| {
            let name = seen.name();
            let absent = seen.next(6).any(|line| line.contains("No such file or directory"));
            Some(if absent {
                Meaning::missing(Kind::MissingProgram, name)
            } else {
                Meaning::new(Kind::ConfigureTest, format!("Meson does not know the compiler `{name}`"))
                    .about(name)
            })
        },
    },
    Rule {
        needles: &["Meson version is "],
        pattern: r"ERROR: Meson version is (?P<is>\S+) but project requires (?P<want>.+)",
        rank: Rank::Sure,
        read: |seen| {
            let says = format!("Meson must be {}, and the root has {}", seen.group("want"), seen.group("is"));
            Some(Meaning::new(Kind::TooOld, says).about("meson"))
        },
    },
    Rule {
        needles: &["ERROR: "],
        pattern: r"^\S*meson(?:\.build|_options\.txt|\.options):\d+:\d+: ERROR: (?:Problem encountered: )?(?P<what>.+)",
        rank: Rank::Sure,
        read: |seen| {
            let says = format!("Meson gave up: {}", seen.group("what"));
            Some(Meaning::new(Kind::ConfigureTest, says).look_in(OwnLog::Meson))
        },
    },
];

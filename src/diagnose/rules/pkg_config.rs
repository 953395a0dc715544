//! pkg-config, and the build systems that ask it.

use crate::diagnose::rule::{Meaning, Rank, Rule, Seen};
use crate::diagnose::{Kind, OwnLog};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["', required by '", "No package '"],
        pattern: r"Package '(?P<name>[^']+)', required by '(?P<by>[^']+)', not found|^No package '(?P<other>[^']+)' found",
        rank: Rank::Likely,
        read: |seen| stopped(seen).then(|| module(seen)),
    },
    Rule {
        needles: &["Requested '", "Package dependency requirement '", "is required"],
        pattern: r"^Requested '(?P<name>\S+) (?P<want>[^']+)' but version of (?P<of>.+) is (?P<is>\S+)|^Package dependency requirement '(?P<name2>\S+) (?P<want2>[^']+)' could not be satisfied",
        rank: Rank::Likely,
        read: |seen| stopped(seen).then(|| too_old(seen)),
    },
    Rule {
        needles: &["was not found in the pkg-config search path"],
        pattern: r"^Package (?P<name>\S+) was not found in the pkg-config search path",
        rank: Rank::Likely,
        read: |seen| {
            let name = seen.next(4).find_map(|line| line.strip_prefix("Package '")?.split('\'').next());
            let name = name.unwrap_or(seen.name());
            stopped(seen).then(|| Meaning::missing(Kind::MissingPkgConfig, name))
        },
    },
    Rule {
        needles: &["pkg-config", "PKG_CONFIG"],
        pattern: r"(?i)error: .*(?:pkg-config (?:script|command|was|is|not|could)|PKG_CONFIG.*(?:required|not found))",
        rank: Rank::Sure,
        read: |_| Some(Meaning::missing(Kind::MissingProgram, "pkg-config")),
    },
    Rule {
        // A `configure` that autoconf made where pkg.m4 was not.
        needles: &["PKG_CHECK_MODULES", "PKG_PROG_PKG_CONFIG", "PKG_CHECK_EXISTS"],
        pattern: r"syntax error near unexpected token|line \d+: `?(?P<name>PKG_\w+)\(",
        rank: Rank::Sure,
        read: |_| {
            Some(
                Meaning::missing(Kind::MissingProgram, "pkg-config").advise(
                    "`configure` was made where pkg-config's macros for autoconf (pkg.m4) were missing",
                ),
            )
        },
    },
];

fn module(seen: &Seen<'_>) -> Meaning {
    let name = if seen.name().is_empty() { seen.group("other") } else { seen.name() };
    wanted_by(name, seen.group("by"))
}

/// A module that another one needs, where that is none which pkg-config makes up of its arguments.
pub(super) fn wanted_by(name: &str, by: &str) -> Meaning {
    let name = name.split([' ', '<', '>', '=']).next().unwrap_or(name);
    let meaning = Meaning::missing(Kind::MissingPkgConfig, name);
    if by.is_empty() || by.starts_with("virtual:") {
        meaning
    } else {
        meaning.advise(format!(
            "`{by}.pc` needs it: it belongs into `depends: run` of the package that has that file"
        ))
    }
}

fn too_old(seen: &Seen<'_>) -> Meaning {
    let pick = |first: &str, other: &str| {
        if seen.group(first).is_empty() { seen.group(other).to_owned() } else { seen.group(first).to_owned() }
    };
    let (name, want) = (pick("name", "name2"), pick("want", "want2"));
    let is = match seen.group("is") {
        "" => String::new(),
        is => format!(", and the root has {is}"),
    };
    Meaning::new(Kind::TooOld, format!("the pkg-config module `{name}` must be {want}{is}")).about(name)
}

/// Whether the build gave up over it: many are asked for that need not be there.
fn stopped(seen: &Seen<'_>) -> bool {
    let gave_up = |line: &str| {
        line.contains("error: ")
            || line.contains("CMake Error")
            || line.contains("***")
            || line.contains("ERROR: ")
    };
    seen.window.and_after().iter().any(|line| gave_up(&line.text)) || seen.window.is_near_end()
}

/// For rules of build systems that name a module.
pub(super) fn wanted(name: &str, log: OwnLog) -> Meaning {
    Meaning::missing(Kind::MissingPkgConfig, name).look_in(log)
}

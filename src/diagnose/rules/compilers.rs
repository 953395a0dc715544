//! Compilers of C, C++, assembler and Rust.

use crate::diagnose::Kind;
use crate::diagnose::rule::{Meaning, Rank, Rule, Seen};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["error: "],
        pattern: r"fatal error: <q>?(?P<name>[^:'’\s]+)<q>?(?:: No such file or directory| file not found)",
        rank: Rank::Sure,
        read: header,
    },
    Rule {
        // What Meson asks the preprocessor.
        needles: &["could not be found"],
        pattern: r#"error: #error "Header '(?P<name>[^']+)' could not be found""#,
        rank: Rank::Sure,
        read: |seen| Some(Meaning::missing(Kind::MissingHeader, seen.name())),
    },
    Rule {
        needles: &["error: "],
        pattern: r"^(?P<name>[^\s:]+):\d+:(?:\d+:)? error: .*\[-Werror[=\]]",
        rank: Rank::Sure,
        read: |seen| {
            let file = seen.name();
            Some(
                Meaning::new(Kind::CompilerError, format!("a warning in `{file}` is taken for an error"))
                    .about(file)
                    .advise("a newer compiler warns of more: build without `-Werror`, as with `--disable-werror` or `CFLAGS: -Wno-error`"),
            )
        },
    },
    Rule {
        needles: &["error: "],
        pattern: r"^(?P<name>[^\s:]+):\d+:(?:\d+:)? (?:fatal )?error: (?P<what>.+)",
        rank: Rank::Sure,
        read: |seen| {
            let file = seen.name();
            Some(Meaning::new(Kind::CompilerError, format!("the compiler refuses `{file}`")).about(file))
        },
    },
    Rule {
        needles: &["Error: "],
        pattern: r"^(?P<name>[^\s:]+\.[sS]|\{standard input\}):\d+: Error: ",
        rank: Rank::Sure,
        read: |seen| {
            let file = seen.name();
            Some(Meaning::new(Kind::CompilerError, format!("the assembler refuses `{file}`")).about(file))
        },
    },
    Rule {
        needles: &["internal compiler error"],
        pattern: r"internal compiler error",
        rank: Rank::Sure,
        read: |_| {
            Some(
                Meaning::new(Kind::Crash, "the compiler itself crashed")
                    .advise("where it crashes elsewhere each time, the machine's memory is suspect; else build with less optimisation"),
            )
        },
    },
    Rule {
        needles: &["error: "],
        pattern: r"^\s*(?:\S*/)?(?P<name>[\w+.-]*(?:gcc|g\+\+|cc|c\+\+|cc1|cc1plus|clang|clang\+\+|as)(?:-[\d.]+)?): (?:fatal )?error: (?P<what>.+)",
        rank: Rank::Sure,
        read: |seen| {
            let (program, what) = (seen.name(), seen.group("what"));
            // What stands before it says more.
            if what.starts_with("ld returned")
                || program.ends_with("tar")
                || what.contains("warnings being treated")
            {
                return None;
            }
            Some(
                Meaning::new(Kind::CompilerError, format!("`{program}` refuses how it was called: {what}"))
                    .about(program),
            )
        },
    },
    Rule {
        needles: &["no matching package named "],
        pattern: r"^error: no matching package named `(?P<name>[^`]+)` found",
        rank: Rank::Sure,
        read: |seen| {
            let name = seen.name();
            Some(
                Meaning::new(Kind::Network, format!("cargo has no `{name}`, and no network to get it from"))
                    .about(name)
                    .advise("bring the crates along as sources (`cargo vendor`)"),
            )
        },
    },
    Rule {
        needles: &["error[", "error: could not compile"],
        pattern: r"^error\[(?P<name>E\d+)\]: |^error: could not compile `(?P<other>[^`]+)`",
        rank: Rank::Sure,
        read: |seen| {
            let place = seen.next(3).find_map(|line| line.trim_start().strip_prefix("--> "));
            let file = place.and_then(|place| place.split(':').next()).unwrap_or(seen.group("other"));
            Some(Meaning::new(Kind::CompilerError, format!("rustc refuses `{file}`")).about(file))
        },
    },
];

fn header(seen: &Seen<'_>) -> Option<Meaning> {
    let name = seen.name();
    // What is compiled may be missing as well: `cc1: fatal error: a.c: No such file or directory`.
    let source = [".c", ".cc", ".cpp", ".cxx", ".C", ".S", ".s"].iter().any(|end| name.ends_with(end));
    if source && !seen.next(3).any(|line| line.contains("include")) {
        let meaning = Meaning::new(Kind::MissingFile, format!("the source `{name}` is not there"));
        return Some(meaning.about(name).may_be_race());
    }
    let meaning = Meaning::missing(Kind::MissingHeader, name);
    // What is included by quotes is often a file of the package's own, which make is to make first.
    let own = seen.next(2).any(|line| line.contains(&format!("#include \"{name}\"")));
    Some(if own {
        Meaning { says: format!("the header `{name}` was not found"), ..meaning }.may_be_race()
    } else {
        meaning
    })
}

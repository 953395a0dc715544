//! patch, and git when it applies.

use crate::diagnose::Kind;
use crate::diagnose::rule::{Meaning, Rank, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["Reversed (or previously applied) patch detected"],
        pattern: r"Reversed \(or previously applied\) patch detected",
        rank: Rank::Sure,
        read: |seen| {
            let file =
                seen.before().find_map(|line| line.strip_prefix("patching file ")).unwrap_or("the file");
            Some(
                Meaning::new(Kind::FailedPatch, format!("`{file}` has this change already"))
                    .about(file)
                    .advise("take the patch out of the spec, if all of it is in the source by now"),
            )
        },
    },
    Rule {
        needles: &[" FAILED at "],
        pattern: r"^Hunk #(?P<hunk>\d+) FAILED at (?P<line>\d+)",
        rank: Rank::Sure,
        read: |seen| {
            let file = seen.before().find_map(|line| line.strip_prefix("patching file "))?;
            let file = file.split(" (").next().unwrap_or(file);
            let (hunk, line) = (seen.group("hunk"), seen.group("line"));
            let says = format!("hunk {hunk} of the patch does not fit `{file}` at line {line}");
            Some(Meaning::new(Kind::FailedPatch, says).about(file).fit_hunk())
        },
    },
    Rule {
        needles: &["can't find file to patch"],
        pattern: r"^can't find file to patch at input line",
        rank: Rank::Sure,
        read: |seen| {
            let wanted = seen
                .next(8)
                .find_map(|line| line.strip_prefix("|+++ ").or_else(|| line.strip_prefix("|--- ")));
            let file = wanted.and_then(|path| path.split(['\t', ' ']).next()).unwrap_or("the file");
            Some(
                Meaning::new(
                    Kind::FailedPatch,
                    format!("the file that the patch calls `{file}` is not there"),
                )
                .about(file)
                .advise("`strip` in the spec says how many directories of that name to leave out"),
            )
        },
    },
    Rule {
        needles: &["patch: **** "],
        pattern: r"^patch: \*\*\*\* (?P<what>.+)",
        rank: Rank::Sure,
        read: |seen| {
            Some(Meaning::new(
                Kind::FailedPatch,
                format!("patch cannot read the patch: {}", seen.group("what")),
            ))
        },
    },
    Rule {
        needles: &["patch does not apply", "patch failed: "],
        pattern: r"^error: (?:patch failed: )?(?P<name>[^\s:]+):(?:\d+$| patch does not apply$)",
        rank: Rank::Sure,
        read: |seen| {
            let file = seen.name();
            Some(Meaning::new(Kind::FailedPatch, format!("the patch does not fit `{file}`")).about(file))
        },
    },
];

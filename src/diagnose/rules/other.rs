//! What many programs say, and what says least.

use crate::diagnose::Kind;
use crate::diagnose::rule::{Meaning, Rank, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["Read-only file system"],
        pattern: r"(?P<name>[^\s‘’'`:]+)<q>: Read-only file system",
        rank: Rank::Likely,
        read: |seen| {
            let path = seen.name();
            Some(
                Meaning::new(
                    Kind::Denied,
                    format!("`{path}` cannot be written: it is no part of what a step may change"),
                )
                .about(path),
            )
        },
    },
    Rule {
        needles: &["Permission denied", "Operation not permitted"],
        pattern: r"(?P<name>[^\s‘’'`:]+)<q>: (?P<what>Permission denied|Operation not permitted)",
        rank: Rank::Likely,
        read: |seen| {
            if !seen.window.is_near_end() {
                return None;
            }
            let path = seen.name();
            let is_script = seen.group("what") == "Permission denied" && path.starts_with("./");
            let meaning =
                Meaning::new(Kind::Denied, format!("`{path}`: {}", seen.group("what").to_lowercase()))
                    .about(path);
            Some(if is_script {
                meaning.advise(format!("if it is a script, it is not executable: `chmod +x {path}`"))
            } else {
                meaning
            })
        },
    },
    Rule {
        // overlayfs cannot copy up what has an owner without a number in the user namespace (EOVERFLOW).
        needles: &["Value too large for defined data type"],
        pattern: r"cannot move <q>(?P<name>[^‘’'`]+)<q> to .*: Value too large for defined data type",
        rank: Rank::Likely,
        read: |seen| {
            let path = seen.name();
            let says =
                format!("`{path}` is the machine's own, and cannot be moved in an ordinary user's step");
            let advice = format!(
                "copy it and remove it instead: `cp {path} NEW` and `rm {path}`, which root can do, too"
            );
            Some(Meaning::new(Kind::Denied, says).about(path).advise(advice))
        },
    },
    Rule {
        needles: &["Segmentation fault", "core dumped"],
        pattern: r"Segmentation fault|\(core dumped\)",
        rank: Rank::Likely,
        read: |seen| seen.window.is_near_end().then(|| Meaning::new(Kind::Crash, "a program crashed")),
    },
    Rule {
        needles: &["syntax error", "unbound variable"],
        pattern: r"^(?P<name>[^\s:]+): (?:line )?\d+: (?P<what>.*(?:[Ss]yntax error|unbound variable).*)",
        rank: Rank::Likely,
        read: |seen| {
            let file = seen.name();
            Some(
                Meaning::new(
                    Kind::ScriptError,
                    format!("the shell script `{file}` is wrong: {}", seen.group("what")),
                )
                .about(file),
            )
        },
    },
    Rule {
        needles: &["No such file or directory"],
        pattern: r"^(?:[^:]*: )*?(?:cannot (?:stat|open|access|create regular file|create directory|remove) |can't (?:open|read|cd to) |opening )?<q>(?P<name>[^‘’'`:]+?)<q>(?: for reading)?: No such file or directory",
        rank: Rank::Faint,
        read: |seen| {
            let path = seen.name();
            Some(Meaning::new(Kind::MissingFile, format!("`{path}` is not there")).about(path).may_be_race())
        },
    },
    Rule {
        needles: &["error: ", "ERROR: ", "fatal: ", "Error: "],
        pattern: r"(?:^|[\s:])(?:(?:fatal )?error|ERROR|fatal|Error): (?P<what>.+)",
        rank: Rank::Likely,
        read: |seen| {
            let what = seen.group("what");
            // Said by those who only pass on that something failed.
            let follows =
                ["ld returned", "Error ", "autoconf failed", "build stopped", "subprocess-exited-with-error"];
            (!follows.iter().any(|start| what.contains(start))).then(|| Meaning::new(Kind::Unknown, ""))
        },
    },
];

//! CMake.

use crate::diagnose::rule::{Meaning, Rank, Rule, Seen};
use crate::diagnose::{Kind, OwnLog};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["CMake was unable to find a build program"],
        pattern: r#"CMake was unable to find a build program corresponding to "(?P<name>[^"]+)""#,
        rank: Rank::Sure,
        read: |seen| {
            let program = if seen.name() == "Ninja" { "ninja" } else { "make" };
            Some(Meaning::missing(Kind::MissingProgram, program))
        },
    },
    Rule {
        needles: &["or higher is required.  You are running"],
        pattern: r"CMake (?P<want>\S+) or higher is required\. +You are running version (?P<is>\S+)",
        rank: Rank::Sure,
        read: |seen| {
            let says = format!(
                "CMake must be {} or newer, and the root has {}",
                seen.group("want"),
                seen.group("is")
            );
            Some(Meaning::new(Kind::TooOld, says).about("cmake"))
        },
    },
    Rule {
        needles: &["CMake Error at "],
        pattern: r"^CMake Error at (?P<file>[^:]+):(?P<line>\d+) \((?P<command>\w+)\):$",
        rank: Rank::Sure,
        read: at,
    },
    Rule {
        needles: &["CMake Error: "],
        pattern: r"^CMake Error: (?P<what>.+)",
        rank: Rank::Likely,
        read: |seen| {
            Some(Meaning::new(Kind::ConfigureTest, format!("CMake gave up: {}", seen.group("what"))))
        },
    },
];

/// What an error with a place says: the lines below it, up to an empty line, are one text.
fn at(seen: &Seen<'_>) -> Option<Meaning> {
    let lines: Vec<_> = seen.next(10).map(str::trim).skip_while(|line| line.is_empty()).collect();
    let text = lines.split(|line| line.is_empty()).next().unwrap_or_default().join(" ");
    let quoted = |text: &str| text.split('"').nth(1).map(str::to_owned);
    if text.starts_with("Could not find a package configuration file provided by") {
        return Some(Meaning::missing(Kind::MissingCmakePackage, quoted(&text)?));
    }
    if text.starts_with("By not providing") {
        let all = lines.join(" ");
        let name = all.split("package configuration file provided by").nth(1).and_then(quoted)?;
        return Some(Meaning::missing(Kind::MissingCmakePackage, name));
    }
    if let Some(rest) = text.strip_prefix("Could NOT find ") {
        let name = rest.split([' ', ':']).next().unwrap_or(rest);
        if let Some((_, versions)) = rest.split_once("Found unsuitable version ") {
            return Some(
                Meaning::new(
                    Kind::TooOld,
                    format!("the CMake package `{name}` is too old: found {versions}"),
                )
                .about(name),
            );
        }
        return Some(Meaning::missing(Kind::MissingCmakePackage, name));
    }
    if let Some((_, names)) = text.split_once(" using the following names: ") {
        let name = names.split(',').next().unwrap_or(names).trim();
        let kind = match seen.group("command") {
            "find_program" => Kind::MissingProgram,
            "find_library" => Kind::MissingLibrary,
            _ => Kind::MissingHeader,
        };
        return Some(Meaning::missing(kind, name));
    }
    if text.starts_with("A required package was not found")
        || text.starts_with("The following required packages were not found")
    {
        let of_list = lines.iter().find_map(|line| line.strip_prefix("- "));
        let of_check = || seen.before().find_map(|line| line.split("Package '").nth(1)?.split('\'').next());
        let name = of_list.or_else(of_check)?;
        let name = name.split(['<', '>', '=', ' ']).next().unwrap_or(name);
        return Some(super::pkg_config::wanted(name, OwnLog::Cmake));
    }
    if text.starts_with("Could not find compiler set in environment variable") {
        let name = lines.iter().skip(1).find(|line| !line.is_empty())?.trim_end_matches('.');
        return Some(Meaning::missing(Kind::MissingProgram, name));
    }
    if text.contains("COMPILER could be found") {
        let program = if text.contains("_CXX_") { "c++" } else { "cc" };
        return Some(Meaning::missing(Kind::MissingProgram, program));
    }
    // A compiler that compiles nothing: what it said stands below. And for versions there is a rule of its own.
    if text.ends_with("compiler") || text.contains("or higher is required") {
        return None;
    }
    Some(Meaning::new(Kind::ConfigureTest, format!("CMake gave up: {text}")).look_in(OwnLog::Cmake))
}

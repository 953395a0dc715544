use std::collections::BTreeSet;
use std::ops::Range;

use crate::model::{EnvName, Package, Project, is_variable_name};
use crate::source::{Place, Text};

use super::super::rule::Report;

/// What is set in every phase beside the environment of the stage and the package.
const SET: [&str; 8] = ["HOME", "MAKEFLAGS", "PATH", "PWD", "USER", "jobs", "sources", "work"];

/// Variables of every spec that people write as those of a shell.
pub(super) const OF_SPECS: [&str; 4] = ["arch", "package", "triplet", "version"];

/// What the loader puts in for itself (ld.so(8), "Dynamic string tokens").
const LOADER: [&str; 3] = ["LIB", "ORIGIN", "PLATFORM"];

/// Programs whose output people put into arguments. In a makefile `$(…)` is a variable or a function, of other names.
const PROGRAMS: [&str; 18] = [
    "arch",
    "awk",
    "cat",
    "command",
    "date",
    "echo",
    "gcc",
    "getconf",
    "grep",
    "hostname",
    "nproc",
    "perl",
    "pkg-config",
    "pwd",
    "python3",
    "sed",
    "uname",
    "which",
];

pub(super) fn check(project: &Project, packages: &[Package], report: &mut Report<'_>) {
    for stage in &project.stages {
        let known: BTreeSet<&str> = stage.env.keys().map(EnvName::as_str).collect();
        stage.env.values().for_each(|value| in_variable(value, &known, report));
    }
    for package in packages {
        let stage = project.stage(&package.stage.value).into_iter().flat_map(|stage| stage.env.keys());
        let known: BTreeSet<&str> = stage.chain(package.build.env.keys()).map(EnvName::as_str).collect();
        let build = &package.build;
        build.env.values().for_each(|value| in_variable(value, &known, report));
        for value in build.configure.iter().chain(&build.make).chain(&build.install) {
            tell(value, &known, "the command gets it as it is, because no shell reads its arguments", report);
        }
        let fetched = package.fetched().flat_map(|source| [&source.url].into_iter().chain(&source.mirrors));
        for address in fetched {
            let text = address.text.as_str();
            let place = |range| address.text.place_of(range);
            in_name(text, place, "no shell reads an address", report);
        }
        for path in &package.expect {
            in_name(path.value.as_str(), |_| path.place, "no shell reads a path", report);
        }
    }
}

/// Looks for a variable in what no program reads, either.
fn in_name(text: &str, place: impl Fn(Range<usize>) -> Place, why: &str, report: &mut Report<'_>) {
    let range = text.match_indices('$').find_map(|(at, _)| {
        let braces = usize::from(text[at + 1..].starts_with('{'));
        let name = name_in(&text[at + 1 + braces..]);
        is_variable_name(name).then(|| at..at + 1 + name.len() + 2 * braces)
    });
    let Some(range) = range.map(|range| range.start..range.end.min(text.len())) else { return };
    found(&text[range.clone()], place(range), why, report);
}

fn in_variable(value: &Text, known: &BTreeSet<&str>, report: &mut Report<'_>) {
    tell(value, known, "the variable gets it as it is, because no shell reads its value", report);
}

fn tell(value: &Text, known: &BTreeSet<&str>, why: &str, report: &mut Report<'_>) {
    if let Some(range) = unexpanded(value.as_str(), known) {
        found(&value.as_str()[range.clone()], value.place_of(range), why, report);
    }
}

fn found(text: &str, place: Place, why: &str, report: &mut Report<'_>) {
    let message = if text.starts_with('`') {
        "no shell runs what stands in these backticks".to_owned()
    } else {
        format!("`{text}` is not expanded here")
    };
    let finding = report.at(place, message);
    finding.notes.push(why.to_owned());
    let name = text.trim_start_matches(['$', '{']).trim_end_matches('}');
    finding.help = Some(if OF_SPECS.contains(&name) {
        format!("a variable of the spec is written `%{{{name}}}`")
    } else {
        "write the value, or a variable of the project (`%{…}`); what only the shell knows belongs into the text of a phase"
            .to_owned()
    });
}

/// The letters, digits and `_` with which a text begins.
fn name_in(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())]
}

/// The first thing in a text that somebody meant for a shell. A backslash or another `$` before it says that it is for whoever
/// reads it later.
fn unexpanded(text: &str, known: &BTreeSet<&str>) -> Option<Range<usize>> {
    let is_known = |name: &str| known.contains(name) || SET.contains(&name) || OF_SPECS.contains(&name);
    let mut from = 0;
    while let Some(at) = text[from..].find(['$', '`', '\\']).map(|at| from + at) {
        let rest = &text[at + 1..];
        from = at + 1;
        if text[at..].starts_with('\\') {
            from += rest.chars().next().map_or(0, char::len_utf8);
        } else if text[at..].starts_with('`') {
            return rest.find('`').map(|end| at..at + end + 2);
        } else if rest.starts_with('$') {
            from += 1;
        } else if let Some(inside) = rest.strip_prefix('(') {
            let command = inside.split([' ', ')']).next().unwrap_or_default();
            let end = inside.find(')').map_or(text.len(), |end| at + end + 3);
            if PROGRAMS.contains(&command) {
                return Some(at..end);
            }
        } else if let Some(inside) = rest.strip_prefix('{') {
            let name = name_in(inside);
            let end = inside.find('}').map_or(text.len(), |end| at + end + 3);
            if is_known(name) {
                return Some(at..end);
            }
        } else {
            let name = name_in(rest);
            let length = name.len();
            // A makefile's variables are one letter long without parentheses.
            let is_environment = length > 1
                && is_variable_name(name)
                && !name.bytes().any(|c| c.is_ascii_lowercase())
                && !LOADER.contains(&name);
            if is_known(name) || is_environment {
                return Some(at..at + 1 + length);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_for_a_shell_is_told_from_what_is_for_others() {
        let known = BTreeSet::from(["LFS", "prefix"]);
        let found = |text: &str| unexpanded(text, &known).map(|range| text[range].to_owned());
        for (text, wanted) in [
            ("$LFS/usr", "$LFS"),
            ("--host=$LFS_TGT-x", "$LFS_TGT"),
            ("${prefix}/lib", "${prefix}"),
            ("-j$(nproc)", "$(nproc)"),
            ("$(uname -m)-linux", "$(uname -m)"),
            ("a`pwd`", "`pwd`"),
            ("doc/a-$version", "$version"),
            ("\\$LFS $jobs", "$jobs"),
        ] {
            assert_eq!(found(text).as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "-Wl,-rpath,$ORIGIN/../lib",
            "-Wl,-rpath,\\$$ORIGIN",
            "${exec_prefix}/lib",
            "$(DESTDIR)/usr",
            "$(basename $(x))",
            "\\${prefix}",
            "$$LFS",
            "s/$/x/",
            "$A",
            "$",
            "`",
            "\\",
            "$(",
            "${",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

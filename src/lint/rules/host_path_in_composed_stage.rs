use std::collections::BTreeMap;
use std::ops::Range;

use crate::diag::{Diagnostic, Label, Severity};
use crate::model::{Package, Project, RootKind, Stage};
use crate::source::Text;

use super::super::package::fragments;
use super::super::rule::Report;

/// Where the files of a machine's users lie (FHS 3.0, 3.8), of which no artifact has any.
const HOMES: &str = "/home";

pub(super) fn check(project: &Project, packages: &[Package], report: &mut Report<'_>) {
    // Where another stage has its artifacts, which in a composed root lie at `/`.
    let mounts: BTreeMap<&str, &Stage> = project
        .stages
        .iter()
        .map(|stage| (stage.mount.as_str(), stage))
        .filter(|(mount, _)| *mount != "/")
        .collect();
    for stage in project.stages.iter().filter(|stage| stage.root == RootKind::Composed) {
        if mounts.contains_key(stage.mount.as_str()) {
            let message = format!("a composed root has nothing to lie over at `{}`", stage.mount);
            let finding = report.at(stage.place, message);
            finding.severity = Severity::Error;
            finding.help = Some("remove `mount:`, or write `root: host`".to_owned());
            continue;
        }
        let mut look = |text: &Text, is_script: bool| {
            for (mount, other) in &mounts {
                for range in found(text.as_str(), mount)
                    .filter(|range| !is_script || !is_comment(text.as_str(), range.start))
                {
                    let finding = not_there(text, range, stage, report);
                    let text =
                        format!("artifacts lie there in `{}`, and at `/` in `{}`", other.name, stage.name);
                    finding.related.push(Label { place: other.place, text });
                    finding.help = Some("leave it out of the path".to_owned());
                }
            }
            // A script may make a home for a user of the system that is built.
            let homes = found(text.as_str(), HOMES).filter(|_| !is_script);
            for range in homes.filter(|range| text.as_str()[range.end..].starts_with('/')) {
                not_there(text, range, stage, report).help =
                    Some("list what lies there in `sources:`, or build it as a package".to_owned());
            }
        };
        stage.env.values().for_each(|text| look(text, false));
        for package in packages.iter().filter(|package| package.stage.value == stage.name) {
            let build = &package.build;
            let words = [&build.configure, &build.make, &build.install].into_iter().flatten();
            words.chain(build.env.values()).for_each(|text| look(text, false));
            fragments(package).for_each(|text| look(text, true));
        }
    }
}

fn not_there<'r>(
    text: &Text,
    range: Range<usize>,
    stage: &Stage,
    report: &'r mut Report<'_>,
) -> &'r mut Diagnostic {
    let message = format!("there is no `{}` in the stage `{}`", &text.as_str()[range.clone()], stage.name);
    let finding = report.at(text.place_of(range), message);
    finding.notes.push("its root is composed of artifacts, and has nothing of the machine's".to_owned());
    finding
}

/// Where a path stands in a text: not inside of another, nor as the start of another's name.
fn found<'t>(text: &'t str, path: &'t str) -> impl Iterator<Item = Range<usize>> {
    let is_name = |c: char| c.is_alphanumeric() || "._-+~".contains(c);
    let begins = move |before: &str| {
        let mut last = before.chars().rev();
        let is_option = last.clone().nth(1) == Some('-');
        last.next().is_none_or(|c| !is_name(c) && !"/}%".contains(c) || c.is_ascii_alphabetic() && is_option)
    };
    text.match_indices(path)
        .map(|(at, _)| at..at + path.len())
        .filter(move |range| begins(&text[..range.start]) && !text[range.end..].starts_with(is_name))
}

fn is_comment(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    text[line..at].split_whitespace().any(|word| word.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_as_a_whole_alone() {
        let count = |text: &str| found(text, "/mnt/lfs").count();
        for text in ["/mnt/lfs", "a /mnt/lfs/b", "X=/mnt/lfs", "-I/mnt/lfs/x", "'/mnt/lfs'", "a:/mnt/lfs:b"] {
            assert_eq!(count(text), 1, "{text}");
        }
        for text in ["/mnt/lfs2", "/mnt/lfs-a", "$x/y/mnt/lfs", "${x}/mnt/lfs", "x/mnt/lfs", "//mnt/lfs"] {
            assert_eq!(count(text), 0, "{text}");
        }
    }
}

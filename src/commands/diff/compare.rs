//! Two generations of the same project, side by side.

use std::collections::{BTreeMap, BTreeSet};

use similar::{ChangeTag, TextDiff};

use super::changes::{Meaning, addresses, changes, needed};
use crate::emit::Tree;
use crate::model::{PackageName, Phase};
use crate::plan::file::PackageFile;
use crate::plan::read;
use crate::recipe::skeleton;
use crate::report::text::count;

/// How wide a list of names is.
const WIDTH: usize = 100;

/// How many packages are named at least on whose account others are built again.
const MOST_CAUSES: usize = 4;

/// The packages of a generation, by name.
pub(super) struct Generation(BTreeMap<PackageName, Package>);

struct Package {
    file: PackageFile,
    script: String,
}

impl Generation {
    /// The packages of a tree. A plan file of another shape, which another version wrote, counts as none.
    pub(super) fn read(tree: &Tree) -> Self {
        let packages = read::packages(tree).filter_map(Result::ok).map(|file| {
            let script = tree.get(&file.script).map(Vec::as_slice).unwrap_or_default();
            let script = String::from_utf8_lossy(script).into_owned();
            (file.package.clone(), Package { file, script })
        });
        Self(packages.collect())
    }
}

/// Packages of which the same is to be said.
struct Group<'a> {
    meaning: Meaning,
    /// Each with its versions, and with the packages on whose account it would be built again in any case.
    packages: Vec<(&'a PackageName, String, Vec<&'a str>)>,
    /// As the first of them has it.
    text: String,
    /// The same with `{file}` for the names of its sources, and whether that alone holds for all of them.
    pattern: String,
    varies: bool,
}

/// What differs; nothing where nothing does. What is the same in several packages, such as a variable of their stage, is said
/// once: whatever else is changed would be lost among them.
pub(super) fn describe(old: &Generation, new: &Generation) -> String {
    let names: BTreeSet<&PackageName> = old.0.keys().chain(new.0.keys()).collect();
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut said: BTreeMap<(Meaning, String), usize> = BTreeMap::new();
    let mut only_need = Vec::new();
    for name in names {
        let (meaning, title, because, text) = match (old.0.get(name), new.0.get(name)) {
            (None, Some(new)) => {
                let phases: Vec<Phase> = new.file.steps.iter().map(|step| step.phase).collect();
                let phases: Vec<Phase> = phases.into_iter().filter(|phase| *phase != Phase::Fetch).collect();
                let text = addresses(&new.file) + &own_lines(&skeleton(&phases), &new.script);
                (Meaning::New, new.file.version.clone(), Vec::new(), text)
            }
            (Some(old), None) => (Meaning::Gone, old.file.version.clone(), Vec::new(), String::new()),
            (Some(old), Some(new)) => {
                let own = changes(&old.file, &new.file);
                let because = needed(&old.file, &new.file);
                let script = script_diff(&old.script, &new.script);
                if own.is_empty() && script.is_empty() {
                    only_need.extend((!because.is_empty()).then_some((name, because)));
                    continue;
                }
                let meaning = Meaning::of(&old.file, &new.file);
                (meaning, versions(&old.file, &new.file), because, own + &script)
            }
            (None, None) => continue,
        };
        let sources = new.0.get(name).into_iter().flat_map(|new| &new.file.sources);
        let pattern = sources.fold(text.clone(), |text, source| text.replace(&source.name, "{file}"));
        // What is new is a matter of its own.
        let at = match said.get(&(meaning, pattern.clone())) {
            Some(&at) if meaning != Meaning::New => at,
            _ => {
                said.insert((meaning, pattern.clone()), groups.len());
                groups.push(Group {
                    meaning,
                    packages: Vec::new(),
                    text: text.clone(),
                    pattern,
                    varies: false,
                });
                groups.len() - 1
            }
        };
        groups[at].varies |= groups[at].text != text;
        groups[at].packages.push((name, title, because));
    }
    let changed: BTreeSet<&str> =
        groups.iter().flat_map(|group| &group.packages).map(|(name, ..)| name.as_str()).collect();
    let mut text: String = groups.iter().map(|group| shown(group, &changed)).collect();
    text += &rebuilt(&only_need, &changed);
    text
}

/// A group as people read it.
fn shown(group: &Group<'_>, changed: &BTreeSet<&str>) -> String {
    let Group { meaning, packages, text, pattern, varies } = group;
    let mut shown = match packages.as_slice() {
        [(name, version, because)] => {
            let because: Vec<&str> = because.iter().copied().filter(|name| changed.contains(name)).collect();
            let needs = if because.is_empty() {
                String::new()
            } else {
                list("    needs ", &because, ", which changed")
            };
            format!("{} {name} {version} {}\n{needs}", meaning.mark(), meaning.of_one())
        }
        many => {
            let names: Vec<String> =
                many.iter().map(|(name, version, _)| format!("{name} {version}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let title =
                format!("{} {} {}\n", meaning.mark(), count(many.len(), "package"), meaning.of_many());
            title + &list("    ", &names, "")
        }
    };
    shown += if *varies { pattern } else { text };
    shown.push('\n');
    shown
}

/// The packages that are built again only for what they need, by what of that was changed itself.
fn rebuilt(only_need: &[(&PackageName, Vec<&str>)], changed: &BTreeSet<&str>) -> String {
    let mut by_cause: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
    for (name, because) in only_need {
        let causes = because.iter().copied().filter(|cause| changed.contains(cause)).collect();
        by_cause.entry(causes).or_default().push(name.as_str());
    }
    let mut text = String::new();
    for (causes, names) in by_cause {
        let causes = match causes.as_slice() {
            // Nothing of what it needs was changed itself, but what that needs at build time.
            [] => "what others need".to_owned(),
            [some @ .., _, _] if some.len() > MOST_CAUSES => {
                let first = &causes[..MOST_CAUSES];
                format!("{} and {} others", first.join(", "), causes.len() - MOST_CAUSES)
            }
            few => few.join(", "),
        };
        text += &list(&format!("built again for {causes}: "), &names, "");
    }
    text
}

/// Names in lines of a width, behind a beginning.
fn list(begin: &str, names: &[&str], end: &str) -> String {
    let mut text = begin.to_owned();
    let mut used = begin.chars().count();
    for (at, name) in names.iter().enumerate() {
        let piece = if at + 1 == names.len() { format!("{name}{end}") } else { format!("{name},") };
        let length = piece.chars().count();
        if at > 0 {
            let fits = used + 1 + length <= WIDTH;
            text += if fits { " " } else { "\n        " };
            used = if fits { used + 1 } else { 8 };
        }
        text += &piece;
        used += length;
    }
    text.push('\n');
    text
}

fn versions(old: &PackageFile, new: &PackageFile) -> String {
    if old.version == new.version {
        new.version.clone()
    } else {
        format!("{} → {}", old.version, new.version)
    }
}

/// The lines of a script that others do not have, each with one around it.
fn own_lines(common: &str, script: &str) -> String {
    let diff = TextDiff::from_lines(common, script);
    let mut text = String::new();
    for group in diff.grouped_ops(1) {
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            match change.tag() {
                ChangeTag::Delete => {}
                ChangeTag::Insert => text += &format!("+{change}"),
                ChangeTag::Equal => text += &format!(" {change}"),
            }
        }
    }
    text
}

/// The changed lines of a script with three around them.
fn script_diff(old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_causes_the_first_are_named() {
        let built = PackageName::new("x").unwrap();
        let rebuilt = |number: usize| {
            let names: Vec<String> = (0..number).map(|at| format!("p{at}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            super::rebuilt(&[(&built, names.clone())], &names.into_iter().collect())
        };
        assert_eq!(rebuilt(0), "built again for what others need: x\n");
        assert_eq!(rebuilt(2), "built again for p0, p1: x\n");
        assert_eq!(rebuilt(6), "built again for p0, p1, p2, p3, p4, p5: x\n");
        assert_eq!(rebuilt(9), "built again for p0, p1, p2, p3 and 5 others: x\n");
    }

    #[test]
    fn a_long_list_of_names_is_broken_into_lines() {
        let names = vec!["x"; 60];
        let text = list("for a: ", &names, ".");
        assert!(text.lines().all(|line| line.chars().count() <= super::WIDTH), "{text}");
        assert!(text.starts_with("for a: x, x, ") && text.ends_with(" x.\n"), "{text}");
        assert_eq!(text.matches('x').count(), 60);
    }
}

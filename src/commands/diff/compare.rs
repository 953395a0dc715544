//! Two generations of the same project, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;
use similar::TextDiff;

use crate::emit::Tree;
use crate::model::{Digest, PackageName, Phase};
use crate::plan::file::{DEPENDS, PackageFile, StepFile};
use crate::plan::paths::is_plan;

/// What a source's part of a key is called, before its name.
const SOURCE: &str = "source.";

/// The packages of a generation, by name.
pub(super) struct Generation(BTreeMap<PackageName, Package>);

struct Package {
    file: PackageFile,
    script: String,
}

impl Generation {
    /// The packages of a tree. A plan file of another shape, which another version wrote, counts as none.
    pub(super) fn read(tree: &Tree) -> Self {
        let packages = tree.iter().filter_map(|(path, bytes)| {
            let file: PackageFile = is_plan(path).then(|| serde_json::from_slice(bytes).ok()).flatten()?;
            let script = tree.get(&file.script).map(Vec::as_slice).unwrap_or_default();
            let script = String::from_utf8_lossy(script).into_owned();
            Some((file.package.clone(), Package { file, script }))
        });
        Self(packages.collect())
    }
}

/// What differs; nothing where nothing does.
pub(super) fn describe(old: &Generation, new: &Generation) -> String {
    let names: BTreeSet<&PackageName> = old.0.keys().chain(new.0.keys()).collect();
    let (mut text, mut carried) = (String::new(), Vec::new());
    for name in names {
        match (old.0.get(name), new.0.get(name)) {
            (None, Some(new)) => {
                text += &format!("+ {name} {} is new\n", new.file.version);
                text += &script_diff("", &new.script);
                text.push('\n');
            }
            (Some(old), None) => {
                text += &format!("- {name} {} is gone\n\n", old.file.version);
            }
            (Some(old), Some(new)) => {
                let own = changes(&old.file, &new.file);
                let because = needed(&old.file, &new.file);
                let script = script_diff(&old.script, &new.script);
                if own.is_empty() && script.is_empty() {
                    carried.extend((!because.is_empty()).then_some((name, because)));
                    continue;
                }
                text += &title(name, &old.file, &new.file);
                text += &own;
                if !because.is_empty() {
                    let _ = writeln!(text, "    needs {}, which changed", because.join(", "));
                }
                text += &script;
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    if !carried.is_empty() {
        text += "built again for what they need:\n";
        for (name, because) in carried {
            let _ = writeln!(text, "    {name}: {}", because.join(", "));
        }
    }
    text
}

fn title(name: &PackageName, old: &PackageFile, new: &PackageFile) -> String {
    let version = if old.version == new.version {
        new.version.clone()
    } else {
        format!("{} → {}", old.version, new.version)
    };
    let is_new_check =
        |step: &StepFile| step.phase == Phase::Check && old.steps.iter().all(|before| before.key != step.key);
    let meaning = if old.key != new.key {
        "is built again"
    } else if new.steps.iter().any(is_new_check) {
        "is checked again, and not built again"
    } else {
        "reads otherwise, and is not built again"
    };
    format!("~ {name} {version} {meaning}\n")
}

/// The parts of the key that changed by themselves, and what else the plan file says differently.
fn changes(old: &PackageFile, new: &PackageFile) -> String {
    let mut text = String::new();
    let names: BTreeSet<&String> = old.key_parts.keys().chain(new.key_parts.keys()).collect();
    for part in names {
        let (before, after) = (old.key_parts.get(part), new.key_parts.get(part));
        let is_both = before.is_some() && after.is_some();
        if before == after || (part.starts_with(DEPENDS) && is_both) {
            continue;
        }
        let _ = match (before, after) {
            (None, Some(after)) => writeln!(text, "    {part}: new{}", shown(after, ", ")),
            (Some(before), None) => writeln!(text, "    {part}: gone{}", shown(before, ", was ")),
            // The digest of a source is what the spec says of it; any other is of a text that is to be read elsewhere.
            (Some(before), Some(after)) if part.starts_with(SOURCE) => {
                writeln!(text, "    {part}: {} → {}", short(before), short(after))
            }
            (Some(before), Some(after)) => match (shown(before, ""), shown(after, "")) {
                (before, after) if before.is_empty() || after.is_empty() => {
                    writeln!(text, "    {part}: other text")
                }
                (before, after) => writeln!(text, "    {part}: {before} → {after}"),
            },
            (None, None) => Ok(()),
        };
    }
    let bytes = |file: &PackageFile| file.sources.iter().map(|source| source.sha256).collect::<Vec<_>>();
    if old.version != new.version && !new.sources.is_empty() && bytes(old) == bytes(new) {
        let _ = writeln!(text, "    sources: their digests are still those of `{}`", old.version);
    }
    for field in other_fields(old, new) {
        let _ = writeln!(text, "    {field} (no reason to build it again)");
    }
    text
}

/// A value, if a person can read anything from it: a digest says only that something is another.
fn shown(value: &str, before: &str) -> String {
    let is_digest = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest || value.is_empty() { String::new() } else { format!("{before}`{value}`") }
}

/// A digest as people tell it from another.
fn short(digest: &str) -> String {
    Digest::parse(digest).map_or_else(|_| digest.to_owned(), |digest| digest.short())
}

/// Dependencies that are there on both sides and have another key.
fn needed<'a>(old: &'a PackageFile, new: &'a PackageFile) -> Vec<&'a str> {
    let changed = new.key_parts.iter().filter(|(part, key)| {
        part.starts_with(DEPENDS) && old.key_parts.get(*part).is_some_and(|before| before != *key)
    });
    changed.filter_map(|(part, _)| part.strip_prefix(DEPENDS)).collect()
}

/// The fields of a plan file that are in no key, and that differ.
fn other_fields(old: &PackageFile, new: &PackageFile) -> Vec<String> {
    const IN_KEY: [&str; 8] =
        ["package", "version", "key", "script", "script_sha256", "steps", "layers", "key_parts"];
    let [old, new] = [old, new].map(|file| serde_json::to_value(file).unwrap_or(Value::Null));
    let (Value::Object(mut old), Value::Object(new)) = (old, new) else { return Vec::new() };
    let mut found = Vec::new();
    for (field, after) in new {
        let before = old.remove(&field).unwrap_or(Value::Null);
        if IN_KEY.contains(&field.as_str()) || before == after {
            continue;
        }
        match field.as_str() {
            // The environment and the root are parts of the key, and told there.
            "stage" if before["sandbox"] == after["sandbox"] && before["name"] == after["name"] => {}
            "stage" => found.extend(
                ["name", "sandbox"]
                    .into_iter()
                    .filter(|part| before[part] != after[part])
                    .map(|part| words(&format!("stage.{part}"), &before[part], &after[part])),
            ),
            "spec" => found.push(words("spec", &before, &after)),
            "sources" if digests(&before) != digests(&after) => {}
            "files" if digests(&before) != digests(&after) => {}
            "sources" => found.push("addresses of sources".to_owned()),
            "files" => found.push("paths of patches".to_owned()),
            _ => found.push(field.replace('_', " ")),
        }
    }
    found
}

/// A field of one word on both sides.
fn words(field: &str, before: &Value, after: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{field}: `{}` → `{}`", word(before), word(after))
}

fn digests(list: &Value) -> Vec<&Value> {
    list.as_array().into_iter().flatten().map(|item| &item["sha256"]).collect()
}

/// The changed lines of a script with three around them.
fn script_diff(old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().to_string()
}

//! What the plan files of a package say differently, for a person who weighs it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::model::{Digest, PackageName, Phase};
use crate::plan::file::{DEPENDS, PackageFile};

/// What the part of a key that stands for a source is called, before its name, and that of a file beside the spec.
const SOURCE: &str = "source.";
const FILE: &str = "file.";

/// What becomes of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    New,
    Gone,
    /// Its artifact has another key.
    Built,
    /// Its check has another key, and its artifact has not.
    Checked,
    /// No step of it has another key.
    Kept,
}

impl Meaning {
    /// Of a package that is there before and after.
    pub(super) fn of(old: &PackageFile, new: &PackageFile) -> Self {
        let check = |file: &PackageFile| file.step(Phase::Check).map(|step| step.key);
        match (old.key == new.key, check(new)) {
            (false, _) => Self::Built,
            (true, Some(key)) if check(old).as_ref() != Some(&key) => Self::Checked,
            (true, _) => Self::Kept,
        }
    }

    pub(super) fn mark(self) -> char {
        match self {
            Self::New => '+',
            Self::Gone => '-',
            Self::Built | Self::Checked | Self::Kept => '~',
        }
    }

    pub(super) fn of_one(self) -> &'static str {
        match self {
            Self::New => "is new",
            Self::Gone => "is gone",
            Self::Built => "is built again",
            Self::Checked => "is not built again, but the phases up to its check run for it",
            Self::Kept => "reads otherwise, and is not built again",
        }
    }

    pub(super) fn of_many(self) -> &'static str {
        match self {
            Self::New => "are new",
            Self::Gone => "are gone",
            Self::Built => "are built again",
            Self::Checked => "are not built again, but the phases up to their checks run for them",
            Self::Kept => "read otherwise, and are not built again",
        }
    }
}

/// The parts of the key that changed by themselves, and what else the plan file says differently.
pub(super) fn changes(old: &PackageFile, new: &PackageFile) -> String {
    let mut text = String::new();
    let (old_parts, new_parts) = (old.key_parts(), new.key_parts());
    let names: BTreeSet<&String> = old_parts.keys().chain(new_parts.keys()).collect();
    for part in names {
        let (before, after) = (old_parts.get(part), new_parts.get(part));
        let is_both = before.is_some() && after.is_some();
        if before == after || (part.starts_with(DEPENDS) && is_both) {
            continue;
        }
        let _ = match (before, after) {
            (None, Some(after)) => {
                writeln!(text, "    {part}: new{}{}", shown(part, after, ", "), places(part, new))
            }
            (Some(before), None) => writeln!(text, "    {part}: gone{}", shown(part, before, ", was ")),
            (Some(before), Some(after)) => match (shown(part, before, ""), shown(part, after, "")) {
                (before, after) if before.is_empty() && after.is_empty() => {
                    writeln!(text, "    {part}: other text")
                }
                (before, after) => {
                    let places = if part.starts_with(SOURCE) { places(part, new) } else { String::new() };
                    writeln!(text, "    {part}: {before} → {after}{places}")
                }
            },
            (None, None) => Ok(()),
        };
    }
    let bytes = |file: &PackageFile| file.sources.iter().map(|source| source.sha256).collect::<Vec<_>>();
    if old.version != new.version && !new.sources.is_empty() && bytes(old) == bytes(new) {
        let _ = writeln!(text, "    sources: their digests are still those of `{}`", old.version);
    }
    others(old, new, &mut text);
    text
}

/// The sources of a package, each with the beginning of its digest and where it comes from.
pub(super) fn addresses(file: &PackageFile) -> String {
    let parts = file.own_parts.iter().filter(|(part, _)| part.starts_with(SOURCE) || part.starts_with(FILE));
    parts
        .map(|(part, digest)| format!("    {part}: {}{}\n", shown(part, digest, ""), places(part, file)))
        .collect()
}

/// Where a source or a file comes from, in lines below what is said of it.
fn places(part: &str, file: &PackageFile) -> String {
    let source = part.strip_prefix(SOURCE).and_then(|name| file.sources.iter().find(|one| one.name == name));
    let local = part.strip_prefix(FILE).and_then(|name| file.files.iter().find(|one| one.name == name));
    let urls = source.into_iter().flat_map(|source| source.urls.iter().map(String::as_str));
    let places = urls.chain(local.map(|file| file.path.as_str()));
    places.map(|place| format!("\n        from {place}")).collect()
}

/// A value, if a person can read anything from it. The digest of a text says only that it is another; that of a file can be
/// held against what upstream says.
fn shown(part: &str, value: &str, before: &str) -> String {
    let is_file = part.starts_with(SOURCE) || part.starts_with(FILE);
    match Digest::parse(value) {
        Ok(digest) if is_file => format!("{before}{}", digest.short()),
        Ok(_) => String::new(),
        Err(_) if value.is_empty() => String::new(),
        Err(_) => format!("{before}`{value}`"),
    }
}

/// Dependencies that are there on both sides and have another key.
pub(super) fn needed<'a>(old: &'a PackageFile, new: &'a PackageFile) -> Vec<&'a str> {
    let before: BTreeMap<&PackageName, &Digest> =
        old.layers().map(|layer| (&layer.package, &layer.key)).collect();
    let changed =
        new.layers().filter(|layer| before.get(&layer.package).is_some_and(|key| **key != layer.key));
    let mut names: Vec<_> = changed.map(|layer| layer.package.as_str()).collect();
    names.sort_unstable();
    names
}

/// What differs in the fields of a plan file that are in no key.
fn others(old: &PackageFile, new: &PackageFile, text: &mut String) {
    const IN_KEY: [&str; 11] = [
        "package",
        "version",
        "key",
        "env",
        "script",
        "script_sha256",
        "steps",
        "upper_layers",
        "over_base",
        "own_parts",
        "files",
    ];
    let [old, new] = [old, new].map(|file| {
        // What else there is of a stage is in the key.
        let stage = serde_json::json!({ "name": file.stage.name, "sandbox": file.stage.sandbox });
        serde_json::to_value(file.clone().with_stage(stage)).unwrap_or(Value::Null)
    });
    let (Value::Object(mut old), Value::Object(new)) = (old, new) else { return };
    for (field, mut after) in new {
        let mut before = old.remove(&field).unwrap_or(Value::Null);
        if IN_KEY.contains(&field.as_str()) {
            continue;
        }
        let name = match field.as_str() {
            "sources" => {
                addresses_differ(&before, &after, text);
                continue;
            }
            "check_layers" => {
                for layers in [&mut before, &mut after] {
                    let names = layers.as_array().into_iter().flatten().map(|layer| layer["package"].clone());
                    *layers = Value::Array(names.collect());
                }
                "depends.check"
            }
            "sbu" => "resources.sbu",
            "expected_failures" => "tests.expected-failures",
            "expect" => "artifacts.expect",
            field => field,
        };
        differ(name, &before, &after, text);
    }
}

/// Sources with the same bytes that come from elsewhere.
fn addresses_differ(before: &Value, after: &Value, text: &mut String) {
    let by_name = |sources: &Value| -> Map<String, Value> {
        let sources = sources.as_array().into_iter().flatten();
        sources
            .map(|source| (source["name"].as_str().unwrap_or_default().to_owned(), source.clone()))
            .collect()
    };
    let before = by_name(before);
    for (name, source) in by_name(after) {
        let Some(old) = before.get(&name) else { continue };
        if old["sha256"] == source["sha256"] {
            differ(&format!("addresses of {name}"), &old["urls"], &source["urls"], text);
        }
        differ(&format!("max-size of {name}"), &old["max_size"], &source["max_size"], text);
    }
}

/// Says how two values differ: of mappings what is below them, of lists what came and went.
fn differ(name: &str, before: &Value, after: &Value, text: &mut String) {
    if before == after {
        return;
    }
    // Writing to a string does not fail.
    let _ = match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for key in keys {
                let value = |of: &Map<String, Value>| of.get(key).cloned().unwrap_or(Value::Null);
                differ(&format!("{name}.{key}"), &value(before), &value(after), text);
            }
            Ok(())
        }
        (Value::Array(before), Value::Array(after)) => {
            let _ = writeln!(text, "    {name}:");
            for (mark, some, others) in [('-', before, after), ('+', after, before)] {
                for value in some.iter().filter(|value| !others.contains(value)) {
                    let _ = writeln!(text, "        {mark} {}", plain(value));
                }
            }
            if before.len() == after.len() && before.iter().all(|value| after.contains(value)) {
                let _ = writeln!(text, "        in another order");
            }
            Ok(())
        }
        _ => writeln!(text, "    {name}: {} → {}", plain(before), plain(after)),
    };
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

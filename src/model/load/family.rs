//! One tree out of a spec, the specs that it extends, and its `platform` entries.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::merge::{lost_texts, merge, without};
use super::options::{Declared, Settings, settle};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{Arch, LostText};
use crate::source::Place;
use crate::spec::{Node, Shape, entries, keys, missing};
use crate::suggest::did_you_mean;

/// All specs, by the names of their packages.
pub(super) type Index<'a> = BTreeMap<&'a str, &'a Node>;

/// The specs that a spec extends, the nearest first. A circle of them is reported elsewhere; here it only has to end.
pub(super) fn bases<'a>(spec: &'a Node, index: &Index<'a>) -> impl Iterator<Item = (&'a str, &'a Node)> {
    let base = |spec: &'a Node| {
        let (name, spec) = index.get_key_value(spec.get("extends")?.text()?.as_str())?;
        Some((*name, *spec))
    };
    std::iter::successors(base(spec), move |(_, spec)| base(spec)).take(index.len())
}

/// A spec with everything that it gets from others, and its options.
pub(super) struct Settled<'a> {
    pub(super) tree: Cow<'a, Node>,
    pub(super) options: BTreeMap<String, Declared>,
    /// What it lays its own texts over.
    pub(super) lost: Vec<LostText>,
}

/// Settles a spec. Nothing where it extends what there is not, or itself.
pub(super) fn settled<'a>(
    spec: &'a Node,
    package: &'a str,
    index: &Index<'a>,
    settings: &Settings,
    arch: Arch,
    diagnostics: &mut Diagnostics,
) -> Option<Settled<'a>> {
    let family = family(spec, package, index, diagnostics)?;
    let declared = family.iter().filter_map(|member| member.get("options")).map(Cow::Borrowed);
    let shape = keys::SPEC.key("options").map_or(Shape::Bool, |key| key.shape);
    let declared = declared.reduce(|under, over| Cow::Owned(merge(&under, &over, &shape)));
    let options = settle(declared.as_deref(), package, settings, diagnostics);

    let mut tree: Option<Cow<'a, Node>> = None;
    let mut lost = Vec::new();
    for member in family {
        let own = with_platform(member, arch, &options, diagnostics);
        if std::ptr::eq(member, spec) {
            lost = tree.as_ref().map_or_else(Vec::new, |under| lost_texts(under, &own));
        }
        tree = Some(match tree {
            Some(under) => {
                let under = without(&under, &["package", "extends"]);
                Cow::Owned(merge(&under, &own, &Shape::Table(&keys::SPEC)))
            }
            None => own,
        });
    }
    Some(Settled { tree: tree?, options, lost })
}

/// The spec that everything starts from, …, the spec that the spec extends, the spec.
fn family<'a>(
    spec: &'a Node,
    package: &'a str,
    index: &Index<'a>,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<&'a Node>> {
    let mut family = vec![spec];
    let mut path: Vec<(&str, Place)> = Vec::new();
    let mut member = spec;
    while let Some(base) = member.get("extends").and_then(Node::spanned) {
        if base.value == package || path.iter().any(|(name, _)| *name == base.value) {
            // Only the members of a circle report it, and each circle is reported once: by its first name.
            let names: Vec<_> = path.iter().map(|(name, _)| *name).chain([package]).collect();
            if base.value == package && names.iter().min() == Some(&package) {
                diagnostics.push(extends_cycle(package, &path, base.place));
            }
            return None;
        }
        let Some(next) = index.get(base.value) else {
            let message = format!("there is no package `{}` to extend", base.value);
            let mut diagnostic = Diagnostic::error("unknown-package", message).at(base.place, "");
            diagnostic.help = did_you_mean(base.value, index.keys().copied());
            diagnostics.push(diagnostic);
            return None;
        };
        path.push((base.value, base.place));
        family.push(next);
        member = next;
    }
    family.reverse();
    Some(family)
}

fn extends_cycle(package: &str, path: &[(&str, Place)], last: Place) -> Diagnostic {
    let names: Vec<_> =
        [package].into_iter().chain(path.iter().map(|(name, _)| *name)).chain([package]).collect();
    let route = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
    let edges: Vec<_> = path.iter().map(|(_, place)| *place).chain([last]).collect();
    let mut diagnostic = Diagnostic::error("extends-cycle", format!("`{package}` extends itself"))
        .at(edges[0], "")
        .note(format!("the way round: {route}"));
    for (at, place) in edges.iter().enumerate().skip(1) {
        diagnostic = diagnostic.related(*place, format!("`{}` extends `{}`", names[at], names[at + 1]));
    }
    diagnostic
}

/// The spec with those of its `platform` entries laid over it whose condition holds.
fn with_platform<'a>(
    spec: &'a Node,
    arch: Arch,
    options: &BTreeMap<String, Declared>,
    diagnostics: &mut Diagnostics,
) -> Cow<'a, Node> {
    let Some(entries) = spec.get("platform") else { return Cow::Borrowed(spec) };
    let mut tree = without(spec, &["platform"]);
    for entry in entries.items() {
        let Some(when) = entry.get("when") else {
            diagnostics.extend(keys::PLATFORM.key("when").map(|key| missing(entry, key, &keys::PLATFORM)));
            continue;
        };
        if holds(when, arch, options, diagnostics) {
            tree = merge(&tree, &without(entry, &["when"]), &Shape::Table(&keys::SPEC));
        }
    }
    Cow::Owned(tree)
}

/// Whether all that a condition names is so.
fn holds(
    when: &Node,
    arch: Arch,
    options: &BTreeMap<String, Declared>,
    diagnostics: &mut Diagnostics,
) -> bool {
    let mut all = true;
    if let Some(arches) = when.get("arch") {
        let mut any = false;
        for written in arches.items().iter().filter_map(Node::spanned) {
            match Arch::named(written.value) {
                Some(named) => any |= named == arch,
                None => diagnostics.push(unknown_arch(written.value, written.place)),
            }
        }
        all &= any;
    }
    for entry in entries(when.get("options")) {
        let name = entry.key.value.as_str();
        match (options.get(name), entry.value.spanned()) {
            (Some(option), Some(written)) => all &= option.is(name, written, diagnostics),
            (Some(_), None) => {}
            (None, _) => {
                let message = format!("the package does not have an option `{name}`");
                let mut diagnostic = Diagnostic::error("unknown-option", message).at(entry.key.place, "");
                diagnostic.help = did_you_mean(name, options.keys().map(String::as_str));
                diagnostics.push(diagnostic);
                all = false;
            }
        }
    }
    all
}

/// An architecture that lfsgen does not build for.
pub(super) fn unknown_arch(name: &str, place: Place) -> Diagnostic {
    let known = Arch::ALL.map(Arch::name);
    let mut diagnostic =
        Diagnostic::error("bad-value", format!("unknown architecture `{name}`")).at(place, "");
    diagnostic.help = match name {
        "amd64" | "x64" | "x86-64" => Some("write `x86_64`".to_owned()),
        "arm64" => Some("write `aarch64`".to_owned()),
        "i386" | "i586" | "x86" => Some("write `i686`".to_owned()),
        _ => did_you_mean(name, known),
    };
    diagnostic.note(format!("known: {}", known.map(|name| format!("`{name}`")).join(", ")))
}

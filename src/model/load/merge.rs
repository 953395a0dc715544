//! Laying one tree over another: what `extends` and `platform` do.

use crate::model::LostText;
use crate::spec::{Entry, Kind, Node, Shape};

/// `over` laid over `under`: mappings are merged key by key, everything else is replaced.
///
/// The shape says where a text stands for a mapping: `install: {after: …}` over `install: make install` keeps that as the
/// text that runs, and a text over a mapping replaces the whole of it.
pub(super) fn merge(under: &Node, over: &Node, shape: &Shape) -> Node {
    let key_shape = |name: &str| match shape {
        Shape::Table(table) | Shape::TableOrText(table, _) => table.key(name).map(|key| &key.shape),
        Shape::Named(_, value) => Some(*value),
        _ => None,
    };
    let mut entries = match (&under.kind, &over.kind, shape) {
        (Kind::Map(entries), Kind::Map(_), _) => entries.clone(),
        (Kind::Scalar(_), Kind::Map(_), Shape::TableOrText(_, key)) => {
            let key = crate::source::Spanned::new((*key).to_owned(), under.place);
            vec![Entry { key, value: under.clone() }]
        }
        _ => return over.clone(),
    };
    for entry in over.entries() {
        match entries.iter_mut().find(|there| there.key.value == entry.key.value) {
            Some(there) => {
                there.key.place = entry.key.place;
                there.value = match key_shape(&entry.key.value) {
                    Some(shape) => merge(&there.value, &entry.value, shape),
                    None => entry.value.clone(),
                };
            }
            None => entries.push(entry.clone()),
        }
    }
    Node { place: over.place, kind: Kind::Map(entries) }
}

/// The texts for phases that are gone where `over` is laid over `under`, although nothing says so: a text that replaces a
/// phase takes `before` and `after` with it, and another `before` takes the place of the one that was there.
pub(super) fn lost_texts(under: &Node, over: &Node) -> Vec<LostText> {
    let phases = |spec: &Node| spec.get("phases").map_or(Vec::new(), |phases| phases.entries().to_vec());
    let below = phases(under);
    let mut lost = Vec::new();
    for Entry { key: phase, value: above } in phases(over) {
        let Some(there) = below.iter().find(|entry| entry.key.value == phase.value) else { continue };
        for around in ["before", "after"] {
            let Some(text) = there.value.get(around) else { continue };
            let taker = match above.kind {
                Kind::Scalar(_) => Some((above.place, true)),
                _ => above.get(around).map(|text| (text.place, false)),
            };
            if let Some((place, whole)) = taker {
                let (phase, around) = (phase.value.clone(), around.to_owned());
                lost.push(LostText { phase, around, place, was: text.place, whole });
            }
        }
    }
    lost
}

/// The mapping without some of its keys.
pub(super) fn without(node: &Node, names: &[&str]) -> Node {
    let entries = node.entries().iter().filter(|entry| !names.contains(&entry.key.value.as_str())).cloned();
    Node { place: node.place, kind: Kind::Map(entries.collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::spec::{keys, read_spec};

    fn tree(text: &str) -> Node {
        let (doc, diagnostics) = read_spec(FileId(0), text);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        doc.expect("a spec").0
    }

    fn leaf<'n>(node: &'n Node, route: &str) -> Option<&'n str> {
        let node = route.split('.').try_fold(node, |node, key| node.get(key))?;
        node.text().map(crate::source::Text::as_str)
    }

    #[test]
    fn mappings_merge_and_lists_replace() {
        let under = tree("version: 1\nbuild: {system: make, env: {A: a, B: b}, make: [x]}\n");
        let over = tree("build: {env: {B: c}, make: [y]}\nsummary: s\n");
        let merged = merge(&under, &over, &Shape::Table(&keys::SPEC));
        assert_eq!(leaf(&merged, "version"), Some("1"));
        assert_eq!(leaf(&merged, "summary"), Some("s"));
        assert_eq!(leaf(&merged, "build.env.A"), Some("a"));
        assert_eq!(leaf(&merged, "build.env.B"), Some("c"));
        let make = merged.get("build").and_then(|build| build.get("make")).expect("make");
        assert_eq!(make.items().len(), 1);
    }

    #[test]
    fn a_phases_text_is_its_replacement() {
        let merged = |under: &str, over: &str| {
            let tree = |phase: &str| tree(&format!("phases: {{install: {phase}}}\n"));
            merge(&tree(under), &tree(over), &Shape::Table(&keys::SPEC))
        };
        let both = merged("make install", "{after: strip}");
        assert_eq!(leaf(&both, "phases.install.replace"), Some("make install"));
        assert_eq!(leaf(&both, "phases.install.after"), Some("strip"));
        assert_eq!(leaf(&merged("{after: strip}", "cp"), "phases.install"), Some("cp"));
    }
}

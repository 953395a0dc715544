//! Which options and variables nothing reads.
//!
//! What was written counts, and not what became of it: a variable may be read for another architecture alone.

use std::collections::{BTreeMap, BTreeSet};

use super::family::{Index, bases};
use super::variables::references;
use crate::model::OptionName;
use crate::source::Spanned;
use crate::spec::{Kind, Node, entries, items};

/// What a file reads.
#[derive(Default)]
struct Reads<'t> {
    variables: BTreeSet<&'t str>,
    options: BTreeSet<&'t str>,
}

impl<'t> Reads<'t> {
    fn of(tree: &'t Node) -> Self {
        let mut reads = Self::default();
        reads.add(tree);
        let conditions = items(tree.get("platform")).iter();
        let options = conditions.filter_map(|entry| entry.get("when")?.get("options"));
        reads.options.extend(options.flat_map(Node::entries).map(|entry| entry.key.value.as_str()));
        reads
    }

    fn add(&mut self, node: &'t Node) {
        match &node.kind {
            Kind::Null => {}
            Kind::Scalar(scalar) => {
                for name in references(scalar.text.as_str()) {
                    match name.strip_prefix("option.") {
                        Some(option) => self.options.insert(option),
                        None => self.variables.insert(name),
                    };
                }
            }
            Kind::List(items) => items.iter().for_each(|item| self.add(item)),
            Kind::Map(entries) => entries.iter().for_each(|entry| self.add(&entry.value)),
        }
    }
}

/// What all files together read.
pub(super) struct Usage<'t> {
    variables: BTreeSet<&'t str>,
    /// By package: what its spec reads, those that it extends, and those that extend it.
    options: BTreeMap<&'t str, BTreeSet<&'t str>>,
}

impl<'t> Usage<'t> {
    pub(super) fn new(config: Option<&'t Node>, index: &Index<'t>) -> Self {
        let own: BTreeMap<&str, Reads<'_>> =
            index.iter().map(|(name, tree)| (*name, Reads::of(tree))).collect();
        let mut options: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, tree) in index {
            for (relative, _) in bases(tree, index).chain([(*name, *tree)]) {
                for (reader, of) in [(*name, relative), (relative, *name)] {
                    let read = own.get(of).into_iter().flat_map(|reads| &reads.options);
                    options.entry(reader).or_default().extend(read);
                }
            }
        }
        let mut variables: BTreeSet<&str> = own.into_values().flat_map(|reads| reads.variables).collect();
        variables.extend(config.into_iter().flat_map(|tree| Reads::of(tree).variables));
        Self { variables, options }
    }

    /// The options that a spec itself declares and nobody reads.
    pub(super) fn unread_options(&self, package: &str, spec: &Node) -> Vec<Spanned<OptionName>> {
        let read = |name: &str| self.options.get(package).is_some_and(|read| read.contains(name));
        unread(spec.get("options"), read)
    }

    /// The variables that `lfsgen.yaml` defines and nobody reads.
    pub(super) fn unread_variables(&self, config: &Node) -> Vec<Spanned<OptionName>> {
        unread(config.get("variables"), |name| self.variables.contains(name))
    }
}

fn unread(declared: Option<&Node>, is_read: impl Fn(&str) -> bool) -> Vec<Spanned<OptionName>> {
    let keys = entries(declared).iter().map(|entry| &entry.key);
    let unread = keys.filter(|key| !is_read(&key.value));
    unread
        .filter_map(|key| Some(Spanned::new(OptionName::new(key.value.as_str()).ok()?, key.place)))
        .collect()
}

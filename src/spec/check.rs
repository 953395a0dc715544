//! Holds a tree against a table.
//!
//! What does not fit is reported and taken out, so that whoever reads the tree afterwards finds either nothing or what the
//! table promises, and can go on to report the next mistake.

use super::table::{Shape, Table};
use super::tree::{Entry, Kind, Node, Reading, Scalar};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{Place, Text};
use crate::suggest::{did_you_mean, nearest};

/// Gives back what of `node` fits the shape; nothing where it is something else altogether.
pub(super) fn check(
    node: Node,
    shape: &Shape,
    root: &'static Table,
    diagnostics: &mut Diagnostics,
) -> Option<Node> {
    Checker { root, diagnostics }.value(node, shape, "")
}

/// Reports the required keys that are missing in a tree that passed [`check`].
///
/// This is a step of its own because a spec may get them from the one that it extends.
pub fn check_required(node: &Node, shape: &Shape, diagnostics: &mut Diagnostics) {
    if let (Kind::Map(_), Shape::Table(table) | Shape::TableOrText(table, _)) = (&node.kind, shape) {
        for key in table.keys {
            match node.get(key.name) {
                Some(value) => check_required(value, &key.shape, diagnostics),
                None if key.required => diagnostics.push(
                    Diagnostic::error("missing-key", format!("the key `{}` is missing", key.name))
                        .at(start_of(node), format!("in this {}", table.name))
                        .note(format!("`{}`: {}", key.name, key.doc)),
                ),
                None => {}
            }
        }
        return;
    }
    if let Shape::List(item) | Shape::OneOrMany(item) = shape {
        node.items().iter().for_each(|value| check_required(value, item, diagnostics));
    }
    if let Shape::Named(_, item) = shape {
        node.entries().iter().for_each(|entry| check_required(&entry.value, item, diagnostics));
    }
}

/// The first key of a mapping, or the start of anything else: a whole mapping is too much to underline.
fn start_of(node: &Node) -> Place {
    match node.entries().first() {
        Some(entry) => entry.key.place,
        None => Place { end: node.place.end.min(node.place.start + 1), ..node.place },
    }
}

struct Checker<'d> {
    root: &'static Table,
    diagnostics: &'d mut Diagnostics,
}

impl Checker<'_> {
    fn value(&mut self, node: Node, shape: &Shape, key: &str) -> Option<Node> {
        let place = node.place;
        match (node.kind, shape) {
            (Kind::Scalar(scalar), _) => {
                let node = Node { place, kind: Kind::Scalar(scalar) };
                self.scalar(node, shape, key)
            }
            (Kind::List(items), Shape::List(item) | Shape::OneOrMany(item)) => {
                let items = items.into_iter().filter_map(|node| self.value(node, item, key)).collect();
                Some(Node { place, kind: Kind::List(items) })
            }
            (Kind::Map(entries), Shape::Table(table) | Shape::TableOrText(table, _)) => {
                let entries = entries.into_iter().filter_map(|entry| self.entry(entry, table)).collect();
                Some(Node { place, kind: Kind::Map(entries) })
            }
            (Kind::Map(entries), Shape::Named(_, value)) => {
                let entries = entries.into_iter().filter_map(|entry| {
                    let value = self.value(entry.value, value, &entry.key.value)?;
                    Some(Entry { value, key: entry.key })
                });
                let entries = entries.collect();
                Some(Node { place, kind: Kind::Map(entries) })
            }
            (kind, _) => {
                self.wrong_type(&Node { place, kind }, shape, key);
                None
            }
        }
    }

    fn entry(&mut self, entry: Entry, table: &'static Table) -> Option<Entry> {
        let name = entry.key.value.as_str();
        let Some(key) = table.key(name) else {
            self.unknown_key(&entry, table);
            return None;
        };
        let value = self.value(entry.value, &key.shape, name)?;
        Some(Entry { key: entry.key, value })
    }

    fn scalar(&mut self, node: Node, shape: &Shape, key: &str) -> Option<Node> {
        let Kind::Scalar(Scalar { text, reading }) = &node.kind else { return Some(node) };
        let (word, reading) = (text.as_str(), *reading);
        let is_count = reading == Reading::Number && word.parse::<u32>().is_ok();
        let fits = match shape {
            Shape::Line(_) => return self.line(node, key),
            Shape::Text(_) | Shape::TableOrText(..) => true,
            Shape::LineOrFalse(_) if reading != Reading::Bool(false) => return self.line(node, key),
            Shape::LineOrFalse(_) => true,
            Shape::Bool => matches!(reading, Reading::Bool(_)),
            Shape::Count => is_count,
            Shape::Number => reading == Reading::Number,
            Shape::CountOr(max) => word == *max || (is_count && word != "0"),
            Shape::Word(words) => words.iter().any(|candidate| candidate.name == word),
            Shape::OneOrMany(item) => {
                let node = self.scalar(node, item, key)?;
                return Some(Node { place: node.place, kind: Kind::List(vec![node]) });
            }
            Shape::List(_) | Shape::Table(_) | Shape::Named(..) => false,
        };
        if !fits {
            self.wrong_type(&node, shape, key);
        }
        fits.then_some(node)
    }

    /// Text of one line. The newline that a `|` block ends with is no second line.
    fn line(&mut self, node: Node, key: &str) -> Option<Node> {
        let Kind::Scalar(Scalar { text, reading }) = &node.kind else { return None };
        let inner = text.as_str().trim_end_matches('\n');
        if let Some(at) = inner.find(char::is_control) {
            let place = text.place_of(at..at + 1);
            self.diagnostics.push(
                Diagnostic::error("wrong-type", format!("`{key}` is one line of text"))
                    .at(place, "a line break or control character here"),
            );
            return None;
        }
        if inner.len() == text.as_str().len() {
            return Some(node);
        }
        let mut shorter = Text::empty(node.place);
        shorter.push_slice(text, 0..inner.len());
        Some(Node { place: node.place, kind: Kind::Scalar(Scalar { text: shorter, reading: *reading }) })
    }

    fn wrong_type(&mut self, node: &Node, shape: &Shape, key: &str) {
        let found = match (&node.kind, shape) {
            (Kind::Scalar(scalar), Shape::Word(_) | Shape::Bool | Shape::Count | Shape::CountOr(_)) => {
                format!("`{}`", scalar.text.as_str())
            }
            _ => node.describe().to_owned(),
        };
        let subject = if key.is_empty() { String::new() } else { format!(" for `{key}`") };
        let message = format!("expected {}{subject}, found {found}", shape.expected());
        let place = if node.scalar().is_some() { node.place } else { start_of(node) };
        let mut diagnostic = Diagnostic::error("wrong-type", message).at(place, "");
        diagnostic.help = advice(node, shape);
        self.diagnostics.push(diagnostic);
    }

    fn unknown_key(&mut self, entry: &Entry, table: &'static Table) {
        let name = entry.key.value.as_str();
        let mut diagnostic =
            Diagnostic::error("unknown-key", format!("unknown key `{name}` in {}", with_article(table.name)))
                .at(entry.key.place, "");
        diagnostic.help = match (nearest(name, table.names()), self.root.route_to(name)) {
            (None, Some(route)) => Some(format!("`{name}` is a key of `{route}`")),
            (None, None) if self.root.key(name).is_some() => {
                Some(format!("`{name}` is a key of the {} itself", self.root.name))
            }
            (near, _) => near.map(|near| format!("did you mean `{near}`?")),
        };
        let known: Vec<_> = table.names().map(|name| format!("`{name}`")).collect();
        self.diagnostics.push(diagnostic.note(format!("known keys: {}", known.join(", "))));
    }
}

fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// What to do about a value of the wrong kind.
fn advice(node: &Node, shape: &Shape) -> Option<String> {
    let word = node.text().map(Text::as_str);
    match (shape, word) {
        (Shape::Word(words), Some(word)) => did_you_mean(word, words.iter().map(|word| word.name)),
        (Shape::Bool, Some("yes" | "on" | "y" | "\"true\"")) => Some("write `true`".to_owned()),
        (Shape::Bool, Some("no" | "off" | "n")) => Some("write `false`".to_owned()),
        (Shape::Count | Shape::CountOr(_) | Shape::Number, Some(word))
            if word.parse::<u32>().is_ok_and(|n| n > 0) =>
        {
            Some("remove the quotes".to_owned())
        }
        (Shape::List(item), Some(word)) if item.table().is_none() => Some(format!("write `[ {word} ]`")),
        (Shape::List(_), None) if matches!(node.kind, Kind::Map(_)) => {
            Some("start each item with `- `".to_owned())
        }
        (_, None) if matches!(node.kind, Kind::Null) => Some("give it a value, or remove the key".to_owned()),
        _ => None,
    }
}

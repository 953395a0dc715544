//! Holds a tree against a table.
//!
//! What does not fit is reported and taken out, so that whoever reads the tree afterwards finds either nothing or what the
//! table promises, and can go on to report the next mistake. In a mapping, [`Kind::Null`] is left in its place: the key is
//! there, so nobody needs to hear that it is missing too.

use super::table::{Key, Shape, Table};
use super::tree::{Entry, Kind, Node, Reading, Scalar};
use super::yaml::lower_first;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{Place, Spanned, Text};
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
                None if key.required => diagnostics.push(missing(node, key, table)),
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

/// Says that a required key of a table is missing in a mapping.
pub fn missing(node: &Node, key: &Key, table: &Table) -> Diagnostic {
    Diagnostic::error("missing-key", format!("the key `{}` is missing", key.name))
        .at(start_of(node), format!("in this {}", table.name))
        .note(format!("`{}`: {}", key.name, first_sentence(key.doc)))
}

/// A table's sentence as a fragment.
fn first_sentence(doc: &str) -> String {
    lower_first(doc.split(". ").next().unwrap_or(doc).trim_end_matches('.'))
}

/// The first key of a mapping, or the start of anything else: a whole mapping is too much to underline.
fn start_of(node: &Node) -> Place {
    match node.entries().first() {
        Some(entry) => entry.key.place,
        None => node.place.at_start(),
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
                Some(Node { place, kind: Kind::Map(self.entries(entries, table, key)) })
            }
            (Kind::Map(entries), Shape::Named(_, value)) => {
                let entries = entries.into_iter().map(|entry| self.kept(entry, value));
                Some(Node { place, kind: Kind::Map(entries.collect()) })
            }
            (kind, _) => {
                self.wrong_type(&Node { place, kind }, shape, key);
                None
            }
        }
    }

    fn entries(&mut self, entries: Vec<Entry>, table: &'static Table, key: &str) -> Vec<Entry> {
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut slips = Vec::new();
        for entry in entries {
            match table.key(&entry.key.value) {
                Some(key) => kept.push(self.kept(entry, &key.shape)),
                None => slips.extend(self.unknown_key(&entry, table, key)),
            }
        }
        // A slip stands for the key that was meant, unless that is there too.
        slips.retain(|slip| kept.iter().all(|entry| entry.key.value != slip.key.value));
        kept.extend(slips);
        kept
    }

    /// The entry with its value, or with [`Kind::Null`] where that does not fit.
    fn kept(&mut self, entry: Entry, shape: &Shape) -> Entry {
        let place = entry.value.place;
        let value = self.value(entry.value, shape, &entry.key.value);
        Entry { value: value.unwrap_or(Node { place, kind: Kind::Null }), key: entry.key }
    }

    fn scalar(&mut self, node: Node, shape: &Shape, key: &str) -> Option<Node> {
        let Kind::Scalar(Scalar { text, reading, .. }) = &node.kind else { return Some(node) };
        let (word, reading) = (text.as_str(), *reading);
        let is_count = reading == Reading::Number && word.parse::<u32>().is_ok();
        let fits = match shape {
            Shape::Line(_) | Shape::AnyLine => return self.line(node, key),
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
        let Kind::Scalar(Scalar { text, reading, form }) = &node.kind else { return None };
        let inner = text.as_str().trim_end_matches('\n');
        if let Some(at) = inner.find(char::is_control) {
            let (at, label) = match inner[at..].starts_with('\n') {
                true => (at + 1, "the second line"),
                false => (at, "a control character"),
            };
            let end = inner.ceil_char_boundary(at + 1);
            self.diagnostics.push(
                Diagnostic::error("wrong-type", format!("`{key}` takes one line of text, found more"))
                    .at(text.place_of(at..end), label),
            );
            return None;
        }
        if inner.len() == text.as_str().len() {
            return Some(node);
        }
        let mut shorter = Text::empty(node.place);
        shorter.push_slice(text, 0..inner.len());
        let scalar = Scalar { text: shorter, reading: *reading, form: *form };
        Some(Node { place: node.place, kind: Kind::Scalar(scalar) })
    }

    fn wrong_type(&mut self, node: &Node, shape: &Shape, key: &str) {
        let found = match (&node.kind, shape) {
            (Kind::Scalar(scalar), Shape::Word(_) | Shape::Bool | Shape::Count | Shape::CountOr(_)) => {
                format!("`{}`", scalar.text.as_str())
            }
            _ => node.describe().to_owned(),
        };
        let message = match key {
            "" => format!("expected {}, found {found}", shape.expected()),
            key => format!("`{key}` takes {}, found {found}", shape.expected()),
        };
        let place = if node.scalar().is_some() { node.place } else { start_of(node) };
        let mut diagnostic = Diagnostic::error("wrong-type", message).at(place, "");
        diagnostic.help = self.place_of_commands(node, shape, key).or_else(|| advice(node, shape));
        self.diagnostics.push(diagnostic);
    }

    /// Where commands belong that were written for a key that takes words: below the other key of that name.
    fn place_of_commands(&self, node: &Node, shape: &Shape, key: &str) -> Option<String> {
        let has_lines = node.text().is_some_and(|text| text.as_str().trim_end().contains('\n'));
        if !has_lines || !matches!(shape, Shape::List(_)) {
            return None;
        }
        let route = self.root.route_to(key, |shape| matches!(shape, Shape::TableOrText(..)))?;
        Some(format!("commands belong under `{route}`: write `{key}: |` there"))
    }

    /// Reports a key that is not in the table. Gives back an empty entry for the key that was probably meant.
    fn unknown_key(&mut self, entry: &Entry, table: &'static Table, within: &str) -> Option<Entry> {
        let name = entry.key.value.as_str();
        let place = entry.key.place;
        let within = if within.is_empty() { with_article(table.name) } else { format!("`{within}`") };
        let mut diagnostic =
            Diagnostic::error("unknown-key", format!("unknown key `{name}` in {within}")).at(place, "");
        let near = nearest(name, table.names());
        diagnostic.help = match near {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if self.root.key(name).is_some() => {
                Some(format!("`{name}` is a key of the {} itself", self.root.name))
            }
            None => self.root.route_to(name, |_| true).map(|route| format!("`{name}` is a key of `{route}`")),
        };
        if diagnostic.help.is_none() {
            let known: Vec<_> = table.names().map(|name| format!("`{name}`")).collect();
            diagnostic = diagnostic.note(format!("known keys: {}", known.join(", ")));
        }
        self.diagnostics.push(diagnostic);
        let value = Node { place, kind: Kind::Null };
        near.map(|near| Entry { key: Spanned::new(near.to_owned(), place), value })
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
        (_, None) if matches!(node.kind, Kind::Null) => Some("give it a value, or remove the key".to_owned()),
        (Shape::Word(words), Some(word)) => did_you_mean(word, words.iter().map(|word| word.name)),
        (Shape::Bool, Some("true" | "false")) => Some("remove the quotes".to_owned()),
        (Shape::Bool, Some("yes" | "on" | "y")) => Some("write `true`".to_owned()),
        (Shape::Bool, Some("no" | "off" | "n")) => Some("write `false`".to_owned()),
        (Shape::Count | Shape::CountOr(_) | Shape::Number, Some(word))
            if word.parse::<u32>().is_ok_and(|n| n > 0) =>
        {
            Some("remove the quotes".to_owned())
        }
        (Shape::Count | Shape::CountOr(_), Some(word))
            if word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Some(format!("the largest is {}", u32::MAX))
        }
        (Shape::List(item), Some(word)) if item.table().is_none() => {
            let items = match item {
                Shape::AnyLine => vec![word],
                _ => word.split_whitespace().collect(),
            };
            Some(format!("write `{}`", in_brackets(&items)))
        }
        (Shape::List(Shape::Table(table)), Some(_)) => {
            Some(format!("write `[ {{ {} }} ]`", first_entry(node, table)?))
        }
        (Shape::List(_), None) if matches!(node.kind, Kind::Map(_)) => {
            Some("start each item with `- `".to_owned())
        }
        (Shape::Table(table), _) => Some(format!("name the key: `{{ {} }}`", first_entry(node, table)?)),
        (Shape::TableOrText(..), None) if matches!(node.kind, Kind::List(_)) => {
            Some("write the commands below `|`, each in a line".to_owned())
        }
        (Shape::Named(..), None) if matches!(&node.kind, Kind::List(items) if !items.is_empty()) => {
            let pairs = node.items().iter().map(|item| item.text()?.as_str().split_once('='));
            let pairs: Vec<_> = pairs.collect::<Option<_>>()?;
            let pairs: Vec<_> =
                pairs.iter().map(|(name, value)| format!("{name}: {}", in_flow(value))).collect();
            Some(format!("write `{{ {} }}`", pairs.join(", ")))
        }
        _ => None,
    }
}

/// A value as that of a table's first key, if it could be; the first key is the one that people leave out.
fn first_entry(node: &Node, table: &'static Table) -> Option<String> {
    let key = table.keys.first()?;
    let value = match (&node.kind, key.shape) {
        (Kind::Scalar(scalar), Shape::Line(_) | Shape::AnyLine) => in_flow(scalar.text.as_str()),
        (Kind::Scalar(scalar), Shape::Word(words)) => {
            words.iter().find(|word| word.name == scalar.text.as_str())?.name.to_owned()
        }
        (Kind::List(items), Shape::List(_)) => {
            let items: Option<Vec<_>> = items.iter().map(|item| Some(item.text()?.as_str())).collect();
            in_brackets(&items?)
        }
        _ => return None,
    };
    Some(format!("{}: {value}", key.name))
}

fn in_brackets(items: &[&str]) -> String {
    let items: Vec<_> = items.iter().map(|item| in_flow(item)).collect();
    format!("[ {} ]", items.join(", "))
}

/// A text as it is written between brackets.
fn in_flow(text: &str) -> String {
    let is_plain = !text.is_empty()
        && !text.contains(['[', ']', '{', '}', ',', '#', '"', '\'', '\\', '\n'])
        && !text.contains(": ")
        && !text.starts_with(['%', '@', '`', '*', '&', '!', '>', '|', '?', ':', ' ']);
    match text {
        _ if is_plain => text.to_owned(),
        _ if text.contains(['"', '\\']) => format!("'{}'", text.replace('\'', "''")),
        _ => format!("\"{text}\""),
    }
}

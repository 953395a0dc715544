//! What lowering a project and lowering a package have in common: parsing a value once, and reporting what it should be.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::values;
use super::variables::{Reader, Scope};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{AbsPath, BadName, ByteSize, EnvName, Jobs, RelPath};
use crate::source::{Place, Spanned, Text};
use crate::spec::{Node, Reading, entries, items};
use crate::suggest::did_you_mean;

/// Environment names that generated scripts use themselves.
const SCRIPT_NAMES: [&str; 3] = ["jobs", "sources", "work"];

/// Turns nodes into values, with what `%{…}` stands for.
pub(super) struct Lower {
    pub(super) scope: Scope,
    pub(super) diagnostics: Diagnostics,
}

impl Lower {
    /// What paths of an artifact are relative to.
    pub(super) const MOUNT: &str = "the stage's mount point";

    pub(super) fn new(scope: Scope) -> Self {
        Self { scope, diagnostics: Diagnostics::default() }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A text with its variables replaced.
    pub(super) fn text(&mut self, node: &Node, reader: Reader) -> Option<Text> {
        self.scope.expand(node.text()?, reader, &mut self.diagnostics)
    }

    /// A text that no shell reads, with its variables replaced and its place.
    pub(super) fn string(&mut self, node: &Node) -> Option<Spanned<String>> {
        let text = self.text(node, Reader::Plain)?;
        Some(Spanned::new(text.as_str().to_owned(), node.place))
    }

    /// A name of some kind, in which variables have no place.
    pub(super) fn name<T: FromStr<Err = BadName>>(
        &mut self,
        written: Spanned<&str>,
        what: &str,
    ) -> Option<Spanned<T>> {
        match written.value.parse() {
            Ok(name) => Some(Spanned::new(name, written.place)),
            Err(expected) => {
                let message = format!("`{}` is not {what}", written.value);
                self.report(
                    Diagnostic::error("bad-name", message).at(written.place, "").note(expected.to_string()),
                );
                None
            }
        }
    }

    /// The names of a list.
    pub(super) fn names<T: FromStr<Err = BadName>>(
        &mut self,
        list: Option<&Node>,
        what: &str,
    ) -> Vec<Spanned<T>> {
        items(list).iter().filter_map(|item| self.name(item.spanned()?, what)).collect()
    }

    /// A path below some directory; `below` says which, for the help.
    pub(super) fn rel_path(&mut self, node: &Node, below: &str) -> Option<Spanned<RelPath>> {
        let written = self.string(node)?;
        match RelPath::new(written.value.as_str()) {
            Ok(path) => Some(Spanned::new(path, written.place)),
            Err(expected) => {
                let text = &written.value;
                let (label, inside) = if text.starts_with('/') {
                    let inside = if below == Self::MOUNT { text.trim_matches('/') } else { "" };
                    ("an absolute path", inside)
                } else if text.split('/').any(|part| part == "..") {
                    ("`..` leads out of it", "")
                } else {
                    ("", text.trim_start_matches("./").trim_end_matches('/'))
                };
                let mut diagnostic =
                    Diagnostic::error("bad-path", format!("`{text}` is not a path below {below}"))
                        .at(written.place, label)
                        .note(expected.to_string());
                if RelPath::new(inside).is_ok() {
                    diagnostic = diagnostic.help(format!("write `{inside}`"));
                }
                self.report(diagnostic);
                None
            }
        }
    }

    /// An absolute path.
    pub(super) fn abs_path(&mut self, node: &Node) -> Option<AbsPath> {
        let written = self.string(node)?;
        AbsPath::new(written.value.as_str())
            .map_err(|expected| {
                let message = format!("`{}` is not an absolute path", written.value);
                self.report(
                    Diagnostic::error("bad-path", message).at(written.place, "").note(expected.to_string()),
                );
            })
            .ok()
    }

    /// A file's or folder's path that may be absolute; `.` and `..` have no place in it.
    pub(super) fn any_path(&mut self, node: &Node) -> Option<String> {
        if node.text().is_some_and(|text| text.as_str().starts_with('/')) {
            self.abs_path(node).map(Into::into)
        } else {
            self.rel_path(node, "the project's root").map(|path| path.value.into())
        }
    }

    /// The words of a list, each with its variables replaced.
    pub(super) fn words(&mut self, list: Option<&Node>) -> Vec<Text> {
        items(list).iter().filter_map(|item| self.text(item, Reader::Plain)).collect()
    }

    /// `env:`.
    pub(super) fn env(&mut self, mapping: Option<&Node>) -> BTreeMap<EnvName, Text> {
        let mut env = BTreeMap::new();
        for entry in entries(mapping) {
            let written = Spanned::new(entry.key.value.as_str(), entry.key.place);
            let value = self.text(&entry.value, Reader::Plain);
            let name = self.name::<EnvName>(written, "the name of an environment variable");
            let Some(name) = name else { continue };
            if SCRIPT_NAMES.contains(&written.value) || written.value.starts_with("LFSGEN_") {
                self.report(
                    Diagnostic::error(
                        "bad-name",
                        format!("`{}` is a variable of the generated scripts", written.value),
                    )
                    .at(written.place, "")
                    .note("`jobs`, `sources`, `work` and all names with `LFSGEN_` are taken")
                    .help("give it another name"),
                );
            } else if let Some(value) = value {
                env.insert(name.value, value);
            }
        }
        env
    }

    /// `jobs:`, a whole number or `max`, as the table of keys promises.
    pub(super) fn jobs(&mut self, node: Option<&Node>) -> Jobs {
        let written = node.and_then(Node::text).map(Text::as_str);
        written.and_then(|text| text.parse().ok()).map_or(Jobs::Max, Jobs::At)
    }

    /// A size.
    pub(super) fn size(&mut self, node: Option<&Node>) -> Option<ByteSize> {
        self.value(node?, "a size", values::size)
    }

    /// A time.
    pub(super) fn duration(&mut self, node: Option<&Node>) -> Option<std::time::Duration> {
        self.value(node?, "a time", values::duration)
    }

    fn value<T>(&mut self, node: &Node, what: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let written = node.spanned()?;
        parse(written.value)
            .map_err(|advice| {
                let message = format!("`{}` is not {what}", written.value);
                self.report(Diagnostic::error("bad-value", message).at(written.place, "").help(advice));
            })
            .ok()
    }

    /// A word that the table of keys promises to be one of a type's own names.
    pub(super) fn word<T: serde::de::DeserializeOwned>(node: Option<&Node>) -> Option<Spanned<T>> {
        let written = node?.spanned()?;
        let word = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(written.value);
        T::deserialize(word).ok().map(|value| Spanned::new(value, written.place))
    }

    /// `true`, where the node says so.
    pub(super) fn flag(node: Option<&Node>) -> bool {
        node.and_then(Node::scalar).is_some_and(|scalar| scalar.reading == Reading::Bool(true))
    }

    /// A name that is none of those there are.
    pub(super) fn unknown<'n>(
        &mut self,
        rule: &'static str,
        what: &str,
        name: &str,
        place: Place,
        known: impl Iterator<Item = &'n str> + Clone,
    ) {
        let mut diagnostic = Diagnostic::error(rule, format!("there is no {what} `{name}`")).at(place, "");
        let names: Vec<_> = known.clone().take(9).map(|name| format!("`{name}`")).collect();
        diagnostic.help = did_you_mean(name, known);
        diagnostic = match names.len() {
            0 => diagnostic.note(format!("there is no {what} at all")),
            1..9 => diagnostic.note(format!("there is {}", names.join(", "))),
            _ => diagnostic,
        };
        self.report(diagnostic);
    }
}

//! Options: declared by specs, settled by `lfsgen.yaml` and the command line.
//!
//! The command line wins over `lfsgen.yaml`, and a value for one package over one for all; the spec's own default comes
//! last. What was given on the command line is a file among the sources, so that mistakes in it have places, too.

use std::collections::{BTreeMap, BTreeSet};

use super::lower::Lower;
use super::variables::Scope;
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{OptionName, OptionValue};
use crate::source::{FileId, Place, SourceFile, SourceMap, Spanned};
use crate::spec::{Node, entries, items};
use crate::suggest::did_you_mean;

/// Values of options that were given on the command line, as `NAME=VALUE` or `PACKAGE.NAME=VALUE`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides(pub Vec<String>);

/// Who gave a value; a later one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    ConfigForAll,
    ConfigForOne,
    CommandForAll,
    CommandForOne,
}

/// A value that somebody gave to an option.
#[derive(Debug, Clone)]
struct Setting {
    package: Option<String>,
    name: String,
    /// Where the name stands.
    place: Place,
    value: Spanned<String>,
    rank: Rank,
}

/// All values that were given.
#[derive(Debug, Default)]
pub(super) struct Settings {
    list: Vec<Setting>,
}

impl Settings {
    /// Reads `options:` of `lfsgen.yaml`, and the command line, which becomes a file of its own so that it has places.
    pub(super) fn read(
        config: Option<&Node>,
        overrides: &Overrides,
        sources: &mut SourceMap,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut settings = Self::default();
        for entry in entries(config) {
            let Some(value) = entry.value.spanned() else { continue };
            let value = value.map(str::to_owned);
            settings.add(&entry.key.value, entry.key.place, value, Rank::ConfigForAll, Rank::ConfigForOne);
        }
        if overrides.0.is_empty() {
            return settings;
        }
        let file = sources.add(SourceFile::new("command line", overrides.0.join("\n")));
        let mut start = 0;
        for written in &overrides.0 {
            settings.override_with(file, start, written, diagnostics);
            start += written.len() + 1;
        }
        settings
    }

    fn override_with(&mut self, file: FileId, start: usize, written: &str, diagnostics: &mut Diagnostics) {
        let place = |from: usize, to: usize| Place::new(file, start + from..start + to);
        let Some((name, value)) = written.split_once('=') else {
            diagnostics.push(
                Diagnostic::error("bad-option", format!("`{written}` sets no option"))
                    .at(place(0, written.len()), "")
                    .help("write `NAME=VALUE`, or `PACKAGE.NAME=VALUE` for one package"),
            );
            return;
        };
        let value = Spanned::new(value.to_owned(), place(name.len() + 1, written.len()));
        self.add(name, place(0, name.len()), value, Rank::CommandForAll, Rank::CommandForOne);
    }

    fn add(&mut self, route: &str, place: Place, value: Spanned<String>, all: Rank, one: Rank) {
        // A package's name may have dots, an option's may not.
        let (package, name, rank) = match route.rsplit_once('.') {
            Some((package, name)) => (Some(package.to_owned()), name, one),
            None => (None, route, all),
        };
        self.list.push(Setting { package, name: name.to_owned(), place, value, rank });
    }

    /// The values for all packages, by name.
    pub(super) fn for_all(&self) -> BTreeMap<OptionName, Spanned<OptionValue>> {
        let mut ranked: Vec<_> = self.list.iter().filter(|setting| setting.package.is_none()).collect();
        ranked.sort_by_key(|setting| setting.rank);
        let named = ranked.into_iter().filter_map(|setting| {
            let name = OptionName::new(setting.name.as_str()).ok()?;
            Some((name, Spanned::new(untyped(&setting.value.value), setting.value.place)))
        });
        named.collect()
    }

    /// The value for an option of a package, if anybody gave one.
    fn value(&self, package: &str, name: &str) -> Option<&Spanned<String>> {
        let applies = |setting: &&Setting| {
            setting.name == name && setting.package.as_deref().is_none_or(|only| only == package)
        };
        self.list.iter().filter(applies).max_by_key(|setting| setting.rank).map(|setting| &setting.value)
    }

    /// Reports values for options or packages that there are not. `declared` has the option names of each package.
    pub(super) fn report_unknown(
        &self,
        declared: &BTreeMap<&str, BTreeSet<&str>>,
        diagnostics: &mut Diagnostics,
    ) {
        let all: BTreeSet<&str> = declared.values().flatten().copied().collect();
        for Setting { package, name, place, .. } in &self.list {
            let known = match package {
                None => &all,
                Some(package) => match declared.get(package.as_str()) {
                    Some(options) => options,
                    None => {
                        let message = format!("there is no package `{package}`");
                        let mut diagnostic = Diagnostic::error("unknown-package", message).at(*place, "");
                        diagnostic.help = did_you_mean(package, declared.keys().copied());
                        diagnostics.push(diagnostic);
                        continue;
                    }
                },
            };
            if known.contains(name.as_str()) {
                continue;
            }
            let whose = match package {
                None => "no package has".to_owned(),
                Some(package) => format!("the package `{package}` does not have"),
            };
            let message = format!("{whose} an option `{name}`");
            let mut diagnostic = Diagnostic::error("unknown-option", message).at(*place, "");
            diagnostic.help = did_you_mean(name, known.iter().copied());
            diagnostics.push(diagnostic);
        }
    }
}

/// A value of which no declaration says the type.
fn untyped(text: &str) -> OptionValue {
    match text {
        "true" => OptionValue::Bool(true),
        "false" => OptionValue::Bool(false),
        _ => text.parse().map_or_else(|_| OptionValue::Text(text.to_owned()), OptionValue::Int),
    }
}

/// The type of an option.
enum Type {
    Bool,
    Int,
    Text,
    Choice(Vec<String>),
}

impl Type {
    fn of(declaration: &Node, lower: &mut Lower) -> Option<Self> {
        let word = declaration.get("type")?.spanned()?;
        let choices = declaration.get("choices");
        if let (Some(choices), true) = (choices, word.value != "choice") {
            let message = format!("`choices` has no meaning for the type `{}`", word.value);
            lower.report(
                Diagnostic::error("bad-option", message)
                    .at(choices.place, "")
                    .related(word.place, "the type")
                    .help("write `type: choice`"),
            );
        }
        Some(match word.value {
            "bool" => Self::Bool,
            "int" => Self::Int,
            "string" => Self::Text,
            _ => {
                let choices: Vec<_> = items(choices)
                    .iter()
                    .filter_map(Node::text)
                    .map(|text| text.as_str().to_owned())
                    .collect();
                if choices.is_empty() {
                    let message = "a `choice` needs `choices`, a list of its values";
                    lower.report(Diagnostic::error("bad-option", message).at(word.place, ""));
                    return None;
                }
                Self::Choice(choices)
            }
        })
    }

    fn parse(&self, text: &str) -> Option<OptionValue> {
        match self {
            Self::Bool => match text {
                "true" => Some(OptionValue::Bool(true)),
                "false" => Some(OptionValue::Bool(false)),
                _ => None,
            },
            Self::Int => text.parse().ok().map(OptionValue::Int),
            Self::Text => (!text.contains(char::is_control)).then(|| OptionValue::Text(text.to_owned())),
            Self::Choice(choices) => {
                choices.iter().any(|choice| choice == text).then(|| OptionValue::Text(text.to_owned()))
            }
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Int => "a whole number".to_owned(),
            Self::Text => "one line of text".to_owned(),
            Self::Choice(choices) => {
                format!("one of {}", choices.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// An option as a package has it.
pub(super) struct Declared {
    /// Where its name stands.
    place: Place,
    /// Nothing where the declaration is wrong, which was reported.
    kind: Option<Type>,
    /// Nothing where that, or the value that it was given, is wrong.
    pub(super) value: Option<OptionValue>,
}

impl Declared {
    /// Whether its value is this one. One that it can never have is reported.
    pub(super) fn is(&self, name: &str, written: Spanned<&str>, diagnostics: &mut Diagnostics) -> bool {
        let Some(kind) = &self.kind else { return false };
        let wanted = kind.parse(written.value);
        if wanted.is_none() {
            diagnostics.push(bad_value(written, kind, name, Some(self.place)));
        }
        wanted.is_some() && wanted == self.value
    }
}

/// The options that a spec declares, with the values that they have for this package.
pub(super) fn settle(
    declared: Option<&Node>,
    package: &str,
    settings: &Settings,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, Declared> {
    let mut lower = Lower::new(Scope::default());
    let mut settled = BTreeMap::new();
    for entry in entries(declared) {
        let (name, place) = (entry.key.value.as_str(), entry.key.place);
        let written = Spanned::new(name, place);
        let well = lower.name::<OptionName>(written, "the name of an option").is_some();
        let kind = Type::of(&entry.value, &mut lower).filter(|_| well);
        let default = entry.value.get("default").and_then(Node::spanned);
        let value = kind.as_ref().zip(default).and_then(|(kind, default)| {
            let mut parsed = |value: Spanned<&str>, declared| {
                let parsed = kind.parse(value.value);
                if parsed.is_none() {
                    lower.report(bad_value(value, kind, name, declared));
                }
                parsed
            };
            let default = parsed(default, None);
            match settings.value(package, name) {
                Some(given) => parsed(given.as_ref().map(String::as_str), Some(place)),
                None => default,
            }
        });
        settled.insert(name.to_owned(), Declared { place, kind, value });
    }
    diagnostics.extend(lower.diagnostics);
    settled
}

/// A value that an option cannot have; `declared` says where the option is, if that is elsewhere.
fn bad_value(value: Spanned<&str>, kind: &Type, name: &str, declared: Option<Place>) -> Diagnostic {
    let message = format!("expected {} for the option `{name}`, found `{}`", kind.expected(), value.value);
    let mut diagnostic = Diagnostic::error("bad-option", message).at(value.place, "");
    if let Some(place) = declared {
        diagnostic = diagnostic.related(place, "declared here");
    }
    if let Type::Choice(choices) = kind {
        diagnostic.help = did_you_mean(value.value, choices.iter().map(String::as_str));
    }
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::read_spec;

    const SPEC: &str = "options:\n  docs: {type: bool, default: false}\n  level: {type: int, default: 2}\n  \
                        tls: {type: choice, default: openssl, choices: [openssl, gnutls]}\n";

    fn settled(overrides: &[&str]) -> (Vec<String>, Vec<String>) {
        let mut sources = SourceMap::default();
        let mut diagnostics = Diagnostics::default();
        let overrides = Overrides(overrides.iter().map(|text| (*text).to_owned()).collect());
        let settings = Settings::read(None, &overrides, &mut sources, &mut diagnostics);
        let (spec, _) = read_spec(FileId(9), SPEC);
        let tree = spec.expect("a spec").0;
        let settled = settle(tree.get("options"), "curl", &settings, &mut diagnostics);
        let declared = BTreeMap::from([("curl", BTreeSet::from(["docs", "level", "tls"]))]);
        settings.report_unknown(&declared, &mut diagnostics);
        let values =
            settled.iter().filter_map(|(name, option)| Some(format!("{name}={}", option.value.as_ref()?)));
        let values = values.collect();
        (values, diagnostics.iter().map(|diagnostic| diagnostic.message.clone()).collect())
    }

    #[test]
    fn the_command_line_settles_options_and_one_package_counts_more_than_all() {
        assert_eq!(settled(&[]), (vec!["docs=false".into(), "level=2".into(), "tls=openssl".into()], vec![]));
        let (values, messages) = settled(&["curl.docs=true", "docs=false", "level=-1", "tls=gnutls"]);
        assert_eq!(values, ["docs=true", "level=-1", "tls=gnutls"]);
        assert_eq!(messages, [""; 0]);
    }

    #[test]
    fn values_of_the_wrong_type_and_options_that_do_not_exist_are_reported() {
        let (_, messages) = settled(&["docs=yes", "tls=gnutsl", "dosc=true", "crul.docs=true", "docs"]);
        assert_eq!(
            messages,
            [
                "`docs` sets no option",
                "expected `true` or `false` for the option `docs`, found `yes`",
                "expected one of `openssl`, `gnutls` for the option `tls`, found `gnutsl`",
                "no package has an option `dosc`",
                "there is no package `crul`",
            ]
        );
    }
}

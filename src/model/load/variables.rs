//! `%{name}`: what it stands for, and its replacement.
//!
//! The shell's `$` stays the shell's. A reference is `%{`, a name that starts with a letter, and `}`; anything else that
//! holds `%{` is left alone, because shell has `${file%{*}`. `%%{name}` is the text `%{name}` itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{Place, Text};
use crate::suggest::did_you_mean;

/// The longest text that references may expand to, in bytes.
const MAX_EXPANDED: usize = 1 << 20;
/// How far variables may be made of variables.
const MAX_NESTING: usize = 32;
/// The variable that is known only when a phase runs.
const JOBS: &str = "jobs";
/// What it becomes.
const SHELL_JOBS: &str = "$jobs";
/// What may stand by mistake between a name and its braces.
const BLANK: [char; 2] = [' ', '\t'];

/// What names stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// Nothing is known of a name whose own definition was wrong; that was reported already.
    values: BTreeMap<String, Option<String>>,
    /// All names, those included whose values are being made.
    names: BTreeSet<String>,
}

/// What may read the text that references are replaced in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// lfsgen itself, or a program that gets it as one word.
    Plain,
    /// A shell, to which `%{jobs}` is a variable of its own.
    Shell,
}

/// A part of a text that is not to be copied.
#[derive(Debug, PartialEq, Eq)]
enum Mark<'t> {
    /// `%{name}`.
    Reference { range: Range<usize>, name: &'t str },
    /// The first `%` of `%%{name`.
    Escape { at: usize },
    /// `%{ name }`, or `%{name` without an end.
    Malformed { range: Range<usize> },
}

impl Scope {
    /// A name and its value.
    pub(super) fn define(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        self.names.insert(name.clone());
        self.values.insert(name, Some(value.into()));
    }

    /// A name whose definition is wrong, so that its uses are not reported too.
    pub(super) fn define_broken(&mut self, name: &str) {
        self.names.insert(name.to_owned());
        self.values.insert(name.to_owned(), None);
    }

    /// What a name stands for.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_deref()
    }

    /// Names whose values may refer to each other and to what is known already.
    pub(super) fn define_all(&mut self, texts: &BTreeMap<String, &Text>, diagnostics: &mut Diagnostics) {
        self.names.extend(texts.keys().cloned());
        for name in texts.keys() {
            self.resolve(name, texts, &mut Vec::new(), diagnostics);
        }
    }

    fn resolve<'t>(
        &mut self,
        name: &'t str,
        texts: &BTreeMap<String, &'t Text>,
        within: &mut Vec<&'t str>,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(text) = texts.get(name).copied().filter(|_| !self.values.contains_key(name)) else { return };
        if let Some(first) = within.iter().position(|outer| *outer == name) {
            let path: Vec<_> =
                within[first..].iter().chain([&name]).map(|name| format!("`{name}`")).collect();
            diagnostics.push(
                Diagnostic::error("variable-cycle", format!("the variable `{name}` is made of itself"))
                    .at(text.place(), "")
                    .note(format!("the way round: {}", path.join(" → "))),
            );
            within.iter().for_each(|name| self.define_broken(name));
            return;
        }
        if within.len() >= MAX_NESTING {
            let message = format!("variables are made of variables more than {MAX_NESTING} times");
            diagnostics.push(Diagnostic::error("variable-cycle", message).at(text.place(), ""));
            self.define_broken(name);
            return;
        }
        within.push(name);
        for mark in Marks::new(text.as_str()) {
            if let Mark::Reference { name: inner, .. } = mark {
                self.resolve(inner, texts, within, diagnostics);
            }
        }
        within.pop();
        if !self.values.contains_key(name) {
            let value = self.expand(text, Reader::Plain, diagnostics);
            self.values.insert(name.to_owned(), value.map(|value| value.as_str().to_owned()));
        }
    }

    /// The text with its references replaced. Nothing where one of them is wrong; all of those are reported.
    pub(super) fn expand(&self, text: &Text, reader: Reader, diagnostics: &mut Diagnostics) -> Option<Text> {
        let written = text.as_str();
        if !written.contains("%{") {
            return Some(text.clone());
        }
        let mut expanded = Text::empty(text.place());
        let mut copied = 0;
        let mut well = true;
        for mark in Marks::new(written) {
            let range = match &mark {
                Mark::Reference { range, .. } | Mark::Malformed { range } => range.clone(),
                Mark::Escape { at } => *at..at + 1,
            };
            expanded.push_slice(text, copied..range.start);
            copied = range.end;
            match mark {
                Mark::Escape { .. } => {}
                Mark::Malformed { range } => {
                    diagnostics.push(malformed(&written[range.clone()], text.place_of(range)));
                    well = false;
                }
                Mark::Reference { range, name } => {
                    let goes_on =
                        written[range.end..].starts_with(|c: char| c == '_' || c.is_ascii_alphanumeric());
                    let place = text.place_of(range);
                    match self.lookup(name, reader, place, diagnostics) {
                        // The shell would take what follows for more of the name.
                        Some(SHELL_JOBS) if name == JOBS && goes_on => expanded.push_opaque("${jobs}", place),
                        Some(value) => expanded.push_opaque(value, place),
                        None => well = false,
                    }
                }
            }
            if expanded.as_str().len() > MAX_EXPANDED {
                let message = format!("the text grows beyond {} KiB", MAX_EXPANDED / 1024);
                diagnostics.push(Diagnostic::error("enormous-text", message).at(text.place(), ""));
                return None;
            }
        }
        expanded.push_slice(text, copied..written.len());
        well.then_some(expanded)
    }

    fn lookup(
        &self,
        name: &str,
        reader: Reader,
        place: Place,
        diagnostics: &mut Diagnostics,
    ) -> Option<&str> {
        match (self.values.get(name), name, reader) {
            (Some(value), ..) => return value.as_deref(),
            (None, JOBS, Reader::Shell) => return Some(SHELL_JOBS),
            (None, JOBS, Reader::Plain) => diagnostics.push(
                Diagnostic::error("misplaced-variable", "`%{jobs}` is known only while a phase runs")
                    .at(place, "not shell text")
                    .help("use it in the text of a phase; the build systems pass the number of jobs by themselves"),
            ),
            (None, ..) => {
                let names = self.names.iter().map(String::as_str).chain([JOBS]);
                let option = format!("option.{name}");
                let help = if self.names.contains(&option) {
                    format!("write `%{{{option}}}` for the value of the option")
                } else {
                    did_you_mean(name, names)
                        .unwrap_or_else(|| format!("write `%%{{{name}}}` if the text itself is meant"))
                };
                diagnostics.push(
                    Diagnostic::error("unknown-variable", format!("unknown variable `{name}`"))
                        .at(place, "")
                        .note(self.known(reader))
                        .help(help),
                );
            }
        }
        None
    }

    fn known(&self, reader: Reader) -> String {
        let mut names: BTreeSet<&str> = self.names.iter().map(String::as_str).collect();
        if reader == Reader::Shell {
            names.insert(JOBS);
        }
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        format!("known here: {}", names.join(", "))
    }
}

fn malformed(written: &str, place: Place) -> Diagnostic {
    let inner: String = written.chars().filter(|c| !"%{} \t".contains(*c)).collect();
    let diagnostic =
        Diagnostic::error("malformed-variable", "a reference is `%{`, a name and `}`, without spaces");
    diagnostic.at(place, "").help(format!("write `%{{{inner}}}`, or `%%{{` for the text `%{{` itself"))
}

/// The names that a text refers to.
pub(super) fn references(text: &str) -> impl Iterator<Item = &str> {
    Marks::new(text).filter_map(|mark| match mark {
        Mark::Reference { name, .. } => Some(name),
        Mark::Escape { .. } | Mark::Malformed { .. } => None,
    })
}

/// The text to write where a text itself is meant, whatever in it looks like a reference.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut copied = 0;
    for (start, _) in text.match_indices("%{").filter(|(start, _)| may_be_meant(&text[start + 2..])) {
        escaped += &text[copied..start];
        escaped.push('%');
        copied = start;
    }
    escaped + &text[copied..]
}

/// Whether what follows a `%{` is near enough to a name.
fn may_be_meant(rest: &str) -> bool {
    rest.trim_start_matches(BLANK).starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Finds the marks of a text.
struct Marks<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Marks<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }
}

impl<'t> Iterator for Marks<'t> {
    type Item = Mark<'t>;

    fn next(&mut self) -> Option<Mark<'t>> {
        loop {
            let start = self.at + self.text[self.at..].find("%{")?;
            let inner = start + 2;
            let rest = &self.text[inner..];
            if !may_be_meant(rest) {
                self.at = inner;
                continue;
            }
            let is_escaped = start > self.at && self.text.as_bytes()[start - 1] == b'%';
            if is_escaped {
                self.at = inner;
                return Some(Mark::Escape { at: start - 1 });
            }
            let padded = rest.trim_start_matches(BLANK);
            let after = padded.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "._-".contains(c));
            let name = &padded[..padded.len() - after.len()];
            let end = after.trim_start_matches(BLANK);
            let spaces = rest.len() - padded.len() + after.len() - end.len();
            let stop = self.text.len() - end.len();
            if spaces == 0 && end.starts_with('}') {
                self.at = stop + 1;
                return Some(Mark::Reference { range: start..self.at, name });
            }
            if end.starts_with('}') {
                self.at = stop + 1;
            } else {
                self.at = inner + (rest.len() - padded.len()) + name.len();
            }
            return Some(Mark::Malformed { range: start..self.at });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::FileId;

    fn text(written: &str) -> Text {
        Text::verbatim(written, Place::new(FileId(0), 100..100 + written.len()))
    }

    fn expand(written: &str, reader: Reader) -> (Option<String>, Vec<&'static str>) {
        let mut scope = Scope::default();
        scope.define("version", "1.3.1");
        scope.define("option.docs", "true");
        let mut diagnostics = Diagnostics::default();
        let expanded = scope.expand(&text(written), reader, &mut diagnostics);
        (
            expanded.map(|text| text.as_str().to_owned()),
            diagnostics.iter().map(|diagnostic| diagnostic.rule).collect(),
        )
    }

    #[test]
    fn references_are_replaced_and_other_percent_signs_are_left_alone() {
        for (written, expected) in [
            ("zlib-%{version}.tar.gz", "zlib-1.3.1.tar.gz"),
            ("%{version}%{option.docs}", "1.3.1true"),
            ("%%{version}", "%{version}"),
            ("%%%{version}", "%%{version}"),
            ("%{version}%{version}", "1.3.1%{version}".replace("%{version}", "1.3.1").as_str()),
            ("${file%{*} 100% %{} %{1}", "${file%{*} 100% %{} %{1}"),
            ("${x%%{*}", "${x%%{*}"),
        ] {
            assert_eq!(expand(written, Reader::Plain), (Some(expected.to_owned()), vec![]), "{written}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_escaped_means_itself(written in "[%{} \ta${-]{0,16}") {
            prop_assert_eq!(expand(&escaped(&written), Reader::Shell), (Some(written), vec![]));
        }
    }

    #[test]
    fn jobs_are_a_shell_variable_and_nothing_elsewhere() {
        assert_eq!(expand("make -j%{jobs}", Reader::Shell).0.as_deref(), Some("make -j$jobs"));
        let followed = expand("a-%{jobs}-b %{jobs}x %{jobs}_%{jobs}", Reader::Shell);
        assert_eq!(followed.0.as_deref(), Some("a-$jobs-b ${jobs}x ${jobs}_$jobs"));
        assert_eq!(expand("-j%{jobs}", Reader::Plain), (None, vec!["misplaced-variable"]));
    }

    #[test]
    fn every_wrong_reference_of_a_text_is_reported() {
        let (expanded, rules) = expand("%{versoin} %{ version } %{version %{docs}", Reader::Shell);
        assert_eq!(expanded, None);
        assert_eq!(
            rules,
            ["unknown-variable", "malformed-variable", "malformed-variable", "unknown-variable"]
        );
    }

    #[test]
    fn a_replacement_points_at_its_reference() {
        let mut scope = Scope::default();
        scope.define("v", "1.3.1");
        let expanded = scope.expand(&text("a %{v} b"), Reader::Plain, &mut Diagnostics::default());
        let expanded = expanded.expect("it is well");
        assert_eq!(expanded.as_str(), "a 1.3.1 b");
        assert_eq!(expanded.place_of(4..5), Place::new(FileId(0), 102..106));
        assert_eq!(expanded.place_of(8..9), Place::new(FileId(0), 107..108));
    }

    #[test]
    fn variables_may_be_made_of_variables_but_not_of_themselves() {
        let texts: Vec<_> = ["/usr", "%{prefix}/lib", "%{b}", "%{a}", "x%{a}"].map(text).into();
        let names = ["prefix", "libdir", "a", "b", "c"];
        let definitions = names.iter().map(|name| (*name).to_owned()).zip(&texts).collect();
        let mut scope = Scope::default();
        let mut diagnostics = Diagnostics::default();
        scope.define_all(&definitions, &mut diagnostics);
        assert_eq!(scope.value("libdir"), Some("/usr/lib"));
        assert_eq!(scope.value("a"), None);
        let rules: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.rule).collect();
        assert_eq!(rules, ["variable-cycle"], "what refers to a broken variable is not reported again");
    }

    #[test]
    fn doubling_variables_stop_at_the_limit() {
        let mut texts = vec![text("xxxxxxxxxxxxxxxx")];
        texts.extend((0..25).map(|n| text(&format!("%{{v{n}}}%{{v{n}}}"))));
        let definitions = (0..texts.len()).map(|n| format!("v{n}")).zip(&texts).collect();
        let mut diagnostics = Diagnostics::default();
        Scope::default().define_all(&definitions, &mut diagnostics);
        assert!(diagnostics.iter().any(|diagnostic| diagnostic.rule == "enormous-text"));
    }
}

//! The rules' pages: each bad example is found at the marked places, and each good one is met with silence.

use std::collections::BTreeMap;
use std::io;

use lfsgen::diag::{Diagnostics, Persona, Severity};
use lfsgen::lint::{RULES, Rule, lint, lint_scripts};
use lfsgen::model::{Arch, Dialect, Files, Inputs, LintConfig, LintLevel, Loaded, Overrides, load};
use lfsgen::source::{FileId, Place, SourceFile, SourceMap, Spanned, Text};

/// A fenced block of a page whose language is followed by `bad` or `good`.
struct Example<'a> {
    language: &'a str,
    bad: bool,
    text: String,
}

fn examples(page: &str) -> Vec<Example<'_>> {
    let mut examples: Vec<Example<'_>> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some("") => inside = false,
            Some(head) => {
                let Some((language, kind)) = head.split_once(' ') else { continue };
                inside = true;
                examples.push(Example { language, bad: kind == "bad", text: String::new() });
            }
            None if inside => {
                let text = &mut examples.last_mut().unwrap().text;
                *text += line;
                *text += "\n";
            }
            None => {}
        }
    }
    examples
}

/// The marked places: `# ^^^` below a line marks what is above it, `# <- here` the line's first word.
fn marks(text: &str) -> Vec<(usize, usize)> {
    let mut marks = Vec::new();
    let mut before = (0, "");
    let mut at = 0;
    for line in text.lines() {
        let comment = line.trim_start().trim_start_matches('#').trim();
        if line.trim_start().starts_with('#') && !comment.is_empty() && comment.bytes().all(|c| c == b'^') {
            let column = line.find('^').unwrap();
            marks.push((before.0 + column, before.0 + column + comment.len()));
        } else if comment == "<- here" {
            let column = before.1.len() - before.1.trim_start().len();
            let word = before.1.split_whitespace().next().unwrap().trim_end_matches(';');
            marks.push((before.0 + column, before.0 + column + word.len()));
        } else {
            before = (at, line);
        }
        at += line.len() + 1;
    }
    marks
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

impl Example<'_> {
    /// The files that it consists of: `# file: NAME` starts each, and without such a line it is one.
    fn files(&self) -> Vec<(&str, &str)> {
        let Some(text) = self.text.strip_prefix("# file: ") else {
            let name = if self.language == "sh" { "example.sh" } else { "specs/x.yaml" };
            return vec![(name, &self.text)];
        };
        text.split("\n# file: ").map(|part| part.split_once('\n').unwrap()).collect()
    }
}

/// Everything that is said of an example. What is often meant so is told of in bad examples, and may stand in good ones.
fn said(example: &Example<'_>) -> (SourceMap, Diagnostics) {
    let persona = if example.bad { Persona::Pedantic } else { Persona::Default };
    said_under(&LintConfig { persona, ..LintConfig::default() }, example)
}

/// Everything that is said of an example under a configuration.
fn said_under(config: &LintConfig, example: &Example<'_>) -> (SourceMap, Diagnostics) {
    if example.language == "sh" {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("example.sh", example.text.as_str()));
        let text = Text::verbatim(&example.text, Place::new(file, 0..example.text.len()));
        let posix = example.text.starts_with("#!/bin/sh");
        let dialect = if posix { Dialect::Posix } else { Dialect::Bash };
        return (sources, lint_scripts(config, &[(text, dialect)]).findings);
    }
    let mut inputs = Inputs {
        config: ("lfsgen.yaml".to_owned(), b"project: x\n".to_vec()),
        specs: Vec::new(),
        unread: Vec::new(),
        files: &NoFiles,
        host_arch: Some(Arch::X86_64),
    };
    for (name, text) in example.files() {
        let file = (name.to_owned(), text.as_bytes().to_vec());
        if name == inputs.config.0 { inputs.config = file } else { inputs.specs.push(file) }
    }
    let Loaded { sources, project, packages, mut diagnostics, .. } = load(&inputs, &Overrides::default());
    let mut project = project.unwrap();
    project.lint = config.clone();
    diagnostics.extend(lint(&project, &packages, &[]).findings);
    (sources, diagnostics)
}

fn check(rule: &Rule, example: &Example<'_>) {
    let (sources, diagnostics) = said(example);
    let shown = lfsgen::render::human_all(&sources, &diagnostics, lfsgen::render::Style::PLAIN);
    if !example.bad {
        assert!(diagnostics.is_empty(), "{}: a good example is not met with silence:\n{shown}", rule.name);
        return;
    }
    let found = diagnostics.iter().filter(|diagnostic| diagnostic.rule == rule.name).map(|diagnostic| {
        let place = diagnostic.primary.as_ref().unwrap().place;
        (sources.file(place.file).name.as_str(), place.start as usize, place.end as usize)
    });
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    let files: BTreeMap<&str, &str> = example.files().into_iter().collect();
    let marked: Vec<_> = files
        .iter()
        .flat_map(|(name, text)| marks(text).into_iter().map(|(start, end)| (*name, start, end)))
        .collect();
    assert!(!marked.is_empty(), "{}: a bad example marks no place:\n{}", rule.name, example.text);
    let words = |places: &[(&str, usize, usize)]| -> Vec<_> {
        places
            .iter()
            .map(|&(name, start, end)| {
                let text = files[name];
                (name.to_owned(), text[..start].matches('\n').count() + 1, text[start..end].to_owned())
            })
            .collect()
    };
    assert_eq!(words(&found), words(&marked), "{} in\n{}\nsaid\n{shown}", rule.name, example.text);
}

#[test]
fn bad_examples_are_found_where_they_are_marked_and_good_ones_are_met_with_silence() {
    for rule in RULES {
        let examples = examples(rule.page);
        let good = examples.iter().filter(|example| !example.bad).count();
        // A text that is too deep to read would be no example for people.
        let bad_wanted = rule.name != "not-checked";
        assert!(good > 0 && (good < examples.len() || !bad_wanted), "{} lacks an example", rule.name);
        examples.iter().for_each(|example| check(rule, example));
    }
}

#[test]
fn what_is_often_meant_so_is_told_to_those_who_ask_for_it() {
    let level = Spanned::new(LintLevel::At(Severity::Note), Place::new(FileId(0), 0..0));
    for rule in RULES.iter().filter(|rule| rule.persona == Persona::Pedantic) {
        for example in examples(rule.page).iter().filter(|example| example.bad) {
            let is_told = |config: &LintConfig| {
                said_under(config, example).1.iter().any(|diagnostic| diagnostic.rule == rule.name)
            };
            let named = BTreeMap::from([(rule.name.to_owned(), level)]);
            assert!(is_told(&LintConfig { levels: named, ..LintConfig::default() }), "{}", rule.name);
            assert!(!is_told(&LintConfig::default()), "{}", rule.name);
            // An exception from it may stand for the day on which somebody asks.
            let excepted = format!("# lfsgen: allow {} because of a test\n:\n", rule.name);
            let excepted = Example { language: "sh", bad: false, text: excepted };
            assert!(said(&excepted).1.is_empty(), "{}", rule.name);
        }
    }
}

#[test]
fn the_table_is_sorted_and_every_page_has_its_rules_name_and_a_summary() {
    let names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    for rule in RULES {
        assert!(rule.page.starts_with(&format!("# {}\n\n", rule.name)), "{}", rule.name);
        assert!(
            rule.summary().ends_with('.') && rule.summary().len() < 120,
            "{}: {}",
            rule.name,
            rule.summary()
        );
    }
    let folder = crate::support::root().join("docs/rules");
    let pages = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(pages, RULES.len(), "a page without a rule");
}

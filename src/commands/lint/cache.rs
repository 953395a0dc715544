//! What `lint` remembers of its last look at a project, to see at once that nothing changed.
//!
//! What is remembered holds for the same bytes of every file that was read, the same program and the same question. A memory
//! that is damaged, or that cannot be read or written, is as good as none.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::super::input::Input;
use super::super::place::Place;
use crate::compile::Checked;
use crate::diag::{Confidence, Diagnostic, Diagnostics, Excuse, Fix, Label, Severity};
use crate::errors::error_kind;
use crate::host::{env, files, process};
use crate::lint::rule;
use crate::model::{Digest, Files, LintChoice, LintConfig, Overrides};
use crate::source::{SourceFile, SourceMap};

/// What was found.
#[derive(Serialize, Deserialize)]
struct Memory {
    /// The digest of the program, the question, and every spec.
    key: Digest,
    /// What was read beside the specs, with its digest where it is there.
    beside: Vec<(String, Option<Digest>)>,
    /// The names of the files, by their ids; with their texts where these are no files, such as options of the command line.
    files: Vec<(String, Option<String>)>,
    diagnostics: Vec<Kept>,
    excused: Vec<Kept>,
    lint: LintConfig,
}

/// A diagnostic whose rule has to be looked up again.
#[derive(Serialize, Deserialize)]
struct Kept {
    rule: String,
    severity: Severity,
    confidence: Confidence,
    message: String,
    primary: Option<Label>,
    related: Vec<Label>,
    notes: Vec<String>,
    help: Option<String>,
    fixes: Vec<Fix>,
    excuse: Option<Excuse>,
}

/// Looks at a project, or remembers what was seen in it.
pub(super) fn check(input: &Input, overrides: &Overrides, choice: LintChoice) -> Checked {
    let path = path(input);
    let key = key(input, overrides, choice);
    if let (Some(path), Some(key)) = (&path, &key)
        && let Some(checked) = remembered(path, key, input)
    {
        return checked;
    }
    let watched = Watched { files: input.disk(), read: Mutex::default() };
    let checked = input.clone().check(overrides, choice, &watched);
    if let (Some(path), Some(key)) = (path, key)
        && let Ok(beside) = watched.read.into_inner()
        && let Ok(json) = serde_json::to_vec(&Memory::of(key, beside, input, &checked))
    {
        // Without a memory the next run looks again.
        let _ = files::write_atomic(&path, &json);
    }
    checked
}

/// Where the memory lies.
fn path(input: &Input) -> Option<PathBuf> {
    let place = Place::at(input.root()).ok()?;
    (!place.is_misplaced()).then(|| place.layout.lint_memory())
}

/// The digest of all that is known before anything is looked at; none where the program cannot say which it is.
fn key(input: &Input, overrides: &Overrides, choice: LintChoice) -> Option<Digest> {
    let program = files::Identity::of(&env::current_exe().ok()?).ok()?;
    let question = (env!("CARGO_PKG_VERSION"), program, process::arch(), &overrides.0, choice);
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update(bytes.len().to_le_bytes());
        digest.update(bytes);
    };
    add(&serde_json::to_vec(&question).ok()?);
    add(&serde_json::to_vec(input.unread()).ok()?);
    for (name, bytes) in input.files() {
        add(name.as_bytes());
        add(bytes);
    }
    Some(Digest(digest.finalize().into()))
}

/// What was seen, if it still holds.
fn remembered(path: &Path, key: &Digest, input: &Input) -> Option<Checked> {
    let memory: Memory = serde_json::from_slice(&files::read(path).ok()?).ok()?;
    let disk = input.disk();
    let same = |(path, then): &(String, Option<Digest>)| {
        disk.read(path).ok().map(|bytes| Digest::of(&bytes)) == *then
    };
    if memory.key != *key || !memory.beside.iter().all(same) {
        return None;
    }
    let texts: BTreeMap<&str, &[u8]> = input.files().collect();
    let mut sources = SourceMap::default();
    for (name, text) in memory.files {
        let text = match &text {
            Some(text) => text,
            None => std::str::from_utf8(texts.get(name.as_str())?).ok()?,
        };
        sources.add(SourceFile::new(name, text));
    }
    let diagnostics = all(memory.diagnostics, &sources)?;
    let excused = all(memory.excused, &sources)?;
    Some(Checked::remembered(sources, diagnostics, excused, memory.lint))
}

/// Every diagnostic, if each has a rule and places that are there.
fn all(kept: Vec<Kept>, sources: &SourceMap) -> Option<Diagnostics> {
    kept.into_iter().map(|kept| kept.diagnostic(sources)).collect()
}

impl Memory {
    fn of(key: Digest, beside: Vec<(String, Option<Digest>)>, input: &Input, checked: &Checked) -> Self {
        let names: BTreeSet<&str> = input.files().map(|(name, _)| name).collect();
        let file = |file: &SourceFile| {
            let text = (!names.contains(file.name.as_str())).then(|| file.text.to_string());
            (file.name.clone(), text)
        };
        let kept = |list: &Diagnostics| list.iter().cloned().map(Kept::of).collect();
        Self {
            key,
            beside,
            files: checked.sources.files().map(|(_, one)| file(one)).collect(),
            diagnostics: kept(&checked.diagnostics),
            excused: kept(&checked.excused),
            lint: checked.lint.clone(),
        }
    }
}

impl Kept {
    fn of(diagnostic: Diagnostic) -> Self {
        let Diagnostic { rule, severity, confidence, message, primary, related, notes, help, fixes, excuse } =
            diagnostic;
        let rule = rule.to_owned();
        Self { rule, severity, confidence, message, primary, related, notes, help, fixes, excuse }
    }

    fn diagnostic(self, sources: &SourceMap) -> Option<Diagnostic> {
        let Self { rule: name, severity, confidence, message, primary, related, notes, help, fixes, excuse } =
            self;
        let rule = rule(&name).map(|rule| rule.name).or_else(|| Some(error_kind(&name)?.name))?;
        let edits = fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.place);
        let places = primary.iter().chain(&related).map(|label| label.place).chain(edits);
        let files = sources.files().count();
        let there = places.map(|place| place.file.0 as usize).all(|file| file < files);
        there.then_some(Diagnostic {
            rule,
            severity,
            confidence,
            message,
            primary,
            related,
            notes,
            help,
            fixes,
            excuse,
        })
    }
}

/// Files that remember what was read of them.
struct Watched<F> {
    files: F,
    read: Mutex<Vec<(String, Option<Digest>)>>,
}

impl<F: Files> Files for Watched<F> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.files.read(path);
        if let Ok(mut read) = self.read.lock() {
            read.push((path.to_owned(), bytes.as_deref().ok().map(Digest::of)));
        }
        bytes
    }
}

//! The phases that the commands of a book become, and what its readers do besides.

use std::collections::{BTreeMap, BTreeSet};

use super::archives::Material;
use super::carry::{Carried, walk};
use super::document::Piece;
use super::options::{Filled, Opt, fill};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{ARCHIVES, Dialect, Phase, escaped};
use crate::shell::parse;
use crate::shell::tree::{Pipeline, Simple, Statement, Word};
use crate::source::Place;

/// What a section becomes.
#[derive(Debug, Default)]
pub(super) struct Phases {
    /// Commands, in the order of the phases.
    pub(super) texts: BTreeMap<Phase, Vec<String>>,
    /// Where the phases behind `prepare` start, below the source.
    pub(super) subdir: Option<String>,
    pub(super) options: Vec<Opt>,
    /// Names of files of the book that the commands read, besides the package's own archive.
    pub(super) files: BTreeSet<String>,
    /// Whether a command takes another user's identity, as the book does for tests.
    pub(super) switches_user: bool,
    /// Patches that come first of all: the name and how much of its paths is dropped.
    pub(super) patches: Vec<(String, u32)>,
}

/// Programs that talk to a person or change the machine, with what does their work here.
const OUTSIDE: [(&str, &str); 16] = [
    ("exec", "a phase is a shell of its own"),
    ("exit", "a phase is a shell of its own"),
    ("logout", "a phase is a shell of its own"),
    (
        "passwd",
        "it asks a person: `lfsgen shell` is a place to run it, or give the system its passwords at the end",
    ),
    ("tzselect", "it asks a person"),
    ("chroot", "the stage's root is that of its packages"),
    ("mount", "the runner mounts what a root needs"),
    ("umount", "the runner mounts what a root needs"),
    ("su -", "the phases run as the stage's user"),
    ("bash -e", "a phase is a shell of its own, and ends where a command fails"),
    ("systemctl", "no service runs while a package is built"),
    (
        "/usr/sbin/make-ca -g",
        "it takes certificates from the network, which no phase has: run it in the system when that is made",
    ),
    ("modprobe", "the kernel is the machine's"),
    ("startx", "it is for a person at the screen"),
    ("xterm", "it is for a person at the screen"),
    ("source", "what is set for those who log in is not set for phases"),
];

impl Phases {
    /// Adds commands to a phase, and the files that they read.
    pub(super) fn add(
        &mut self,
        phase: Phase,
        text: &str,
        materials: &BTreeMap<String, Material>,
        place: Place,
        told: &mut Diagnostics,
    ) {
        if text.is_empty() {
            return;
        }
        if phase == Phase::Prepare
            && !self.texts.contains_key(&Phase::Prepare)
            && let Some(patch) = patch(text).filter(|(name, _)| materials.contains_key(name))
        {
            self.patches.push(patch);
            return;
        }
        for name in named_above(text) {
            if materials.contains_key(name) {
                self.files.insert(name.to_owned());
            } else if name.ends_with(".patch") || ARCHIVES.iter().any(|ending| name.ends_with(ending)) {
                let message = format!("`{name}` is not among the files that the book lists");
                let help = "add it to `sources`, with `unpack: false`, and a link to it in `prepare`";
                told.push(choice(place, message, help));
            }
        }
        self.switches_user |= runs(text, "su");
        self.texts.entry(phase).or_default().push(text.to_owned());
    }

    /// Begins each phase in the directory, and with the variables, with which the one before it ended: to the book, all of
    /// them are one shell.
    pub(super) fn carry(&mut self) {
        let mut carried = Carried::default();
        for (phase, texts) in &mut self.texts {
            let before = carried.lines();
            // Tests may be left out, so nothing comes from them.
            if *phase != Phase::Check {
                texts.iter().for_each(|text| walk(text, &mut carried));
            }
            if *phase == Phase::Prepare
                && let Some(directory) = carried.only_directory()
            {
                self.subdir = directory;
                carried = Carried::default();
            }
            if !before.is_empty() {
                texts.insert(0, before);
            }
        }
    }
}

/// The text of a part, as a spec has it.
pub(super) fn settled(
    pieces: &[Piece],
    place: Place,
    options: &mut Vec<Opt>,
    told: &mut Diagnostics,
) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(words) => text += &escaped(words),
            Piece::Placeholder(words) => match fill(words, &text, options) {
                Filled::Text(words) => text += &words,
                Filled::Option { name, told: Some((message, help)) } => {
                    told.push(choice(place, message, help));
                    text += &format!("%{{option.{name}}}");
                }
                Filled::Option { name, told: None } => text += &format!("%{{option.{name}}}"),
            },
        }
    }
    text
}

/// Why these commands are for a person or for the machine, if they are.
pub(super) fn outside(text: &str) -> Option<&'static str> {
    let reason = |simple: &Simple| {
        let name = simple.name()?;
        let first = simple.words.get(1).and_then(Word::literal).unwrap_or_default();
        if ["/etc/rc.d/init.d/", "/etc/init.d/"].iter().any(|folder| name.starts_with(folder)) {
            return Some("no service runs while a package is built");
        }
        let with_first = format!("{name} {first}");
        OUTSIDE.iter().find(|(outside, _)| *outside == name || *outside == with_first).map(|(_, why)| *why)
    };
    let parsed = parse(text, Dialect::Bash);
    let pipelines = parsed.statements.iter().flat_map(Statement::pipelines);
    pipelines.filter_map(Pipeline::simple).find_map(reason)
}

/// Whether all that is done is to look for something in files, which fails where all is well.
pub(super) fn only_looks(text: &str) -> bool {
    let parsed = parse(text, Dialect::Bash);
    let looks = |simple: Option<&Simple>| simple.and_then(Simple::name).is_some_and(|name| name == "grep");
    !parsed.statements.is_empty() && parsed.statements.iter().all(|statement| looks(statement.simple()))
}

/// Whether a statement is that program with its words.
fn runs(text: &str, program: &str) -> bool {
    let parsed = parse(text, Dialect::Bash);
    let mut simple = parsed.statements.iter().filter_map(Statement::simple);
    simple.any(|simple| simple.name().is_some_and(|name| name == program))
}

pub(super) fn choice(place: Place, message: String, help: impl Into<String>) -> Diagnostic {
    Diagnostic::warning("book-choice", message).at(place, "").help(help)
}

pub(super) fn left_out(place: Place, text: &str, why: &str) -> Diagnostic {
    Diagnostic::note_level("book-left-out", format!("left out `{}`: {why}", first_line(text))).at(place, "")
}

/// What is told of commands that cannot be known.
pub(super) fn unknown(place: Place) -> Diagnostic {
    let unknown = "an entity in this is not declared, so that the commands are not known";
    Diagnostic::error("book-unreadable", unknown).at(place, "").help("its section is not imported")
}

/// The first line that says something.
pub(super) fn first_line(text: &str) -> String {
    let mut lines = text.trim().lines();
    let first = lines.next().unwrap_or_default().trim_end_matches('\\').trim_end();
    let more = if lines.next().is_some() { " …" } else { "" };
    format!("{first}{more}")
}

/// The patch that a command applies, if that is all that it does.
fn patch(text: &str) -> Option<(String, u32)> {
    let words: Vec<_> = text.split_whitespace().collect();
    let ["patch", strip, "-i", file] = words[..] else { return None };
    Some((file.strip_prefix("../")?.to_owned(), strip.strip_prefix("-Np")?.parse().ok()?))
}

/// Names of files beside the source directory, which the book writes as `../file` or, from deeper, `../../file`.
fn named_above(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("../").map(|(at, up)| {
        let rest = &text[at + up.len()..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "._+~-".contains(c))).unwrap_or(rest.len());
        &rest[..end]
    })
}

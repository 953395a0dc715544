//! From the commands that a section shows to the phases of a spec.

use std::collections::{BTreeMap, BTreeSet};

use super::carry::{Carried, walk};
use super::expand::UNKNOWN;
use super::materials::Material;
use super::options::{Filled, Opt, fill};
use super::section::{Input, Piece, Section};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{ARCHIVES, Dialect, Phase};
use crate::shell::parse;
use crate::shell::tree::{Simple, Statement, Word};
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
const OUTSIDE: [(&str, &str); 9] = [
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
];

/// The phases of a section, or nothing where it has no commands of its own or they are not known.
pub(super) fn phases(
    section: &Section,
    materials: &BTreeMap<String, Material>,
    told: &mut Diagnostics,
) -> Option<Phases> {
    let mut phases = Phases::default();
    let mut reached = Phase::Prepare;
    let mut last = Phase::Prepare;
    let mut broken = false;
    for input in &section.inputs {
        let read = input.text();
        if input.aside {
            told.push(left_out(
                input.place,
                &read,
                "the book does not count it among the commands that are run",
            ));
            continue;
        }
        if read.contains(UNKNOWN) {
            let unknown = "an entity in this is not declared, so that the commands are not known";
            told.push(
                Diagnostic::error("book-unreadable", unknown)
                    .at(input.place, "")
                    .help("its section is not imported"),
            );
            broken = true;
            continue;
        }
        if let Some(why) = outside(&read) {
            told.push(left_out(input.place, &read, why));
            continue;
        }
        let mut phase = match (&section.product, purpose(input, told)) {
            (None, _) => Phase::Install,
            (_, Some(phase)) => phase,
            (_, None) if input.configuration => Phase::Install,
            (_, None) => last,
        };
        last = phase;
        if phase == Phase::Check {
            if only_looks(&read) {
                told.push(left_out(
                    input.place,
                    &read,
                    "it shows a person what the tests printed, which is in the log",
                ));
                continue;
            }
            if reached == Phase::Install {
                let message = format!(
                    "the book runs `{}` after the installation, and `check` comes before it",
                    first_line(&read)
                );
                told.push(
                    Diagnostic::warning("book-choice", message)
                        .at(input.place, "")
                        .help("see whether the tests need what was installed"),
                );
            }
        } else {
            // The order of the book counts more than what it calls its parts.
            phase = phase.max(reached);
            reached = phase;
        }
        let text = settled(input, &mut phases.options, told);
        let text = text.trim_end().trim_start_matches(['\n', '\r']).to_owned();
        if text.is_empty() {
            continue;
        }
        if phase == Phase::Prepare
            && !phases.texts.contains_key(&Phase::Prepare)
            && let Some(patch) = patch(&text).filter(|(name, _)| materials.contains_key(name))
        {
            phases.patches.push(patch);
            continue;
        }
        for name in named_above(&text) {
            if materials.contains_key(name) {
                phases.files.insert(name.to_owned());
            } else if name.ends_with(".patch") || ARCHIVES.iter().any(|ending| name.ends_with(ending)) {
                let message = format!("`{name}` is not among the files that chapter 3 lists");
                told.push(
                    Diagnostic::warning("book-choice", message)
                        .at(input.place, "")
                        .help("add it to `sources`, with `unpack: false`, and a link to it in `prepare`"),
                );
            }
        }
        phases.switches_user |= runs(&text, "su");
        phases.texts.entry(phase).or_default().push(text);
    }
    if broken || (phases.texts.is_empty() && section.product.is_none()) {
        return None;
    }
    phases.carry();
    Some(phases)
}

impl Phases {
    /// Begins each phase in the directory, and with the variables, with which the one before it ended: to the book, all of
    /// them are one shell.
    fn carry(&mut self) {
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

/// The phase that a part is for, by what the book calls it.
fn purpose(input: &Input, told: &mut Diagnostics) -> Option<Phase> {
    Some(match input.purpose.as_deref()? {
        "pre" => Phase::Prepare,
        "configure" => Phase::Configure,
        "make" => Phase::Build,
        "test" => Phase::Check,
        // Beside the installation there are the system's unit files and the C library's locales.
        "install" | "adjust" | "locale-full" => Phase::Install,
        other => {
            let message = format!("the book says that this is for `{other}`, which is no phase");
            told.push(
                Diagnostic::warning("book-choice", message)
                    .at(input.place, "")
                    .help("see whether it is in the right phase"),
            );
            return None;
        }
    })
}

/// The text of a part, as a spec has it.
fn settled(input: &Input, options: &mut Vec<Opt>, told: &mut Diagnostics) -> String {
    let mut text = String::new();
    for piece in &input.pieces {
        match piece {
            Piece::Text(words) => text += &escaped(words),
            Piece::Placeholder(words) => match fill(words, &text, options) {
                Filled::Text(words) => text += &words,
                Filled::Option { name, told: Some((message, help)) } => {
                    told.push(Diagnostic::warning("book-choice", message).at(input.place, "").help(help));
                    text += &format!("%{{option.{name}}}");
                }
                Filled::Option { name, told: None } => text += &format!("%{{option.{name}}}"),
            },
        }
    }
    text
}

/// A text in which nothing is a variable of the spec.
pub(super) fn escaped(text: &str) -> String {
    let mut pieces = text.split("%{");
    let mut escaped = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        escaped += if piece.starts_with(|c: char| c.is_ascii_alphabetic()) { "%%{" } else { "%{" };
        escaped += piece;
    }
    escaped
}

/// Why these commands are for a person or for the machine, if they are.
fn outside(text: &str) -> Option<&'static str> {
    let reason = |simple: &Simple| {
        let name = simple.name()?;
        let dash = simple.words.get(1).and_then(Word::literal).is_some_and(|word| word == "-");
        let name = if name == "su" && dash { "su -".to_owned() } else { name.into_owned() };
        OUTSIDE.iter().find(|(outside, _)| *outside == name).map(|(_, why)| *why)
    };
    let parsed = parse(text, Dialect::Bash);
    parsed.statements.iter().filter_map(|statement| statement.simple()).find_map(reason)
}

/// Whether all that is done is to look for something in files, which fails where all is well.
fn only_looks(text: &str) -> bool {
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

fn left_out(place: Place, text: &str, why: &str) -> Diagnostic {
    Diagnostic::note_level("book-left-out", format!("left out `{}`: {why}", first_line(text))).at(place, "")
}

/// The first line that says something.
fn first_line(text: &str) -> String {
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

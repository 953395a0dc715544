//! From the commands that a section shows to the phases of a spec.

use std::collections::{BTreeMap, BTreeSet};

use super::carry::{Carried, walk};
use super::expand::UNKNOWN;
use super::materials::Material;
use super::options::{Filled, Opt, fill};
use super::section::{Input, Piece, Section};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{ARCHIVES, Dialect, Phase, escaped};
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
    let mut at = Position { reached: Phase::Prepare, last: Phase::Prepare };
    let mut broken = false;
    for input in &section.inputs {
        let read = input.text();
        if read.contains(UNKNOWN) && !input.aside {
            let unknown = "an entity in this is not declared, so that the commands are not known";
            let diagnostic = Diagnostic::error("book-unreadable", unknown).at(input.place, "");
            told.push(diagnostic.help("its section is not imported"));
            broken = true;
            continue;
        }
        if let Some(why) = not_a_command(input, &read) {
            told.push(left_out(input.place, &read, why));
            continue;
        }
        let phase = at.phase(section, input, told);
        if phase == Phase::Check && only_looks(&read) {
            told.push(left_out(
                input.place,
                &read,
                "it shows a person what the tests printed, which is in the log",
            ));
            continue;
        }
        if phase == Phase::Check && at.reached == Phase::Install {
            let message = format!(
                "the book runs `{}` after the installation, and `check` comes before it",
                first_line(&read)
            );
            told.push(choice(input.place, message, "see whether the tests need what was installed"));
        }
        let text = settled(input, &mut phases.options, told);
        let text = text.trim_end().trim_start_matches(['\n', '\r']);
        phases.add(phase, text, materials, input.place, told);
    }
    if broken || (phases.texts.is_empty() && section.product.is_none()) {
        return None;
    }
    phases.carry();
    Some(phases)
}

/// How far a section has come.
struct Position {
    /// The last phase of all so far; tests aside, which may be left out.
    reached: Phase,
    /// The phase of the last part.
    last: Phase,
}

impl Position {
    /// The phase of the next part.
    fn phase(&mut self, section: &Section, input: &Input, told: &mut Diagnostics) -> Phase {
        self.last = match (&section.product, purpose(input, told)) {
            (None, _) => Phase::Install,
            (_, Some(phase)) => phase,
            (_, None) if input.configuration => Phase::Install,
            (_, None) => self.last,
        };
        if self.last == Phase::Check {
            return Phase::Check;
        }
        // The order of the book counts more than what it calls its parts.
        self.reached = self.reached.max(self.last);
        self.reached
    }
}

impl Phases {
    /// Adds commands to a phase, and the files that they read.
    fn add(
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
                let message = format!("`{name}` is not among the files that chapter 3 lists");
                let help = "add it to `sources`, with `unpack: false`, and a link to it in `prepare`";
                told.push(choice(place, message, help));
            }
        }
        self.switches_user |= runs(text, "su");
        self.texts.entry(phase).or_default().push(text.to_owned());
    }

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
            told.push(choice(input.place, message, "see whether it is in the right phase"));
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
                    told.push(choice(input.place, message, help));
                    text += &format!("%{{option.{name}}}");
                }
                Filled::Option { name, told: None } => text += &format!("%{{option.{name}}}"),
            },
        }
    }
    text
}

/// Why a part is not run, if it is not.
fn not_a_command(input: &Input, text: &str) -> Option<&'static str> {
    if input.aside {
        Some("the book does not count it among the commands that are run")
    } else {
        outside(text)
    }
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

fn choice(place: Place, message: String, help: impl Into<String>) -> Diagnostic {
    Diagnostic::warning("book-choice", message).at(place, "").help(help)
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

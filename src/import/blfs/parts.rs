//! From what a page shows to the phases of a spec.

use super::before::{Before, is_test};
use super::lists::{List, without_exit};
use super::machine::{ON_EACH, for_all_machines};
use super::page::{Block, Kind, Page, Part, Screen};
use super::readers::{self, NOT_FETCHED, Readers};
use super::split::{cut, fetches, members};
use crate::diag::Diagnostics;
use crate::import::document::{Piece, shown};
use crate::import::expand::UNKNOWN;
use crate::import::phases::{Phases, choice, first_line, left_out, only_looks, outside, settled, unknown};
use crate::model::{Dialect, Phase};
use crate::shell::parse;
use crate::shell::tree::{Command, Pipeline, Simple, Statement};
use crate::source::Place;

/// A function of the book by which a loop becomes the administrator.
const AS_ROOT: &str = "as_root";
/// What the book says of those who have chosen another prefix than ours.
const ELSEWHERE: [&str; 4] = ["is not /usr", "to /usr, create", "alternate prefix", "in /opt"];

/// The phases of a page, or nothing where its commands are not known. Those of a `list` of packages are one loop.
pub(super) fn phases(page: &Page, list: Option<&List>, told: &mut Diagnostics) -> Option<Phases> {
    let mut making = Making {
        page,
        told,
        phases: Phases::default(),
        reached: Phase::Prepare,
        broken: false,
        unmade: Vec::new(),
    };
    if let Some(list) = list {
        making.phases.texts.insert(Phase::Prepare, vec![list.prepare()]);
        making.reached = Phase::Install;
    }
    let of = |wanted: fn(Part) -> bool| {
        page.blocks.iter().enumerate().filter(move |(_, block)| wanted(block.part))
    };
    for (at, block) in of(|part| part == Part::Installation(1)) {
        making.block(block, at);
    }
    for (at, block) in of(|part| part == Part::Configuration) {
        making.block(block, at);
    }
    for (_, block) in of(|part| !matches!(part, Part::Installation(1) | Part::Configuration)) {
        if list.is_none_or(|list| !list.places.contains(&block.place)) {
            making.other(block);
        }
    }
    let Making { mut phases, broken, .. } = making;
    if broken {
        return None;
    }
    phases.carry();
    Some(phases)
}

struct Making<'a> {
    page: &'a Page,
    told: &'a mut Diagnostics,
    phases: Phases,
    /// The last phase so far, tests aside.
    reached: Phase,
    broken: bool,
    /// Folders of documents that nothing fills.
    unmade: Vec<String>,
}

impl Making<'_> {
    /// What stands in no part that is run.
    fn other(&mut self, block: &Block) {
        let Kind::Screen(screen) = &block.kind else { return };
        let why = match block.part {
            Part::Installation(_) => "the page has another way to install it before",
            _ => "it stands outside of what the page installs",
        };
        self.told.push(left_out(block.place, &screen.text(), why));
    }

    fn block(&mut self, block: &Block, at: usize) {
        match &block.kind {
            Kind::Screen(screen) => self.screen(block, screen, at),
            Kind::Para { commands, .. } if !block.in_note => {
                if let Some(said) = commands.iter().find(|said| is_test(said)) {
                    self.test(&said.pieces, block.place);
                }
            }
            Kind::Para { .. } => {}
        }
    }

    fn screen(&mut self, block: &Block, screen: &Screen, at: usize) {
        let read = screen.text();
        let read = without_exit(&read).to_owned();
        let before = self.before(at);
        if let Some(why) = not_run(self.page, block, screen, &read, before) {
            self.unmade.extend(readers::documents(&read).filter(|_| why == NOT_FETCHED));
            self.told.push(left_out(block.place, &read, why));
        } else if self.unmade.iter().any(|folder| readers::all_work_in(&read, folder)) {
            self.told.push(left_out(block.place, &read, "it works on files that are left out"));
        } else if read.contains(UNKNOWN) {
            self.told.push(unknown(block.place));
            self.broken = true;
        } else if screen.is_for("test") && self.reached == Phase::Prepare && self.builds_later(at) {
            // It makes what the package is configured with to be tested.
            let text = self.settled(&screen.pieces, block.place);
            self.add(Phase::Prepare, &text, block.place);
        } else if screen.is_for("test") {
            self.test(&screen.pieces, block.place);
        } else {
            self.commands(block, screen, at);
        }
    }

    /// What the page says before.
    fn before(&self, at: usize) -> Before<'_> {
        let here = self.page.blocks.get(at).map(|block| block.part);
        let before = self.page.blocks.iter().take(at).rev();
        let mut before = before.filter(|block| !block.in_note && Some(block.part) == here);
        let said = before.find_map(|block| match &block.kind {
            Kind::Para { words, named, .. } => Some(Before { words, named }),
            Kind::Screen(_) => None,
        });
        said.unwrap_or_default()
    }

    /// Commands that build or install.
    fn commands(&mut self, block: &Block, screen: &Screen, at: usize) {
        let text = self.settled(&screen.pieces, block.place);
        let mut text = without_exit(&text).to_owned();
        if let Some((message, changed)) = for_all_machines(&self.page.id, &text) {
            self.told.push(choice(block.place, message, ON_EACH));
            text = changed;
        }
        let found = members(&text);
        let is_test = found.iter().all(|(phase, _)| *phase == Some(Phase::Check));
        if is_test {
            return self.add_test(&text, block.place);
        }
        if readers::of(self.page, self.before(at)) != Readers::All && !asks_itself(&text) {
            let message =
                format!("the page has `{}` for some of its readers alone, and it is run", first_line(&text));
            self.told.push(choice(block.place, message, "see whether you are one of them"));
        }
        let configures = found.iter().any(|(phase, _)| *phase == Some(Phase::Configure));
        let first = (screen.root || text.contains(AS_ROOT)) && !self.builds_later(at);
        let settled = found.into_iter().map(|(phase, span)| {
            let phase = self.position(phase, first, configures);
            (phase, span)
        });
        let settled: Vec<_> = settled.collect();
        for (phase, mut text) in cut(&text, &settled) {
            if text.contains(AS_ROOT) {
                text = format!("{AS_ROOT}() {{ \"$@\"; }}\n\n{text}");
            }
            self.add(phase, &text, block.place);
        }
    }

    /// The phase of what comes next.
    fn position(&mut self, phase: Option<Phase>, installs: bool, configures: bool) -> Phase {
        let now = match phase {
            _ if installs => Phase::Install,
            Some(Phase::Check) if self.reached < Phase::Install => return Phase::Check,
            Some(Phase::Configure) => Phase::Configure,
            Some(_) => Phase::Build,
            // What stands before the command that configures belongs to it.
            None if configures => Phase::Configure,
            None => Phase::Prepare,
        };
        self.reached = self.reached.max(now);
        self.reached
    }

    /// Whether the package is not built yet, so that what is for the administrator prepares for it, such as a user that it needs.
    fn builds_later(&self, at: usize) -> bool {
        let builds = |text: &str| {
            members(text).iter().any(|(phase, _)| matches!(phase, Some(Phase::Configure | Phase::Build)))
        };
        let later = self.page.blocks.iter().enumerate().skip(at + 1);
        let mut later = later.filter_map(|(at, block)| match &block.kind {
            Kind::Screen(screen) if block.part == Part::Installation(1) => Some((at, block, screen)),
            _ => None,
        });
        self.reached < Phase::Build
            && later.any(|(at, block, screen)| {
                let text = screen.text();
                !screen.root
                    && not_run(self.page, block, screen, &text, self.before(at)).is_none()
                    && builds(&text)
            })
    }

    fn test(&mut self, pieces: &[Piece], place: Place) {
        let read = shown(pieces);
        if read.contains(UNKNOWN) {
            self.told.push(left_out(place, &read, "an entity in it is not declared"));
        } else if only_looks(&read) {
            self.told.push(left_out(
                place,
                &read,
                "it shows a person what the tests printed, which is in the log",
            ));
        } else if fetches(&read) {
            self.told.push(left_out(place, &read, "it takes files from the network, which no phase has"));
        } else if pieces.iter().any(|piece| matches!(piece, Piece::Placeholder(_))) {
            self.told.push(left_out(place, &read, "it is for one test that a person looks into"));
        } else {
            let text = self.settled(pieces, place);
            self.add_test(&text, place);
        }
    }

    fn add_test(&mut self, text: &str, place: Place) {
        if self.reached == Phase::Install {
            self.told.push(left_out(
                place,
                text,
                "it tests what is installed, and `check` comes before that",
            ));
        } else {
            self.add(Phase::Check, text, place);
        }
    }

    fn settled(&mut self, pieces: &[Piece], place: Place) -> String {
        let text = settled(pieces, place, &mut self.phases.options, self.told);
        text.trim_end().trim_start_matches(['\n', '\r']).to_owned()
    }

    fn add(&mut self, phase: Phase, text: &str, place: Place) {
        self.phases.add(phase, text, &self.page.downloads.all, place, self.told);
    }
}

/// Whether commands have some that build.
fn builds(text: &str) -> bool {
    members(text).iter().any(|(phase, _)| matches!(phase, Some(Phase::Configure | Phase::Build)))
}

/// Whether commands build, test or change the directory, so that what follows may need them.
fn leads_on(text: &str) -> bool {
    let changes = |simple: &Simple| simple.name().is_some_and(|name| name == "cd" || name == "pushd");
    members(text)
        .iter()
        .any(|(phase, _)| matches!(phase, Some(Phase::Configure | Phase::Build | Phase::Check)))
        || parse(text, Dialect::Bash)
            .statements
            .iter()
            .flat_map(Statement::pipelines)
            .filter_map(Pipeline::simple)
            .any(changes)
}

/// Why commands are not run, if they are not.
fn not_run(
    page: &Page,
    block: &Block,
    screen: &Screen,
    text: &str,
    before: Before<'_>,
) -> Option<&'static str> {
    let asks = screen.pieces.iter().any(|piece| matches!(piece, Piece::Placeholder(_)));
    let configures = block.part == Part::Configuration;
    match () {
        () if screen.aside => Some("the book does not count it among the commands that are run"),
        () if screen.is_for("doc") => Some("it makes documents with what else you may have"),
        () if block.in_note => Some("it stands in a note, which is for some readers alone"),
        () if configures && !screen.root => Some("it sets things up for one user"),
        () if asks && (configures || !builds(text)) => Some("it sets things up as only you know"),
        () if configures && before.of_a_script() => {
            Some("it installs a script that starts a service, of another package")
        }
        () if only_looks(text) => Some("it shows a person what is there"),
        () if ELSEWHERE.iter().any(|words| before.words.contains(words)) => {
            Some("it is for another prefix than /usr")
        }
        () => outside(text).or(match readers::of(page, before) {
            Readers::Others(why) if !asks_itself(text) && !leads_on(text) => Some(why),
            _ => None,
        }),
    }
}

/// Whether commands find out themselves for whom they are.
fn asks_itself(text: &str) -> bool {
    let parsed = parse(text, Dialect::Bash);
    let first = parsed.statements.first().and_then(|statement| statement.first.commands.first());
    match first {
        Some(Command::Compound(_)) => true,
        Some(Command::Simple(simple)) => simple.name().is_some_and(|name| name == "[" || name == "test"),
        _ => false,
    }
}

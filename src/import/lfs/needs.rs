//! Which packages need which: by the book's appendix, and by its order.

use std::collections::{BTreeMap, BTreeSet};

use super::section::Section;
use super::stage::Stage;
use crate::diag::Diagnostics;
use crate::import::Choice;
use crate::import::document::{Source, chosen, words};
use crate::import::reader::{Problem, Reader};
use crate::import::write::Depends;

/// The appendix of the book.
const APPENDIX: &str = "appendices/dependencies.xml";

/// What the appendix says of a package; names are as [`key`] makes them.
#[derive(Debug, Default)]
struct Entry {
    build: BTreeSet<String>,
    run: BTreeSet<String>,
    check: BTreeSet<String>,
    /// Packages that must come after this one.
    before: BTreeSet<String>,
}

/// The appendix by names.
#[derive(Debug, Default)]
pub(super) struct Appendix(BTreeMap<String, Entry>);

/// A package in the order of the book.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) stage: Stage,
    /// Whether it is built from a source; if not, it sets up or clears up what all share.
    pub(super) built: bool,
    /// Names that the appendix may have for it.
    keys: BTreeSet<String>,
}

impl Item {
    pub(super) fn new(name: String, stage: Stage, section: &Section) -> Self {
        let subject = section.subject();
        let product = section.product.as_ref().map(|product| product.name.as_str());
        let names = [Some(section.stem()), Some(subject.as_str()), product];
        let keys = names.into_iter().flatten().map(|name| key(without_pass(name))).collect();
        Self { name, stage, built: section.product.is_some(), keys }
    }
}

/// A name as it is compared: `xmlparser` of `XML::Parser` and of `xml-parser`.
fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '+').flat_map(char::to_lowercase).collect()
}

/// `gcc` of `gcc-pass1`, and `GCC` of `GCC - Pass 1`.
fn without_pass(name: &str) -> &str {
    let end = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
    let before = ["-pass", "- Pass"].iter().find_map(|pass| end.strip_suffix(pass));
    before.map_or(name, str::trim_end)
}

impl Appendix {
    /// Reads the appendix; an empty one where that fails.
    pub(super) fn read(choice: &Choice, reader: &mut Reader<'_>, told: &mut Diagnostics) -> Self {
        Self::entries(choice, reader).unwrap_or_else(|problem| {
            told.push(
                problem
                    .diagnostic("without it, packages declare no dependencies but those of the book's order"),
            );
            Self::default()
        })
    }

    fn entries(choice: &Choice, reader: &mut Reader<'_>) -> Result<Self, Problem> {
        let source = Source::read(APPENDIX, choice, reader)?;
        let tree = source.tree()?;
        let mut all = BTreeMap::<String, Entry>::new();
        let mut current = String::new();
        // What the book calls its lists; the entity's name stays when the words change.
        let titled =
            |title: &str, entity: &str| source.dtd.get(entity).is_some_and(|words| words.trim() == title);
        for node in tree.root_element().descendants() {
            if node.has_tag_name("bridgehead") {
                current = key(&words(node, choice.init));
            } else if node.has_tag_name("segmentedlist") {
                let title = chosen(node, "segtitle", choice.init).next().map(|node| words(node, choice.init));
                let title = title.unwrap_or_default();
                let entry = all.entry(current.clone()).or_default();
                let list = match () {
                    () if titled(&title, "dependencies") => &mut entry.build,
                    () if titled(&title, "runtime") => &mut entry.run,
                    () if titled(&title, "testsuites") => &mut entry.check,
                    () if titled(&title, "before") => &mut entry.before,
                    () => continue,
                };
                list.extend(chosen(node, "seg", choice.init).flat_map(|seg| names(&words(seg, choice.init))));
            }
        }
        Ok(Self(all))
    }

    fn of(&self, item: &Item) -> Option<&Entry> {
        item.keys.iter().find_map(|key| self.0.get(key))
    }

    /// What the package at `at` declares. It needs nothing that the book builds later: what that would be has been built
    /// in a stage before, on which this one lies.
    pub(super) fn depends(&self, items: &[Item], at: usize) -> Depends {
        let item = &items[at];
        let earlier = || items[..at].iter().filter(|other| other.stage == item.stage);
        let name = |other: &Item| other.name.clone();
        if item.stage == Stage::Cross || !item.built {
            // A compiler is made with the one before it; and what has no source works on all that is there.
            let last = earlier().next_back().filter(|_| item.stage == Stage::Cross);
            let run = last.map_or_else(|| earlier().map(name).collect(), |last| vec![last.name.clone()]);
            return Depends { run, ..Depends::default() };
        }
        let nothing = Entry::default();
        let entry = self.of(item).unwrap_or(&nothing);
        let listed = |list: &BTreeSet<String>, other: &Item| {
            other.built && other.keys.iter().any(|key| list.contains(key))
        };
        let after = |other: &Item| {
            self.of(other).is_some_and(|it| item.keys.iter().any(|key| it.before.contains(key)))
        };
        let mut depends = Depends::default();
        for other in earlier() {
            // Programs of the machine build what is built on it.
            let builds =
                item.stage.is_composed() && (listed(&entry.build, other) || (other.built && after(other)));
            if !other.built || listed(&entry.run, other) {
                depends.run.push(name(other));
            } else if builds {
                depends.build.push(name(other));
            } else if item.stage.is_composed() && listed(&entry.check, other) {
                depends.check.push(name(other));
            }
        }
        depends
    }
}

/// The names in a list such as `Bash, M4, and Sed`.
fn names(text: &str) -> Vec<String> {
    let parts =
        text.split([',', ';']).flat_map(|part| part.split(" and ")).flat_map(|part| part.split(" or "));
    let name = |part: &str| {
        let part = part.trim();
        let part = part.strip_prefix("and ").or_else(|| part.strip_prefix("or ")).unwrap_or(part);
        key(part.split('(').next().unwrap_or(part))
    };
    parts.map(name).filter(|name| !name.is_empty() && name != "none").collect()
}

//! The LFS book as specs: a stage a chapter.

mod materials;
mod needs;
mod parts;
mod section;
mod stage;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use self::needs::{Appendix, Item};
use self::section::{Product, Section};
use self::stage::Stage;
use super::archives::{Archives, Material, file_name};
use super::document::included;
use super::expand::UNKNOWN;
use super::phases::Phases;
use super::reader::Reader;
use super::write::{Content, Fetched};
use super::{Choice, Digests, Imported, Spec};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{Files, PackageName};

/// The chapters that build packages.
pub const CHAPTERS: RangeInclusive<u8> = 5..=8;
/// The section of chapter 4 without which chapter 5 has nothing to install into, and its name as a package.
const LAYOUT: (&str, &str) = ("chapter04/creatingminlayout.xml", "layout");

/// Why another user's identity is taken.
const TESTER: (&str, &str) = ("privilege-switch", "the book runs these tests as its user `tester`");

/// Makes specs of the LFS book's chapters, of [`CHAPTERS`]. `archives` gives the digests of a file that the book lists, if
/// there is that file.
pub fn lfs(
    book: &dyn Files,
    choice: &Choice,
    chapters: RangeInclusive<u8>,
    archives: &dyn Fn(&str) -> Option<Digests>,
) -> Imported {
    let mut import = Import {
        choice,
        chapters,
        archives: Archives::new(archives),
        reader: Reader::new(book),
        told: Diagnostics::default(),
        materials: BTreeMap::new(),
    };
    let specs = import.specs();
    Imported {
        sources: import.reader.sources,
        diagnostics: import.told.sorted(),
        specs,
        wanted: import.archives.wanted,
    }
}

struct Import<'a> {
    choice: &'a Choice,
    chapters: RangeInclusive<u8>,
    archives: Archives<'a>,
    reader: Reader<'a>,
    told: Diagnostics,
    materials: BTreeMap<String, Material>,
}

impl Import<'_> {
    fn specs(&mut self) -> Vec<Spec> {
        let sections = self.sections();
        self.materials = materials::materials(self.choice, &mut self.reader, &mut self.told);
        let appendix = Appendix::read(self.choice, &mut self.reader, &mut self.told);
        let mut items = Vec::new();
        let mut made = Vec::new();
        for section in &sections {
            let Some(stage) = Stage::of(section.chapter) else { continue };
            // What other chapters have is looked at for names and order alone.
            let chosen = self.chapters.contains(&section.chapter.max(*CHAPTERS.start()));
            let mut unheard = Diagnostics::default();
            let told = if chosen { &mut self.told } else { &mut unheard };
            let Some(phases) = section_phases(section, stage, &self.materials, told) else { continue };
            let Some(name) = name(section, stage, &items, told) else { continue };
            items.push(Item::new(name, stage, section));
            made.push((section, phases, chosen));
        }
        let mut specs = Vec::new();
        for (at, (section, phases, _)) in made.iter().enumerate().filter(|(_, (_, _, chosen))| *chosen) {
            specs.push(self.spec(section, phases, &items, at, &appendix));
        }
        specs
    }

    /// All sections of the chapters, in the order of the book. Of one that cannot be read it is told.
    fn sections(&mut self) -> Vec<Section> {
        let mut sections = Vec::new();
        let mut paths = vec![(LAYOUT.0.to_owned(), 4)];
        for chapter in CHAPTERS {
            match included(
                &format!("chapter{chapter:02}/chapter{chapter:02}.xml"),
                self.choice,
                &mut self.reader,
            ) {
                Ok(files) => paths.extend(files.into_iter().map(|(path, _)| (path, chapter))),
                Err(problem) => self.told.push(problem.diagnostic("its chapter is not imported")),
            }
        }
        for (path, chapter) in paths {
            match Section::read(&path, chapter, self.choice, &mut self.reader) {
                Ok(section) => sections.extend(section),
                Err(problem) => {
                    self.told.push(problem.diagnostic(&format!("nothing of `{path}` is imported")));
                }
            }
        }
        sections
    }

    fn spec(
        &mut self,
        section: &Section,
        phases: &Phases,
        items: &[Item],
        at: usize,
        appendix: &Appendix,
    ) -> Spec {
        let item = &items[at];
        let own = section.product.as_ref().map(|product| product.url.clone());
        let mut sources: Vec<_> =
            own.iter().map(|url| self.fetched(file_name(url), Some(url), section)).collect();
        sources.extend(phases.files.iter().map(|name| self.fetched(name, None, section)));
        let patches =
            phases.patches.iter().map(|(name, strip)| (self.fetched(name, None, section), *strip)).collect();
        let material = own.as_deref().and_then(|url| self.materials.get(file_name(url)));
        let content = Content {
            origin: format!("From the book: {}.", section.path),
            name: &item.name,
            version: section.product.as_ref().map_or(self.choice.version(), |product| &product.version),
            summary: format!("{} (LFS, chapter {})", section.subject(), section.chapter),
            homepage: material.and_then(|material| material.homepage.as_deref()),
            stage: item.stage.name(),
            unpacked: usize::from(section.product.is_some()),
            sources,
            loose: false,
            patches,
            depends: appendix.depends(items, at),
            env: BTreeMap::new(),
            phases,
            sbu: section.sbu,
            allow: phases.switches_user.then_some(TESTER).into_iter().collect(),
        };
        Spec { path: format!("{}/{}.yaml", item.stage.name(), item.name), text: content.spec() }
    }

    /// What is known of a file that a section needs.
    fn fetched(&mut self, file: &str, url: Option<&str>, section: &Section) -> Fetched {
        let mut material = self.materials.get(file).cloned().unwrap_or_default();
        if let Some(url) = url {
            url.clone_into(&mut material.url);
        }
        self.archives.fetched(&material, section.place, &mut self.told)
    }
}

/// The phases of a section, or nothing where it makes nothing.
fn section_phases(
    section: &Section,
    stage: Stage,
    materials: &BTreeMap<String, Material>,
    told: &mut Diagnostics,
) -> Option<Phases> {
    let left_out = |why: &str| {
        Diagnostic::note_level("book-left-out", format!("left out the section `{}`: {why}", section.title))
            .at(section.place, "")
    };
    let of_the_machine =
        |section: &Section| section.inputs.iter().any(|input| !input.aside && input.text().contains("$LFS"));
    if section.product.is_none() && stage.is_composed() && of_the_machine(section) {
        told.push(left_out("it prepares the machine for the change of root, which the runner does"));
        return None;
    }
    let named = |product: &Product| format!("{} {} {}", product.name, product.version, product.url);
    if section.product.as_ref().is_some_and(|product| named(product).contains(UNKNOWN)) {
        let message = "an entity in the name, version or address of this section is not declared";
        let diagnostic = Diagnostic::error("book-unreadable", message).at(section.place, "");
        told.push(diagnostic.help("this section is not imported"));
        return None;
    }
    let phases = parts::phases(section, materials, told);
    if phases.is_none() && section.product.is_none() && section.inputs.iter().all(|input| input.aside) {
        told.push(left_out("it has no commands that make files"));
    }
    phases
}

/// The name of a package: that of the book's file, and behind it that of the stage, if an earlier chapter has the name.
fn name(section: &Section, stage: Stage, items: &[Item], told: &mut Diagnostics) -> Option<String> {
    let stem = if section.path == LAYOUT.0 { LAYOUT.1.to_owned() } else { section.stem().to_lowercase() };
    let taken = |name: &str| items.iter().any(|item| item.name == name);
    let name = if taken(&stem) { format!("{stem}-{}", stage.name()) } else { stem };
    let message = match PackageName::new(name.as_str()) {
        Ok(_) if !taken(&name) => return Some(name),
        Ok(_) => format!("two sections are called `{name}`"),
        Err(expected) => format!("`{name}` is no name for a package: {expected}"),
    };
    told.push(
        Diagnostic::error("book-unreadable", message)
            .at(section.place, "")
            .help("this section is not imported"),
    );
    None
}

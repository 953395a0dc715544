//! A book's XML sources as specs.
//!
//! [`lfs`] is a function: the texts of a book go in, and specs and diagnostics with places in the book come out. It does not
//! know where the book lies, where the specs go, or what a file with a digest looks like; and it knows nothing of what a
//! command does, but for those that change the shell that they run in.

mod carry;
mod dtd;
mod expand;
mod materials;
mod needs;
mod options;
mod phases;
mod reader;
mod scan;
mod section;
mod shape;
mod stage;
mod write;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use self::dtd::Dtd;
use self::expand::UNKNOWN;
use self::materials::{Material, file_name};
use self::needs::{Appendix, Item};
use self::phases::Phases;
use self::reader::Reader;
use self::section::{Product, Section, included};
use self::stage::Stage;
use self::write::{Content, Fetched};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{Files, PackageName};
use crate::source::SourceMap;

/// The chapters that build packages.
pub const CHAPTERS: RangeInclusive<u8> = 5..=8;
/// The section of chapter 4 without which chapter 5 has nothing to install into, and its name as a package.
const LAYOUT: (&str, &str) = ("chapter04/creatingminlayout.xml", "layout");

/// The program that starts everything else, of which the book has two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Init {
    /// `SysVinit`.
    Sysv,
    /// systemd.
    Systemd,
}

impl Init {
    const ALL: [Self; 2] = [Self::Sysv, Self::Systemd];

    fn name(self) -> &'static str {
        match self {
            Self::Sysv => "sysv",
            Self::Systemd => "systemd",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|init| init.name() == name)
    }
}

/// Which book is made of the sources.
#[derive(Debug, Clone)]
pub struct Choice {
    /// For which init.
    pub init: Init,
    /// As which release, such as `12.3`; without one, as the sources are.
    pub release: Option<String>,
    /// Which chapters, of [`CHAPTERS`].
    pub chapters: RangeInclusive<u8>,
}

impl Choice {
    /// What is declared before the book's own entities.
    fn dtd(&self) -> Dtd {
        let mut dtd = Dtd::default();
        for init in Init::ALL {
            dtd.parameter(init.name(), if init == self.init { "INCLUDE" } else { "IGNORE" });
        }
        if let Some(release) = &self.release {
            for (name, value) in
                [("development", "IGNORE"), ("rc", "IGNORE"), ("release", "INCLUDE"), ("relnum", release)]
            {
                dtd.parameter(name, value);
            }
        }
        dtd
    }

    /// What the book's makefile would have declared, unless it has.
    fn complete(&self, dtd: &mut Dtd) {
        let version = dtd.get("generic-version").unwrap_or("development").to_owned();
        dtd.general("version", &version);
        dtd.general("releasedate", "");
        dtd.general("copyrightdate", "");
    }
}

/// The digests of a file, in hexadecimal digits.
#[derive(Debug, Clone)]
pub struct Digests {
    /// What a spec needs.
    pub sha256: String,
    /// What the book has.
    pub md5: String,
}

/// A spec that was made.
#[derive(Debug)]
pub struct Spec {
    /// Below the folder of specs.
    pub path: String,
    /// The YAML.
    pub text: String,
}

impl Spec {
    /// The spec that is there already with the digests that are known now, if nothing but digests sets them apart.
    pub fn filled(&self, there: &str) -> Option<String> {
        write::filled(there, &self.text)
    }
}

/// A file that specs need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where it is.
    pub url: String,
    /// Whether its SHA-256 digest is known: to those who were asked for it, or to the specs that are there.
    pub known: bool,
}

/// What became of a book.
#[derive(Debug)]
pub struct Imported {
    /// The book's files, for the places of the diagnostics.
    pub sources: SourceMap,
    /// What could not be imported, what was left out, and what needs a person.
    pub diagnostics: Diagnostics,
    /// In the order of the book.
    pub specs: Vec<Spec>,
    /// The files that they need, by their names.
    pub wanted: BTreeMap<String, Wanted>,
}

impl Imported {
    /// Notes which digests are known to the specs that are there, whoever wrote them into them: those that each of these has.
    pub fn learn<'a>(&mut self, specs: impl IntoIterator<Item = &'a str>) {
        let mut there = BTreeMap::new();
        for (url, known) in specs.into_iter().flat_map(write::addresses) {
            *there.entry(url).or_insert(true) &= known;
        }
        for wanted in self.wanted.values_mut() {
            wanted.known |= there.get(&wanted.url).is_some_and(|known| *known);
        }
    }
}

/// `lfsgen.yaml` of a project that a book becomes.
pub fn configuration(project: &str) -> String {
    write::configuration(project)
}

/// Makes specs of the LFS book. `archives` gives the digests of a file that the book lists, if there is that file.
pub fn lfs(book: &dyn Files, choice: &Choice, archives: &dyn Fn(&str) -> Option<Digests>) -> Imported {
    let mut import = Import {
        choice,
        archives,
        reader: Reader::new(book),
        told: Diagnostics::default(),
        materials: BTreeMap::new(),
        wanted: BTreeMap::new(),
        digests: BTreeMap::new(),
    };
    let specs = import.specs();
    Imported {
        sources: import.reader.sources,
        diagnostics: import.told.sorted(),
        specs,
        wanted: import.wanted,
    }
}

struct Import<'a> {
    choice: &'a Choice,
    archives: &'a dyn Fn(&str) -> Option<Digests>,
    reader: Reader<'a>,
    told: Diagnostics,
    materials: BTreeMap<String, Material>,
    wanted: BTreeMap<String, Wanted>,
    /// SHA-256 digests that were held against the book.
    digests: BTreeMap<String, Option<String>>,
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
            let chosen = self.choice.chapters.contains(&section.chapter.max(*CHAPTERS.start()));
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
        let release = self.choice.release.clone().unwrap_or_else(|| "development".to_owned());
        let mut sources: Vec<_> =
            own.iter().map(|url| self.fetched(file_name(url), Some(url), section)).collect();
        sources.extend(phases.files.iter().map(|name| self.fetched(name, None, section)));
        let patches =
            phases.patches.iter().map(|(name, strip)| (self.fetched(name, None, section), *strip)).collect();
        let material = own.as_deref().and_then(|url| self.materials.get(file_name(url)));
        let content = Content {
            origin: format!("From the book: {}.", section.path),
            name: &item.name,
            version: section.product.as_ref().map_or(&release, |product| &product.version),
            summary: format!("{} (LFS, chapter {})", section.subject(), section.chapter),
            homepage: material.and_then(|material| material.homepage.as_deref()),
            stage: item.stage,
            sources,
            patches,
            depends: appendix.depends(items, at),
            phases,
            sbu: section.sbu,
        };
        Spec { path: format!("{}/{}.yaml", item.stage.name(), item.name), text: content.spec() }
    }

    /// What is known of a file that a section needs.
    fn fetched(&mut self, file: &str, url: Option<&str>, section: &Section) -> Fetched {
        let material = self.materials.get(file).cloned().unwrap_or_default();
        let url = url.map_or_else(|| material.url.clone(), str::to_owned);
        if !self.digests.contains_key(file) {
            let digests = (self.archives)(file);
            let matches = |found: &Digests| material.md5.as_ref().is_none_or(|md5| *md5 == found.md5);
            if digests.as_ref().is_some_and(|found| !matches(found)) {
                let message = format!(
                    "the `{file}` that was given is not the file that the book means: its MD5 digest is another"
                );
                let diagnostic = Diagnostic::error("book-digest", message).at(section.place, "");
                self.told.push(diagnostic.help("fetch it again, and see where it comes from"));
            }
            let known = digests.filter(matches).map(|digests| digests.sha256);
            let wanted = Wanted { url: url.clone(), known: known.is_some() };
            self.wanted.insert(file.to_owned(), wanted);
            self.digests.insert(file.to_owned(), known);
        }
        let sha256 = self.digests.get(file).cloned().flatten();
        Fetched { url, md5: material.md5, sha256 }
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
    let phases = phases::phases(section, materials, told);
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

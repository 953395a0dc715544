//! Books' XML sources as specs.
//!
//! [`lfs`] and [`blfs`] are functions: the texts of a book go in, and specs and diagnostics with places in the book come out.
//! They do not know where the book lies, where the specs go, or what a file with a digest looks like; and they know nothing of
//! what a command does, but for those that change the shell that they run in or tell which phase they are.

mod archives;
mod blfs;
mod carry;
mod document;
mod dtd;
mod expand;
mod lfs;
mod options;
mod phases;
mod reader;
mod scan;
mod shape;
mod write;

use std::collections::BTreeMap;

pub use self::blfs::{BEYOND, Wish, blfs};
use self::dtd::Dtd;
pub use self::lfs::{CHAPTERS, lfs};
use crate::diag::Diagnostics;
use crate::source::SourceMap;

/// `lfsgen.yaml` of a project that the LFS book becomes.
pub fn lfs_project(name: &str) -> String {
    write::configuration(name, include_str!("lfs/lfsgen.yaml"))
}

/// `lfsgen.yaml` of a project that has packages of the BLFS book alone.
pub fn blfs_project(name: &str) -> String {
    write::configuration(name, include_str!("blfs/lfsgen.yaml"))
}

/// A stage for the packages of the BLFS book, for the `lfsgen.yaml` of any project: over the machine's own system, or over nothing but
/// the artifacts of other stages.
pub fn blfs_stage(name: &str, composed: bool, base: &[&str]) -> String {
    let project = if composed { include_str!("lfs/lfsgen.yaml") } else { include_str!("blfs/lfsgen.yaml") };
    let lines = project.lines().skip_while(|line| *line != "  blfs:").skip(1);
    let mut text = format!("  {name}:\n");
    for line in lines.filter(|line| !line.starts_with("    base:")) {
        text += &format!("{line}\n");
        if line.starts_with("    root:") {
            text += &format!("    base: [ {} ]\n", base.join(", "));
        }
    }
    text
}

/// The program that starts everything else, of which a book has two versions.
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

    /// The version of what has none of its own.
    fn version(&self) -> &str {
        self.release.as_deref().unwrap_or("development")
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

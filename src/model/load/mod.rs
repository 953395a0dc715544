//! From what was written to what it means.
//!
//! [`load`] is a function: it reads nothing but what it is given, and gives the same result in whatever order the specs come.

mod doubt;
mod family;
mod lower;
mod merge;
mod options;
mod package;
mod project;
mod sources;
mod unread;
mod usage;
mod values;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use rayon::prelude::*;

pub use options::Overrides;
pub use project::{DEFAULT_FETCHES, DEFAULT_OUTPUT, DEFAULT_STATE};
pub use sources::{ARCHIVES, SCHEMES};
pub use unread::{Unread, WhyUnread};
pub use values::{duration, size};
pub use variables::escaped;

use self::doubt::without_doubt;
use self::family::Index;
use self::lower::Lower;
use self::options::Settings;
use self::package::{Shared, package};
use self::usage::Usage;
use self::variables::Scope;
use super::{Arch, Broken, Package, PackageName, Project, RelPath};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{FileId, Place, SourceFile, SourceMap, Spanned};
use crate::spec::{Entry, Kind, Node, SpecDoc, entries, items, read_config, read_spec};

/// Files beside the specs, such as patches. The host's side implements it.
pub trait Files: Sync {
    /// The bytes of a file, by its path relative to the project's root.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
}

/// Everything that a project is made of.
pub struct Inputs<'a> {
    /// `lfsgen.yaml`: its name and its bytes.
    pub config: (String, Vec<u8>),
    /// The specs, by their paths relative to the project's root.
    pub specs: Vec<(String, Vec<u8>)>,
    /// What was looked for, or lies among the specs, and is none that could be read.
    pub unread: Vec<Unread>,
    /// Files beside the specs.
    pub files: &'a dyn Files,
    /// The architecture of the machine that lfsgen runs on: the one thing that the result may have from the host. It counts
    /// only where `lfsgen.yaml` has no `target: { arch: … }`.
    pub host_arch: Option<Arch>,
}

/// What became of the inputs.
#[derive(Debug)]
pub struct Loaded {
    /// Every file that was read.
    pub sources: SourceMap,
    /// The project; nothing where `lfsgen.yaml` makes no sense.
    pub project: Option<Project>,
    /// The packages that are well, by name.
    pub packages: Vec<Package>,
    /// The packages that are not. None of them is missing, and what each needs can be checked.
    pub broken: Vec<Broken>,
    /// What is wrong, by file and place.
    pub diagnostics: Diagnostics,
}

/// A spec that was read.
struct Spec<'a> {
    name: &'a str,
    file: Place,
    text: &'a str,
    tree: Option<Node>,
    diagnostics: Diagnostics,
}

/// Reads and settles a project.
pub fn load(inputs: &Inputs<'_>, overrides: &Overrides) -> Loaded {
    let mut sources = SourceMap::default();
    let mut diagnostics = Diagnostics::default();
    let config = add_file(&inputs.config.0, &inputs.config.1, &mut sources, &mut diagnostics);
    let mut files: Vec<_> = inputs.specs.iter().collect();
    files.sort();
    files.dedup_by(|a, b| a.0 == b.0);
    let spec_files: Vec<_> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), add_file(name, bytes, &mut sources, &mut diagnostics)))
        .collect();

    let config_tree = config.and_then(|file| {
        let (doc, found) = read_config(file, &sources.file(file).text);
        diagnostics.extend(found);
        doc.map(|doc| doc.0)
    });
    let settings = Settings::read(
        config_tree.as_ref().and_then(|tree| tree.get("options")),
        overrides,
        &mut sources,
        &mut diagnostics,
    );
    let mut lower = Lower::new(Scope::default());
    let mut project = config_tree.as_ref().and_then(|tree| {
        let start = tree.place.at_start();
        project::project(tree, start, inputs.host_arch, &settings, &mut lower)
    });
    diagnostics.extend(lower.diagnostics);
    let start = Place::new(config.unwrap_or(FileId(0)), 0..0);
    let unread = inputs.unread.iter();
    let unread: Vec<_> = unread
        .filter_map(|unread| unread.report(config_tree.as_ref(), start, &mut sources, &mut diagnostics))
        .collect();

    let mut specs: Vec<_> = spec_files.par_iter().map(|(name, file)| read(name, *file, &sources)).collect();
    let index = index(&specs, &mut diagnostics);
    let mut packages = Vec::new();
    let mut broken: Vec<_> = unread.iter().map(|name| Broken::named(name)).collect();
    if let Some(project) = &project {
        let shared = Shared {
            project,
            sources: &sources,
            arch: project.target.arch,
            scope: &lower.scope,
            settings: &settings,
            index: &index,
            files: inputs.files,
        };
        let lowered: Vec<_> = specs.par_iter().map(|spec| lower_spec(spec, &shared)).collect();
        for (package, found) in lowered {
            diagnostics.extend(found);
            match package {
                Ok(package) => packages.push(package),
                Err(known) => broken.push(*known),
            }
        }
    }
    if inputs.unread.is_empty() && specs.iter().all(|spec| spec.tree.is_some()) {
        settings.report_unknown(&declared_options(&index), &mut diagnostics);
        note_unread(config_tree.as_ref(), &index, project.as_mut(), &mut packages);
    }
    packages.sort_by(|a, b| a.name.value.cmp(&b.name.value).then(a.name.place.cmp(&b.name.place)));
    packages.dedup_by(|later, first| later.name.value == first.name.value);
    drop(index);
    specs.iter_mut().for_each(|spec| diagnostics.extend(std::mem::take(&mut spec.diagnostics)));
    // Trees are many small pieces, which take as long to give back as to read.
    specs.into_par_iter().for_each(drop);
    Loaded { sources, project, packages, broken, diagnostics: diagnostics.sorted() }
}

/// Notes which options and variables nothing reads.
fn note_unread(
    config: Option<&Node>,
    index: &Index<'_>,
    project: Option<&mut Project>,
    packages: &mut [Package],
) {
    let usage = Usage::new(config, index);
    for package in packages {
        let name = package.name.value.as_str();
        let spec = index.get(name).copied();
        package.unread_options = spec.map_or_else(Vec::new, |spec| usage.unread_options(name, spec));
    }
    if let (Some(project), Some(tree), false) = (project, config, index.is_empty()) {
        project.unread_variables = usage.unread_variables(tree);
    }
}

/// The folders in which a project's specs lie, for whoever collects the [`Inputs`]. What is wrong is left to [`load`] to say.
pub fn spec_folders(config: &[u8]) -> Vec<RelPath> {
    let text = String::from_utf8_lossy(config);
    let (doc, _) = read_config(FileId(0), &text);
    doc.map_or_else(Vec::new, |doc| project::spec_folders(&doc.0, &mut Lower::new(Scope::default())))
}

/// What is wrong with the folders that lfsgen writes to, in the text of a file, for whoever writes there before a project is loaded.
pub fn wrong_folders(file: FileId, config: &str) -> Diagnostics {
    let (doc, _) = read_config(file, config);
    let mut lower = Lower::new(Scope::default());
    if let Some(doc) = doc {
        // What is wrong with the folders of specs is of no matter to them.
        let specs = project::spec_folders(&doc.0, &mut Lower::new(Scope::default()));
        project::own_folders(&doc.0, &specs, &mut lower);
    }
    lower.diagnostics
}

/// The folders in which nobody's specs lie, as they are named: that of the generated files, and that of the state.
pub fn own_folders(config: &[u8]) -> [String; 2] {
    let text = String::from_utf8_lossy(config);
    let (doc, _) = read_config(FileId(0), &text);
    let named = |key: &str| Some(doc.as_ref()?.0.get(key)?.text()?.as_str().to_owned());
    [("output", DEFAULT_OUTPUT), ("state", DEFAULT_STATE)]
        .map(|(key, default)| named(key).unwrap_or_else(|| default.to_owned()))
}

/// Keeps a file's text. Nothing where it is no text; then there is an error.
fn add_file(
    name: &str,
    bytes: &[u8],
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<FileId> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Some(sources.add(SourceFile::new(name, text))),
        Err(error) => error,
    };
    let file = sources.add(SourceFile::new(name, String::from_utf8_lossy(bytes)));
    let at = error.valid_up_to();
    diagnostics.push(
        Diagnostic::error("not-text", "the file is not UTF-8 text")
            .at(Place::new(file, at..at + 1), format!("the byte 0x{:02x} here", bytes[at]))
            .help("save it as UTF-8, or convert it with `iconv -t UTF-8`"),
    );
    None
}

fn read<'a>(name: &'a str, file: Option<FileId>, sources: &'a SourceMap) -> Spec<'a> {
    let Some(id) = file else {
        return Spec {
            name,
            file: Place::new(FileId(0), 0..0),
            text: "",
            tree: None,
            diagnostics: Diagnostics::default(),
        };
    };
    let text = &sources.file(id).text;
    let (doc, mut diagnostics) = read_spec(id, text);
    let mut tree = doc.map(|SpecDoc(tree)| tree);
    tree.iter_mut().for_each(|tree| name_missing(tree, name, &mut diagnostics));
    Spec { name, file: Place::new(id, 0..text.len()), text, tree, diagnostics }
}

/// Reports a spec without a name. It is given an empty one, so that all else in it can be checked.
fn name_missing(tree: &mut Node, file_name: &str, diagnostics: &mut Diagnostics) {
    let start = tree.place.at_start();
    if tree.get("package").is_some() {
        return;
    }
    // By convention it is the file's, where a package may be called so.
    let name = Some(file_stem(file_name)).filter(|stem| PackageName::new(*stem).is_ok()).unwrap_or("NAME");
    diagnostics.push(
        Diagnostic::error("missing-key", "the key `package` is missing")
            .at(start, "in this spec")
            .help(format!("write `package: {name}` at the top")),
    );
    if let Kind::Map(entries) = &mut tree.kind {
        let key = Spanned::new("package".to_owned(), start);
        entries.push(Entry { key, value: Node { place: start, kind: Kind::Null } });
    }
}

impl Spec<'_> {
    /// The name of its package; of its file where the spec does not say. Where no sense could be made of the text, there may
    /// still be a line with the name.
    fn called(&self) -> Spanned<&str> {
        let start = self.file.at_start();
        match &self.tree {
            Some(tree) => tree.get("package").and_then(Node::spanned),
            None => self.text.lines().find_map(name_in).map(|name| Spanned::new(name, start)),
        }
        .unwrap_or_else(|| Spanned::new(file_stem(self.name), start))
    }
}

/// The name in a line `package: NAME`.
fn name_in(line: &str) -> Option<&str> {
    let value = line.strip_prefix("package:")?.split(" #").next()?;
    let name = value.trim().trim_matches(['"', '\'']);
    PackageName::new(name).is_ok().then_some(name)
}

fn file_stem(name: &str) -> &str {
    let base = name.rsplit('/').next().unwrap_or(name);
    base.strip_suffix(".yaml").or_else(|| base.strip_suffix(".yml")).unwrap_or(base)
}

/// The specs by the names of their packages; the first of those that share a name.
fn index<'a>(specs: &'a [Spec<'_>], diagnostics: &mut Diagnostics) -> Index<'a> {
    let mut index = Index::new();
    let mut places = BTreeMap::new();
    for tree in specs.iter().filter_map(|spec| spec.tree.as_ref()) {
        let Some(name) = tree.get("package").and_then(Node::spanned) else { continue };
        match places.get(name.value) {
            Some(first) => diagnostics.push(
                Diagnostic::error("duplicate-package", format!("there are two packages `{}`", name.value))
                    .at(name.place, "this one")
                    .related(*first, "and this one")
                    .help("give one of them another name; `extends:` lets them share text"),
            ),
            None => {
                places.insert(name.value, name.place);
                index.insert(name.value, tree);
            }
        }
    }
    index
}

fn lower_spec(spec: &Spec<'_>, shared: &Shared<'_>) -> (Result<Package, Box<Broken>>, Diagnostics) {
    let called = spec.called();
    let Some(tree) = &spec.tree else {
        return (Err(Box::new(Broken::named(called.value))), Diagnostics::default());
    };
    let (package, mut diagnostics) = package(tree, called, spec.file, shared);
    let well = |package: Package| match spec.diagnostics.has_errors() {
        true => Err(Box::new(Broken::from(package))),
        false => Ok(package),
    };
    let package = package.and_then(well).map_err(|mut broken| {
        let without = |errors| move |shell| without_doubt(shell, spec.text, tree, errors);
        broken.shell =
            broken.shell.take().and_then(without(&spec.diagnostics)).and_then(without(&diagnostics));
        broken
    });
    diagnostics.extend(wrong_elsewhere(spec, tree, shared));
    (package, diagnostics)
}

/// What is wrong with the `platform` entries for other architectures than that which is built for. Nobody would hear of it before
/// somebody builds for those.
fn wrong_elsewhere(spec: &Spec<'_>, tree: &Node, shared: &Shared<'_>) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    for entry in items(tree.get("platform")) {
        let Some(when) = entry.get("when") else { continue };
        let arches = items(when.get("arch")).iter();
        let arches: Vec<_> = arches.filter_map(|arch| Arch::named(arch.text()?.as_str())).collect();
        let Some(&arch) = arches.first().filter(|_| !arches.contains(&shared.arch)) else { continue };
        let (_, found) = package(tree, spec.called(), spec.file, &Shared { arch, ..*shared });
        // What is wrong with its condition is told already.
        let is_new = |place| entry.place.contains(place) && !when.place.contains(place);
        wrong.extend(
            found.into_iter().filter(|found| found.primary.as_ref().is_some_and(|label| is_new(label.place))),
        );
    }
    wrong
}

/// The names of the options that each package has, its own and those of the specs that it extends.
fn declared_options<'a>(index: &Index<'a>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let own = |tree: &'a Node| entries(tree.get("options")).iter().map(|entry| entry.key.value.as_str());
    let all = index.iter().map(|(name, tree)| {
        let inherited = family::bases(tree, index).flat_map(|(_, base)| own(base));
        (*name, own(tree).chain(inherited).collect())
    });
    all.collect()
}

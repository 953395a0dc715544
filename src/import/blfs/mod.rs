//! The BLFS book as specs: one stage, beyond the LFS book's.

mod accounts;
mod before;
mod lists;
mod machine;
mod meant;
mod needs;
mod page;
mod parts;
mod prose;
mod readers;
mod split;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use self::accounts::ACCOUNTS;
use self::lists::List;
use self::meant::{Meant, NETWORK};
use self::needs::Needs;
use self::page::Page;
use super::archives::{Archives, file_name};
use super::expand::UNKNOWN;
use super::phases::{Phases, choice};
use super::reader::Reader;
use super::write::{Content, Depends};
use super::{Choice, Digests, Imported, Spec};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{Files, PackageName, Phase};
use crate::suggest::did_you_mean;

/// The stage and the folder of the packages.
pub const BEYOND: &str = "blfs";
/// Environment variables that the book has its readers set before, and our values.
const SET: [(&str, &str); 11] = [
    ("XORG_PREFIX", "/usr"),
    ("XORG_CONFIG", "--prefix=/usr --sysconfdir=/etc --localstatedir=/var --disable-static"),
    ("KF6_PREFIX", "/usr"),
    ("KF5_PREFIX", "/usr"),
    ("QT5PREFIX", "/usr"),
    ("QT5DIR", "/usr"),
    ("QT6PREFIX", "/usr"),
    ("QT6DIR", "/usr"),
    ("TEXLIVE_PREFIX", "/opt/texlive"),
    ("TEXARCH", "%{arch}-linux"),
    ("LANG", "C.UTF-8"),
];

/// What is wanted of the book.
#[derive(Debug, Default)]
pub struct Wish {
    /// Packages, which come with what they need; all of the book if none is named.
    pub names: Vec<String>,
    /// The stage in which they build.
    pub stage: String,
    /// Names that packages of the project have already.
    pub taken: BTreeSet<String>,
}

/// Makes specs of the BLFS book. `archives` gives the digests of a file that the book lists, if there is that file.
///
/// # Errors
/// A package is wished for that the book does not have, and this says so.
pub fn blfs(
    book: &dyn Files,
    edition: &Choice,
    wish: &Wish,
    archives: &dyn Fn(&str) -> Option<Digests>,
) -> Result<Imported, String> {
    let mut reader = Reader::new(book);
    let mut told = Diagnostics::default();
    let mut pages = walk::pages(edition, &mut reader, &mut told);
    let packages = packages(&mut pages, wish);
    let needs = Needs::find(&pages, |at| packages.get(at).is_some_and(|package| package.made.is_some()));
    let wanted = needs.reach(wanted(&pages, wish)?);
    needs.tell(&pages, &wanted, &mut told);
    let mut writer = Writer { choice: edition, wish, archives: Archives::new(archives), told };
    let accounts = free(ACCOUNTS, wish);
    let mut contents = Vec::new();
    for (at, (page, package)) in pages.iter().zip(&packages).enumerate().filter(|(at, _)| wanted.contains(at))
    {
        package.told.iter().for_each(|diagnostic| writer.told.push(diagnostic.clone()));
        let Some(made) = &package.made else { continue };
        let users = (!made.accounts.is_empty()).then(|| accounts.clone());
        let run = needs.of(at).filter_map(|other| packages.get(other)).map(|other| other.name.clone());
        contents
            .push((page, writer.content(page, &package.name, made, users.into_iter().chain(run).collect())));
    }
    let needed = contents.iter().any(|(_, content)| content.depends.run.contains(&accounts));
    let mut specs: Vec<_> = needed.then(|| writer.accounts(&accounts, &packages)).into_iter().collect();
    specs.extend(writer.specs(contents));
    let Writer { archives, told, .. } = writer;
    Ok(Imported { sources: reader.sources, diagnostics: told.sorted(), specs, wanted: archives.wanted })
}

/// What a page becomes.
#[derive(Default)]
struct Package {
    name: String,
    made: Option<Made>,
    told: Diagnostics,
}

/// What is known of how a package is made.
struct Made {
    phases: Phases,
    /// Files that are fetched beside the package's own, or in its place.
    listed: Vec<String>,
    /// Commands that add the users and groups that it needs.
    accounts: Vec<String>,
}

fn packages(pages: &mut [Page], wish: &Wish) -> Vec<Package> {
    let mut names = BTreeSet::new();
    let package = |page: &mut Page| {
        let mut told = Diagnostics::default();
        let made = made(page, &mut told);
        let name = made.as_ref().and_then(|_| name(page, wish, &mut names, &mut told));
        Package { made: made.filter(|_| name.is_some()), name: name.unwrap_or_default(), told }
    };
    pages.iter_mut().map(package).collect()
}

/// How a page's package is made, or nothing where it is not one.
fn made(page: &mut Page, told: &mut Diagnostics) -> Option<Made> {
    if page.installations == 0 && page.downloads.own.is_none() {
        return None;
    }
    let list = List::find(page);
    let mut listed = Vec::new();
    if let Some(list) = &list {
        listed.extend(list.files.iter().map(|file| file_name(&file.url).to_owned()));
        page.downloads.list(&list.files);
    }
    let refuse = |why: &str| {
        let message = format!("`{}` is not imported: {why}", page.title);
        Diagnostic::warning("book-left-out", message)
            .at(page.place, "")
            .help("write a spec of it if you need it")
    };
    let named = page.downloads.own_file().filter(|file| !file.url.contains(UNKNOWN));
    if list.is_none() && named.is_none() {
        let why = match (&page.downloads.own, &page.downloads.elsewhere) {
            (Some(_), _) => "its address is that of no file",
            (None, Some(_)) => "its files are at no web server",
            (None, None) => "the page names no file to fetch",
        };
        told.push(refuse(why));
        return None;
    }
    let mut phases = parts::phases(page, list.as_ref(), told)?;
    if !phases.texts.contains_key(&Phase::Install) {
        told.push(refuse("the page shows no commands that install it"));
        return None;
    }
    let accounts = accounts::take(&mut phases);
    Some(Made { phases, listed, accounts })
}

/// The name of a package: that of the page, and behind it that of the book if the project has the name.
fn name(page: &Page, wish: &Wish, names: &mut BTreeSet<String>, told: &mut Diagnostics) -> Option<String> {
    let name = free(&page.id.to_lowercase(), wish);
    let message = match PackageName::new(name.as_str()) {
        Ok(_) if names.insert(name.clone()) => return Some(name),
        Ok(_) => format!("two pages are called `{name}`"),
        Err(expected) => format!("`{name}` is no name for a package: {expected}"),
    };
    let diagnostic = Diagnostic::error("book-unreadable", message).at(page.place, "");
    told.push(diagnostic.help("this page is not imported"));
    None
}

/// A name, and behind it that of the book if the project has it.
fn free(name: &str, wish: &Wish) -> String {
    if wish.taken.contains(name) { format!("{name}-{BEYOND}") } else { name.to_owned() }
}

/// The pages that are wished for.
fn wanted(pages: &[Page], wish: &Wish) -> Result<Vec<usize>, String> {
    if wish.names.is_empty() {
        return Ok((0..pages.len()).collect());
    }
    let find = |name: &String| {
        let found = pages.iter().position(|page| page.id.eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let near = did_you_mean(name, pages.iter().map(|page| page.id.as_str()));
            let near = near.map(|near| format!("; {near}")).unwrap_or_default();
            format!("the book has no package `{name}`{near}")
        })
    };
    wish.names.iter().map(find).collect()
}

/// Writes specs.
struct Writer<'a> {
    choice: &'a Choice,
    wish: &'a Wish,
    archives: Archives<'a>,
    told: Diagnostics,
}

impl<'a> Writer<'a> {
    /// What the spec of a page says.
    fn content(&mut self, page: &'a Page, name: &'a str, made: &'a Made, run: Vec<String>) -> Content<'a> {
        let phases = &made.phases;
        let mut fetched = |file: &str| {
            let material = page.downloads.all.get(file)?;
            Some(self.archives.fetched(material, page.place, &mut self.told))
        };
        let own = page.downloads.own_file().filter(|_| made.listed.is_empty()).map(|own| file_name(&own.url));
        let others = made.listed.iter().chain(&phases.files).map(String::as_str);
        let sources = own.into_iter().chain(others.filter(|file| own != Some(file)));
        let sources = sources.filter_map(&mut fetched).collect();
        let patches = phases.patches.iter();
        let patches = patches.filter_map(|(file, strip)| Some((fetched(file)?, *strip))).collect();
        let reads = |variable: &str| {
            let [plain, braced] = [format!("${variable}"), format!("${{{variable}")];
            phases.texts.values().flatten().any(|text| text.contains(&plain) || text.contains(&braced))
        };
        Content {
            origin: format!("From the book: {}.", page.path),
            name,
            version: page.version().unwrap_or(self.choice.version()),
            summary: format!("{} (BLFS)", page.subject()),
            homepage: None,
            stage: &self.wish.stage,
            unpacked: usize::from(own.is_some()),
            sources,
            loose: page.loose && own.is_some(),
            patches,
            depends: Depends { run, ..Depends::default() },
            env: SET.iter().copied().filter(|(name, _)| reads(name)).collect::<BTreeMap<_, _>>(),
            phases,
            sbu: page.sbu,
            allow: Vec::new(),
        }
    }

    /// The spec of the package that has all users and groups: those of the whole book, so that nothing changes with what is imported.
    fn accounts(&self, name: &str, packages: &[Package]) -> Spec {
        let texts = packages.iter().filter_map(|package| {
            let made = package.made.as_ref().filter(|made| !made.accounts.is_empty())?;
            Some(format!("# {}\n{}", package.name, made.accounts.join("\n")))
        });
        let phases = Phases { texts: [(Phase::Install, texts.collect())].into(), ..Phases::default() };
        let content = Content {
            origin: "From the book: the users and groups of all its packages.".to_owned(),
            name,
            version: self.choice.version(),
            summary: "Users and groups (BLFS)".to_owned(),
            homepage: None,
            stage: &self.wish.stage,
            sources: Vec::new(),
            unpacked: 0,
            loose: false,
            patches: Vec::new(),
            depends: Depends::default(),
            env: BTreeMap::new(),
            phases: &phases,
            sbu: None,
            allow: vec![("account-change", "this is the package that has them all")],
        };
        Spec { path: format!("{BEYOND}/{name}.yaml"), text: content.spec() }
    }

    /// The specs, each with the exceptions that it needs, of which it is told.
    fn specs(&mut self, mut contents: Vec<(&Page, Content<'_>)>) -> Vec<Spec> {
        let spec = |content: &Content<'_>| Spec {
            path: format!("{BEYOND}/{}.yaml", content.name),
            text: content.spec(),
        };
        let mut specs: Vec<_> = contents.iter().map(|(_, content)| spec(content)).collect();
        for (at, meant) in meant::findings(&specs) {
            let (Some((page, content)), Some(there)) = (contents.get_mut(at), specs.get_mut(at)) else {
                continue;
            };
            content.allow.push((meant.rule, meant.reason));
            *there = spec(content);
            self.tell(page, content.name, meant);
        }
        for (page, content) in contents.iter().filter(|(page, _)| page.online) {
            if content.allow.iter().all(|(rule, _)| *rule != NETWORK.rule) {
                self.tell(page, content.name, &NETWORK);
            }
        }
        specs
    }

    fn tell(&mut self, page: &Page, name: &str, meant: &Meant) {
        let message = format!("`{name}` {}", meant.told);
        self.told.push(choice(page.place, message, meant.help));
    }
}

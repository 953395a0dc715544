//! What sentences of a page say: of other pages, of files, and which commands to test with.

use roxmltree::Node;

use super::page::{Named, Need, Page, Said};
use crate::import::Init;
use crate::import::archives::{file_name, md5};
use crate::import::document::{Source, is_chosen, pieces, sbu, words};

/// What the book says of an archive that does not unpack to one directory.
pub(super) const LOOSE: &str = "create a directory and change to that directory before";
/// What the book says of a package that cannot be built without the network.
pub(super) const ONLINE: &str = "Internet connection is needed for building";
/// What the book calls lists of other packages.
const LISTS: [&str; 3] = ["required", "recommended", "runtime"];

/// What it calls a list of packages that are used where they are there.
const OFFERS: &str = "optional";

/// A paragraph.
pub(super) struct Prose {
    pub(super) words: String,
    pub(super) commands: Vec<Said>,
    pub(super) named: Vec<Named>,
    pub(super) links: Vec<String>,
    /// What the package needs, if it is a list of that.
    pub(super) needs: Option<Vec<Need>>,
    /// Whether it is a list of what the package can use as well.
    pub(super) offers: bool,
}

impl Prose {
    pub(super) fn read(node: Node<'_, '_>, source: &Source, init: Init) -> Self {
        // A paragraph may have lines of commands in it, which speak for themselves.
        let is_here = |one: &Node<'_, '_>| {
            let inside = one.ancestors().take_while(|it| *it != node);
            is_chosen(*one, init) && inside.into_iter().all(|it| !it.has_tag_name("screen"))
        };
        let all =
            |name: &'static str| node.descendants().filter(move |one| one.has_tag_name(name)).filter(is_here);
        let before = |one: Node<'_, '_>| {
            let before = node.descendants().filter(is_here);
            let before = before.filter(|text| text.is_text() && text.range().start < one.range().start);
            let before: String = before.filter_map(|text| text.text()).collect();
            before.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let said = |one: Node<'_, '_>| Said { before: before(one), pieces: pieces(one, init) };
        let page = |one: Node<'_, '_>| {
            let name = one.attribute("linkend")?.trim().to_owned();
            Some(Named { name, refers: true, at: before(one).len() })
        };
        let program = |one| Named { name: words(one, init), refers: false, at: before(one).len() };
        let role = node.attribute("role").map(str::to_lowercase);
        let list = role.as_deref().filter(|role| LISTS.contains(role));
        let links = all("ulink").filter_map(|one| one.attribute("url"));
        Self {
            words: words(node, init),
            commands: all("command").map(said).collect(),
            named: all("xref").filter_map(page).chain(all("application").map(program)).collect(),
            links: links.map(|url| url.trim().to_owned()).collect(),
            needs: list.map(|list| needs(all("xref"), list, source)),
            offers: role.as_deref() == Some(OFFERS),
        }
    }
}

/// What a list of packages names.
fn needs<'a, 'input: 'a>(
    refs: impl Iterator<Item = Node<'a, 'input>>,
    list: &str,
    source: &Source,
) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut last = None;
    for one in refs.filter(|one| one.attribute("role") != Some("nodep")) {
        let before = last.replace(one);
        let Some(id) = one.attribute("linkend") else { continue };
        needs.push(Need {
            id: id.to_owned(),
            place: source.place(one),
            required: list == "required",
            runtime: list == "runtime" || one.attribute("role") == Some("runtime"),
            instead: before.is_some_and(|before| or_between(before, one)),
        });
    }
    needs
}

/// Whether one of two stands for the other: `a or b`.
fn or_between(one: Node<'_, '_>, other: Node<'_, '_>) -> bool {
    let from = one.range().end;
    let parts = one.document().root().descendants().filter(|node| {
        node.is_text() && node.range().start >= from && node.range().end <= other.range().start
    });
    let text: String = parts.filter_map(|node| node.text()).collect();
    text.trim_matches(|c: char| c.is_whitespace() || ",(".contains(c)) == "or"
}

/// What a sentence of the first part says of the files to fetch.
pub(super) fn said_of_files(said: &str, links: &[String], page: &mut Page) {
    let file = links.iter().find(|url| !url.is_empty());
    if let Some(digest) = said.split("MD5 sum:").nth(1) {
        page.downloads.digest(md5(digest.trim()));
    } else if said.starts_with("Download (HTTP)") {
        if let Some(url) = file {
            page.downloads.add(url, true);
        }
    } else if said.starts_with("Download (FTP)") {
        page.downloads.elsewhere = page.downloads.elsewhere.take().or(file.cloned());
    } else if said.starts_with("Estimated build time") {
        page.sbu = page.sbu.or_else(|| sbu(said.split(':').nth(1).unwrap_or_default()));
    } else {
        let is_file = |url: &&String| {
            let name = file_name(url);
            name.contains('.') && url.matches('/').count() > 3 && !name.contains(".htm")
        };
        links.iter().filter(is_file).for_each(|url| page.downloads.add(url, false));
    }
}

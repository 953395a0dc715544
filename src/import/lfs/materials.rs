//! The files that the book has its readers fetch (chapter 3), with what it says of them.

use std::collections::BTreeMap;

use crate::diag::Diagnostics;
use crate::import::Choice;
use crate::import::archives::{Material, file_name, md5};
use crate::import::document::{Source, chosen, words};
use crate::import::reader::{Problem, Reader};

/// The lists of the book.
const LISTS: [&str; 2] = ["chapter03/packages.xml", "chapter03/patches.xml"];

/// The files of the book by their names.
pub(super) fn materials(
    choice: &Choice,
    reader: &mut Reader<'_>,
    told: &mut Diagnostics,
) -> BTreeMap<String, Material> {
    let mut materials = BTreeMap::new();
    for path in LISTS {
        if let Err(problem) = list(path, choice, reader, &mut materials) {
            told.push(problem.diagnostic("without it, sources have no MD5 digest and patches no address"));
        }
    }
    materials
}

fn list(
    path: &str,
    choice: &Choice,
    reader: &mut Reader<'_>,
    materials: &mut BTreeMap<String, Material>,
) -> Result<(), Problem> {
    let source = Source::read(path, choice, reader)?;
    let tree = source.tree()?;
    for entry in chosen(tree.root_element(), "varlistentry", choice.init) {
        let (mut homepage, mut file) = (None, None);
        for para in chosen(entry, "para", choice.init) {
            let link =
                chosen(para, "ulink", choice.init).find_map(|link| link.attribute("url")).map(str::trim);
            let said = words(para, choice.init);
            if said.starts_with("Home page") {
                homepage = link.filter(|link| !link.is_empty()).map(str::to_owned);
            } else if let Some(url) = link.filter(|_| said.starts_with("Download")) {
                let name = file_name(url).to_owned();
                materials.insert(
                    name.clone(),
                    Material { url: url.to_owned(), md5: None, homepage: homepage.clone() },
                );
                file = Some(name);
            } else if let Some(digest) = said.strip_prefix("MD5 sum:").map(str::trim)
                && let Some(material) = file.as_ref().and_then(|name| materials.get_mut(name))
            {
                material.md5 = md5(digest);
            }
        }
    }
    Ok(())
}

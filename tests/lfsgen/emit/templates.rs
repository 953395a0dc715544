//! The templates, and what `docs/templates.md` says of them.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::root;

/// Every file below a folder, with its path from there.
fn files(folder: &Path, below: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, below, found);
        } else {
            let name = path.strip_prefix(below).unwrap().to_str().unwrap().to_owned();
            found.push((name, std::fs::read_to_string(path).unwrap()));
        }
    }
}

#[test]
fn every_value_that_is_not_escaped_is_listed_with_its_reason() {
    let folder = root().join("templates");
    let mut templates = Vec::new();
    files(&folder, &folder, &mut templates);
    let safe = regex::Regex::new(r"\{\{-?\s*([^{}|]+?)\s*\|\s*safe\s*-?\}\}").unwrap();
    let (mut used, mut marks) = (BTreeSet::new(), 0);
    for (name, text) in &templates {
        marks += text.matches("safe").count();
        used.extend(safe.captures_iter(text).map(|found| (name.clone(), found[1].to_owned())));
    }
    let found: usize = templates.iter().map(|(_, text)| safe.find_iter(text).count()).sum();
    assert_eq!(found, marks, "a use of `safe` is written in a way that this test does not read");

    let page = std::fs::read_to_string(root().join("docs/templates.md")).unwrap();
    let row = regex::Regex::new(r"(?m)^\| `([^`]+)` \| `([^`]+)` \| (.+) \|$").unwrap();
    let section = page.split("`|safe` writes").nth(1).unwrap();
    let listed: BTreeSet<_> =
        row.captures_iter(section).map(|found| (found[1].to_owned(), found[2].to_owned())).collect();
    assert_eq!(used, listed);
}

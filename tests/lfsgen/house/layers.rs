//! What may use what, and how big a file may be.

use std::path::Path;

use super::{text, texts};

/// Modules that stand beside each other: none of them knows another.
const APART: [&str; 3] = ["fetch", "sandbox", "store"];

/// The module of the first level that a file belongs to.
fn module(path: &Path) -> Option<String> {
    let mut parts = path.strip_prefix("src").ok()?.components();
    let first = parts.next()?.as_os_str().to_str()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

/// Every `crate::module` in a text, with its line.
fn uses(text: &str) -> Vec<(usize, &str)> {
    let pattern = regex::Regex::new(r"\bcrate::([a-z_]+)").unwrap();
    let in_line = |(at, line)| {
        let found = pattern.captures_iter(line).filter_map(|found| found.get(1));
        found.map(|name| (at + 1, name.as_str())).collect::<Vec<_>>()
    };
    text.lines().enumerate().flat_map(in_line).collect()
}

#[test]
fn a_module_uses_only_what_stands_above_it() {
    let library = text("src/lib.rs");
    let order: Vec<_> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(order.len() > 10, "{order:?}");
    let place = |name: &str| order.iter().position(|module| *module == name);
    let mut wrong = Vec::new();
    for (path, text) in texts("rs") {
        let Some(module) = module(&path) else { continue };
        let Some(here) = place(&module) else { continue };
        for (line, used) in uses(&text) {
            let below = place(used).is_some_and(|there| there > here);
            let beside = used != module && APART.contains(&used) && APART.contains(&module.as_str());
            if below || beside {
                wrong.push(format!("{}:{line}: `{module}` may not use `{used}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_path_of_the_state_directory_is_joined_outside_of_the_layout() {
    let joined = regex::Regex::new(r#"\blayout(?:\(\))?\s*\.\w+\([^()]*\)\s*\.join\([^)]"#).unwrap();
    let mut wrong = Vec::new();
    for (path, text) in texts("rs").into_iter().filter(|(path, _)| path.starts_with("src")) {
        let text = text.split("#[cfg(test)]").next().unwrap();
        let is_inside = |found: &regex::Match<'_>| {
            // What a provider keeps is its own; and `.` is to see whether one may enter.
            found.as_str().contains("provider(") || text[found.end() - 1..].starts_with("\".\")")
        };
        let found = joined.find_iter(text).filter(|found| !is_inside(found));
        wrong.extend(found.map(|found| format!("{}: {}", path.display(), found.as_str())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_small() {
    let sizes: Vec<_> = texts("rs").iter().map(|(path, text)| (text.lines().count(), path.clone())).collect();
    let big: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > 600).collect();
    assert!(big.is_empty(), "longer than 600 lines: {big:?}");
    let middling = sizes.iter().filter(|(lines, _)| *lines > 300).count();
    assert!(middling * 10 <= sizes.len(), "{middling} of {} files are longer than 300 lines", sizes.len());
}

//! The documents: their links lead somewhere, and the commands in them exist.

use std::collections::BTreeSet;
use std::path::Path;

use super::{commands, text, texts};
use crate::support::root;

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let pattern = regex::Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut broken = Vec::new();
    for (path, text) in texts("md") {
        let folder = root().join(path.parent().unwrap_or(Path::new("")));
        for found in pattern.captures_iter(&parted(&text).0) {
            let link = &found[1];
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let target = if file.is_empty() { root().join(&path) } else { folder.join(file) };
            let leads = target.exists() && (heading.is_empty() || headings(&target).contains(heading));
            if !leads {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// A text's lines outside of code, where brackets are no links, and its code: whole lines, and words in backticks.
fn parted(text: &str) -> (String, Vec<&str>) {
    let (mut fenced, mut outside, mut code) = (false, String::new(), Vec::new());
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            code.push(line);
        } else {
            for (at, part) in line.split('`').enumerate() {
                if at % 2 == 1 { code.push(part) } else { outside.push_str(part) }
            }
            outside.push('\n');
        }
    }
    (outside, code)
}

/// What a heading is called in a link: in lower case, with `-` for spaces, and without other signs.
fn headings(path: &Path) -> BTreeSet<String> {
    let heading = |line: &str| {
        let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        Some(kept.collect::<String>().replace(' ', "-"))
    };
    text(path).lines().filter_map(heading).collect()
}

#[test]
fn every_command_has_its_place_in_the_documents() {
    let page = text("docs/commands.md");
    let missing: Vec<_> = commands()
        .into_iter()
        .filter(|name| *name != "help" && !page.contains(&format!("\n## {name}")))
        .collect();
    assert!(missing.is_empty(), "docs/commands.md says nothing of {missing:?}");
}

#[test]
fn every_command_in_the_documents_exists() {
    let known = commands();
    let script = text("x");
    let pattern = regex::Regex::new(r"^\s*(?:\$ )?(lfsgen|\./x) ([a-z][a-z-]*)").unwrap();
    let in_script = |name: &str| script.contains(&format!("\n#   ./x {name} "));
    let mut unknown = Vec::new();
    let mut seen = 0;
    for (path, text) in texts("md") {
        for found in parted(&text).1.into_iter().filter_map(|code| pattern.captures(code)) {
            let name = &found[2];
            seen += 1;
            if !(if &found[1] == "lfsgen" {
                known.iter().any(|command| command == name)
            } else {
                in_script(name)
            }) {
                unknown.push(format!("{}: {}", path.display(), &found[0]));
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    assert!(seen > 20, "only {seen} commands were found");
}

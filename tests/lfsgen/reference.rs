//! The reference pages have a table for each table of keys. This writes and compares them.

use std::fmt::Write as _;

use lfsgen::spec::{Shape, Table, keys};

use crate::support;

/// Set it to write the tables into the pages instead of comparing them.
const UPDATE: &str = "UPDATE_REFERENCE";

#[test]
fn the_spec_reference_has_every_key_as_the_tables_have_it() {
    check("docs/spec-reference.md", &keys::SPEC);
}

#[test]
fn the_configuration_guide_has_every_key_as_the_tables_have_it() {
    check("docs/configuration.md", &keys::CONFIG);
}

fn check(page: &str, root: &'static Table) {
    let path = support::root().join(page);
    let written = std::fs::read_to_string(&path).unwrap();
    let expected = with_tables(&written, root);
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, expected).unwrap();
    } else {
        assert!(written == expected, "{page} is not what the tables say: run the tests once with {UPDATE}=1");
    }
}

/// The page with the table of keys after each mark `<!-- keys: NAME -->`.
fn with_tables(page: &str, root: &'static Table) -> String {
    let mut tables = Vec::new();
    collect(root, &mut tables);
    let mut text = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        text.push_str(line);
        text.push('\n');
        let Some(name) = line.strip_prefix("<!-- keys: ").and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        while lines.next_if(|line| line.starts_with('|')).is_some() {}
        let at = tables.iter().position(|table| table.name == name);
        let table =
            tables.remove(at.unwrap_or_else(|| panic!("there is no table `{name}`, or it is there twice")));
        text.push_str(&rendered(table));
    }
    let rest: Vec<_> = tables.iter().map(|table| table.name).collect();
    assert_eq!(rest, [""; 0], "the page has no place for these tables: write `<!-- keys: NAME -->`");
    text
}

/// Every table once, by name.
fn collect(table: &'static Table, into: &mut Vec<&'static Table>) {
    if into.iter().any(|there| there.name == table.name) {
        return;
    }
    into.push(table);
    table.keys.iter().filter_map(|key| key.shape.table()).for_each(|below| collect(below, into));
}

fn rendered(table: &Table) -> String {
    let mut text = "| key | value | |\n|---|---|---|\n".to_owned();
    for key in table.keys {
        let required = if key.required { " **Required.**" } else { "" };
        let value = value(&key.shape).replace('|', "\\|");
        writeln!(text, "| `{}` | {value} | {}{required} |", key.name, key.doc).unwrap();
    }
    text
}

fn value(shape: &Shape) -> String {
    match shape {
        Shape::Table(_) => "a mapping".to_owned(),
        Shape::TableOrText(..) => "text, or a mapping".to_owned(),
        Shape::List(Shape::Table(_)) => "a list of mappings".to_owned(),
        Shape::List(item) => format!("a list: {}", value(item)),
        Shape::Named(names, item) => format!("a mapping from {names}: {}", value(item)),
        Shape::Word(words) => {
            let words: Vec<_> = words.iter().map(|word| format!("`{}`: {}", word.name, word.doc)).collect();
            words.join("<br>")
        }
        other => other.expected(),
    }
}

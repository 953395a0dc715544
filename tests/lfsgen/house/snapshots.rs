//! Snapshots that no test compares any more.

use std::collections::BTreeSet;

use super::{texts, tracked};

/// What a snapshot's name may hold where a test writes `{…}`: the name of a case, or a word of a table.
fn holes() -> BTreeSet<String> {
    let cases = tracked().into_iter().filter_map(|path| {
        let below = path.strip_prefix("tests/cases").ok()?;
        let case = below.components().nth(1)?.as_os_str().to_str()?.to_owned();
        Some(case.split('.').next()?.to_owned())
    });
    let pictures = lfsgen::report::picture::FORMATS.iter().map(|format| format.name);
    let findings = lfsgen::render::FORMATS.iter().map(|format| format.name);
    cases.chain(pictures.chain(findings).map(str::to_owned)).collect()
}

#[test]
fn every_snapshot_is_compared_by_a_test() {
    let pattern = regex::Regex::new(r#""([A-Za-z0-9_.{}-]+)""#).unwrap();
    let sources = texts("rs");
    let literals: BTreeSet<String> = sources
        .iter()
        .flat_map(|(_, text)| pattern.captures_iter(text).map(|found| found[1].to_owned()))
        .collect();
    let holes = holes();
    let compared = |name: &str| {
        literals.iter().any(|literal| match literal.split_once('{') {
            None => literal == name,
            Some(("", _)) => false,
            Some((start, _)) => name
                .strip_prefix(start)
                .and_then(|rest| rest.split('.').next())
                .is_some_and(|hole| holes.contains(hole)),
        })
    };
    let names = tracked().into_iter().filter(|path| path.starts_with("snapshots"));
    let names: Vec<_> = names.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let orphans: Vec<_> = names.iter().filter(|name| !compared(name.trim_end_matches(".snap"))).collect();
    assert!(orphans.is_empty(), "no test compares {orphans:?}");
    assert!(
        names.len() > 10 && !compared(&["report-a-case", "-that-is-gone"].concat()),
        "this finds every name"
    );
}

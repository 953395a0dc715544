//! Whatever is in a file: no panic, and every place lies inside of the text.

use std::io;

use lfsgen::diag::Diagnostic;
use lfsgen::model::{Arch, Files, Inputs, Loaded, Overrides, Package, load};
use lfsgen::render;
use lfsgen::source::{Place, SourceMap, Text};
use proptest::prelude::*;

use crate::support;

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn loaded(config: &[u8], spec: &[u8], overrides: &[String]) -> Loaded {
    let inputs = Inputs {
        config: ("lfsgen.yaml".to_owned(), config.to_vec()),
        specs: vec![("specs/a.yaml".to_owned(), spec.to_vec())],
        unread: Vec::new(),
        files: &NoFiles,
        host_arch: Some(Arch::X86_64),
    };
    load(&inputs, &Overrides(overrides.to_vec()))
}

/// Looks at every place there is.
fn check(loaded: &Loaded) {
    for diagnostic in &loaded.diagnostics {
        let Diagnostic { primary, related, .. } = diagnostic;
        primary.iter().chain(related).for_each(|label| check_place(&loaded.sources, label.place));
        assert!(!render::human(&loaded.sources, diagnostic, render::Style::PLAIN).is_empty());
    }
    loaded.packages.iter().flat_map(texts).for_each(|text| check_text(&loaded.sources, text));
}

fn texts(package: &Package) -> Vec<&Text> {
    let phases =
        package.phases.values().flat_map(|phase| [&phase.replace, &phase.before, &phase.after]).flatten();
    let words = [&package.build.configure, &package.build.make, &package.build.install].into_iter().flatten();
    let urls = package.sources.iter().map(|source| &source.url.text);
    phases.chain(words).chain(urls).chain(package.build.env.values()).chain(&package.summary).collect()
}

fn check_text(sources: &SourceMap, text: &Text) {
    check_place(sources, text.place());
    for (at, c) in text.as_str().char_indices() {
        check_place(sources, text.place_of(at..at + c.len_utf8()));
    }
    check_place(sources, text.place_of(0..text.as_str().len()));
}

fn check_place(sources: &SourceMap, place: Place) {
    let text = &sources.file(place.file).text;
    // A byte that is no UTF-8 is shown in a text where it was replaced, so that place is only near.
    let is_inside = text.get(place.range()).is_some() || text.contains('\u{fffd}');
    assert!(is_inside, "{place:?} in {text:?}");
}

/// The spec with every key, to be spoiled.
fn whole_spec() -> String {
    std::fs::read_to_string(support::root().join("tests/cases/specs/every-key/specs/zlib.yaml")).unwrap()
}

/// Pieces that mean something to YAML or to us.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "package: ",
        "a",
        "version: ",
        "1.0",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        ": ",
        "|\n  ",
        ">-\n  ",
        "|2+\n",
        "\"",
        "'",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&a ",
        "*a",
        "%{",
        "%%{",
        "version}",
        "jobs}",
        "é",
        "\u{1f427}",
        "\t",
        "\r\n",
        "#",
        "!!str ",
        "---",
        "...",
        "<<: ",
        "? ",
        "phases:",
        "build:",
        "sources:",
        "url: ",
        "https://x/y.tar.gz",
        "extends: ",
        "options:",
        "platform:",
        "when: ",
        "~",
        "\\x41",
        "\u{feff}",
        "\u{2028}",
        "\u{85}",
        "env: ",
        "install: ",
        "true",
        "0",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(config in prop::collection::vec(any::<u8>(), 0..200), spec in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&loaded(&config, b"package: a\nversion: 1\n", &[]));
        check(&loaded(b"project: x\n", &spec, &[]));
    }

    #[test]
    fn anything_like_yaml_is_read_without_a_panic(config in pieces(), spec in pieces(), option in ".{0,12}") {
        check(&loaded(config.as_bytes(), spec.as_bytes(), std::slice::from_ref(&option)));
        check(&loaded(b"project: x\n", format!("package: a\nversion: 1\n{spec}").as_bytes(), &[option]));
    }

    #[test]
    fn a_spoiled_spec_is_read_without_a_panic(from in 0..2500_usize, length in 0..40_usize, piece in pieces()) {
        let whole = whole_spec();
        let from = whole.floor_char_boundary(from.min(whole.len()));
        let to = whole.ceil_char_boundary((from + length).min(whole.len()));
        let spoiled = format!("{}{piece}{}", &whole[..from], &whole[to..]);
        check(&loaded(b"project: x\nstages: { system: {} }\nvariables: { prefix: /usr, libdir: /l }\n", spoiled.as_bytes(), &[]));
    }

    #[test]
    fn every_text_in_a_literal_block_points_at_its_own_bytes(lines in prop::collection::vec("[ -~éü]{0,20}", 1..12), extra in 0..4_usize) {
        let indent = " ".repeat(4 + extra);
        let body: String = lines.iter().map(|line| format!("{indent}x{line}\n")).collect();
        let spec = format!("package: a\nversion: 1\nphases:\n  build: |\n{}", body.replace('%', "@"));
        let loaded = loaded(b"project: x\n", spec.as_bytes(), &[]);
        prop_assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        let text = loaded.packages[0].phases[&lfsgen::model::Phase::Build].replace.clone().unwrap();
        for (at, c) in text.as_str().char_indices() {
            let place = text.place_of(at..at + c.len_utf8());
            prop_assert_eq!(&spec[place.range()], c.to_string());
        }
    }
}

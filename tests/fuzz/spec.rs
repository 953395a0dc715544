//! Any bytes as a spec or, after a first byte `c`, as `lfsgen.yaml`: read, linted, planned, generated and told, in memory.
#![no_main]

use lfsgen::compile::{Settings, check, compile};
use lfsgen::diag::Persona;
use lfsgen::model::{Arch, Files, Inputs, LintChoice, Overrides};
use lfsgen::render::{FORMATS, Style, View};
use libfuzzer_sys::fuzz_target;

/// There is no other file.
struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// A spec for what the configuration says to be of use to.
const SPEC: &[u8] =
    b"package: a\nversion: '1'\nbuild: { system: make }\nphases: { check: make check && true }\n";

fuzz_target!(|bytes: &[u8]| {
    let (config, spec) = match bytes.split_first() {
        Some((b'c', config)) => (config, SPEC),
        _ => (b"project: x\n".as_slice(), bytes),
    };
    let inputs = Inputs {
        config: ("lfsgen.yaml".to_owned(), config.to_vec()),
        specs: vec![("specs/a.yaml".to_owned(), spec.to_vec())],
        unread: Vec::new(),
        files: &Nothing,
        host_arch: Some(Arch::X86_64),
    };
    let _ = compile(&inputs, &Overrides::default(), &Settings::default());
    let choice = LintChoice { persona: Some(Persona::Pedantic), ..LintChoice::default() };
    let checked = check(&inputs, &Overrides::default(), choice);
    for format in &FORMATS {
        let view = View {
            sources: &checked.sources,
            diagnostics: &checked.diagnostics,
            excused: &checked.excused,
            about: &[],
            style: Style::PLAIN,
        };
        let _ = (format.write)(view);
    }
});

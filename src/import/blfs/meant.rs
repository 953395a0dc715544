//! Findings of lint that the book means, so that its packages can be generated and a person decides.

use std::collections::BTreeSet;
use std::io;

use crate::compile::check;
use crate::diag::Severity;
use crate::import::Spec;
use crate::model::{Files, Inputs, LintChoice, Overrides};

/// A rule that the book breaks on purpose.
#[derive(Debug)]
pub(super) struct Meant {
    pub(super) rule: &'static str,
    /// Why, in the spec.
    pub(super) reason: &'static str,
    /// What is told of the package.
    pub(super) told: &'static str,
    /// What its builder can do.
    pub(super) help: &'static str,
}

/// Files that no source brings, such as the crates of a Rust package.
pub(super) const NETWORK: Meant = Meant {
    rule: "network-in-build",
    reason: "the book fetches what it builds with",
    told: "takes files from the network while it is built",
    help: "list them in `sources`, or build it in a stage that has `network: true`",
};

const MEANT: [Meant; 5] = [
    NETWORK,
    Meant {
        rule: "setuid-file",
        reason: "the book makes this program so",
        told: "installs a program that runs as its owner, whoever starts it",
        help: "see whether you want that",
    },
    Meant {
        rule: "device-node",
        reason: "the book gives this program devices of its own",
        told: "installs a device",
        help: "see whether you want that",
    },
    Meant {
        rule: "privilege-switch",
        reason: "the book builds a part of this as another user or group",
        told: "runs commands as another user or group",
        help: "such a step needs owners of its own: run the build as root, or with `newuidmap`",
    },
    Meant {
        rule: "unsafe-search-path",
        reason: "the `/tmp` of a step is its own",
        told: "runs programs that it has put into `/tmp`",
        help: "nobody else writes there while the step runs; see whether you mind",
    },
];

/// A project of nothing but the specs.
const PROJECT: &str = "project: book\ntarget: { arch: x86_64 }\n";

/// The findings that keep a spec from being generated and are meant, by the spec's number.
pub(super) fn findings(specs: &[Spec]) -> Vec<(usize, &'static Meant)> {
    // Each is held to the rules by itself, so that which stage it is in does not matter.
    let text = |spec: &Spec| {
        let lines = spec.text.lines().filter(|line| !line.starts_with("stage: "));
        lines.collect::<Vec<_>>().join("\n").into_bytes()
    };
    let inputs = Inputs {
        config: ("lfsgen.yaml".to_owned(), PROJECT.as_bytes().to_vec()),
        specs: specs.iter().map(|spec| (spec.path.clone(), text(spec))).collect(),
        unread: Vec::new(),
        files: &Nothing,
        host_arch: None,
    };
    let checked = check(&inputs, &Overrides::default(), LintChoice::default());
    let errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let found = errors.filter_map(|found| {
        let meant = MEANT.iter().position(|meant| meant.rule == found.rule)?;
        let name = &checked.sources.file(found.primary.as_ref()?.place.file).name;
        Some((specs.iter().position(|spec| spec.path == *name)?, meant))
    });
    let found: BTreeSet<_> = found.collect();
    found.into_iter().filter_map(|(at, meant)| Some((at, MEANT.get(meant)?))).collect()
}

/// No files.
struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::Error::from(io::ErrorKind::NotFound))
    }
}

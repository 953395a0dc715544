//! Python.

use crate::diagnose::Kind;
use crate::diagnose::rule::{Meaning, Rank, Rule, Seen};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["No module named "],
        pattern: r"^\s*(?:E\s+)?(?:ModuleNotFoundError|ImportError): No module named <q>(?P<name>[\w.]+)",
        rank: Rank::Sure,
        read: |seen| unless_handled(seen).then(|| module(seen)),
    },
    Rule {
        // `python -m NAME`.
        needles: &["No module named "],
        pattern: r"python[\d.]*: No module named (?P<name>[\w.]+)$",
        rank: Rank::Sure,
        read: |seen| Some(module(seen)),
    },
    Rule {
        // pip's check before it builds without isolation; and build's.
        needles: &["Backend '", "BackendUnavailable"],
        pattern: r"Backend '(?P<name>[\w.]+)[^']*' is not available|BackendUnavailable: Cannot import <q>(?P<other>[\w.]+)",
        rank: Rank::Sure,
        read: |seen| {
            let name = if seen.name().is_empty() { seen.group("other") } else { seen.name() };
            Some(Meaning::missing(Kind::MissingPythonModule, first_part(name)))
        },
    },
    Rule {
        // PEP 668: a distribution's mark beside its own modules.
        needles: &["externally-managed-environment"],
        pattern: r"^error: (?P<name>externally-managed-environment)$",
        rank: Rank::Sure,
        read: |seen| {
            let says = "pip may not install beside a Python that a distribution has marked as its own";
            Some(Meaning::new(Kind::Denied, says).about(seen.name()).advise(
                "a step's root is not the machine: write `build: { system: python }`, which installs there, or \
                 `build: { env: { PIP_BREAK_SYSTEM_PACKAGES: \"1\" } }` beside commands of your own",
            ))
        },
    },
    Rule {
        needles: &["Error: ", "Exception: "],
        pattern: r"^(?P<name>(?:\w+\.)*[A-Z]\w*(?:Error|Exception)): (?P<what>.+)",
        rank: Rank::Likely,
        read: |seen| {
            let is_python = seen.before().any(|line| line.trim_start().starts_with("File \""));
            // A library of Python's own only says what it was given.
            let own = |path: &&str| !path.contains("/lib/python");
            let place = seen.before().filter_map(file).find(own).or_else(|| seen.before().find_map(file));
            is_python.then(|| {
                let place = place.map(|path| format!(" in `{path}`")).unwrap_or_default();
                Meaning::new(
                    Kind::ScriptError,
                    format!("a Python program stopped{place}: {}", seen.group("what")),
                )
                .about(seen.name())
            })
        },
    },
];

fn module(seen: &Seen<'_>) -> Meaning {
    Meaning::missing(Kind::MissingPythonModule, first_part(seen.name()))
}

/// What is installed is the module of the first name.
fn first_part(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Whether nothing was raised while this was handled: else the later error is the one that nobody caught.
fn unless_handled(seen: &Seen<'_>) -> bool {
    !seen.next(4).any(|line| line.starts_with("During handling of the above exception"))
}

/// The file of a line of a traceback.
fn file(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("File \"")?;
    rest.split('"').next().filter(|path| !path.starts_with('<'))
}

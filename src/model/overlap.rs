//! Folders that lfsgen writes, and that must hold nothing else: the state folder is removed by `clean`, and the output
//! folder is written as a whole.

use super::RelPath;
use crate::diag::Diagnostic;

/// A folder that holds what must not lie there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overlap<'a> {
    /// Its key in `lfsgen.yaml`.
    pub key: &'static str,
    folder: &'a str,
    inner: &'static str,
}

/// Everything that is wrong with where two folders lie.
pub(crate) fn overlaps<'a>(specs: &[RelPath], output: &'a RelPath, state: &'a str) -> Vec<Overlap<'a>> {
    let output = output.as_str();
    let mut found = Vec::new();
    for (key, folder) in [("output", output), ("state", state)] {
        if folder == "." {
            found.push(Overlap { key, folder, inner: "the project itself" });
        } else if specs.iter().any(|specs| holds(folder, specs.as_str())) {
            found.push(Overlap { key, folder, inner: "specs" });
        }
    }
    if output != "." && state != "." {
        if holds(state, output) {
            found.push(Overlap { key: "state", folder: state, inner: "the generated files" });
        } else if holds(output, state) {
            found.push(Overlap { key: "output", folder: output, inner: "the state folder" });
        }
    }
    found
}

/// What is wrong with where a state folder lies that is named by its whole path: it lies at `below` in the project, or holds it where
/// that is `.`. Only who knows where the project is can tell.
pub(crate) fn overlap_of_state<'a>(
    specs: &[RelPath],
    output: &'a RelPath,
    state: &'a str,
    below: &'a str,
) -> Option<Overlap<'a>> {
    let found = overlaps(specs, output, below).into_iter().next()?;
    Some(if found.key == "state" { Overlap { folder: state, ..found } } else { found })
}

fn holds(outer: &str, inner: &str) -> bool {
    outer == inner || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

impl Overlap<'_> {
    /// The error, for the key or the option that names the folder.
    pub(crate) fn error(&self, named_by: &str) -> Diagnostic {
        let Self { key: _, folder, inner } = self;
        Diagnostic::error("bad-path", format!("the folder `{folder}` for `{named_by}` would hold {inner}"))
            .note("lfsgen writes and removes files there")
            .help("give it a folder of its own")
    }
}

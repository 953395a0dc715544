//! What of a package's shell can still be read where its spec has errors elsewhere.
//!
//! An error may change what other parts of the spec mean: under a misspelled `env:` are variables that phases use. What it
//! leaves open is left out, so that lint finds nothing that follows from the error alone.

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::model::{Build, Phase, Phases, ShellPart};
use crate::source::{Place, Spanned};
use crate::spec::{Entry, Kind, Node, entries};

/// What an error leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// Nothing that matters to the shell.
    Nothing,
    /// What a key of the spec itself is meant for, which is like none that there are.
    Key(Place),
    /// Which variables the phases have.
    Variables,
    /// What this phase runs.
    Phase(Phase),
    /// What all of them run, in which shell, or what is allowed there.
    All,
}

/// The shell without what these errors leave open; nothing where that is all of it. `text` is that of the spec.
pub(super) fn without_doubt(
    mut shell: Box<ShellPart>,
    text: &str,
    tree: &Node,
    errors: &Diagnostics,
) -> Option<Box<ShellPart>> {
    for error in errors.iter().filter(|error| error.severity == Severity::Error) {
        match doubt(error, tree) {
            Doubt::Nothing => {}
            Doubt::Key(key) if is_aside(key, text, &shell.phases) => {}
            Doubt::Key(_) | Doubt::Variables => shell.more_variables = true,
            Doubt::Phase(phase) => drop(shell.phases.remove(&phase)),
            Doubt::All => return None,
        }
    }
    Some(shell)
}

fn doubt(error: &Diagnostic, tree: &Node) -> Doubt {
    let Some(place) = error.primary.as_ref().map(|label| label.place) else { return Doubt::All };
    if place.file != tree.place.file {
        return Doubt::All;
    }
    let Some(at) = around(tree, place) else { return Doubt::Key(place) };
    match at.key.value.as_str() {
        "phases" => match around(&at.value, place).map(|at| Phase::from_name(&at.key.value)) {
            Some(Some(phase)) => Doubt::Phase(phase),
            // A phase that there is not, which is another shell than the others.
            _ => Doubt::Nothing,
        },
        "build" => match around(&at.value, place) {
            Some(at) if at.key.value != "env" => Doubt::Nothing,
            _ => Doubt::Variables,
        },
        "options" => Doubt::Variables,
        "dialect" | "extends" | "lint" | "platform" | "stage" => Doubt::All,
        _ => Doubt::Nothing,
    }
}

/// Whether a key has one value, which no phase reads under its name: then it was meant neither for variables nor for one.
fn is_aside(key: Place, text: &str, phases: &Phases) -> bool {
    let (Some(name), Some(behind)) = (text.get(key.range()), text.get(key.range().end..)) else {
        return false;
    };
    let value = behind.lines().next().and_then(|line| line.trim_start().strip_prefix(':')).map(str::trim);
    let is_one = |value: &str| !value.is_empty() && !value.starts_with(['{', '[', '&', '*', '!', '#']);
    let mut texts = phases.values().flat_map(|texts| [&texts.replace, &texts.before, &texts.after]).flatten();
    let names = [format!("${name}"), format!("${{{name}")];
    value.is_some_and(is_one) && !texts.any(|text| names.iter().any(|name| text.as_str().contains(name)))
}

/// The entry of a mapping in which a place begins.
fn around(node: &Node, place: Place) -> Option<&Entry> {
    node.entries().iter().find(|Entry { key: Spanned { place: key, .. }, value }| {
        place.begins_in(*key) || place.file == key.file && (key.start..value.place.end).contains(&place.start)
    })
}

/// Takes out the phases of which a text is written that could not be made out.
pub(super) fn forget_half_phases(tree: &Node, phases: &mut Phases) {
    for entry in entries(tree.get("phases")) {
        let Some(phase) = Phase::from_name(&entry.key.value) else { continue };
        let written = match &entry.value.kind {
            Kind::Map(texts) => texts.len(),
            _ => 1,
        };
        let read = |texts: &crate::model::PhaseText| {
            [&texts.replace, &texts.before, &texts.after].into_iter().flatten().count()
        };
        if phases.get(&phase).is_some_and(|texts| read(texts) != written) {
            phases.remove(&phase);
        }
    }
}

/// Whether a variable for all phases is written that could not be made out.
pub(super) fn lacks_variables(tree: &Node, build: &Build) -> bool {
    entries(tree.get("build").and_then(|node| node.get("env"))).len() != build.env.len()
}

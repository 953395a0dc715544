//! A package's script: everything that will ever run for it, in one file that a person can read and run.

use std::borrow::Cow;
use std::ops::Range;

use askama::Template;

use super::quote::one_line;
use super::{PhaseBody, Piece, Recipe, SEARCH_PATHS, Slot, must_render};
use crate::model::{Dialect, Digest, Package, PatchOrigin, Phase};
use crate::source::{Place, SourceMap};

/// A script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The whole file.
    pub text: String,
    /// Where the author's own text stands in it, in order. Every other byte was written by a template.
    pub user: Vec<UserText>,
}

/// A piece of the author's own text in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserText {
    /// Bytes of the script.
    pub range: Range<usize>,
    /// Where it was written.
    pub place: Place,
}

#[derive(Template)]
#[template(path = "package.sh", block = "head")]
struct Head<'a> {
    interpreter: &'a str,
    name: &'a str,
    title: &'a str,
    origin: &'a str,
    phases: &'a [&'a str],
    files: Vec<TakenFile<'a>>,
}

/// A source or a patch.
struct TakenFile<'a> {
    digest: String,
    name: Cow<'a, str>,
}

#[derive(Template)]
#[template(path = "package.sh", block = "settings")]
struct Settings;

#[derive(Template)]
#[template(path = "package.sh", block = "environment")]
struct Environment<'a> {
    environment: Vec<Variable<'a>>,
}

struct Variable<'a> {
    name: &'a str,
    value: &'a str,
    /// Whether what the runner says of it comes first.
    is_searched: bool,
}

#[derive(Template)]
#[template(path = "package.sh", block = "function")]
struct Function<'a> {
    phase: &'a str,
    body: &'a str,
}

#[derive(Template)]
#[template(path = "package.sh", block = "tail")]
struct Tail<'a> {
    phases: &'a [&'a str],
    enter: &'a str,
}

/// The script of a package.
pub fn script(sources: &SourceMap, package: &Package, recipe: &Recipe) -> Script {
    let phases: Vec<_> = recipe.phases.iter().map(|body| body.phase.name()).collect();
    let summary = package.summary.as_ref().map(|summary| format!(": {}", summary.as_str()));
    let title = format!("{} {}{}", package.name.value, package.version.value, summary.unwrap_or_default());
    let mut text = must_render(&Head {
        interpreter: interpreter(package.dialect),
        name: package.name.value.as_str(),
        title: &one_line(&title),
        origin: &one_line(&sources.file(package.file.file).name),
        phases: &phases,
        files: taken(package),
    });
    text += &exports(recipe);
    let mut user = Vec::new();
    for body in &recipe.phases {
        let (body_text, pieces) = joined(sources, body);
        let function = must_render(&Function { phase: body.phase.name(), body: &body_text });
        let start = text.len() + function.find(&body_text).unwrap_or_default();
        user.extend(pieces.into_iter().map(|UserText { range, place }| UserText {
            range: start + range.start..start + range.end,
            place,
        }));
        text += &function;
    }
    text += &must_render(&Tail { phases: &phases, enter: recipe.enter.trim_end() });
    Script { text, user }
}

/// The sources and patches of a package with the digests of their bytes, so that nobody changes one without a word in the script
/// that runs or applies it.
fn taken(package: &Package) -> Vec<TakenFile<'_>> {
    let file = |name, digest: Option<&Digest>| TakenFile {
        digest: digest.map_or_else(|| format!("{:64}", "unknown"), Digest::to_string),
        name: one_line(name),
    };
    let fetched = package
        .fetched()
        .map(|source| file(source.file_name.as_str(), source.sha256.as_ref().map(|digest| &digest.value)));
    let beside = package.patches.iter().filter_map(|patch| match &patch.origin {
        PatchOrigin::File { sha256, .. } => Some(file(patch.file_name(), Some(sha256))),
        PatchOrigin::Fetched(_) => None,
    });
    fetched.chain(beside).collect()
}

/// A script of these phases with nothing in them: what all packages' scripts have in common.
pub fn skeleton(phases: &[Phase]) -> String {
    let names: Vec<_> = phases.iter().map(|phase| phase.name()).collect();
    let functions = names.iter().map(|phase| must_render(&Function { phase, body: ":\n" }));
    [must_render(&Settings)]
        .into_iter()
        .chain(functions)
        .chain([must_render(&Tail { phases: &names, enter: ":" })])
        .collect()
}

/// The lines of a script that set a package's environment.
pub fn exports(recipe: &Recipe) -> String {
    let variables = recipe.environment.iter().map(|(name, value)| (name.as_str(), value));
    let is_searched = |name| recipe.on_machine && SEARCH_PATHS.contains(&name);
    let environment =
        variables.map(|(name, value)| Variable { name, value, is_searched: is_searched(name) }).collect();
    must_render(&Environment { environment })
}

/// A phase's pieces, the author's marked with their places, and where these are.
fn joined(sources: &SourceMap, body: &PhaseBody) -> (String, Vec<UserText>) {
    let mut text = String::new();
    let mut user = Vec::new();
    let mut after_user = false;
    for piece in &body.pieces {
        match piece {
            Piece::Template(commands) => {
                text += if after_user { "\n" } else { "" };
                text += commands;
            }
            Piece::User(slot, written) => {
                // The key and not the line, which is another one whenever something above it is changed.
                let file = sources.file(written.place_of(0..1).file);
                let key = match slot {
                    Slot::Before => ".before",
                    Slot::Replace => "",
                    Slot::After => ".after",
                };
                text += &format!("\n# {}: phases.{}{key}\n", one_line(&file.name), body.phase);
                let start = text.len();
                text += written.as_str();
                user.push(UserText { range: start..text.len(), place: written.place() });
                end_line(&mut text);
            }
        }
        after_user = matches!(piece, Piece::User(..));
    }
    (text, user)
}

/// Ends the line, so that nothing of it can reach into the next.
fn end_line(text: &mut String) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    // A backslash joins its line with the next one, which must not be a line of the template's.
    if text.ends_with("\\\n") {
        text.push('\n');
    }
}

/// The program of the script's first line. LFS links `/bin/sh` to bash, and has both in `/bin` (LFS 12.3, 4.2 and 7.5).
fn interpreter(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Bash => "/bin/bash",
        Dialect::Posix => "/bin/sh",
    }
}

//! Paths that are the system's own, or become such where a variable is empty.

use crate::shell::tree::{Part, PartKind, Word};

use super::paths::{components, matches, paths};
use super::state::State;
use super::words::Piece;

/// Directories that nobody removes or gives away whole: the root's own, and those below `usr` (FHS 3.0, 3 and 4).
const SYSTEM: [&str; 30] = [
    "",
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib32",
    "lib64",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "usr",
    "usr/bin",
    "usr/include",
    "usr/lib",
    "usr/lib32",
    "usr/lib64",
    "usr/libexec",
    "usr/local",
    "usr/sbin",
    "usr/share",
    "var",
    "var/lib",
];

/// What may be wrong with a path that all of is removed or changed.
pub(crate) enum Danger {
    /// It is a directory of the system.
    System(String),
    /// It is an absolute path where these variables are empty.
    Absolute { variables: Vec<String>, left: String },
    /// It is nothing where these variables are empty.
    Nothing { variables: Vec<String> },
}

/// What may be wrong with a path.
pub(crate) fn danger(word: &Word, state: &State) -> Option<Danger> {
    danger_of(Piece::whole(word), state)
}

/// What may be wrong with a path that is perhaps only a piece of a word.
pub(crate) fn danger_of(path: Piece<'_>, state: &State) -> Option<Danger> {
    if let Some(paths) = paths(&path.cut(), state) {
        return paths.into_iter().find_map(|path| system(&path, state.dir())).map(Danger::System);
    }
    let mut variables: Vec<String> = Vec::new();
    // The path where all that may be empty is: its beginning, up to what is surely not.
    let mut left = String::new();
    let mut whole = true;
    let mut begins_empty = false;
    for (part, literal) in path.parts() {
        match literal {
            Some(text) => left += text,
            None if state.may_be_empty(part) => {
                begins_empty |= left.is_empty();
                variables.push(expanded(part));
            }
            None => {
                whole = false;
                break;
            }
        }
    }
    if variables.is_empty() {
        return None;
    }
    if left.is_empty() && whole {
        let only_arguments = variables.iter().all(|name| name == "@" || name == "*");
        return (!only_arguments).then_some(Danger::Nothing { variables });
    }
    // What comes after the path that is left over makes it longer, unless it may be empty too.
    let absolute = left.starts_with('/');
    let swallows = whole && system(&left, None).is_some();
    (absolute && (begins_empty || swallows)).then_some(Danger::Absolute { variables, left })
}

/// The directory of the system that a path is, or all of whose contents it is.
fn system(path: &str, dir: Option<&str>) -> Option<String> {
    let components = components(path, dir)?;
    let is_one = |components: &[&str]| {
        SYSTEM.iter().any(|directory| {
            let names = directory.split('/').filter(|name| !name.is_empty());
            names.clone().count() == components.len()
                && names.zip(components).all(|(name, component)| matches(component, name))
        })
    };
    let contents = || components.split_last().is_some_and(|(last, above)| *last == "*" && is_one(above));
    (is_one(&components) || contents()).then(|| format!("/{}", components.join("/")))
}

/// What is expanded, for people: a variable's name, or `$(…)`.
pub(crate) fn expanded(part: &Part) -> String {
    match &part.kind {
        PartKind::Parameter(parameter) => parameter.name.clone(),
        _ => "$(…)".to_owned(),
    }
}

/// "`$a` is empty", or "`$a` and `$b` are empty".
pub(crate) fn empty(names: &[String]) -> String {
    let shown =
        |name: &String| if name.starts_with('$') { format!("`{name}`") } else { format!("`${name}`") };
    let are = if names.len() == 1 { "is" } else { "are" };
    format!("{} {are} empty", names.iter().map(shown).collect::<Vec<_>>().join(" and "))
}

/// Whether a name stands for one value, so that `${name:?}` may be written: not that of `$@`, nor of an array's element.
pub(crate) fn is_single(name: &str) -> bool {
    name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

/// How to stop where one of these is empty.
pub(crate) fn require(variables: &[String]) -> String {
    let single = variables.iter().find(|name| is_single(name));
    let name = single.map_or("name", String::as_str);
    let first = if single.is_none() { "put it into a variable and write" } else { "write" };
    format!("{first} `${{{name}:?}}`, with which the shell stops where it is empty or unset")
}

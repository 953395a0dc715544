use crate::diag::{Confidence, Diagnostic, Edit, Safety, Severity};
use crate::shell::tree::{Operation, Parameter, Part, PartKind, Word};

use super::super::flow::Call;
use super::super::paths::{components, matches, paths};
use super::super::rule::{Report, Scene};
use super::super::state::State;

/// Directories that no phase removes whole: the root's own, and those below `usr` (FHS 3.0, 3 and 4).
const SYSTEM: [&str; 26] = [
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
    "usr/sbin",
    "usr/share",
    "var",
    "var/lib",
];

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    let recursive = layer.has_letter('r') || layer.has_letter('R') || layer.has_long("--recursive");
    if layer.name != "rm" || !recursive {
        return;
    }
    for word in layer.operands() {
        match danger(word, call.state) {
            Some(Danger::System(path)) => {
                report.in_text(
                    call.text,
                    word.span,
                    format!("this removes `{path}`, with all that the system has in it"),
                );
            }
            _ if !scene.phase && is_home(word) => {
                report.in_text(call.text, word.span, "this removes all that a user has at home");
            }
            Some(Danger::Absolute { variables, left }) => {
                let (are, it) = if variables.len() == 1 { ("is", "it") } else { ("are", "they") };
                let names = list(&variables);
                let message = format!("this removes `{left}` where {names} {are} empty");
                let finding = report.in_text(call.text, word.span, message);
                finding.notes.push(format!("nothing before this makes sure that {it} {are} not"));
                finding.help = Some(remedy(&variables));
                require_all(finding, word, call);
            }
            Some(Danger::Nothing { variables }) => {
                let message = format!("this removes nothing where {} is empty", list(&variables));
                let finding = report.in_text(call.text, word.span, message);
                finding.severity = Severity::Note;
                finding.confidence = Confidence::Low;
                finding.help = Some(remedy(&variables));
                require_all(finding, word, call);
            }
            None => {}
        }
    }
}

/// What to write instead.
fn remedy(variables: &[String]) -> String {
    let plain = variables.iter().find(|name| name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_'));
    let name = plain.map_or("name", String::as_str);
    let first = if plain.is_none() { "put it into a variable and write" } else { "write" };
    format!("{first} `${{{name}:?}}`, with which the shell stops where it is empty or unset")
}

/// Offers to write `${x:?}` for each plain `$x` that may be empty, if that is all of them.
fn require_all(finding: &mut Diagnostic, word: &Word, call: &Call<'_, '_>) {
    let mut edits = Vec::new();
    let mut written = Vec::new();
    for part in word.parts.iter().filter(|part| part.literal().is_none() && call.state.may_be_empty(part)) {
        let PartKind::Parameter(parameter) = &part.kind else { return };
        let Parameter { name, operation: Operation::Value, .. } = &**parameter else { return };
        // `$@`, and an element of an array, are no single value.
        let is_plain = name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
        let Some(place) = call.text.verbatim_place_of(part.span.range()).filter(|_| is_plain) else { return };
        edits.push(Edit::new(place, format!("${{{name}:?}}")));
        written.push(format!("`${{{name}:?}}`"));
    }
    written.dedup();
    finding.fix(format!("write {}", written.join(" and ")), Safety::Safe, edits);
}

fn list(names: &[String]) -> String {
    let shown =
        |name: &String| if name.starts_with('$') { format!("`{name}`") } else { format!("`${name}`") };
    names.iter().map(shown).collect::<Vec<_>>().join(" and ")
}

/// What may be wrong with the path that is removed.
enum Danger {
    /// It is a directory of the system.
    System(String),
    /// It is an absolute path where these variables are empty.
    Absolute { variables: Vec<String>, left: String },
    /// It is nothing where these variables are empty.
    Nothing { variables: Vec<String> },
}

fn danger(word: &Word, state: &State) -> Option<Danger> {
    if let Some(paths) = paths(word, state) {
        return paths.into_iter().find_map(|path| system(&path, state.dir())).map(Danger::System);
    }
    let mut variables: Vec<String> = Vec::new();
    // The path where all that may be empty is: its beginning, up to what is surely not.
    let mut left = String::new();
    let mut whole = true;
    for part in &word.parts {
        match &part.kind {
            PartKind::Literal(text) => left += text,
            _ if state.may_be_empty(part) => variables.push(name(part)),
            _ => {
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
    let begins_empty = word.parts.first().is_some_and(|part| part.literal().is_none_or(str::is_empty));
    let absolute = left.starts_with('/');
    let swallows = whole && system(&left, None).is_some();
    (absolute && (begins_empty || swallows)).then_some(Danger::Absolute { variables, left })
}

/// What is expanded, for people.
fn name(part: &Part) -> String {
    match &part.kind {
        PartKind::Parameter(parameter) => parameter.name.clone(),
        _ => "$(…)".to_owned(),
    }
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

/// `~`, `$HOME`, and all that is in it.
fn is_home(word: &Word) -> bool {
    let mut parts = word.parts.iter().filter(|part| part.literal() != Some(""));
    let first = parts.next();
    let home = match first.map(|part| (&part.kind, part.quoted)) {
        Some((PartKind::Parameter(parameter), _)) => parameter.name == "HOME",
        Some((PartKind::Literal(text), false)) => {
            return ["~", "~/", "~/*"].contains(&text.as_str()) && parts.next().is_none();
        }
        _ => false,
    };
    home && parts.all(|part| part.literal().is_some_and(|text| matches!(text, "/" | "/*" | "*")))
}

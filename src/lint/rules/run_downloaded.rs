use crate::diag::Label;
use crate::shell::tree::{Statement, Word};
use crate::source::{Place, Text};

use super::super::call::Layer;
use super::super::embedded::{SHELLS, command_option};
use super::super::feeds::INTERPRETERS;
use super::super::fetchers::cloned;
use super::super::flow::{Call, Context, Node, Visitor, walk};
use super::super::paths::SHARED;
use super::super::rule::{Report, Scene};
use super::super::state::State;
use super::super::verifiers::{is_digest, verifies};

/// Programs that write what they fetch into files, each with the options that name the file.
const WRITERS: [(&str, &[&str]); 4] = [
    ("curl", &["-o", "--output"]),
    ("wget", &["-O", "--output-document"]),
    ("aria2c", &["-o", "--out"]),
    ("git", &[]),
];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let Node::Script(statements) = node else { return };
    let text = context.text.as_str();
    // A script is walked a second time only where it has one of these words.
    let fetches = ["curl", "wget", "aria2c", " clone "].iter().any(|word| text.contains(word));
    // A phase's root is its own, and so is its `/tmp`.
    let shared = !scene.phase && SHARED.iter().any(|folder| text.contains(folder));
    if fetches || shared {
        look(statements, context, shared, report);
    }
}

fn look(statements: &[Statement], context: &Context<'_>, shared: bool, report: &mut Report<'_>) {
    let mut runs = Runs { shared, fetched: Vec::new(), found: Vec::new() };
    walk(statements, context.text, context.around, &mut context.state.clone(), &mut runs);
    for found in runs.found {
        match found {
            Found::Fetched { place, path, fetched } => {
                let finding = report.at(place, format!("this runs `{path}`, which nothing has checked"));
                finding.related.push(Label { place: fetched, text: "fetched here".to_owned() });
                finding.help = Some(
                    "compare it with a digest that is written down (`sha256sum -c`) before it runs"
                        .to_owned(),
                );
            }
            Found::Shared { place, path } => {
                let message = format!("this runs `{path}`, which any user of the machine may have written");
                let finding = report.at(place, message);
                finding.help = Some("use a directory of your own, such as `mktemp -d` makes".to_owned());
            }
        }
    }
}

enum Found {
    Fetched { place: Place, path: String, fetched: Place },
    Shared { place: Place, path: String },
}

/// What was fetched so far, and what of it is run.
struct Runs {
    shared: bool,
    /// A file, or a directory with a `/` at its end, and where it was fetched.
    fetched: Vec<(String, Place)>,
    found: Vec<Found>,
}

impl Visitor for Runs {
    fn call(&mut self, call: &Call<'_, '_>) {
        let Call { layer, state, text, .. } = *call;
        if looks(layer) {
            self.fetched.clear();
        }
        if let Some(path) = written(call) {
            self.fetched.push((absolute(&path, state), place(text, layer.head)));
        }
        let run = match layer.name.as_str() {
            "." | "source" => layer.operands().next(),
            name if SHELLS.contains(&name) && command_option(layer).is_none() => layer.operands().next(),
            name if INTERPRETERS.contains(&name)
                && !['c', 'e', 'm'].into_iter().any(|letter| layer.has_letter(letter)) =>
            {
                layer.operands().next()
            }
            _ => Some(layer.head),
        };
        let Some(word) = run else { return };
        let Some(path) =
            state.resolved(word).filter(|path| word.span != layer.head.span || path.contains('/'))
        else {
            return;
        };
        let whole = absolute(&path, state);
        let place = place(text, word);
        let is_of = |fetched: &str| {
            if fetched.ends_with('/') { whole.starts_with(fetched) } else { whole == fetched }
        };
        if let Some((_, fetched)) = self.fetched.iter().find(|(fetched, _)| is_of(fetched)) {
            self.found.push(Found::Fetched { place, path, fetched: *fetched });
        } else if self.shared && SHARED.iter().any(|folder| whole.starts_with(folder)) {
            self.found.push(Found::Shared { place, path });
        }
    }

    fn node(&mut self, _: Node<'_>, _: &Context<'_>) {}
}

fn place(text: &Text, word: &Word) -> Place {
    text.place_of(word.span.range())
}

/// Whether a program makes sure of what was fetched, or may.
fn looks(layer: &Layer<'_>) -> bool {
    verifies(layer) || is_digest(layer) || layer.name == "git" && layer.has(&["checkout", "reset"])
}

/// A path from where the shell is, where that is known, without `./` at its beginning.
fn absolute(path: &str, state: &State) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    match state.dir() {
        Some(dir) if !path.starts_with('/') => format!("{}/{path}", dir.trim_end_matches('/')),
        _ => path.to_owned(),
    }
}

/// The file or directory that a program fetches into.
fn written(call: &Call<'_, '_>) -> Option<String> {
    let Call { layer, state, simple, .. } = *call;
    let (name, options) = WRITERS.iter().find(|(name, _)| *name == layer.name)?;
    let resolved = |word: &Word| state.resolved(word);
    if *name == "git" {
        let mut operands = cloned(layer);
        let url = operands.next()?;
        let folder = operands.next().map_or_else(
            || resolved(url).map(|url| base(&url).trim_end_matches(".git").to_owned()),
            resolved,
        )?;
        return (!folder.is_empty()).then(|| format!("{}/", folder.trim_end_matches('/')));
    }
    let named = layer.arguments.iter().enumerate().find_map(|(at, word)| {
        let text = resolved(word)?;
        let long = options.iter().filter(|option| option.starts_with("--"));
        if let Some(value) = long.filter_map(|option| text.strip_prefix(option)?.strip_prefix('=')).next() {
            return Some(value.to_owned());
        }
        let letters = text.starts_with('-') && !text.starts_with("--");
        let own = options.contains(&text.as_str())
            || letters && options.iter().any(|option| text.ends_with(&option[1..]) && option.len() == 2);
        own.then(|| layer.arguments.get(at + 1).and_then(resolved)).flatten()
    });
    if let Some(named) = named {
        return (named != "-").then_some(named);
    }
    if let Some(redirect) = simple.redirects.iter().find(|redirect| redirect.takes_output()) {
        return resolved(&redirect.target);
    }
    let by_name = *name != "curl" || layer.has_letter('O') || layer.has(&["--remote-name"]);
    let url = layer.arguments.iter().filter_map(resolved).find(|text| text.contains("://"))?;
    by_name.then(|| base(&url).split(['?', '#']).next().unwrap_or_default().to_owned())
}

fn base(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

use crate::shell::tree::{Span, Word};
use crate::source::{Place, Text};

use super::super::call::Layer;
use super::super::fetchers::{cloned, fetches, is_local};
use super::super::flow::{Call, Context, Node, Visitor, walk};
use super::super::rule::{Report, Scene};

/// Parts of an address that are another thing every day.
const MOVING: [&str; 6] = ["master", "main", "HEAD", "trunk", "latest", "nightly"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Script(statements) = node else { return };
    let text = context.text.as_str();
    // A script is walked a second time only where it has one of these words.
    let may_move = || text.contains("://") && MOVING.iter().any(|name| text.contains(name));
    if !text.contains(" clone ") && !may_move() {
        return;
    }
    let mut checkouts = Checkouts::default();
    walk(statements, context.text, context.around, &mut context.state.clone(), &mut checkouts);
    for (place, word) in checkouts.moving {
        let finding = report.at(place, format!("`{word}` in this address is something else every day"));
        finding.help = Some("name a release, or a commit by its full hash".to_owned());
    }
    if checkouts.pinned {
        return;
    }
    for place in checkouts.clones {
        let finding = report.at(place, "this takes whatever the branch or tag holds when it runs");
        finding.help =
            Some("check out a commit by its full hash after it: `git checkout --detach HASH`".to_owned());
    }
}

/// What a script gets from repositories.
#[derive(Default)]
struct Checkouts {
    clones: Vec<Place>,
    /// Whether a commit is named somewhere.
    pinned: bool,
    moving: Vec<(Place, &'static str)>,
}

impl Visitor for Checkouts {
    fn call(&mut self, call: &Call<'_, '_>) {
        let Call { layer, state, text, .. } = *call;
        let place = |text: &Text, span: Span| text.place_of(span.range());
        if layer.name != "git" {
            let address = layer.arguments.iter().find_map(|word| Some((word, moving(word)?)));
            if let Some((word, name)) = address
                && fetches(layer).is_some()
            {
                self.moving.push((place(text, word.span), name));
            }
            return;
        }
        // A commit in a variable whose value is not written down is taken for a hash.
        let pins = |word: &Word| state.resolved(word).is_none_or(|text| is_hash(&text));
        let command = layer.literals().find(|text| COMMANDS.contains(&&**text));
        match command.as_deref() {
            Some("clone") => {
                let revision =
                    layer.arguments.iter().any(|word| word.literal_prefix().starts_with("--revision"));
                if !revision && !clones_here(layer) {
                    self.clones.push(place(text, layer.head.span));
                }
            }
            Some(_) => self.pinned |= layer.operands().skip(1).any(pins),
            None => {}
        }
    }

    fn node(&mut self, _: Node<'_>, _: &Context<'_>) {}
}

/// Commands of git that bring a tree, or choose which.
const COMMANDS: [&str; 6] = ["clone", "checkout", "reset", "switch", "fetch", "worktree"];

/// Whether a clone is of a repository on this machine.
fn clones_here(layer: &Layer<'_>) -> bool {
    cloned(layer).next().is_none_or(is_local)
}

/// SHA-1 or SHA-256, in full or cut as git cuts it: seven digits or more, of which some are letters, as in no date.
fn is_hash(text: &str) -> bool {
    (7..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && (text.len() >= 40 || text.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// The part of an address of an archive or file that moves.
fn moving(word: &Word) -> Option<&'static str> {
    let text = word.literal_prefix();
    let (_, path) = text.split_once("://")?;
    let mut parts = path.split('/').skip(1);
    parts.find_map(|part| {
        let name = part.split(['.', '?']).next().unwrap_or_default();
        MOVING.into_iter().find(|moving| *moving == name)
    })
}

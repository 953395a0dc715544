//! What is given to a program that runs it: to a shell, an interpreter, `eval` or `source`.

use crate::shell::tree::{
    Command, Compound, CompoundKind, Part, PartKind, Pipeline, Redirect, RedirectKind, Span, Statement, Word,
};

use super::call::{Layer, layers};
use super::embedded::{SHELLS, command_option, reads_standard_input};
use super::flow::Call;
use super::state::State;

/// Interpreters that run standard input only where they are given nothing else.
pub(crate) const INTERPRETERS: [&str; 8] =
    ["python", "python2", "python3", "perl", "ruby", "node", "lua", "php"];

/// How many commands of a pipeline are looked at on one side of another; none that people write has so many.
pub(crate) const MOST_PIPED: usize = 32;

/// A program whose output is run.
pub(crate) struct Source {
    /// Its name, for people.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) span: Span,
    /// `pipes` or `gives`, for a message.
    pub(crate) how: &'static str,
}

/// Says of a program whether it is looked for, and what it is called then.
type Wanted = fn(&Layer<'_>) -> Option<String>;

/// The first program that is looked for whose output this program runs.
pub(crate) fn source_of(call: &Call<'_, '_>, wanted: Wanted) -> Option<Source> {
    let layer = call.layer;
    let name = layer.name.as_str();
    let shell = SHELLS.contains(&name);
    let interpreter = INTERPRETERS.contains(&name);
    let search = Search { wanted, state: call.state };
    let dash = |word: &Word| word.literal().as_deref() == Some("-");
    if shell && reads_standard_input(layer) || interpreter && layer.arguments.iter().all(dash) {
        let (commands, at) = call.pipeline;
        let reads = |redirect: &&Redirect| {
            matches!(
                redirect.kind,
                RedirectKind::Read | RedirectKind::HereString | RedirectKind::HereDocument
            )
        };
        let piped =
            commands[at.saturating_sub(MOST_PIPED)..at].iter().find_map(|command| search.command(command));
        let mut redirects = call.simple.redirects.iter().filter(reads);
        let found = piped.or_else(|| redirects.find_map(|redirect| search.word(&redirect.target)));
        return found.map(|(name, span)| Source { name, span, how: "pipes" });
    }
    let code: Vec<&Word> = match name {
        "eval" => layer.arguments.iter().collect(),
        "source" | "." => layer.operands().take(1).collect(),
        _ if shell => command_option(layer).into_iter().chain(layer.operands().take(1)).collect(),
        _ if interpreter => layer.arguments.iter().take(2).collect(),
        _ => Vec::new(),
    };
    let found = code.into_iter().find_map(|word| search.word(word));
    found.map(|(name, span)| Source { name, span, how: "gives" })
}

struct Search<'a> {
    wanted: Wanted,
    state: &'a State,
}

impl Search<'_> {
    fn command(&self, command: &Command) -> Option<(String, Span)> {
        match command {
            Command::Simple(simple) => {
                let named = |layer: &Layer<'_>| (self.wanted)(layer).map(|name| (name, layer.head.span));
                let own = layers(&simple.words, self.state).iter().find_map(named);
                own.or_else(|| simple.words.iter().find_map(|word| self.word(word)))
            }
            Command::Compound(Compound {
                kind: CompoundKind::Brace(body) | CompoundKind::Subshell(body),
                ..
            }) => self.list(body),
            Command::Compound(_) | Command::Function(_) => None,
        }
    }

    fn word(&self, word: &Word) -> Option<(String, Span)> {
        word.parts.iter().find_map(|Part { kind, .. }| match kind {
            PartKind::Command(body) | PartKind::Process(body) => self.list(body),
            _ => None,
        })
    }

    fn list(&self, body: &[Statement]) -> Option<(String, Span)> {
        let commands =
            body.iter().flat_map(Statement::pipelines).flat_map(|Pipeline { commands, .. }| commands);
        commands.into_iter().find_map(|command| self.command(command))
    }
}

use crate::diag::Diagnostic;
use crate::shell::tree::{Command, Part, PartKind, Pipeline, RedirectKind, Span, Statement, Word};

use super::super::call::{Layer, layers};
use super::super::embedded::{SHELLS, command_option, reads_standard_input};
use super::super::fetchers::fetches;
use super::super::flow::Call;
use super::super::rule::{Report, Scene};
use super::super::state::State;

/// Interpreters that run standard input only where they are given nothing else.
const INTERPRETERS: [&str; 8] = ["python", "python2", "python3", "perl", "ruby", "node", "lua", "php"];

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    let shell = SHELLS.contains(&layer.name.as_str());
    let piped = if shell {
        reads_standard_input(layer)
    } else {
        INTERPRETERS.contains(&layer.name.as_str())
            && layer.arguments.iter().all(|word| word.literal().as_deref() == Some("-"))
    };
    if piped {
        let (commands, at) = call.pipeline;
        let fetcher = commands[..at].iter().find_map(|command| fetcher_in_command(command, call.state));
        let fed = call.simple.redirects.iter().filter(|redirect| {
            matches!(
                redirect.kind,
                RedirectKind::Read | RedirectKind::HereString | RedirectKind::HereDocument
            )
        });
        let fed = fed.filter_map(|redirect| fetcher_in_word(&redirect.target, call.state)).next();
        if let Some(found) = fetcher.or(fed) {
            tell(call, &found, "pipes", report);
        }
        return;
    }
    let code: Vec<&Word> = match layer.name.as_str() {
        "eval" => layer.arguments.iter().collect(),
        "source" | "." => layer.operands().take(1).collect(),
        _ if shell => command_option(layer).into_iter().chain(layer.operands().take(1)).collect(),
        name if INTERPRETERS.contains(&name) => layer.arguments.iter().take(2).collect(),
        _ => Vec::new(),
    };
    if let Some(found) = code.into_iter().find_map(|word| fetcher_in_word(word, call.state)) {
        tell(call, &found, "gives", report);
    }
}

/// A program that fetches, and where it stands.
struct Fetcher {
    name: String,
    span: Span,
}

fn tell(call: &Call<'_, '_>, fetcher: &Fetcher, how: &str, report: &mut Report<'_>) {
    let name = &call.layer.name;
    let message = format!("this {how} what `{}` fetches to `{name}`, unseen", fetcher.name);
    let place = call.text.place_of(fetcher.span.range());
    let finding: &mut Diagnostic = report.in_text(call.text, call.layer.head.span, message);
    finding.related.push(crate::diag::Label { place, text: "fetched here".to_owned() });
    finding.help = Some("fetch it as a source with a sha256, read it, and run the file".to_owned());
}

fn fetcher(layer: &Layer<'_>) -> Option<Fetcher> {
    fetches(layer).map(|name| Fetcher { name, span: layer.head.span })
}

fn fetcher_in_command(command: &Command, state: &State) -> Option<Fetcher> {
    match command {
        Command::Simple(simple) => {
            let own = layers(&simple.words, state).iter().find_map(fetcher);
            own.or_else(|| simple.words.iter().find_map(|word| fetcher_in_word(word, state)))
        }
        Command::Compound(compound) => match &compound.kind {
            crate::shell::tree::CompoundKind::Brace(body)
            | crate::shell::tree::CompoundKind::Subshell(body) => fetcher_in_list(body, state),
            _ => None,
        },
        Command::Function(_) => None,
    }
}

fn fetcher_in_word(word: &Word, state: &State) -> Option<Fetcher> {
    word.parts.iter().find_map(|Part { kind, .. }| match kind {
        PartKind::Command(body) | PartKind::Process(body) => fetcher_in_list(body, state),
        _ => None,
    })
}

fn fetcher_in_list(body: &[Statement], state: &State) -> Option<Fetcher> {
    let commands = body.iter().flat_map(Statement::pipelines).flat_map(|Pipeline { commands, .. }| commands);
    commands.into_iter().find_map(|command| fetcher_in_command(command, state))
}

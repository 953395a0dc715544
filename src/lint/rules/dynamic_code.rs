use crate::diag::{Diagnostic, Severity};
use crate::model::is_variable_name;
use crate::shell::tree::{Operation, Part, PartKind, Word};

use super::super::autoconf::is_of_autoconf;
use super::super::embedded::{SHELLS, command_option};
use super::super::familiar::set_by_shell;
use super::super::feeds::source_of;
use super::super::fetchers::fetches;
use super::super::flow::Call;
use super::super::outside::is_outside;
use super::super::rule::{Report, Scene};
use super::super::state::State;
use super::decoded_payload::decodes;

/// Variables that hold no commands: the shell's own, and those that every phase has.
const HARMLESS: [&str; 12] =
    ["PATH", "PWD", "OLDPWD", "HOME", "jobs", "work", "sources", "#", "?", "$", "!", "LINENO"];

/// Stands for an expansion in flattened text.
const MARK: &str = "\u{1}";

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    // Of these there is more to be said, and rules that say it.
    let is_told = || source_of(call, fetches).is_some() || source_of(call, decodes).is_some();
    if layer.name == "eval" {
        if is_set(layer.arguments) {
            return;
        }
        if let Some(word) = layer.arguments.iter().find(|word| is_data(word, call.state, scene))
            && !is_told()
        {
            let finding =
                report.in_text(call.text, word.span, "`eval` runs whatever is in this, as commands");
            lower(finding, scene);
            finding.help = Some(
                "run the program itself, with its arguments in `\"$@\"` or in an array, or choose with `case`"
                    .to_owned(),
            );
        }
    } else if SHELLS.contains(&layer.name.as_str())
        && let Some(word) = command_option(layer)
        && is_data(word, call.state, scene)
        && !is_told()
    {
        let message = format!("what is expanded here becomes commands of `{}`", layer.name);
        let finding = report.in_text(call.text, word.span, message);
        lower(finding, scene);
        finding.help = Some(format!(
            "hand it over as an argument: `{} -c 'command \"$1\"' {} \"$value\"`",
            layer.name, layer.name
        ));
    }
}

/// A tool may be there to run what it is given, such as a filter or a hook; no phase is.
fn lower(finding: &mut Diagnostic, scene: Scene) {
    if !scene.phase {
        finding.severity = Severity::Note;
    }
}

/// Whether a word holds an expansion whose text becomes commands, and comes from elsewhere.
fn is_data(word: &Word, state: &State, scene: Scene) -> bool {
    if state.resolved(word).is_some() {
        return false;
    }
    let texts = || word.parts.iter().map(|part| part.literal().unwrap_or(MARK));
    let flattened: String = texts().collect();
    let ends = texts().scan(0, |end, text| {
        *end += text.len();
        Some(*end)
    });
    word.parts.iter().zip(ends).any(|(part, end)| {
        !is_harmless(part, state, scene) && !is_name(&flattened[..end - MARK.len()], &flattened[end..])
    })
}

/// What a script puts together from its own words is its author's: only what comes from elsewhere may be anything. So is what
/// the environment says, such as `$PAGER`; but a phase has none that a person would have set.
fn is_harmless(part: &Part, state: &State, scene: Scene) -> bool {
    let overview = state.overview();
    let is_unknown = |name: &str| {
        !(state.is_assigned(name) || overview.asks(name) || set_by_shell(name)) && is_variable_name(name)
    };
    let known = |name: &str| overview.is_from_outside(name) || (scene.phase && is_unknown(name));
    if !is_outside(part, &known) || is_of_autoconf(part) {
        return true;
    }
    match &part.kind {
        PartKind::Literal(_) | PartKind::Arithmetic(_) => true,
        PartKind::Parameter(parameter) => {
            parameter.operation == Operation::Length
                || HARMLESS.contains(&parameter.name.as_str())
                || parameter.operation == Operation::Value && state.value(&parameter.name).is_some()
        }
        PartKind::Command(_) | PartKind::Process(_) => false,
    }
}

/// Whether an expansion is a variable's name, or a piece of one: in `\$$x`, `\${a_$x}`, `$x=…` and `$x() …`.
fn is_name(before: &str, after: &str) -> bool {
    let in_name = |c: char| MARK.contains(c) || c == '_' || c.is_ascii_alphanumeric();
    let lead = before.trim_end_matches(in_name);
    let rest = after.trim_start_matches(in_name);
    lead.ends_with('$')
        || lead.ends_with("${")
        || ["=", "+=", "()"].iter().any(|end| rest.starts_with(end))
            && (lead.is_empty() || lead.ends_with([' ', ';', '\n', '\t']))
}

/// `set -- "$(…)"`, which sets the positional parameters from words that were quoted for this.
fn is_set(words: &[Word]) -> bool {
    words.first().is_some_and(|word| {
        let text = word.literal_prefix();
        text == "set" || text.starts_with("set ")
    })
}

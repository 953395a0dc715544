use crate::shell::tree::{Command, Operation, Parameter, Part, PartKind, Statement, Word};

use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};

/// Programs that print what they are given, or turn it into something else.
const PRINT: [&str; 8] = ["echo", "printf", "rev", "base64", "base32", "xxd", "tr", "cut"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Simple(simple) = node else { return };
    let Some(head) = simple.words.first() else { return };
    // Nearly every command's name is one piece.
    let Some(how) = hidden(head, context.text.as_str()) else { return };
    let finding = report.in_text(context.text, head.span, format!("the name of this command is {how}"));
    if let Some(name) = head.literal() {
        finding.notes.push(format!("what runs is `{name}`"));
    }
    finding.help =
        Some("write the command's name as it is, so that it can be read and searched for".to_owned());
}

/// How a command's name is kept from being read.
fn hidden(head: &Word, text: &str) -> Option<&'static str> {
    if let Some(name) = head.literal() {
        let written = text.get(head.span.range()).unwrap_or_default();
        if is_pattern(head, &name) {
            return Some("a pattern, and what it matches is on the machine");
        }
        return is_broken(written, &name).then_some("broken up by quotes or written in escapes");
    }
    match head.parts.as_slice() {
        // A script that is nothing else is what `eval` is given, of which `dynamic-code` tells.
        [Part { kind: PartKind::Command(body), .. }] => {
            (head.span.len() < text.trim().len() && prints(body)).then_some("what another command prints")
        }
        parts if is_filled(parts) => Some("filled with arguments that mostly are empty"),
        [
            Part { kind: PartKind::Literal(name), .. },
            Part { kind: PartKind::Parameter(next), quoted: false, .. },
            ..,
        ] if next.name == "IFS" && !name.is_empty() => Some("parted from its arguments by `$IFS`"),
        parts => {
            let slices = parts.iter().filter(|part| is_slice(part)).count();
            (slices > 1).then_some("put together from slices of variables")
        }
    }
}

/// Whether a name of nothing but letters and digits is not written as such (`$'\x72m'`, `r'm'`, `r\m`). Quotes around all of
/// it hide nothing; a backslash before it keeps an alias away. Scripts that pip installs begin with `'''exec'`, which is a text
/// for Python (PyPA's distlib).
fn is_broken(written: &str, name: &str) -> bool {
    let whole = written.trim_start_matches('\\');
    let quoted = ['"', '\''].iter().find_map(|&quote| whole.strip_prefix(quote)?.strip_suffix(quote));
    whole != name
        && quoted != Some(name)
        && !name.is_empty()
        && !(name == "exec" && written == "'''exec'")
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !written.contains('\n')
}

/// Whether files are looked for that have such a name (`/bin/r?`, `r[m]`). `[` and `[[` are commands.
fn is_pattern(head: &Word, name: &str) -> bool {
    let class = name.find('[').is_some_and(|at| name[at..].len() > 2 && name[at..].contains(']'));
    let letters = name.bytes().any(|byte| byte.is_ascii_alphanumeric());
    head.is_bare()
        && letters
        && (class || name.contains(['?', '*']))
        && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether the script's arguments stand inside of a name: `r$@m`, which is `rm` where there are none.
fn is_filled(parts: &[Part]) -> bool {
    let letters = |part: Option<&Part>| {
        part.and_then(Part::literal).is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    let is_arguments = |part: &Part| match &part.kind {
        PartKind::Parameter(parameter) => {
            let Parameter { name, operation, .. } = &**parameter;
            *operation == Operation::Value && (name == "@" || name == "*")
        }
        _ => false,
    };
    parts.len() > 2
        && letters(parts.first())
        && letters(parts.last())
        && parts.iter().any(is_arguments)
        && parts.iter().all(|part| is_arguments(part) || part.literal().is_some())
}

fn is_slice(part: &Part) -> bool {
    match &part.kind {
        PartKind::Parameter(parameter) => parameter.operation == Operation::Other,
        _ => false,
    }
}

fn prints(body: &[Statement]) -> bool {
    let [Statement { first, .. }] = body else { return false };
    let Some(Command::Simple(simple)) = first.commands.first() else { return false };
    let name = simple.name().unwrap_or_default();
    PRINT.contains(&name.rsplit('/').next().unwrap_or_default())
}

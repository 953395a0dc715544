use crate::diag::Diagnostic;
use crate::model::is_variable_name;
use crate::shell::tree::{Operation, Part, PartKind, Simple, Span, Statement, Word};

use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};

/// Builtins of bash that dash does not have, with what to write instead (bash(1), dash(1)).
const BUILTINS: [(&str, &str); 13] = [
    ("source", "`.` does the same"),
    ("pushd", "use `cd` in a subshell"),
    ("popd", "use `cd` in a subshell"),
    ("dirs", "use `pwd`"),
    ("[[", "use `[`, with quotes around what is expanded"),
    ("declare", "assign without it"),
    ("typeset", "assign without it"),
    ("shopt", "there is nothing like it"),
    ("mapfile", "use `while read`"),
    ("readarray", "use `while read`"),
    ("let", "use `$((…))`"),
    ("disown", "there is nothing like it"),
    ("((", "use `$((…))`"),
];

/// Variables that only bash sets. `$RANDOM` is mostly used together with something that does as well without it.
const VARIABLES: [&str; 11] = [
    "UID",
    "EUID",
    "SECONDS",
    "HOSTNAME",
    "HOSTTYPE",
    "OSTYPE",
    "MACHTYPE",
    "FUNCNAME",
    "PIPESTATUS",
    "BASH_SOURCE",
    "BASHPID",
];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    if !context.state.options().posix {
        return;
    }
    match node {
        Node::List(statements) => both_outputs(statements, context, report),
        Node::Simple(simple) => in_simple(simple, context, report),
        Node::Expansion(part) => in_expansion(part, context, report),
        _ => {}
    }
}

fn tell<'r>(
    span: Span,
    what: &str,
    help: &str,
    context: &Context<'_>,
    report: &'r mut Report<'_>,
) -> &'r mut Diagnostic {
    let finding = report.in_text(context.text, span, format!("only bash knows {what}"));
    finding.help = Some(help.to_owned());
    finding
}

/// `a &> f`, which is `a & > f` to any other shell.
fn both_outputs(statements: &[Statement], context: &Context<'_>, report: &mut Report<'_>) {
    for pair in statements.windows(2) {
        let [one, two] = pair else { continue };
        let between = context.text.as_str().get(one.span.range().end..two.span.range().start);
        let bare = |simple: &&Simple| simple.words.is_empty() && simple.assignments.is_empty();
        let Some(simple) = two.first.simple().filter(bare) else { continue };
        let writes = simple
            .redirects
            .first()
            .filter(|redirect| redirect.kind.writes() && redirect.descriptor.is_none());
        if one.background
            && let Some(redirect) = writes
            && between.is_some_and(|text| text.trim_start() == "&")
        {
            let start = redirect.span.range().start - 1;
            let span = Span::new(start, redirect.span.range().end);
            tell(
                span,
                "`&>`; others run the command in the background",
                "write `>file 2>&1`",
                context,
                report,
            );
        }
    }
}

fn in_simple(simple: &Simple, context: &Context<'_>, report: &mut Report<'_>) {
    for word in &simple.words {
        if let Some((span, what, help)) = in_word(word, context) {
            tell(span, what, help, context, report);
        }
    }
    let Some((head, arguments)) = simple.words.split_first() else { return };
    let name = head.literal_prefix();
    if name.split_once("+=").is_some_and(|(variable, _)| is_variable_name(variable)) {
        tell(head.span, "`+=`", "write `x=$x…`", context, report);
        return;
    }
    if let Some((name, help)) =
        BUILTINS.iter().find(|(builtin, _)| name == *builtin && head.literal().is_some())
    {
        // A function of that name is the script's own affair.
        if context.state.overview().function(name).is_none() {
            let finding = tell(head.span, &format!("`{name}`"), help, context, report);
            if *name == "source" {
                finding.fix_safe("write `.`", context.text.verbatim_place_of(head.span.range()), ".");
            }
        }
        return;
    }
    let option = |letters: &[&str]| {
        arguments.first().filter(|word| word.literal().is_some_and(|text| letters.contains(&&*text)))
    };
    match &*name {
        "[" | "test" => {
            let equal =
                arguments.iter().find(|word| word.is_bare() && word.literal().as_deref() == Some("=="));
            if let Some(word) = equal {
                let finding = tell(word.span, "`==` in a test", "write `=`", context, report);
                finding.fix_safe("write `=`", context.text.verbatim_place_of(word.span.range()), "=");
            }
        }
        "echo" => {
            if let Some(word) = option(&["-e", "-en", "-ne"]) {
                tell(word.span, "`echo -e`; others print the option", "use `printf`", context, report);
            }
        }
        // dash knows signals without `SIG` alone (dash(1), `trap`).
        "trap" => {
            let is_long = |word: &&Word| word.literal().is_some_and(|text| text.starts_with("SIG"));
            for word in arguments.iter().skip(1).filter(is_long) {
                let finding = tell(word.span, "signals by this name", "leave out `SIG`", context, report);
                let name = word.literal().unwrap_or_default()["SIG".len()..].to_owned();
                finding.fix_safe("leave out `SIG`", context.text.verbatim_place_of(word.span.range()), name);
            }
        }
        "export" => {
            if let Some(word) = option(&["-f"]) {
                tell(word.span, "functions in the environment", "put it into a script", context, report);
            }
        }
        _ => {}
    }
}

/// `{a,b}`, `$[…]` and `$'…'`.
fn in_word(word: &Word, context: &Context<'_>) -> Option<(Span, &'static str, &'static str)> {
    let text = context.text.as_str();
    for (at, part) in word.parts.iter().enumerate() {
        let Some(literal) = part.literal().filter(|_| !part.quoted) else { continue };
        if expands_braces(literal) {
            return Some((word.span, "`{a,b}`; others leave it as it is", "write the words one by one"));
        }
        if literal.contains("$[") {
            return Some((word.span, "`$[…]`", "write `$((…))`"));
        }
        let after = part.span.range().end;
        let quoted = word.parts.get(at + 1).is_some_and(|next| next.quoted);
        if literal.ends_with('$') && quoted && text.get(after..).is_some_and(|rest| rest.starts_with('\'')) {
            return Some((word.span, "`$'…'`", "use `printf`"));
        }
    }
    None
}

/// Whether bash makes more words of it: a `{`, a `,` or `..`, and a `}`, with no blank between.
fn expands_braces(literal: &str) -> bool {
    let Some(start) = literal.find('{') else { return false };
    let Some(length) = literal[start..].find('}') else { return false };
    let inner = &literal[start + 1..start + length];
    let range = inner.split_once("..").is_some_and(|(from, to)| !from.is_empty() && !to.is_empty());
    inner.contains(',') || range
}

fn in_expansion(part: &Part, context: &Context<'_>, report: &mut Report<'_>) {
    match &part.kind {
        PartKind::Parameter(parameter) if parameter.operation == Operation::Other => {
            // A name that is put together, for `eval`.
            let text = context.text.as_str().get(part.span.range()).unwrap_or_default();
            let after = text.get(2 + parameter.name.len()..).unwrap_or_default();
            if after.starts_with('$')
                || parameter.name == "$" && !after.starts_with([':', '#', '%', '/', '^', ','])
            {
                return;
            }
            tell(part.span, "this expansion", "use `sed`, `case` or another variable", context, report);
        }
        PartKind::Parameter(parameter) if VARIABLES.contains(&parameter.name.as_str()) => {
            let name = parameter.name.as_str();
            let own = context.state.overview().sets(name) || context.state.overview().asks(name);
            if !own {
                let help = match name {
                    "UID" | "EUID" => "use `$(id -u)`",
                    "HOSTNAME" => "use `$(uname -n)`",
                    _ => "ask a program",
                };
                tell(part.span, &format!("`${name}`"), help, context, report);
            }
        }
        _ => {}
    }
}

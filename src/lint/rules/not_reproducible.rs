use crate::shell::tree::{Part, PartKind, Redirect, RedirectKind, Simple, Span, Word};

use super::super::call::Layer;
use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};

/// Programs that print another thing in another run or on another machine.
const CHANGING: [&str; 8] = ["date", "hostname", "uname", "whoami", "logname", "uuidgen", "lscpu", "mcookie"];

/// Variables that hold another value in another run or on another machine (bash(1), Shell Variables).
const VARIABLES: [&str; 6] = ["RANDOM", "SRANDOM", "EPOCHSECONDS", "EPOCHREALTIME", "HOSTNAME", "HOSTTYPE"];

/// Variables that hold the number of a process, which is chance.
const PROCESS: [&str; 3] = ["$", "BASHPID", "PPID"];

/// Programs that print what they are given.
const PRINT: [&str; 2] = ["echo", "printf"];

/// Files that say something of the machine, the kernel that runs, or nothing but chance (proc(5)).
const FILES: [&str; 7] = [
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/version",
    "/proc/uptime",
    "/proc/sys/kernel/random/uuid",
    "/dev/random",
    "/dev/urandom",
];

/// Programs that write what they are given into a file without a redirection.
const COPY: [&str; 4] = ["cp", "install", "dd", "tee"];

/// Options of date that give a time which the script says.
const GIVEN: [&str; 6] = ["-d", "--date", "-r", "--reference", "-f", "--file"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    if !scene.phase {
        return;
    }
    match node {
        Node::Expansion(part) => {
            if let PartKind::Parameter(parameter) = &part.kind
                && VARIABLES.contains(&parameter.name.as_str())
                && context.state.value(&parameter.name).is_none()
            {
                tell(&format!("${}", parameter.name), part.span, context, report);
            }
        }
        Node::Simple(simple) => in_command(simple, context, report),
        Node::Redirect(redirect) if redirect.kind == RedirectKind::Read && context.around.subshell => {
            file(&redirect.target, context, report);
        }
        _ => {}
    }
}

fn in_command(simple: &Simple, context: &Context<'_>, report: &mut Report<'_>) {
    let Some((head, arguments)) = simple.words.split_first() else { return };
    let Some(name) = head.first_text() else { return };
    if context.state.overview().function(name).is_some() {
        return;
    }
    let is_written = simple.redirects.iter().any(is_kept);
    // In `-j$(nproc)` it only says how many jobs to run, and in `$0.$$` the number only makes a name.
    if is_written && name == "nproc" {
        tell(name, head.span, context, report);
    }
    if is_written && PRINT.contains(&name) {
        let parts = arguments.iter().flat_map(|word| &word.parts);
        for part in parts {
            if let PartKind::Parameter(parameter) = &part.kind
                && PROCESS.contains(&parameter.name.as_str())
            {
                tell(&format!("${}", parameter.name), part.span, context, report);
            }
        }
    }
    // What only goes to the log is nobody's.
    if !context.around.subshell && !COPY.contains(&name) && !is_written {
        return;
    }
    // Whoever counts processors wants to know how many jobs to run.
    let counts = arguments.iter().any(|word| {
        let text = word.literal_prefix();
        text.starts_with('-') && !text.starts_with("--") && text.contains('c')
    });
    if !(counts && name == "grep") {
        arguments.iter().for_each(|word| file(word, context, report));
    }
    if CHANGING.contains(&name) && changes(name, head, arguments) {
        tell(name, head.span, context, report);
    }
}

fn changes(name: &str, head: &Word, arguments: &[Word]) -> bool {
    let layer = Layer { name: name.to_owned(), head, arguments };
    match name {
        "date" => {
            let given = layer.arguments.iter().any(|word| {
                let text = word.literal_prefix();
                GIVEN.iter().any(|option| text.starts_with(option))
                    || text.starts_with("-ud")
                    || has_epoch(&word.parts)
            });
            !given
        }
        // What machine it is says little and is asked for often; what kernel runs is chance.
        "uname" => ['r', 'n', 'v', 'a'].into_iter().any(|letter| layer.has_letter(letter)),
        _ => true,
    }
}

/// `-u${SOURCE_DATE_EPOCH:+d @$SOURCE_DATE_EPOCH}`
fn has_epoch(parts: &[Part]) -> bool {
    parts.iter().any(|part| match &part.kind {
        PartKind::Parameter(parameter) => parameter.name == "SOURCE_DATE_EPOCH",
        _ => false,
    })
}

fn is_kept(redirect: &Redirect) -> bool {
    redirect.kind.writes() && !redirect.target.literal_prefix().starts_with("/dev/")
}

fn file(word: &Word, context: &Context<'_>, report: &mut Report<'_>) {
    if let Some(text) = word.first_text()
        && FILES.contains(&text)
    {
        tell(text, word.span, context, report);
    }
}

fn tell(what: &str, span: Span, context: &Context<'_>, report: &mut Report<'_>) {
    let message = format!("`{what}` is something else in the next build, or on another machine");
    let finding = report.in_text(context.text, span, message);
    finding.help = Some(
        if what == "date" {
            "take the time from the sources: `date -u -d @\"$SOURCE_DATE_EPOCH\"`, or of a file with `-r`"
        } else {
            "write down a value that does not change, in the spec"
        }
        .to_owned(),
    );
}

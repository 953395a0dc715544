//! Which programs bring bytes from the network.

use super::call::Layer;
use super::flow::Call;
use crate::shell::tree::{Redirect, Value, Word};

/// Programs that do nothing else.
const FETCHERS: [&str; 36] = [
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
    "yt-dlp",
    "ping",
    "dig",
    "nslookup",
    "whois",
    "ntpdate",
    "ssh-keyscan",
    "elinks",
    "links",
    "xh",
    "curlie",
    "nmap",
    "npx",
    "pnpx",
    "bunx",
    "uvx",
    "gsutil",
    "rclone",
    "skopeo",
];

/// Programs some of whose commands reach the network, with these commands; from the manual of each.
const COMMANDS: [(&str, &[&str]); 56] = [
    ("git", &["clone", "fetch", "pull", "ls-remote", "submodule", "push", "remote"]),
    ("hg", &["clone", "pull", "incoming"]),
    ("svn", &["checkout", "co", "export", "update", "up"]),
    ("bzr", &["branch", "pull", "checkout"]),
    ("cvs", &["checkout", "co", "update"]),
    ("repo", &["init", "sync"]),
    ("apt", &["install", "update", "upgrade", "full-upgrade", "build-dep", "source"]),
    ("apt-get", &["install", "update", "upgrade", "dist-upgrade", "build-dep", "source", "download"]),
    ("aptitude", &["install", "update", "upgrade", "full-upgrade"]),
    ("dnf", &["install", "update", "upgrade", "builddep"]),
    ("yum", &["install", "update", "upgrade"]),
    ("microdnf", &["install", "update", "upgrade"]),
    ("zypper", &["install", "in", "update", "refresh"]),
    ("apk", &["add", "update", "upgrade", "fetch"]),
    ("xbps-install", &["-S", "-Su", "-Sy"]),
    ("emerge", &["--sync"]),
    ("eopkg", &["install", "upgrade"]),
    ("opkg", &["install", "update"]),
    ("brew", &["install", "update", "upgrade"]),
    ("snap", &["install", "refresh"]),
    ("flatpak", &["install", "update"]),
    ("nix-env", &["-i", "-iA", "--install"]),
    ("npm", &["install", "i", "ci", "update", "exec"]),
    ("yarn", &["install", "add"]),
    ("pnpm", &["install", "add", "i"]),
    ("bun", &["install", "add"]),
    (
        "cargo",
        &["fetch", "install", "update", "add", "build", "test", "run", "check", "doc", "vendor", "rustc"],
    ),
    ("rustup", &["update", "install", "toolchain", "target", "component"]),
    ("go", &["get", "install", "mod", "run"]),
    ("gem", &["install", "update"]),
    ("bundle", &["install", "update"]),
    ("composer", &["install", "update", "require"]),
    ("poetry", &["install", "update", "add"]),
    ("pipx", &["install", "run"]),
    ("uv", &["sync", "pip", "tool"]),
    ("conda", &["install", "create", "update"]),
    ("docker", &["pull", "run", "build"]),
    ("podman", &["pull", "run", "build"]),
    ("luarocks", &["install"]),
    ("cabal", &["update", "install"]),
    ("mvn", &["package", "install", "compile", "verify", "test", "deploy"]),
    ("mix", &["deps.get"]),
    ("rebar3", &["get-deps", "compile"]),
    ("dotnet", &["restore"]),
    ("nuget", &["restore", "install"]),
    ("deno", &["run", "install", "cache"]),
    ("nix", &["run", "build", "develop"]),
    ("helm", &["pull"]),
    ("oras", &["pull"]),
    ("aws", &["s3"]),
    ("zig", &["fetch"]),
    ("openssl", &["s_client"]),
    ("stack", &["update", "setup"]),
    ("opam", &["install", "update", "init"]),
    ("meson", &["subprojects", "wrap"]),
    ("gpg", &["--recv-keys", "--recv-key", "--recv", "--search-keys", "--refresh-keys"]),
];

/// Options that keep a program from the network, or have it say only what it would do.
const OFFLINE: [&str; 12] = [
    "--offline",
    "--frozen",
    "--local",
    "--no-index",
    "--cache-only",
    "--cacheonly",
    "--no-download",
    "--print-uris",
    "--simulate",
    "--dry-run",
    "--version",
    "--help",
];

/// Variables that keep a program from the network, with the values that do; `""` stands for any (Cargo, Go and pip
/// documentation).
const OFFLINE_VARIABLES: [(&str, &str, &str); 6] = [
    ("cargo", "CARGO_NET_OFFLINE", "true"),
    ("go", "GOPROXY", "off"),
    ("go", "GOFLAGS", "-mod=vendor"),
    ("pip", "PIP_NO_INDEX", ""),
    ("npm", "npm_config_offline", "true"),
    ("npm", "NPM_CONFIG_OFFLINE", "true"),
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
                pair[0].literal().is_some_and(|text| text.starts_with('-') && text.ends_with('m'))
                    && pair[1].literal().as_deref() == Some("pip")
            })?;
            pip(&layer.arguments[module + 2..])
        }
        _ => {
            let (_, commands) = COMMANDS.iter().find(|(program, _)| *program == name)?;
            let command = subcommand(layer.arguments, commands)?;
            (!layer.has(&OFFLINE) && !stays_here(layer, command)).then(|| format!("{name} {command}"))
        }
    }
}

/// What bash takes for a connection rather than for a file (bash(1), REDIRECTION).
pub(super) const CONNECTIONS: [&str; 2] = ["/dev/tcp/", "/dev/udp/"];

/// Whether a redirection is a connection to another machine. To this one it asks whether a service is up.
pub(super) fn connects(redirect: &Redirect) -> bool {
    let text = redirect.target.literal_prefix();
    CONNECTIONS.iter().any(|device| text.starts_with(device))
        && !["/localhost/", "/127."].iter().any(|host| text.contains(host))
}

/// Whether a command, which may reach the network, does not as it is given.
fn stays_here(layer: &Layer<'_>, command: &'static str) -> bool {
    let after = || after(layer, command);
    match (layer.name.as_str(), command) {
        ("git", "clone") => cloned(layer).next().is_some_and(is_local),
        ("git", "fetch" | "pull") => after().next().is_some_and(is_local),
        // With these only repositories on this machine can be reached.
        ("git", "submodule") => {
            !layer.has(&["update", "add"])
                || layer.has(&["protocol.file.allow=always", "protocol.allow=never"])
        }
        // What is in the module itself needs nothing else.
        ("go", "install" | "run") => !after().any(|word| word.literal_prefix().contains('@')),
        ("go", "mod") => !layer.has(&["download", "tidy", "vendor"]),
        ("gem", "install") => layer.has(&["-l"]) || after().any(is_local),
        ("npm" | "pnpm", "install" | "i") => after().next().is_some_and(is_local),
        ("uv", "tool" | "pip") => !layer.has(&["install"]),
        ("meson", "subprojects" | "wrap") => !layer.has(&["download", "update", "install", "update-db"]),
        ("git", "remote") => !layer.has(&["update", "show"]),
        ("mvn", _) => layer.has(&["-o"]),
        // A script on this machine.
        ("deno", _) => !after().any(|word| word.literal_prefix().contains(':')),
        ("rustup", "toolchain" | "target" | "component") => !layer.has(&["add", "install"]),
        _ => false,
    }
}

/// Whether a variable that is set here, for this command or before it, keeps a program from the network.
pub(super) fn is_kept_offline(call: &Call<'_, '_>) -> bool {
    let name = call.layer.name.as_str();
    OFFLINE_VARIABLES.iter().filter(|(program, ..)| name.starts_with(program)).any(|(_, variable, wanted)| {
        let is = |value: &str| wanted.is_empty() || value.split(' ').any(|word| word == *wanted);
        let mut own = call.simple.assignments.iter().filter(|one| one.name == *variable);
        let here = own.any(|one| match &one.value {
            Value::Scalar(word) => word.literal().is_some_and(|text| is(&text)),
            Value::Array(_) => false,
        });
        here || call.state.value(variable).is_some_and(is)
            // Where the value is not written down, that it is set is enough.
            || call.state.is_known(variable) && call.state.value(variable).is_none()
    })
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

/// The address that `git clone` is given, and what comes after it. A name without `/` and `:` is the value of an option.
pub(super) fn cloned<'s>(layer: &Layer<'s>) -> impl Iterator<Item = &'s Word> + use<'s> {
    let may_be = |word: &&Word| word.literal().is_none_or(|text| text.contains(['/', ':']));
    after(layer, "clone").skip_while(move |word| !may_be(word))
}

/// The operands after a command.
fn after<'s>(layer: &Layer<'s>, command: &'static str) -> impl Iterator<Item = &'s Word> + use<'s> {
    layer.operands().skip_while(move |word| word.literal().as_deref() != Some(command)).skip(1)
}

/// The first operand, if it is one of these commands. What stands before it are options and their values.
fn subcommand(arguments: &[Word], commands: &[&'static str]) -> Option<&'static str> {
    let mut literals = arguments.iter().filter_map(Word::literal).take(6);
    literals.find_map(|text| commands.iter().copied().find(|command| *command == text))
}

/// pip reaches the network unless it is told of no index, or neither of dependencies nor of a build in isolation, which
/// installs the build's own.
fn pip(arguments: &[Word]) -> Option<String> {
    let command = subcommand(arguments, &["install", "download", "wheel"])?;
    let has = |option: &str| arguments.iter().filter_map(Word::literal).any(|text| text == option);
    let offline = has("--no-index") || has("--no-deps") && has("--no-build-isolation");
    (!offline).then(|| format!("pip {command}"))
}

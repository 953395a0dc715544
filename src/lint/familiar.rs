//! Variables and programs of which something is known in every script.

use crate::shell::tree::{Simple, Statement};

/// Set by the shell itself, or by whoever logged in (POSIX.1-2024, Base Definitions, 8.3; bash(1)).
pub(super) const ALWAYS_SET: [&str; 12] = [
    "PWD",
    "HOME",
    "PATH",
    "SHELL",
    "IFS",
    "PPID",
    "UID",
    "EUID",
    "RANDOM",
    "HOSTNAME",
    "BASH",
    "BASH_SOURCE",
];

/// Set by the shell or by whoever logged in, though perhaps to nothing (bash(1), "Shell Variables" and "Coprocesses").
const SET_BY_SHELL: [&str; 37] = [
    "BASHOPTS",
    "BASHPID",
    "BASH_COMMAND",
    "BASH_LINENO",
    "BASH_REMATCH",
    "BASH_SUBSHELL",
    "BASH_VERSINFO",
    "BASH_VERSION",
    "COPROC",
    "COPROC_PID",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "FUNCNAME",
    "GROUPS",
    "HOSTTYPE",
    "LC_ALL",
    "LINENO",
    "MACHTYPE",
    "MAPFILE",
    "OLDPWD",
    "OPTARG",
    "OPTERR",
    "OPTIND",
    "OSTYPE",
    "PIPESTATUS",
    "PS4",
    "REPLY",
    "SECONDS",
    "SHELLOPTS",
    "SHLVL",
    "SOURCE_DATE_EPOCH",
    "SRANDOM",
    "TERM",
    "TZ",
    "USER",
    "_",
];

/// Whether a variable is there without anybody in the script setting it.
pub(super) fn set_by_shell(name: &str) -> bool {
    ALWAYS_SET.contains(&name) || SET_BY_SHELL.contains(&name)
}

/// Programs that print something whenever they succeed; where they fail, `set -e` ends the script.
pub(super) const ALWAYS_PRINT: [&str; 14] = [
    "mktemp", "pwd", "dirname", "basename", "realpath", "nproc", "uname", "date", "id", "whoami", "hostname",
    "getconf", "arch", "stat",
];

/// Programs of whose output nothing has a blank.
pub(super) const ONE_WORD: [&str; 7] = ["arch", "hostname", "id", "mktemp", "nproc", "uname", "whoami"];

/// Variables of the shell that have none (bash(1), "Shell Variables").
pub(super) const ONE_WORD_VARIABLES: [&str; 13] =
    ["?", "#", "$", "!", "-", "UID", "EUID", "PPID", "RANDOM", "HOSTNAME", "HOSTTYPE", "MACHTYPE", "OSTYPE"];

/// Whether a command substitution is what one of these programs prints.
pub(super) fn prints(body: &[Statement], programs: &[&str]) -> bool {
    Statement::only(body).and_then(Simple::name).is_some_and(|name| programs.contains(&&*name))
}

//! Other programs.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::ffi::OsStr;
use std::process::Command;

/// A command to be filled in and started.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

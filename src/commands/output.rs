//! What commands say to standard output.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::{Result, anyhow};
use serde::Serialize;

use super::{Color, Global};
use crate::diagnose::plain;
use crate::host::{env, files};
use crate::render::Style;

/// Prints a text. A reader that has seen enough, such as `head`, is no error.
///
/// # Errors
/// Standard output cannot be written to.
pub(super) fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// Writes a text to the file that was named, or prints it.
///
/// # Errors
/// Neither can be written to.
pub(super) fn write_or_print(path: Option<&Path>, text: &str) -> Result<()> {
    match path {
        Some(path) => files::write_named(path, text.as_bytes()),
        None => print(text),
    }
}

/// Prints a documented JSON shape.
///
/// # Errors
/// As [`print`].
pub(super) fn print_json(shape: &impl Serialize) -> Result<()> {
    print(&(serde_json::to_string_pretty(shape)? + "\n"))
}

/// Prints bytes as they are.
///
/// # Errors
/// As [`print`].
pub(super) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            // As words alone: what to do where a disk is full is of the state directory's.
            Err(anyhow!("failed to write to standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// The same, without what would steer the terminal, if it goes to one: whoever wrote it is not trusted.
pub(super) fn print_foreign(bytes: &[u8]) -> Result<()> {
    if !io::stdout().is_terminal() {
        return print_bytes(bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    let lines =
        text.split_inclusive('\n').map(|line| plain(line) + if line.ends_with('\n') { "\n" } else { "" });
    print(&lines.collect::<String>())
}

/// Says something on standard error. Where nobody can hear it, there is nobody to tell.
pub(super) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Whether to colour what goes to a stream that is a `terminal` or is not.
fn colors(global: &Global, terminal: bool) -> bool {
    match global.color {
        Color::Always => true,
        Color::Never => false,
        // https://no-color.org: any value but an empty one says no.
        Color::Auto => terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// How to write for people to a stream: in the width of its terminal, or as for a file.
pub(super) fn style(global: &Global, stream: impl io::IsTerminal + std::os::fd::AsFd) -> Style {
    let terminal = stream.is_terminal();
    let width = terminal.then(|| env::terminal_width(stream)).flatten();
    Style { color: colors(global, terminal), width: width.unwrap_or(Style::PLAIN.width) }
}

//! Which of a script's commands failed.
//!
//! The script itself shows nothing of this. bash reads a file before the script (bash(1), `BASH_ENV`), which has it tell
//! at its end, through a FIFO, what it was at when it had to stop. No other shell of the step is told to, and a script
//! that sets a trap of its own for its end tells nothing.

use std::fs::File;

use anyhow::Result;

use super::root::Root;
use crate::diagnose::plain;
use crate::host::{fifo, files};
use crate::layout::guest;
use crate::sandbox::{BoundFile, Sandbox};

/// How much of a command is kept, in bytes.
const LONGEST: usize = 1000;

/// Who hears of the command that failed.
pub(super) struct Listener(Option<File>);

/// Has a script tell which command failed, if bash runs it and nobody else has use for `BASH_ENV`.
pub(super) fn listen(root: &Root, sandbox: &mut Sandbox) -> Result<Listener> {
    let by_bash = sandbox.command.argv.first().is_some_and(|program| program.ends_with("/bash"));
    if !by_bash || sandbox.command.env.contains_key("BASH_ENV") {
        return Ok(Listener(None));
    }
    let (pipe, text) = (root.beside("failing"), root.beside("failing.sh"));
    let heard = fifo::make(&pipe, 0o666)?;
    let told = guest::FAILING;
    let trap = format!(
        "unset BASH_ENV\ntrap '[ $? -eq 0 ] || printf %s \"${{BASH_COMMAND:0:{LONGEST}}}\" >{told}' EXIT\n"
    );
    files::write_new(&text, trap.as_bytes(), files::DATA)?;
    sandbox.command.env.insert("BASH_ENV".to_owned(), guest::BEFORE_SCRIPT.to_owned());
    sandbox.files.push(BoundFile { from: pipe, at: guest::FAILING.into() });
    sandbox.files.push(BoundFile { from: text, at: guest::BEFORE_SCRIPT.into() });
    Ok(Listener(Some(heard)))
}

impl Listener {
    /// The command, in one line, after the script has ended.
    pub(super) fn command(self) -> Option<String> {
        let bytes = fifo::take_all(&self.0?, LONGEST * 4);
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<_> = text.lines().map(|line| plain(line.trim())).collect();
        let command = lines.join(" ").trim().to_owned();
        // What stands behind the command that failed, and only passes its status on.
        let passes_on = matches!(command.split(' ').next(), None | Some("" | "exit" | "return"));
        (!passes_on).then_some(command)
    }
}

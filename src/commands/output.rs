//! What commands say to standard output.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};

/// Prints a text. A reader that has seen enough, such as `head`, is no error.
///
/// # Errors
/// Standard output cannot be written to.
pub(super) fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// Prints bytes as they are.
///
/// # Errors
/// As [`print`].
pub(super) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("failed to write to standard output")
        }
        _ => Ok(()),
    }
}

/// Says something on standard error. Where nobody can hear it, there is nobody to tell.
pub(super) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

//! The environment and the working directory.
#![expect(clippy::disallowed_methods, reason = "this is the door that clippy.toml names")]

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A variable of the environment, if it is set and is UTF-8.
pub fn var(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A variable of the environment, if it is set.
pub fn var_os(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The working directory.
///
/// # Errors
/// It was removed, or may not be read.
pub fn current_dir() -> Result<PathBuf> {
    std::env::current_dir()
        .context("failed to find the working directory, which may be gone; change to one that is there")
}

/// This program's own file.
///
/// # Errors
/// `/proc` is not mounted.
pub fn current_exe() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// The first executable file of that name in `PATH`; a name with a `/` stands for itself.
pub fn find_program(name: &str) -> Option<PathBuf> {
    find_program_where(name, |_| true)
}

/// The same among those that are wanted.
pub fn find_program_where(name: &str, is_wanted: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let runs = |path: &Path| rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok() && path.is_file();
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| runs(path) && is_wanted(path));
    }
    let path = var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| runs(path) && is_wanted(path))
}

/// How many characters fit into a line of the terminal that a stream goes to.
pub fn terminal_width(stream: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    Some(usize::from(size.ws_col)).filter(|&width| width > 0)
}

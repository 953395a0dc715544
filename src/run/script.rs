//! The package's script, and how it is started.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::host::files;
use crate::layout::guest;
use crate::model::{Digest, Phase};
use crate::plan::file::PackageFile;

/// A script whose bytes are those that were compiled.
#[derive(Debug)]
pub(super) struct Script {
    /// Where it lies on the host.
    pub path: PathBuf,
    interpreter: Vec<String>,
}

impl Script {
    /// Finds a package's script below the folder of generated files.
    ///
    /// # Errors
    /// It is not there, or was changed by hand.
    pub(super) fn find(output: &Path, package: &PackageFile) -> Result<Self> {
        let path = output.join(package.script.as_str());
        let bytes = files::read(&path)?;
        if Digest::of(&bytes) != package.script_sha256 {
            bail!(
                "`{}` is not what lfsgen wrote; put a change into the spec of `{}`, or undo it with `lfsgen generate`",
                path.display(),
                package.package,
            );
        }
        Ok(Self { interpreter: interpreter(&bytes), path })
    }

    /// What starts a phase of it in the root.
    pub(super) fn argv(&self, phase: Phase) -> Vec<String> {
        let words = [guest::SCRIPT, phase.name()].map(str::to_owned);
        self.interpreter.iter().cloned().chain(words).collect()
    }
}

/// The words of a first line that starts with `#!`. They are not left to the kernel, for which the script would have to
/// be executable on the host.
fn interpreter(bytes: &[u8]) -> Vec<String> {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let words: Vec<_> = line.strip_prefix("#!").unwrap_or_default().split_whitespace().collect();
    if words.is_empty() { vec!["/bin/sh".to_owned()] } else { words.into_iter().map(str::to_owned).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_its_interpreter_in_the_first_line() {
        assert_eq!(interpreter(b"#!/usr/bin/env bash\necho"), ["/usr/bin/env", "bash"]);
        assert_eq!(interpreter(b"#! /bin/sh -e\n"), ["/bin/sh", "-e"]);
        assert_eq!(interpreter(b"echo\n"), ["/bin/sh"]);
        assert_eq!(interpreter(b""), ["/bin/sh"]);
    }
}

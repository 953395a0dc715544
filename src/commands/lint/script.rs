//! Plain shell scripts that `lint` is given: their texts, and which shell they are for.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::host::{env, files};
use crate::model::Dialect;
use crate::shell::interpreter;

/// A script, as it was read.
pub(super) struct Script {
    /// What it is called in findings.
    pub(super) name: String,
    /// Where it lies; nowhere, where it came from standard input.
    pub(super) path: Option<PathBuf>,
    /// Its text; a fix may have changed it.
    pub(super) text: String,
    /// Whether the text that was read is what lies there, byte for byte.
    pub(super) exact: bool,
    /// The shell that it is for.
    pub(super) dialect: Dialect,
}

impl Script {
    /// Reads one; `-` is standard input. Without a dialect, its first line says which it is.
    ///
    /// # Errors
    /// It cannot be read, or its first line names another language.
    pub(super) fn read(path: &Path, dialect: Option<Dialect>) -> Result<Self> {
        let (name, path, bytes) = if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).context("failed to read standard input")?;
            ("<stdin>".to_owned(), None, bytes)
        } else {
            (name_of(path), Some(path.to_owned()), files::read(path)?)
        };
        let shown = name.clone();
        Self::of(name, path, &bytes, dialect).or_else(|other| {
            bail!(
                "`{shown}` is no script for `sh` or `bash`: its first line names `{other}` (`--dialect` reads it all the same)"
            )
        })
    }

    /// Reads one that lies in a folder, unless its first line names another language: then this says which.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn found(path: &Path, dialect: Option<Dialect>) -> Result<Result<Self, String>> {
        Ok(Self::of(name_of(path), Some(path.to_owned()), &files::read(path)?, dialect))
    }

    fn of(
        name: String,
        path: Option<PathBuf>,
        bytes: &[u8],
        dialect: Option<Dialect>,
    ) -> Result<Self, String> {
        // A script may be in any encoding that has ASCII; what is not UTF-8 stands for itself as U+FFFD.
        let text = String::from_utf8_lossy(bytes).into_owned();
        if let Some(other) = other_language(&text).filter(|_| dialect.is_none()) {
            return Err(other.to_owned());
        }
        let dialect = dialect.unwrap_or_else(|| dialect_of(&text));
        Ok(Self { name, path, exact: text.as_bytes() == bytes, text, dialect })
    }
}

/// What a script is called: one name from wherever its path is written, so that a baseline knows it again. Below the current
/// folder that is the way from there; a link is called what it is called.
fn name_of(path: &Path) -> String {
    let below = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let whole = folder.canonicalize().ok()?.join(path.file_name()?);
        let here = env::current_dir().ok()?.canonicalize().ok()?;
        whole.strip_prefix(here).ok().map(Path::to_owned)
    };
    below().unwrap_or_else(|| path.to_owned()).to_string_lossy().into_owned()
}

/// What a script's first line says.
fn dialect_of(script: &str) -> Dialect {
    match interpreter(script).map(|(name, _)| name) {
        Some("sh" | "dash" | "ash") => Dialect::Posix,
        _ => Dialect::Bash,
    }
}

/// Programs that read another language than that of `sh` and `bash`, by how their names begin.
const OTHERS: [&str; 18] = [
    "awk", "bats", "csh", "expect", "fish", "gawk", "lua", "make", "node", "perl", "php", "pwsh", "python",
    "ruby", "sed", "tclsh", "tcsh", "zsh",
];

/// The program that a script's first line names, where that is one of them.
fn other_language(script: &str) -> Option<&str> {
    let (name, _) = interpreter(script)?;
    OTHERS.iter().any(|other| name.starts_with(other)).then_some(name)
}

//! The programs that run the graph.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::emit::Backend;
use crate::host::{env, files, process, raw};

/// Bytes on the disk that are kept for the graph's program: for what steps say that fail because nothing else is left.
const ROOM: u64 = 256 << 10;

/// A kind of program that runs a graph.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// What it reads.
    backend: Backend,
    /// What it may be called, the likeliest first.
    programs: &'static [&'static str],
    /// What to install, on Debian, Fedora and Arch.
    packages: [Option<&'static str>; 3],
}

/// Every kind, the preferred one first.
pub(super) static KINDS: [Kind; 4] = [
    Kind {
        name: "ninja",
        backend: Backend::Ninja,
        programs: &["ninja", "ninja-build"],
        packages: [Some("ninja-build"), Some("ninja-build"), Some("ninja")],
    },
    Kind {
        name: "samu",
        backend: Backend::Ninja,
        programs: &["samu"],
        packages: [Some("samurai"), Some("samurai"), Some("samurai")],
    },
    Kind { name: "n2", backend: Backend::Ninja, programs: &["n2"], packages: [None, None, Some("n2")] },
    Kind {
        name: "make",
        backend: Backend::Make,
        programs: &["make", "gmake"],
        packages: [Some("make"), Some("make"), Some("make")],
    },
];

/// A program that was found.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) kind: &'static Kind,
    path: PathBuf,
}

/// What it is asked for.
#[derive(Debug)]
pub(super) struct Invocation<'a> {
    /// The project's root, absolute.
    pub(super) root: &'a Path,
    /// The folder of generated files, absolute.
    pub(super) output: &'a Path,
    /// Names in the graph.
    pub(super) targets: &'a [String],
    /// Steps at once, those that wait for their share included.
    pub(super) jobs: u32,
    /// Failures after which nothing more is started; 0 for none.
    pub(super) keep_going: u32,
    /// Added to the environment.
    pub(super) env: &'a [(&'static str, OsString)],
    /// Where its own words go.
    pub(super) log: &'a Path,
}

impl Program {
    /// Finds the program that was asked for, or the first for the backend.
    ///
    /// # Errors
    /// None is installed; the error says what to install.
    pub(super) fn find(kind: Option<&str>, backend: Option<Backend>) -> Result<Self> {
        let backend = match (kind.and_then(named), backend) {
            (Some(kind), Some(backend)) if kind.backend != backend => {
                bail!("`{}` does not read what `--backend {}` writes", kind.name, backend.name())
            }
            (Some(kind), _) => kind.backend,
            (None, backend) => backend.unwrap_or_default(),
        };
        let wanted = |known: &&Kind| known.backend == backend && kind.is_none_or(|name| known.name == name);
        let kinds: Vec<&'static Kind> = KINDS.iter().filter(wanted).collect();
        for kind in &kinds {
            if let Some(path) = kind.programs.iter().find_map(|program| env::find_program(program)) {
                return Ok(Self { kind, path });
            }
        }
        bail!("{}", absent(&kinds))
    }

    /// What it reads.
    pub(super) fn backend(&self) -> Backend {
        self.kind.backend
    }

    /// Starts it, in a process group of its own, so that a Ctrl-C reaches it once, through us. It stops where we are
    /// killed.
    ///
    /// # Errors
    /// It could not be started.
    pub(super) fn start(&self, asked: &Invocation<'_>) -> Result<Child> {
        use std::os::unix::process::CommandExt as _;
        if let Some(parent) = asked.log.parent() {
            files::create_dir_all(parent)?;
        }
        let log = files::create_with_room(asked.log, ROOM)?;
        let mut command = process::command(&self.path);
        let graph = asked.output.join(self.kind.backend.file());
        // A path below the root is given as a person would type it.
        command.arg("-f").arg(graph.strip_prefix(asked.root).unwrap_or(&graph));
        match self.kind.backend {
            // In words of their own: n2 does not read `-j2`.
            Backend::Ninja => {
                command.args(["-j", &asked.jobs.to_string(), "-k", &asked.keep_going.to_string()]);
            }
            Backend::Make => {
                command.arg(format!("-j{}", asked.jobs));
                command.args((asked.keep_going != 1).then_some("-k"));
            }
        }
        command.args(asked.targets).current_dir(asked.root).envs(asked.env.iter().cloned());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        raw::tied_to_us(&mut command)
            .spawn()
            .with_context(|| format!("failed to start `{}`", self.path.display()))
    }
}

fn named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// What to install, where none of these is there.
fn absent(kinds: &[&Kind]) -> String {
    let names: Vec<_> = kinds.iter().map(|kind| format!("`{}`", kind.name)).collect();
    let are = if names.len() == 1 { "is" } else { "are" };
    let mut text = format!("{} {are} not installed", names.join(", "));
    for (at, system) in ["Debian", "Fedora", "Arch"].into_iter().enumerate() {
        let packages: Vec<_> = kinds.iter().filter_map(|kind| kind.packages[at]).collect();
        if let Some(first) = packages.first() {
            text.push_str(&format!("\n  on {system}: install the package `{first}`"));
        }
    }
    if kinds.iter().all(|kind| kind.backend == Backend::Ninja) {
        text.push_str("\n  or build with GNU make: `lfsgen build --backend make`");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_program_names_what_to_install_on_each_system() {
        let ninjas: Vec<_> = KINDS.iter().filter(|kind| kind.backend == Backend::Ninja).collect();
        let text = absent(&ninjas);
        assert!(text.starts_with("`ninja`, `samu`, `n2` are not installed"), "{text}");
        for words in [
            "Debian: install the package `ninja-build`",
            "Arch: install the package `ninja`",
            "--backend make",
        ] {
            assert!(text.contains(words), "{text}");
        }
        assert!(!absent(&[&KINDS[3]]).contains("--backend"));
    }

    #[test]
    fn a_program_and_a_backend_must_fit() {
        let error = Program::find(Some("n2"), Some(Backend::Make)).unwrap_err().to_string();
        assert_eq!(error, "`n2` does not read what `--backend make` writes");
    }
}

//! Programs that do a piece of work whose failure matters, as opposed to those that ask or tell.

use super::call::Layer;
use super::writes::edits;

/// The kinds of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// It configures, builds, tests or installs what is built.
    Build,
    /// It unpacks or changes sources.
    Prepare,
    /// It puts files somewhere.
    Place,
    /// It changes files or goes among them in another way.
    File,
}

/// Programs of one kind, with the options or commands without which they only tell something; none where they always work.
const WORK: [(Work, &[&str], &[&str]); 6] = [
    (
        Work::Build,
        &[
            "make",
            "gmake",
            "ninja",
            "samu",
            "cmake",
            "ctest",
            "configure",
            "autoreconf",
            "autogen.sh",
            "waf",
            "scons",
        ],
        &[],
    ),
    (Work::Build, &["meson", "muon"], &["setup", "compile", "test", "install"]),
    (Work::Build, &["cargo"], &["build", "test", "install", "check", "cbuild", "cinstall"]),
    (Work::Prepare, &["patch", "unzip", "cpio", "unxz", "gunzip", "bunzip2"], &[]),
    (Work::Place, &["install", "cp", "mv"], &[]),
    (Work::File, &["ln", "mkdir", "rmdir", "rm", "cd", "pushd", "chmod", "chown", "touch", "mknod"], &[]),
];

/// Options with which a program only tells something.
const TELLS: [&str; 4] = ["--version", "--help", "--dry-run", "--question"];

/// Options of one letter with which these programs do.
const ASKS: [(&[&str], &str); 2] = [(&["make", "gmake"], "npq"), (&["ninja", "samu"], "nt")];

/// What kind of work a program does, if any.
pub(super) fn work(layer: &Layer<'_>) -> Option<Work> {
    let name = layer.base_name();
    let found = match name {
        "tar" | "bsdtar" => unpacks(layer).then_some(Work::Prepare),
        "sed" => edits(layer).then_some(Work::Prepare),
        _ => {
            let (kind, _, commands) = WORK.iter().find(|(_, names, _)| names.contains(&name))?;
            let works = commands.is_empty() || layer.literals().any(|text| commands.contains(&&*text));
            let asks = ASKS.iter().any(|(names, letters)| {
                names.contains(&name) && letters.chars().any(|letter| layer.has_letter(letter))
            });
            (works && !asks).then_some(*kind)
        }
    };
    found.filter(|_| !layer.has(&TELLS))
}

/// Whether `tar` is told to extract: `xf`, `-xf`, `--extract`.
fn unpacks(layer: &Layer<'_>) -> bool {
    let bundled =
        layer.literals().next().is_some_and(|text| text.starts_with('x') && !text.contains(['/', '.']));
    bundled || layer.has_letter('x') || layer.has(&["--extract", "--get"])
}

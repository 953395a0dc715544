//! Programs: are they there, and new enough?
//!
//! One table has them all, with how to ask each for its version, what it is for, and what to install. It also says for
//! which projects a program must be there.

use std::path::Path;

use super::distribution::{Distribution, Names};
use super::{Feature, Finding, Subject, Verdict};
use crate::host::{env, process, tree};
use crate::sandbox;

/// When a program must be there.
#[derive(Debug, Clone, Copy)]
enum Need {
    /// Always.
    Always,
    /// Where the project uses this.
    For(Feature),
    /// Some package will want it.
    Sometimes,
}

impl Need {
    /// Whether steps start the program, and not lfsgen itself, outside of them.
    fn is_of_steps(self) -> bool {
        !matches!(self, Self::Always | Self::For(Feature::DebianSources | Feature::PypiSources))
    }
}

/// A program.
struct Tool {
    name: &'static str,
    /// How it is asked for its version; the first that starts is taken.
    ask: &'static [&'static [&'static str]],
    /// The oldest version that will do.
    least: &'static str,
    need: Need,
    why: &'static str,
    package: Names,
}

const fn names(debian: &'static str, fedora: &'static str, arch: &'static str) -> Names {
    Names { debian, fedora, arch }
}

const ON_HOST: Need = Need::For(Feature::HostStage);

/// Every program, in the order in which they are shown. The versions of host tools are those of LFS 12.3, section 2.2,
/// "Host System Requirements".
#[rustfmt::skip]
const TOOLS: &[Tool] = &[
    Tool { name: "ninja", ask: &[&["ninja", "--version"], &["samu", "--version"], &["n2", "--version"]], least: "1.0",
        need: Need::Always, why: "runs the graph; samurai and n2 do as well, and make with `lfsgen build --backend make`", package: names("ninja-build", "ninja-build", "ninja") },
    Tool { name: "bash", ask: &[&["bash", "--version"]], least: "3.2",
        need: ON_HOST, why: "runs the scripts", package: Names::all("bash") },
    Tool { name: "tar", ask: &[&["tar", "--version"]], least: "1.22",
        need: ON_HOST, why: "unpacks sources", package: Names::all("tar") },
    Tool { name: "gzip", ask: &[&["gzip", "--version"]], least: "1.3.12",
        need: ON_HOST, why: "unpacks sources", package: Names::all("gzip") },
    Tool { name: "bzip2", ask: &[&["bzip2", "--help"]], least: "1.0",
        need: ON_HOST, why: "unpacks sources", package: Names::all("bzip2") },
    Tool { name: "xz", ask: &[&["xz", "--version"]], least: "5.0.0",
        need: ON_HOST, why: "unpacks sources", package: names("xz-utils", "xz", "xz") },
    Tool { name: "patch", ask: &[&["patch", "--version"]], least: "2.5.4",
        need: ON_HOST, why: "applies patches", package: Names::all("patch") },
    Tool { name: "make", ask: &[&["make", "--version"]], least: "4.0",
        need: ON_HOST, why: "builds most packages", package: Names::all("make") },
    Tool { name: "gcc", ask: &[&["gcc", "--version"]], least: "5.4",
        need: ON_HOST, why: "compiles C", package: Names::all("gcc") },
    Tool { name: "g++", ask: &[&["g++", "--version"]], least: "5.4",
        need: ON_HOST, why: "compiles C++", package: names("g++", "gcc-c++", "gcc") },
    Tool { name: "ld", ask: &[&["ld", "--version"]], least: "2.13.1",
        need: ON_HOST, why: "links", package: Names::all("binutils") },
    Tool { name: "install", ask: &[&["install", "--version"]], least: "8.1",
        need: ON_HOST, why: "installs files", package: Names::all("coreutils") },
    Tool { name: "sed", ask: &[&["sed", "--version"]], least: "4.1.5",
        need: ON_HOST, why: "edits text", package: Names::all("sed") },
    Tool { name: "grep", ask: &[&["grep", "--version"]], least: "2.5.1",
        need: ON_HOST, why: "searches text", package: Names::all("grep") },
    Tool { name: "find", ask: &[&["find", "--version"]], least: "4.2.31",
        need: ON_HOST, why: "searches files", package: Names::all("findutils") },
    Tool { name: "diff", ask: &[&["diff", "--version"]], least: "2.8.1",
        need: ON_HOST, why: "compares files", package: Names::all("diffutils") },
    Tool { name: "gawk", ask: &[&["gawk", "--version"]], least: "4.0.1",
        need: Need::Sometimes, why: "the book asks for it", package: Names::all("gawk") },
    Tool { name: "m4", ask: &[&["m4", "--version"]], least: "1.4.10",
        need: Need::Sometimes, why: "the book asks for it", package: Names::all("m4") },
    Tool { name: "bison", ask: &[&["bison", "--version"]], least: "2.7",
        need: Need::Sometimes, why: "the book asks for it", package: Names::all("bison") },
    Tool { name: "makeinfo", ask: &[&["makeinfo", "--version"]], least: "5.0",
        need: Need::Sometimes, why: "the book asks for it", package: Names::all("texinfo") },
    Tool { name: "perl", ask: &[&["perl", "-e", "printf '%vd', $^V"]], least: "5.8.8",
        need: Need::For(Feature::Perl), why: "builds Perl distributions", package: Names::all("perl") },
    Tool { name: "python3", ask: &[&["python3", "--version"]], least: "3.4",
        need: Need::For(Feature::Python), why: "builds Python distributions", package: names("python3", "python3", "python") },
    Tool { name: "pip", ask: &[&["python3", "-m", "pip", "--version"]], least: "19.3",
        need: Need::For(Feature::PypiSources), why: "knows the index of `pypi:` sources", package: names("python3-pip", "python3-pip", "python-pip") },
    Tool { name: "cmake", ask: &[&["cmake", "--version"]], least: "3.5",
        need: Need::For(Feature::Cmake), why: "builds with CMake", package: Names::all("cmake") },
    Tool { name: "meson", ask: &[&["meson", "--version"]], least: "0.56",
        need: Need::For(Feature::Meson), why: "builds with Meson", package: Names::all("meson") },
    Tool { name: "cargo", ask: &[&["cargo", "--version"]], least: "1.60",
        need: Need::For(Feature::Cargo), why: "builds Rust packages", package: names("cargo", "cargo", "rust") },
    Tool { name: "apt-get", ask: &[&["apt-get", "--version"]], least: "1.1",
        need: Need::For(Feature::DebianSources), why: "knows the archive of `debian:` sources", package: Names::all("apt") },
];

/// Looks at every program.
pub(super) fn findings(subject: &Subject<'_>, distribution: Distribution) -> Vec<Finding> {
    TOOLS.iter().map(|tool| look_at(tool, subject, distribution)).collect()
}

fn look_at(tool: &Tool, subject: &Subject<'_>, distribution: Distribution) -> Finding {
    let Tool { name, ask, least, need, why, package } = tool;
    let finding = |verdict, found, remedy| Finding { group: "tools", name, why, verdict, found, remedy };
    let lacking = match need {
        Need::Always => Verdict::Failed,
        Need::For(feature) if subject.uses.contains(feature) => Verdict::Failed,
        Need::For(_) => Verdict::Unneeded,
        Need::Sometimes => Verdict::Doubtful,
    };
    let remedy = || (lacking != Verdict::Unneeded).then(|| distribution.install(*package));
    let asked = |words: &&[&'static str]| Some((words[0], ask_version(words, need.is_of_steps())?));
    let Some((program, answer)) = ask.iter().find_map(asked) else {
        let hidden = ask.iter().find_map(|words| env::find_program(words[0]));
        let found = hidden.map(|path| format!("only at `{}`, where no step sees it", path.display()));
        return finding(lacking, found.unwrap_or_else(|| "not found".to_owned()), remedy());
    };
    let Ok(text) = answer else {
        return finding(lacking, format!("`{program}` does not run"), remedy());
    };
    let Some(version) = first_version(&text) else {
        return finding(Verdict::Doubtful, format!("`{program}` does not tell its version"), None);
    };
    let shown = if program == *name || ask.len() == 1 {
        version.to_owned()
    } else {
        format!("{version} ({program})")
    };
    if numbers(version) < numbers(least) {
        return finding(lacking, format!("{shown}, older than {least}"), remedy());
    }
    finding(Verdict::Well, shown, None)
}

/// What a program says of itself: nothing where there is no such program, an error where it does not run. One that steps start
/// must be where they see it: a home is empty in a step's root.
fn ask_version(words: &[&str], is_of_steps: bool) -> Option<Result<String, ()>> {
    let is_seen = |path: &Path| tree::canonical(path).is_ok_and(|real| sandbox::shows(&real));
    let path = env::find_program_where(words[0], |path| !is_of_steps || is_seen(path))?;
    // Not every program knows the option, and some would then read what is typed.
    let output = process::question(path).args(&words[1..]).env("LC_ALL", "C").output();
    Some(match output {
        Ok(output) if output.status.success() => {
            let all = [output.stdout, output.stderr].concat();
            Ok(String::from_utf8_lossy(&all).into_owned())
        }
        _ => Err(()),
    })
}

/// The first word that looks like a version: digits with dots.
fn first_version(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
    let mut versions = words.filter_map(|word| {
        let end = word.find(|c: char| !is_part(c)).unwrap_or(word.len());
        let version = word[..end].trim_end_matches('.');
        (version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.')).then_some(version)
    });
    versions.next()
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(u32::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_programs_say_of_themselves() {
        for (text, version) in [
            ("1.11.1\n", "1.11.1"),
            ("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)", "5.2.15"),
            ("gcc (Debian 12.2.0-14+deb12u1) 12.2.0\n", "12.2.0"),
            ("GNU ld (GNU Binutils for Debian) 2.40\n", "2.40"),
            ("bzip2, a block-sorting file compressor.  Version 1.0.8, 13-Jul-2019.", "1.0.8"),
            ("grep (GNU grep) 2.5.1a", "2.5.1"),
            ("pip 23.2.1 from /usr/lib/python3.11/site-packages/pip (python 3.11)", "23.2.1"),
        ] {
            assert_eq!(first_version(text), Some(version), "{text}");
        }
        assert_eq!(first_version("no version"), None);
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(numbers("4.10") > numbers("4.9"));
        assert!(numbers("5.0.0") >= numbers("5.0.0"));
        assert!(numbers("1.9.4") < numbers("1.10"));
    }

    #[test]
    fn every_least_version_is_one() {
        for tool in TOOLS {
            assert!(!numbers(tool.least).contains(&u32::MAX), "{}", tool.name);
        }
    }
}

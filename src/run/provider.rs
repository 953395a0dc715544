//! Which package of the project has what a step lacked.
//!
//! The manifests of artifacts are asked first, then what specs say of packages that are not built; a name that is alike
//! counts last. The advice depends on whether the package is in the root already, and whether it needs the one that
//! failed.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::card::Card;
use super::environment;
use super::log;
use super::root::Root;
use super::runner::Runner;
use super::times::Times;
use crate::diagnose::{Diagnosis, Kind};
use crate::host::files;
use crate::journal::Outcome;
use crate::model::{PackageName, Phase, RootKind};
use crate::plan::file::{PackageFile, StageRef, StepFile};
use crate::plan::paths;
use crate::plan::read::{self, Stages};
use crate::store::{self, Wanted};

/// How many packages are named.
const NAMED: usize = 3;

/// A package that has what was missing, or may have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Provider {
    pub package: PackageName,
    pub how: How,
    /// What to do about it, a fragment.
    pub advice: String,
}

/// How it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub(super) enum How {
    /// Its artifact has the file.
    Has { path: String },
    /// It is not built, and its spec says that it will have the file.
    Expects { path: String },
    /// It is only called like it.
    Named,
}

/// What the times of its output tell of a command that took too long.
fn is_hanging(times: &Times) -> String {
    let last =
        times.last().map(|at| format!("{}.{} s after it had begun", at.as_secs(), at.subsec_millis() / 100));
    let when =
        last.map_or_else(|| "it wrote nothing".to_owned(), |last| format!("its last output came {last}"));
    format!("see whether it hung: {when} (`lfsgen logs --times`)")
}

impl Runner {
    /// The card of a command of this package that failed in a root, over the layers of the phases before it.
    pub(super) fn card(&self, step: &StepFile, outcome: &Outcome, root: &Root, earlier: &[PathBuf]) -> Card {
        let layers = std::iter::once(&root.tree).chain(earlier).map(PathBuf::as_path);
        let log = self.layout.log(&self.package.package, step.phase);
        let mut card = Card::of_command(&log, &self.package.package, step, outcome, layers);
        card.providers = card.diagnosis().map(|found| self.providers(step.phase, found)).unwrap_or_default();
        if let Some(found) = card.diagnosis()
            && let (Kind::MissingProgram, Some(name)) = (found.kind, &found.name)
            && let Some(near) = self.nearly(name, root)
        {
            card.advise(&format!("`{near}` is there, if that was meant"));
        }
        if let Outcome::TimedOut { .. } = outcome
            && let Ok(times) = Times::read(&log)
        {
            card.advise(&is_hanging(&times));
        }
        let expected = &self.package.expected_failures;
        if step.phase == Phase::Check && !expected.is_empty() {
            // How to begin the list is no news to a spec that has it.
            card.take_back_advice(Kind::FailedTests);
            let results = log::results(&self.layout, &self.package.package, step.phase, expected);
            if let Some(advice) = results.ok().and_then(|results| results.advice(expected)) {
                card.advise(&advice);
            }
        }
        if card.providers.is_empty()
            && let Some(advice) = card.diagnosis().and_then(|found| self.how_to_come_by(found.kind))
        {
            card.advise(&advice);
        }
        card
    }

    /// A program of a root that is spelled like one which is not there, but for one slip.
    fn nearly(&self, name: &str, root: &Root) -> Option<String> {
        /// Of shorter names, too many are like each other.
        const SHORTEST: usize = 4;
        let environment = environment::environment(&self.package);
        let dirs = environment.get("PATH").into_iter().flat_map(|path| path.split(':'));
        let mut programs = dirs.flat_map(|dir| root.names(Path::new(dir)));
        programs.find(|program| name.len() >= SHORTEST && strsim::damerau_levenshtein(name, program) == 1)
    }

    /// How to come by something that no package of the project has.
    fn how_to_come_by(&self, kind: Kind) -> Option<String> {
        let on_host = self.package.stage.root == RootKind::Host;
        let spec = "a spec that provides it, under `build` in `depends`";
        Some(match (kind.missing().is_some(), kind == Kind::TooOld) {
            (true, _) if on_host => format!("install it on this machine (`lfsgen doctor` knows what a host needs), or add {spec}"),
            (true, _) => format!("no package of the project seems to have it: add {spec}"),
            (_, true) if on_host => {
                "where it is this machine's own, bring it up to date; or have a package of the project provide a newer one"
                    .to_owned()
            }
            (_, true) => "take a newer version of the package that has it".to_owned(),
            _ => return None,
        })
    }

    fn providers(&self, phase: Phase, found: &Diagnosis) -> Vec<Provider> {
        let (kind, Some(name)) = (found.kind, &found.name) else { return Vec::new() };
        let wanted = wanted(kind, name);
        if wanted.is_nothing() {
            return Vec::new();
        }
        let others = self.others();
        let provider = |other: &PackageFile, how| {
            let advice = self.advice(phase, kind, other, &how);
            Provider { package: other.package.clone(), how, advice }
        };
        let has = |other: &PackageFile| {
            let path = store::provided(&self.layout, &other.key, &wanted)?;
            Some(provider(other, How::Has { path }))
        };
        let expects = |other: &PackageFile| {
            let path = other.expect.iter().find(|path| wanted.fits(path.as_str()))?;
            Some(provider(other, How::Expects { path: path.to_string() }))
        };
        let mut providers: Vec<_> = others.iter().filter_map(has).collect();
        if providers.is_empty() {
            providers = others.iter().filter_map(expects).collect();
        }
        if providers.is_empty() {
            let names = names(kind, name);
            let named = others.iter().filter(|other| {
                names.iter().any(|name| name == other.package.as_str())
                    && !self.is_in_root(phase, &other.package)
            });
            providers = named.map(|other| provider(other, How::Named)).collect();
        }
        // What lies in the root already explains more than another package that has it, too.
        providers.sort_by_key(|provider| !self.is_in_root(phase, &provider.package));
        providers.truncate(NAMED);
        providers
    }

    /// The other packages of the project, by name.
    fn others(&self) -> Vec<PackageFile> {
        let plans = files::list(&self.output.join(paths::PLANS)).unwrap_or_default();
        let mut stages = Stages::default();
        let others = plans.iter().filter_map(|path| {
            let other = read::package(&files::read(path).ok()?).ok()?;
            let stage = |wanted: &StageRef| {
                let bytes = files::read(&paths::stage_of(path, &wanted.name))?;
                anyhow::Ok(read::stage(&bytes, wanted)?)
            };
            stages.join(other, stage).ok()
        });
        others.filter(|other| other.package != self.package.package).collect()
    }

    fn is_in_root(&self, phase: Phase, other: &PackageName) -> bool {
        self.package.layers_of(phase).any(|layer| layer.package == *other)
    }

    fn advice(&self, phase: Phase, kind: Kind, other: &PackageFile, how: &How) -> String {
        let (name, own, spec) = (&other.package, &self.package.package, &self.package.spec);
        if self.is_in_root(phase, name) {
            let How::Has { path } = how else { return format!("`{name}` is in the root already") };
            let mount = self.package.stage.mount.as_str().trim_end_matches('/');
            return format!("it is in the root already, as {mount}/{path}: this build looks elsewhere");
        }
        if other.layers().any(|layer| &layer.package == own) {
            return format!(
                "`{name}` itself needs `{own}`, so that one of the two must be built twice, as another package"
            );
        }
        let list = if phase == Phase::Check { "check" } else { "build" };
        // Whether the spec has the key already is not in the plan.
        let add = format!(
            "to `{list}` in `depends` of {spec}; where it has none, as `depends: {{ {list}: [{name}] }}`"
        );
        match kind {
            Kind::MissingSharedObject => {
                format!("add `{name}` to `run` in `depends` of the spec of what needs it, or {add}")
            }
            _ => format!("add `{name}` {add}"),
        }
    }
}

/// The files that make something present which is not.
fn wanted(kind: Kind, name: &str) -> Wanted {
    let ends: Vec<(String, &'static str)> = match kind {
        Kind::MissingHeader => vec![(name.to_owned(), "include/")],
        Kind::MissingLibrary => ["so", "a", "la"].map(|end| (format!("lib{name}.{end}"), "lib")).to_vec(),
        Kind::MissingSharedObject => vec![(name.to_owned(), "")],
        Kind::MissingProgram => vec![(name.to_owned(), "bin/")],
        Kind::MissingPkgConfig => vec![(format!("{name}.pc"), "pkgconfig/")],
        Kind::MissingCmakePackage => {
            vec![(format!("{name}Config.cmake"), ""), (format!("{}-config.cmake", name.to_lowercase()), "")]
        }
        Kind::MissingPythonModule => {
            vec![(format!("{name}/__init__.py"), "python"), (format!("{name}.py"), "python")]
        }
        Kind::MissingPerlModule => vec![(format!("{}.pm", name.replace("::", "/")), "")],
        // A path of the root, not one of the build tree.
        Kind::MissingFile if name.starts_with('/') => vec![(name.trim_start_matches('/').to_owned(), "")],
        _ => Vec::new(),
    };
    Wanted::new(ends)
}

/// What a package is likely called that has something of this name.
fn names(kind: Kind, name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    match kind {
        Kind::MissingHeader => {
            let first = lower.split('/').next().unwrap_or(&lower);
            let stem = first.rsplit_once('.').map_or(first, |(stem, _)| stem);
            vec![stem.to_owned(), format!("lib{stem}")]
        }
        Kind::MissingLibrary => vec![lower.clone(), format!("lib{lower}"), format!("{lower}lib")],
        Kind::MissingSharedObject => {
            let stem = lower.split(".so").next().unwrap_or(&lower);
            let bare = stem.strip_prefix("lib").unwrap_or(stem);
            vec![stem.to_owned(), bare.to_owned(), format!("{bare}lib")]
        }
        Kind::MissingPkgConfig => {
            let bare = lower.trim_end_matches(|c: char| c.is_ascii_digit() || ".-".contains(c));
            vec![lower.clone(), bare.to_owned(), format!("lib{bare}")]
        }
        Kind::MissingPythonModule => {
            let dashed = lower.replace('_', "-");
            vec![format!("python-{dashed}"), lower, dashed]
        }
        Kind::MissingPerlModule => {
            let dashed = lower.replace("::", "-");
            vec![format!("perl-{dashed}"), dashed]
        }
        Kind::MissingProgram | Kind::MissingCmakePackage => vec![lower.clone(), format!("lib{lower}")],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_thing_is_a_file_somewhere() {
        for (kind, name, path) in [
            (Kind::MissingHeader, "openssl/ssl.h", "usr/include/openssl/ssl.h"),
            (Kind::MissingHeader, "glib.h", "usr/include/glib-2.0/glib.h"),
            (Kind::MissingLibrary, "z", "usr/lib64/libz.so"),
            (Kind::MissingSharedObject, "libz.so.1", "usr/lib/libz.so.1"),
            (Kind::MissingProgram, "depmod", "usr/sbin/depmod"),
            (Kind::MissingPkgConfig, "gtk+-3.0", "usr/share/pkgconfig/gtk+-3.0.pc"),
            (Kind::MissingCmakePackage, "fmt", "usr/lib/cmake/fmt/fmt-config.cmake"),
            (Kind::MissingPythonModule, "mako", "usr/lib/python3.13/site-packages/mako/__init__.py"),
            (Kind::MissingFile, "/usr/share/xml/catalog", "usr/share/xml/catalog"),
            (Kind::MissingPerlModule, "XML::Parser", "usr/lib/perl5/5.40/site_perl/XML/Parser.pm"),
        ] {
            assert!(wanted(kind, name).fits(path), "{path}");
        }
        assert!(!wanted(Kind::MissingHeader, "ssl.h").fits("usr/share/doc/ssl.h"));
        assert!(wanted(Kind::MissingFile, "src/a.c").is_nothing());
        assert!(!wanted(Kind::MissingProgram, "awk").fits("usr/share/awk"));
    }

    #[test]
    fn a_package_may_be_called_like_what_it_has() {
        for (kind, name, package) in [
            (Kind::MissingHeader, "zlib.h", "zlib"),
            (Kind::MissingHeader, "openssl/ssl.h", "openssl"),
            (Kind::MissingLibrary, "z", "zlib"),
            (Kind::MissingLibrary, "cap", "libcap"),
            (Kind::MissingSharedObject, "libffi.so.8", "libffi"),
            (Kind::MissingPkgConfig, "dbus-1", "dbus"),
            (Kind::MissingPythonModule, "flit_core", "flit-core"),
            (Kind::MissingPerlModule, "XML::Parser", "xml-parser"),
            (Kind::MissingCmakePackage, "ZLIB", "zlib"),
        ] {
            assert!(names(kind, name).iter().any(|name| name == package), "{package}");
        }
    }
}

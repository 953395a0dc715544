//! One package: its texts phase by phase, its variables and arguments, and the exceptions for them.
//!
//! It knows where a text of a spec runs, and with which variables. It does not know other packages.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::allow::{Allows, Settled};
use super::familiar::set_by_shell;
use super::options::Options;
use super::overview::Overview;
use super::rule::{Check, Report, Rule, Scene};
use super::script::Reader;
use super::state::State;
use crate::diag::{Diagnostic, Label};
use crate::model::{
    Allow, Broken, Build, Dialect, Package, Phase, PhaseText, Phases, Project, ShellPart, Stage,
    is_variable_name,
};
use crate::recipe::DEFAULT_ENVIRONMENT;
use crate::shell::{Parsed, parse};
use crate::source::{FileId, Text};

/// Parsed texts that stand in more than one place. What stands in one place is parsed there and forgotten, because the trees
/// of all texts together are many times as large as the texts.
pub(super) type Cache<'a> = BTreeMap<(Dialect, &'a str), Parsed>;

/// The author's own text.
pub(super) fn fragments(package: &Package) -> impl Iterator<Item = &Text> {
    package.phases.values().flat_map(own_texts)
}

/// The author's own text for a phase, in order.
pub(super) fn own_texts(PhaseText { replace, before, after }: &PhaseText) -> impl Iterator<Item = &Text> {
    [before, replace, after].into_iter().flatten()
}

/// Parses the texts that come more than once.
pub(super) fn parse_shared(packages: &[Package]) -> Cache<'_> {
    let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
    for package in packages {
        for text in fragments(package).map(|text| (package.dialect, text.as_str())) {
            if !seen.insert(text) {
                shared.insert(text);
            }
        }
    }
    let parsed = shared.into_par_iter().map(|(dialect, text)| ((dialect, text), parse(text, dialect)));
    parsed.collect()
}

pub(super) fn scene(stage: &Stage) -> Scene {
    Scene { phase: true, network: stage.network, cross: stage.mount.as_str() != "/", check: false }
}

/// Everything that is left of the findings of a package, with those that were made of it before.
pub(super) fn in_package(
    asked: &[&'static Rule],
    project: &Project,
    package: &Package,
    mut findings: Vec<Diagnostic>,
    cache: &Cache<'_>,
) -> Settled {
    for &rule in asked {
        if let Check::Package(check) = rule.check {
            check(package, &mut Report { rule, findings: &mut findings });
        }
    }
    let Package { name, stage, dialect, build, phases, allows, file, .. } = package;
    let name = name.value.as_str();
    let stage = project.stage(&stage.value);
    let (dialect, file) = (*dialect, file.file);
    let shell = Shell { name, stage, dialect, build, phases, allows, file, whole: true };
    let (findings, allows) = shell.read(asked, findings, &shell.environment(), cache);
    allows.settle(findings, asked)
}

/// What is left of the findings in the shell of a package whose spec has errors, where that can be read.
pub(super) fn in_broken(asked: &[&'static Rule], project: &Project, broken: &Broken) -> Option<Settled> {
    let Broken { name, stage: Some(stage), shell: Some(shell), .. } = broken else { return None };
    let ShellPart { dialect, build, more_variables, phases, allows, file } = &**shell;
    let stage = project.stage(&stage.value);
    let (dialect, file) = (*dialect, file.file);
    let shell = Shell { name, stage, dialect, build, phases, allows, file, whole: false };
    let mut start = shell.environment();
    if *more_variables {
        let texts = phases.values().flat_map(own_texts);
        start = start.perhaps_with(texts.flat_map(|text| mentioned(text.as_str())));
    }
    let (findings, allows) = shell.read(asked, Vec::new(), &start, &Cache::new());
    // What an exception is for may be what could not be read.
    Some(allows.settle(findings, &[]))
}

/// The shell of a package, and what holds for it.
struct Shell<'a> {
    name: &'a str,
    stage: Option<&'a Stage>,
    dialect: Dialect,
    build: &'a Build,
    phases: &'a Phases,
    allows: &'a [Allow],
    file: FileId,
    /// Whether nothing is wrong with its spec. What `x=%{version}` makes of a version that is none may be a command's.
    whole: bool,
}

impl Shell<'_> {
    /// What the rules find in it, with what was found before, and the exceptions for it.
    fn read(
        &self,
        asked: &[&'static Rule],
        findings: Vec<Diagnostic>,
        start: &State,
        cache: &Cache<'_>,
    ) -> (Vec<Diagnostic>, Allows) {
        let &Self { name, stage, dialect, build, phases, allows, file, whole } = self;
        let scene = stage.map_or(Scene { phase: true, ..Scene::default() }, scene);
        let mut reader = Reader::new(asked, dialect, scene);
        reader.findings = findings;
        let mut allows = Allows::new(allows, &mut reader.findings);
        build.env.iter().for_each(|(name, value)| reader.variable(name.as_str(), value, start));
        for (program, arguments) in
            [("configure", &build.configure), ("make", &build.make), ("make", &build.install)]
        {
            arguments.iter().for_each(|value| reader.argument(program, value, start));
        }
        for (phase, texts) in phases {
            reader.scene.check = *phase == Phase::Check;
            let texts: Vec<(&Text, Cow<'_, Parsed>)> = own_texts(texts)
                .map(|text| match cache.get(&(dialect, text.as_str())) {
                    Some(shared) => (text, Cow::Borrowed(shared)),
                    None => (text, Cow::Owned(parse(text.as_str(), dialect))),
                })
                .collect();
            // A phase is one shell, in which its texts run one after the other; another phase is another shell.
            let mut state = start.clone();
            let overviews: Vec<_> =
                texts.iter().map(|(_, parsed)| Overview::of(&parsed.statements)).collect();
            for (at, (text, parsed)) in texts.iter().enumerate() {
                let others = overviews.iter().enumerate().filter(|(other, _)| *other != at);
                let others = others.map(|(_, one)| one.clone());
                state.goes_on(
                    start,
                    &overviews[at],
                    others.map(|one| if whole { one.beside() } else { one }),
                );
                reader.read(text, parsed, &mut state);
                allows.in_text(text, &mut reader.findings);
            }
        }
        // Of what stands in a spec that this one extends, the finding may hold here alone.
        let elsewhere = |label: &Label| label.place.file != file;
        for finding in reader.findings.iter_mut().filter(|one| one.primary.as_ref().is_some_and(elsewhere)) {
            finding.notes.push(format!("so it is in the package `{name}`"));
        }
        (reader.findings, allows)
    }

    /// The variables of a phase: its stage's, its package's, and those that the runner and every script set.
    fn environment(&self) -> State {
        let stage = self.stage.into_iter().flat_map(|stage| &stage.env);
        let written = stage
            .chain(&self.build.env)
            .map(|(name, value)| (name.to_string(), Some(value.as_str().to_owned())));
        let own = ["jobs", "work", "sources", "LFSGEN_JOBS", "LFSGEN_WORK", "LFSGEN_SOURCES", "MAKEFLAGS"];
        // Of those that are there for everybody the rules know.
        let given = DEFAULT_ENVIRONMENT.map(|(name, _)| name).into_iter().filter(|name| !set_by_shell(name));
        let own = own.into_iter().chain(given).map(|name| (name.to_owned(), None));
        let posix = self.dialect == Dialect::Posix;
        let options = Options { errexit: true, nounset: true, pipefail: false, posix };
        State::with(own.chain(written)).under(options)
    }
}

/// Every name behind a `$` or `${`.
fn mentioned(text: &str) -> impl Iterator<Item = String> {
    let name = |rest: &str| -> String {
        let rest = rest.trim_start_matches(['{', '#', '!']);
        rest.chars().take_while(|&c| c.is_ascii_alphanumeric() || c == '_').collect()
    };
    text.split('$').skip(1).map(name).filter(|name| is_variable_name(name))
}

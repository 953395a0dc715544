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
use crate::model::{Dialect, Package, Phase, PhaseText, Project, Stage};
use crate::recipe::DEFAULT_ENVIRONMENT;
use crate::shell::{Parsed, parse};
use crate::source::Text;

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
    findings: Vec<Diagnostic>,
    cache: &Cache<'_>,
) -> Settled {
    let stage = project.stage(&package.stage.value);
    let scene = stage.map_or(Scene { phase: true, ..Scene::default() }, scene);
    let mut reader = Reader::new(asked, package.dialect, scene);
    reader.findings = findings;
    for &rule in asked {
        if let Check::Package(check) = rule.check {
            check(package, &mut Report { rule, findings: &mut reader.findings });
        }
    }
    let mut allows = Allows::new(&package.allows, &mut reader.findings);
    let start = environment(stage, package);
    let build = &package.build;
    build.env.iter().for_each(|(name, value)| reader.variable(name.as_str(), value, &start));
    for (program, arguments) in
        [("configure", &build.configure), ("make", &build.make), ("make", &build.install)]
    {
        arguments.iter().for_each(|value| reader.argument(program, value, &start));
    }
    for (phase, texts) in &package.phases {
        reader.scene.check = *phase == Phase::Check;
        let texts: Vec<(&Text, Cow<'_, Parsed>)> = own_texts(texts)
            .map(|text| match cache.get(&(package.dialect, text.as_str())) {
                Some(shared) => (text, Cow::Borrowed(shared)),
                None => (text, Cow::Owned(parse(text.as_str(), package.dialect))),
            })
            .collect();
        // A phase is one shell, in which its texts run one after the other; another phase is another shell.
        let mut state = start.clone();
        for (_, parsed) in &texts {
            state = state.before(Overview::of(&parsed.statements));
        }
        for (text, parsed) in &texts {
            reader.read(text, parsed, &mut state);
            allows.in_text(text, &mut reader.findings);
        }
    }
    // Of what stands in a spec that this one extends, the finding may hold here alone.
    let elsewhere = |label: &Label| label.place.file != package.file.file;
    for finding in reader.findings.iter_mut().filter(|one| one.primary.as_ref().is_some_and(elsewhere)) {
        finding.notes.push(format!("so it is in the package `{}`", package.name.value));
    }
    allows.settle(reader.findings, asked)
}

/// The variables of a phase: its stage's, its package's, and those that the runner and every script set.
fn environment(stage: Option<&Stage>, package: &Package) -> State {
    let stage = stage.into_iter().flat_map(|stage| &stage.env);
    let written = stage
        .chain(&package.build.env)
        .map(|(name, value)| (name.to_string(), Some(value.as_str().to_owned())));
    let own = ["jobs", "work", "sources", "LFSGEN_JOBS", "LFSGEN_WORK", "LFSGEN_SOURCES", "MAKEFLAGS"];
    // Of those that are there for everybody the rules know.
    let given = DEFAULT_ENVIRONMENT.map(|(name, _)| name).into_iter().filter(|name| !set_by_shell(name));
    let own = own.into_iter().chain(given).map(|name| (name.to_owned(), None));
    let posix = package.dialect == Dialect::Posix;
    let options = Options { errexit: true, nounset: true, pipefail: false, posix };
    State::with(own.chain(written)).under(options)
}

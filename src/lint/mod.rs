//! Rules over specs and the shell in them.
//!
//! [`RULES`] is the table; a rule is a file in `rules/`, a line there, and a page in `docs/rules/`. Lint reads and never
//! runs. It does not know how a finding is shown, the network, or the host.

mod allow;
mod call;
mod code;
mod danger;
mod effects;
mod embedded;
mod facts;
mod feeds;
mod fetchers;
mod flow;
mod foreseen;
mod levels;
mod modes;
mod options;
mod overview;
mod paths;
mod printed;
mod roots;
mod rule;
mod rules;
mod script;
mod settings;
mod spread;
mod state;
#[cfg(test)]
mod tests;
mod words;
mod work;
mod writes;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

pub use rule::Rule;
pub use rules::{RULES, rule};

use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{Dialect, LintConfig, Package, Phase, PhaseText, Project, Stage};
use crate::plan::Plan;
use crate::recipe::{Piece, exports, skeleton};
use crate::shell::{Parsed, parse, with_deep_stack};
use crate::source::{FileId, Text};
use allow::{Allows, Settled};
use levels::Levels;
use options::Options;
use overview::Overview;
use rule::{Check, Report, Scene};
use script::Reader;
use state::State;

/// Parsed texts that stand in more than one place. What stands in one place is parsed there and forgotten, because the trees
/// of all texts together are many times as large as the texts.
type Cache<'a> = BTreeMap<(bool, &'a str), Parsed>;

/// What lint has to say.
#[derive(Debug, Default)]
pub struct Linted {
    /// What it reports.
    pub findings: Diagnostics,
    /// What it would report but for an exception, each with its excuse.
    pub excused: Diagnostics,
}

impl Linted {
    fn new(problems: Vec<Diagnostic>, settled: Vec<Settled>, levels: &Levels<'_>) -> Self {
        let (findings, excused) = allow::all(settled);
        let settle = |list: Vec<Diagnostic>| list.into_iter().filter_map(|finding| levels.settle(finding));
        Self {
            findings: problems.into_iter().chain(settle(findings)).collect(),
            excused: settle(excused).collect(),
        }
    }
}

/// Everything that lint has to say about a project's packages.
pub fn lint(project: &Project, packages: &[Package]) -> Linted {
    let (levels, problems) = Levels::new(&project.lint);
    let asked = levels.asked();
    let (mut others, theirs) = in_project(&asked, project, packages);
    for stage in &project.stages {
        let mut reader = Reader::new(&asked, Dialect::Bash, scene(stage));
        stage.env.iter().for_each(|(name, value)| reader.variable(name.as_str(), value, &State::default()));
        others.extend(reader.findings);
    }
    let settled: Vec<Settled> = with_deep_stack(|| {
        let cache = parse_shared(packages.iter().flat_map(|package| {
            fragments(package).map(|text| (package.dialect == Dialect::Posix, text.as_str()))
        }));
        let each = packages.par_iter().zip(theirs);
        let each = each.map(|(package, findings)| in_package(&asked, project, package, findings, &cache));
        // What points into no spec has no exceptions.
        each.chain([Allows::default().settle(others, &asked)]).collect()
    });
    Linted::new(problems, settled, &levels)
}

/// What is said of all packages together: what points into the spec of none of them, and what points into each one's,
/// for which the exceptions of that package count.
fn in_project(
    asked: &[&'static Rule],
    project: &Project,
    packages: &[Package],
) -> (Vec<Diagnostic>, Vec<Vec<Diagnostic>>) {
    let mut findings = Vec::new();
    for &rule in asked {
        if let Check::Project(check) = rule.check {
            check(project, packages, &mut Report { rule, findings: &mut findings });
        }
    }
    let owners: BTreeMap<FileId, usize> =
        packages.iter().enumerate().map(|(at, package)| (package.file.file, at)).collect();
    let (mut others, mut theirs) = (Vec::new(), vec![Vec::new(); packages.len()]);
    for finding in findings {
        let owner = finding.primary.as_ref().and_then(|label| owners.get(&label.place.file));
        owner.map_or(&mut others, |&at| &mut theirs[at]).push(finding);
    }
    (others, theirs)
}

/// Checks the lines that templates wrote into the scripts of a plan, each different one once.
pub fn check_templates(plan: &Plan) -> Diagnostics {
    let mut texts: BTreeMap<(bool, String), &Package> = BTreeMap::new();
    for planned in &plan.packages {
        let (package, recipe) = (&planned.package, &planned.recipe);
        let phases: Vec<Phase> = recipe.phases.iter().map(|body| body.phase).collect();
        let pieces = recipe.phases.iter().flat_map(|body| &body.pieces).filter_map(|piece| match piece {
            Piece::Template(text) => Some(text.clone()),
            Piece::User(_) => None,
        });
        for text in pieces.chain([skeleton(&phases), exports(recipe)]) {
            texts.entry((package.dialect == Dialect::Posix, text)).or_insert(package);
        }
    }
    let check = |((posix, text), package): (&(bool, String), &&Package)| {
        let problem = parse(text, dialect(*posix)).problem?;
        let line =
            text.lines().nth(text[..problem.span.range().start].matches('\n').count()).unwrap_or_default();
        let finding =
            rule("syntax-error")?.finding(package.name.place, "a template wrote a line that is no shell");
        Some(
            finding
                .note(format!("{}: `{line}`", problem.message))
                .help("this is a defect of lfsgen: please report it"),
        )
    };
    let mut found = Diagnostics::default();
    found.extend(with_deep_stack(|| texts.par_iter().filter_map(check).collect::<Vec<_>>()));
    found
}

/// Everything that lint has to say about scripts that belong to no package.
pub fn lint_scripts(config: &LintConfig, scripts: &[(Text, Dialect)]) -> Linted {
    // What names no rule is told of where the configuration is linted.
    let (levels, _) = Levels::new(config);
    let asked = levels.asked();
    let in_script = |(text, dialect): &(Text, Dialect)| {
        let mut reader = Reader::new(&asked, *dialect, Scene::default());
        let parsed = parse(text.as_str(), *dialect);
        let options = Options { posix: *dialect == Dialect::Posix, ..Options::of_first_line(text.as_str()) };
        let mut state = State::default().under(options).before(Overview::of(&parsed.statements));
        reader.read(text, &parsed, &mut state);
        let mut allows = Allows::default();
        allows.in_text(text, &mut reader.findings);
        allows.settle(reader.findings, &asked)
    };
    let settled: Vec<Settled> = with_deep_stack(|| scripts.par_iter().map(in_script).collect());
    Linted::new(Vec::new(), settled, &levels)
}

/// The author's own text.
fn fragments(package: &Package) -> impl Iterator<Item = &Text> {
    package.phases.values().flat_map(own_texts)
}

/// The author's own text for a phase, in order.
fn own_texts(PhaseText { replace, before, after }: &PhaseText) -> impl Iterator<Item = &Text> {
    [before, replace, after].into_iter().flatten()
}

/// Parses the texts that come more than once.
fn parse_shared<'a>(texts: impl Iterator<Item = (bool, &'a str)>) -> Cache<'a> {
    let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
    for text in texts {
        if !seen.insert(text) {
            shared.insert(text);
        }
    }
    shared.into_par_iter().map(|(posix, text)| ((posix, text), parse(text, dialect(posix)))).collect()
}

fn dialect(posix: bool) -> Dialect {
    if posix { Dialect::Posix } else { Dialect::Bash }
}

fn scene(stage: &Stage) -> Scene {
    Scene { phase: true, network: stage.network, cross: stage.mount.as_str() != "/", check: false }
}

/// Everything that is left of the findings of a package, with those that were made of it before.
fn in_package(
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
            .map(|text| match cache.get(&(package.dialect == Dialect::Posix, text.as_str())) {
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
    allows.settle(reader.findings, asked)
}

/// The variables of a phase: its stage's, its package's, and those that every script sets.
fn environment(stage: Option<&Stage>, package: &Package) -> State {
    let stage = stage.into_iter().flat_map(|stage| &stage.env);
    let written = stage
        .chain(&package.build.env)
        .map(|(name, value)| (name.to_string(), Some(value.as_str().to_owned())));
    let own = ["jobs", "work", "sources", "LFSGEN_JOBS", "LFSGEN_WORK", "LFSGEN_SOURCES"]
        .map(|name| (name.to_owned(), None));
    let posix = package.dialect == Dialect::Posix;
    let options = Options { errexit: true, nounset: true, pipefail: false, posix };
    State::with(own.into_iter().chain(written)).under(options)
}

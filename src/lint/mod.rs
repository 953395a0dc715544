//! Rules over specs and the shell in them.
//!
//! [`RULES`] is the table; a rule is a file in `rules/`, a line there, and a page in `docs/rules/`. Lint reads and never
//! runs. It does not know how a finding is shown, the network, or the host.

mod allow;
mod assigned;
mod autoconf;
mod call;
mod code;
mod danger;
mod effects;
mod embedded;
mod facts;
mod familiar;
mod feeds;
mod fetchers;
mod flow;
mod foreseen;
mod levels;
mod mentions;
mod modes;
mod options;
mod outside;
mod overview;
mod package;
mod paths;
mod printed;
mod reached;
mod roots;
mod rule;
mod rules;
mod script;
mod settings;
mod spread;
mod state;
mod targets;
mod templates;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod unseen;
mod verifiers;
mod words;
mod work;
mod writes;

use std::collections::BTreeMap;

use rayon::prelude::*;

pub use rule::Rule;
pub use rules::{RULES, rule};
pub use templates::check_templates;

use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{Broken, Dialect, LintConfig, Package, Project};
use crate::shell::with_deep_stack;
use crate::source::{FileId, Text};
use allow::{Allows, Settled};
use levels::Levels;
use options::Options;
use overview::Overview;
use package::{in_broken, in_package, parse_shared, scene};
use reached::parse_reached;
use rule::{Check, Report, Scene};
use script::Reader;
use state::State;

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

/// Everything that lint has to say about a project's packages, and about what can be read of those with errors.
pub fn lint(project: &Project, packages: &[Package], broken: &[Broken]) -> Linted {
    let (levels, problems) = Levels::new(&project.lint);
    let asked = levels.asked();
    let (mut others, theirs) = in_project(&asked, project, packages);
    for stage in &project.stages {
        let mut reader = Reader::new(&asked, Dialect::Bash, scene(stage));
        stage.env.iter().for_each(|(name, value)| reader.variable(name.as_str(), value, &State::default()));
        others.extend(reader.findings);
    }
    let settled: Vec<Settled> = with_deep_stack(|| {
        let cache = parse_shared(packages);
        let each = packages.par_iter().zip(theirs);
        let each = each.map(|(package, findings)| in_package(&asked, project, package, findings, &cache));
        let broken = broken.par_iter().filter_map(|broken| in_broken(&asked, project, broken));
        // What points into no spec has no exceptions.
        each.chain(broken).chain([Allows::default().settle(others, &asked)]).collect()
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

/// Everything that lint has to say about scripts that belong to no package.
pub fn lint_scripts(config: &LintConfig, scripts: &[(Text, Dialect)]) -> Linted {
    // What names no rule is told of where the configuration is linted.
    let (levels, _) = Levels::new(config);
    let asked = levels.asked();
    let in_script = |(text, dialect): &(Text, Dialect)| {
        let mut reader = Reader::new(&asked, *dialect, Scene::default());
        let parsed = parse_reached(text.as_str(), *dialect);
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

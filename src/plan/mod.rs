//! What will happen: the graph of steps, with nothing left to decide.
//!
//! [`resolve`] takes the packages of a project, finds every package that each one needs, and settles what lies in the
//! root of each step and under which key its result is known. This module does not know how a plan is written down, or
//! how a step is run.

mod cycle;
pub mod file;
mod graph;
pub mod jobs;
mod keys;
pub mod paths;
pub mod read;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::diag::Diagnostics;
use crate::model::{Broken, Digest, Package, PackageName, Phase, Project};
use crate::recipe::{Recipe, recipe};
use file::OwnJobs;
use graph::Order;

/// A project's packages with everything settled.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The project.
    pub project: Project,
    /// By name.
    pub packages: Vec<Planned>,
    /// For each of the project's stages, in their order, what lies below its packages' own layers, the uppermost first.
    pub bases: Vec<Vec<Layer>>,
}

/// A package in a plan.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What the spec means.
    pub package: Package,
    /// What it runs.
    pub recipe: Recipe,
    /// The steps, in order; a phase that has nothing to run is absent.
    pub steps: Vec<Step>,
    /// The phases with jobs of which a job server knows nothing.
    pub own_jobs: BTreeMap<Phase, OwnJobs>,
    /// What lies in the root of every step, the uppermost first, the stage's base included.
    pub layers: Vec<Layer>,
    /// What the check phase has in its root besides, the uppermost first.
    pub check_layers: Vec<Layer>,
    /// The digest of everything that can change its artifact.
    pub key: Digest,
    /// What the key is made of, without the keys of the layers.
    pub own_parts: BTreeMap<String, String>,
}

/// One phase of one package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The phase.
    pub phase: Phase,
    /// The digest of everything that can change its result, the earlier phases included.
    pub key: Digest,
    /// The same without the dependencies.
    pub own: Digest,
}

/// A package whose artifact is in a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its position in [`Plan::packages`].
    pub at: usize,
    /// Its name.
    pub package: PackageName,
    /// Its key.
    pub key: Digest,
}

impl Plan {
    /// The package of that name.
    pub fn package(&self, name: &str) -> Option<&Planned> {
        self.position(name).map(|at| &self.packages[at])
    }

    /// Where in [`Plan::packages`] the package of that name is.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.packages.binary_search_by(|planned| planned.package.name.value.as_str().cmp(name)).ok()
    }
}

impl Planned {
    /// Its name.
    pub fn name(&self) -> &PackageName {
        &self.package.name.value
    }
}

/// Settles a project's packages. There is a plan only where nothing between them is an error. A package that is `broken` is not
/// in it; nor is it told to be missing, and what it needs is checked.
pub fn resolve(
    project: Project,
    mut packages: Vec<Package>,
    broken: &[Broken],
) -> (Option<Plan>, Diagnostics) {
    packages.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    let (order, diagnostics) = graph::order(&project, &packages, broken);
    let Some(order) = order else { return (None, diagnostics) };
    let packages = settle(&project, packages, &order);
    let layer = |&at: &usize| Layer { at, package: packages[at].name().clone(), key: packages[at].key };
    let bases = order.bases.iter().map(|base| base.iter().map(layer).collect()).collect();
    (Some(Plan { project, packages, bases }), diagnostics)
}

/// Gives each package its keys, after all that it needs.
fn settle(project: &Project, packages: Vec<Package>, order: &Order) -> Vec<Planned> {
    let own = |package: &Package| {
        let recipe = recipe(project, package);
        let parts = keys::own(project, package, &recipe);
        let jobs = jobs::own(package.build.system.value, &recipe);
        ((recipe, jobs), parts)
    };
    let ((recipes, jobs), parts): ((Vec<Recipe>, Vec<_>), Vec<_>) = packages.par_iter().map(own).unzip();
    let mut parts: Vec<Option<keys::Parts>> = parts.into_iter().map(Some).collect();
    let mut keyed: BTreeMap<usize, (Vec<Layer>, Vec<Layer>, keys::Keys)> = BTreeMap::new();
    for &at in &order.sequence {
        let layer = |&at: &usize| {
            let (_, _, keys) = keyed.get(&at)?;
            Some(Layer { at, package: packages[at].name.value.clone(), key: keys.package })
        };
        let layers: Vec<_> = order.roots[at].layers.iter().filter_map(layer).collect();
        let check: Vec<_> = order.roots[at].check.iter().filter_map(layer).collect();
        let parts = parts[at].take().unwrap_or_default();
        let keys = parts.with_layers(&phases(&packages[at], &recipes[at]), &layers, &check);
        keyed.insert(at, (layers, check, keys));
    }
    let settled = packages.into_iter().zip(recipes).zip(jobs).zip(keyed.into_values());
    settled
        .map(|(((package, recipe), own_jobs), (layers, check_layers, keys))| Planned {
            package,
            recipe,
            own_jobs,
            steps: keys.steps,
            layers,
            check_layers,
            key: keys.package,
            own_parts: keys.own_parts,
        })
        .collect()
}

/// The phases that a package has, in order.
fn phases(package: &Package, recipe: &Recipe) -> Vec<Phase> {
    let fetch = package.fetched().next().map(|_| Phase::Fetch);
    fetch.into_iter().chain(recipe.phases.iter().map(|body| body.phase)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{package, package_in, project, runs_with, stage, text};
    use crate::model::{PhaseText, Resources};

    fn plan(packages: Vec<Package>) -> Plan {
        plan_of(vec![stage("host", &[])], packages)
    }

    fn plan_of(stages: Vec<crate::model::Stage>, packages: Vec<Package>) -> Plan {
        let (plan, diagnostics) = resolve(project(stages), packages, &[]);
        plan.unwrap_or_else(|| panic!("{diagnostics:?}"))
    }

    fn errors(stages: Vec<crate::model::Stage>, packages: Vec<Package>) -> Vec<String> {
        let (plan, diagnostics) = resolve(project(stages), packages, &[]);
        assert!(plan.is_none());
        diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect()
    }

    fn layers<'a>(plan: &'a Plan, name: &str) -> Vec<&'a str> {
        plan.package(name).unwrap().layers.iter().map(|layer| layer.package.as_str()).collect()
    }

    #[test]
    fn a_root_holds_what_is_declared_and_what_that_runs_with_and_nothing_else() {
        let plan = plan(vec![
            package("a", &["b"]),
            runs_with(package("b", &["build-tool"]), &["c"]),
            runs_with(package("c", &[]), &["d"]),
            package("d", &[]),
            package("build-tool", &[]),
        ]);
        assert_eq!(layers(&plan, "a"), ["b", "c", "d"]);
        assert_eq!(layers(&plan, "c"), ["d"]);
        assert_eq!(layers(&plan, "d"), [""; 0]);
    }

    #[test]
    fn a_dependent_lies_above_what_it_needs_even_where_both_are_declared() {
        let plan = plan(vec![package("z", &["a", "m"]), package("a", &["m"]), package("m", &[])]);
        assert_eq!(layers(&plan, "z"), ["a", "m"]);
    }

    #[test]
    fn a_base_stage_lies_below_with_all_its_packages() {
        let stages = vec![stage("tools", &[]), stage("host", &["tools"])];
        let packages = vec![
            package("a", &["b"]),
            package("b", &[]),
            package_in("tools", "t1", &[]),
            package_in("tools", "t2", &["t1"]),
        ];
        assert_eq!(layers(&plan_of(stages, packages), "a"), ["b", "t2", "t1"]);
    }

    #[test]
    fn what_is_declared_of_a_base_stage_stays_below_what_needs_it_there() {
        let stages = vec![stage("tools", &[]), stage("host", &["tools"])];
        let packages = vec![
            package("a", &["libc"]),
            package_in("tools", "libc", &[]),
            package_in("tools", "compiler", &["libc"]),
        ];
        assert_eq!(layers(&plan_of(stages, packages), "a"), ["compiler", "libc"]);
    }

    #[test]
    fn what_a_check_phase_needs_moves_no_layer() {
        let packages = || {
            let a = package("a", &["b", "c"]);
            vec![a, package("b", &[]), package("c", &[]), package("test-tool", &[])]
        };
        let mut checked = packages();
        checked[2].check_depends = package("x", &["test-tool"]).build_depends;
        let (plain, checked) = (plan(packages()), plan(checked));
        assert_eq!(layers(&plain, "a"), layers(&checked, "a"));
        assert_eq!(plain.package("a").unwrap().key, checked.package("a").unwrap().key);
    }

    #[test]
    fn a_missing_package_is_named_with_what_was_meant() {
        let found =
            errors(vec![stage("host", &[])], vec![package("a", &["zlob"]), package("zlib", &["b", "c"])]);
        assert_eq!(
            found,
            [
                "`a` needs `zlob`, and there is no such package",
                "`zlib` needs `b`, and there is no such package",
                "`zlib` needs `c`, and there is no such package",
            ]
        );
    }

    #[test]
    fn a_stage_reaches_itself_and_its_bases_only() {
        let stages = vec![stage("host", &[]), stage("later", &["host"])];
        let found =
            errors(stages, vec![package("a", &["b"]), package_in("later", "b", &["c"]), package("c", &[])]);
        assert_eq!(found, ["`a` of stage `host` needs `b` of stage `later`"]);
    }

    #[test]
    fn each_knot_of_cycles_is_told_once_by_its_shortest_way_round() {
        let packages = vec![
            package("a", &["b"]),
            package("b", &["c", "d"]),
            package("c", &["a"]),
            package("d", &["c"]),
            package("self", &["self"]),
            package("x", &["a"]),
        ];
        let found = errors(vec![stage("host", &[])], packages);
        assert!(found.contains(&"packages need each other: `a` → `b` → `c` → `a`".to_owned()), "{found:?}");
        assert!(found.contains(&"packages need each other: `self` → `self`".to_owned()), "{found:?}");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn stages_that_build_on_each_other_are_a_cycle() {
        let stages = vec![stage("host", &["other"]), stage("other", &["host"])];
        let found = errors(stages, vec![package("a", &[]), package_in("other", "b", &[])]);
        assert_eq!(found, ["packages need each other: `a` → stage `other` → `b` → stage `host` → `a`"]);
    }

    #[test]
    fn a_key_changes_with_what_the_package_and_its_root_are_and_with_nothing_else() {
        let packages = || vec![package("a", &["b"]), package("b", &[]), package("c", &[])];
        let key = |packages| plan(packages).package("a").unwrap().key;
        let same = key(packages());

        let mut told = packages();
        told[0].summary = Some(text("A letter"));
        told[0].resources = Resources { sbu: Some(1.0), ..Resources::default() };
        told[2].version.value = "2".to_owned();
        told.reverse();
        assert_eq!(key(told), same);

        let mut deeper = packages();
        deeper[1].version.value = "2".to_owned();
        assert_ne!(key(deeper), same);

        let mut built = packages();
        let build = PhaseText { replace: Some(text("make")), ..PhaseText::default() };
        built[0].phases.insert(Phase::Build, build);
        assert_ne!(key(built), same);
    }

    #[test]
    fn a_check_phase_has_a_key_of_its_own_and_changes_no_other() {
        let mut checked = package("a", &[]);
        let check = PhaseText { replace: Some(text("make check")), ..PhaseText::default() };
        checked.phases.insert(Phase::Check, check);
        let (plain, checked) = (plan(vec![package("a", &[])]), plan(vec![checked]));
        let (plain, checked) = (plain.package("a").unwrap(), checked.package("a").unwrap());
        assert_eq!(plain.key, checked.key);
        assert_eq!(plain.own_parts, checked.own_parts);
        let phases = |planned: &Planned| planned.steps.iter().map(|step| step.phase).collect::<Vec<_>>();
        assert_eq!(phases(plain), [Phase::Prepare, Phase::Install]);
        assert_eq!(phases(checked), [Phase::Prepare, Phase::Check, Phase::Install]);
        assert_eq!(phases(checked).last(), Some(&Phase::COMPLETING), "whatever else a package has");
        assert_ne!(checked.steps[1].key, checked.steps[2].key);
        assert_eq!(plain.steps[0], checked.steps[0]);
        assert_eq!(plain.steps[1], checked.steps[2]);
    }
}

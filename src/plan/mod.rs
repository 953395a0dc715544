//! What will happen: the graph of steps, with nothing left to decide.
//!
//! [`resolve`] takes the packages of a project, finds every package that each one needs, and settles what lies in the
//! root of each step and under which key its result is known. This module does not know how a plan is written down, or
//! how a step is run.

mod cycle;
pub mod file;
mod graph;
mod keys;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::diag::Diagnostics;
use crate::model::{Digest, Package, PackageName, Phase, Project};
use crate::recipe::{Recipe, recipe};
use graph::Order;

/// A project's packages with everything settled.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The project.
    pub project: Project,
    /// By name.
    pub packages: Vec<Planned>,
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
    /// What lies in the root of every step, the uppermost first; below it is the stage's base.
    pub layers: Vec<Layer>,
    /// What the check phase has in its root besides, the uppermost first.
    pub check_layers: Vec<Layer>,
    /// The digest of everything that can change its artifact.
    pub key: Digest,
    /// What the key is made of.
    pub key_parts: BTreeMap<String, String>,
}

/// One phase of one package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The phase.
    pub phase: Phase,
    /// The digest of everything that can change its result, the earlier phases included.
    pub key: Digest,
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

/// Settles a project's packages. There is a plan only where nothing of it is an error.
pub fn resolve(project: Project, mut packages: Vec<Package>) -> (Option<Plan>, Diagnostics) {
    packages.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    let (order, diagnostics) = graph::order(&project, &packages);
    let Some(order) = order else { return (None, diagnostics) };
    let packages = settle(&project, packages, &order);
    (Some(Plan { project, packages }), diagnostics)
}

/// Gives each package its keys, after all that it needs.
fn settle(project: &Project, packages: Vec<Package>, order: &Order) -> Vec<Planned> {
    let own = |package: &Package| {
        let recipe = recipe(project, package);
        let parts = keys::own(project, package, &recipe);
        (recipe, parts)
    };
    let (recipes, parts): (Vec<Recipe>, Vec<_>) = packages.par_iter().map(own).unzip();
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
    let settled = packages.into_iter().zip(recipes).zip(keyed.into_values());
    settled
        .map(|((package, recipe), (layers, check_layers, keys))| Planned {
            package,
            recipe,
            steps: keys.steps,
            layers,
            check_layers,
            key: keys.package,
            key_parts: keys.parts,
        })
        .collect()
}

/// The phases that a package has, in order.
fn phases(package: &Package, recipe: &Recipe) -> Vec<Phase> {
    let fetch = package.fetched().next().map(|_| Phase::Fetch);
    fetch.into_iter().chain(recipe.phases.iter().map(|body| body.phase)).collect()
}

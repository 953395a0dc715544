//! Which packages' artifacts are in the roots of which others, as far as names lead: what is missing or goes in a circle
//! is for the plan to report.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Dependency, Package, Project};

/// A project's packages by what they need.
pub(crate) struct Roots<'a> {
    project: &'a Project,
    packages: &'a [Package],
    names: BTreeMap<&'a str, usize>,
}

impl<'a> Roots<'a> {
    pub(crate) fn new(project: &'a Project, packages: &'a [Package]) -> Self {
        let names = packages.iter().enumerate();
        let names = names.map(|(at, package)| (package.name.value.as_str(), at)).collect();
        Self { project, packages, names }
    }

    /// The package that a dependency names.
    pub(crate) fn get(&self, dependency: &Dependency) -> Option<usize> {
        self.names.get(dependency.value.as_str()).copied()
    }

    /// Whether a package is in the root of another without being declared, by its stage.
    pub(crate) fn is_below(&self, needed: usize, package: usize) -> bool {
        let stage = self.project.stage(&self.packages[package].stage.value);
        stage.is_some_and(|stage| stage.base.contains(&self.packages[needed].stage.value))
    }

    /// These packages and all that they need at run time.
    pub(crate) fn closure(&self, packages: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        self.walk(packages, |package| vec![&package.run_depends])
    }

    /// All that is in a package's root because it was declared, in any phase.
    pub(crate) fn declared(&self, package: usize) -> BTreeSet<usize> {
        let direct = every_list(&self.packages[package]).into_iter().flatten();
        self.closure(direct.filter_map(|name| self.get(name)))
    }

    /// A package and all that is built before it, which it lies over in every root that has both.
    pub(crate) fn before(&self, package: usize) -> BTreeSet<usize> {
        self.walk([package], every_list)
    }

    /// These packages and all to which these lists lead.
    fn walk(
        &self,
        packages: impl IntoIterator<Item = usize>,
        lists: impl Fn(&Package) -> Vec<&Vec<Dependency>>,
    ) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<usize> = packages.into_iter().collect();
        while let Some(at) = waiting.pop() {
            if found.insert(at) {
                let needed = lists(&self.packages[at]).into_iter().flatten();
                waiting.extend(needed.filter_map(|name| self.get(name)));
            }
        }
        found
    }
}

fn every_list(package: &Package) -> Vec<&Vec<Dependency>> {
    vec![&package.build_depends, &package.run_depends, &package.check_depends]
}

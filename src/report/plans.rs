//! The plan as `generate` wrote it: the files of `generated/plan/`, and the graph that they form.
//!
//! Commands that only tell of a build read these and need no spec. This module does not know the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use rayon::prelude::*;

use crate::host::{files, process};
use crate::model::{Digest, Jobs, PackageName, Phase};
use crate::plan::file::PackageFile;
use crate::plan::paths::{PLANS, stage_file};
use crate::plan::read::{self, Stages, Unusable};

/// Every package of the plan, and the steps of all of them.
#[derive(Debug, Default, Clone)]
pub struct Plans {
    /// Dependencies before dependents, and by name where either may come first.
    pub packages: Vec<PackageFile>,
    /// For each package, the positions of those whose artifacts lie in its root, of the check phase too, sorted.
    pub needs: Vec<Vec<usize>>,
    /// How many packages must be finished one after the other before this one can start.
    pub levels: Vec<usize>,
    /// The steps, in the order of the packages and their phases: what a step needs comes before it.
    pub steps: Vec<Step>,
    by_name: BTreeMap<PackageName, usize>,
    /// Where each package's steps begin.
    first_step: Vec<usize>,
}

/// One step of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The position of its package.
    pub package: usize,
    /// Its phase.
    pub phase: Phase,
    /// Its key.
    pub key: Digest,
    /// The positions of the steps that must be finished before it starts.
    pub needs: Vec<usize>,
}

impl Plans {
    /// Reads `plan/*.json` and `plan/stages/*.json` below the folder of generated files.
    ///
    /// # Errors
    /// There is no plan yet, a file cannot be read or is of another version, or the files do not fit together.
    pub fn read(output: &Path) -> Result<Self> {
        let dir = output.join(PLANS);
        if !dir.is_dir() {
            // Without packages there are no plan files.
            if output.is_dir() {
                return Ok(Self::default());
            }
            bail!("there is no plan in `{}` yet: run `lfsgen generate` first", dir.display());
        }
        let mut paths = files::list(&dir)?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        let packages = paths.par_iter().map(|path| use_file(path, read::package));
        let mut stages = Stages::default();
        let join = |package| {
            stages.join(package, |wanted| {
                use_file(&output.join(stage_file(&wanted.name)), |bytes| read::stage(bytes, wanted))
            })
        };
        let packages: Result<Vec<_>> = packages.collect::<Result<Vec<_>>>()?.into_iter().map(join).collect();
        Self::new(packages?).with_context(|| format!("the plan in `{}` is broken", dir.display()))
    }

    /// Puts packages in order.
    ///
    /// # Errors
    /// A package needs one that is absent, or itself.
    pub fn new(mut packages: Vec<PackageFile>) -> Result<Self> {
        packages.sort_by(|a, b| a.package.cmp(&b.package));
        let (order, levels) = sort(&packages)?;
        let position: BTreeMap<usize, usize> =
            order.iter().enumerate().map(|(to, &from)| (from, to)).collect();
        let mut plans = Self { levels, ..Self::default() };
        let mut sorted: Vec<_> = packages.into_iter().enumerate().collect();
        sorted.sort_by_key(|(from, _)| position[from]);
        plans.packages = sorted.into_iter().map(|(_, package)| package).collect();
        plans.by_name = plans.packages.iter().enumerate().map(|(at, p)| (p.package.clone(), at)).collect();
        for at in 0..plans.packages.len() {
            plans.add_steps(at)?;
        }
        Ok(plans)
    }

    fn add_steps(&mut self, package: usize) -> Result<()> {
        let file = &self.packages[package];
        let layers = positions(&self.by_name, file, file.layers().map(|layer| &layer.package))?;
        let check_layers =
            positions(&self.by_name, file, file.check_layers.iter().map(|layer| &layer.package))?;
        let start = self.steps.len();
        let last_steps = |packages: &[usize]| -> Vec<usize> {
            let last = |&at: &usize| self.step_range(at).next_back();
            packages.iter().filter_map(last).collect()
        };
        let (after_layers, after_check_layers) = (last_steps(&layers), last_steps(&check_layers));
        let mut layered = false;
        let mut steps = Vec::new();
        for (at, step) in file.steps.iter().enumerate() {
            let mut needs: Vec<usize> = (at > 0).then(|| start + at - 1).into_iter().collect();
            if step.phase != Phase::Fetch && !layered {
                needs.extend(&after_layers);
                layered = true;
            }
            if step.phase == Phase::Check {
                needs.extend(&after_check_layers);
            }
            steps.push(Step { package, phase: step.phase, key: step.key, needs });
        }
        self.first_step.push(start);
        self.steps.extend(steps);
        let mut needs = [layers, check_layers].concat();
        needs.sort_unstable();
        needs.dedup();
        self.needs.push(needs);
        Ok(())
    }

    /// How many jobs all steps may have together: what the project says, or one a processor.
    pub fn slots(&self) -> u32 {
        self.packages.first().map_or(Jobs::Max, |file| file.limits.project_jobs).or(process::cpus())
    }

    /// The position of a package.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A package by its name.
    pub fn package(&self, name: &str) -> Option<&PackageFile> {
        self.position(name).map(|at| &self.packages[at])
    }

    /// Every package by name.
    pub fn by_name(&self) -> impl Iterator<Item = &PackageFile> {
        self.by_name.values().map(|&at| &self.packages[at])
    }

    /// The positions of a package's steps.
    pub fn step_range(&self, package: usize) -> std::ops::Range<usize> {
        let end = self.first_step.get(package + 1).copied().unwrap_or(self.steps.len());
        self.first_step[package].min(end)..end
    }

    /// The position of a package's step; nothing where it has none of that phase.
    pub fn step(&self, package: usize, phase: Phase) -> Option<usize> {
        self.step_range(package).find(|&at| self.steps[at].phase == phase)
    }

    /// Some packages and everything they need, in order.
    pub fn closure(&self, targets: &[usize]) -> Vec<usize> {
        let mut wanted = vec![false; self.packages.len()];
        targets.iter().for_each(|&target| wanted[target] = true);
        // Dependencies come first, so going backwards meets every dependent before what it needs.
        for at in (0..wanted.len()).rev().filter(|_| !targets.is_empty()) {
            if wanted[at] {
                self.needs[at].iter().for_each(|&need| wanted[need] = true);
            }
        }
        (0..wanted.len()).filter(|&at| wanted[at]).collect()
    }

    /// Every package, each above all that it has in its root. Of any two that share a root, the one that lies above the other there
    /// comes first.
    pub fn stacked(&self) -> Vec<usize> {
        let mut above: Vec<Vec<usize>> = vec![Vec::new(); self.packages.len()];
        let mut below = vec![0; self.packages.len()];
        for (at, file) in self.packages.iter().enumerate() {
            let layers = file.layers().filter_map(|layer| self.position(layer.package.as_str()));
            let stack: Vec<usize> = std::iter::once(at).chain(layers).collect();
            for pair in stack.windows(2) {
                above[pair[1]].push(pair[0]);
                below[pair[0]] += 1;
            }
        }
        let mut ready: BTreeSet<usize> = (0..below.len()).filter(|&at| below[at] == 0).collect();
        let mut order = Vec::with_capacity(below.len());
        while let Some(at) = ready.pop_first() {
            order.push(at);
            for &upper in &above[at] {
                below[upper] -= 1;
                if below[upper] == 0 {
                    ready.insert(upper);
                }
            }
        }
        order.reverse();
        order
    }

    /// For each package, what it needs without what another need brings along: the edges worth drawing.
    pub fn direct_needs(&self) -> Vec<Vec<usize>> {
        let words = self.packages.len().div_ceil(64);
        let mut reached: Vec<Vec<u64>> = Vec::with_capacity(self.packages.len());
        let mut direct = Vec::with_capacity(self.packages.len());
        for needs in &self.needs {
            let mut through = vec![0_u64; words];
            for &need in needs {
                through.iter_mut().zip(&reached[need]).for_each(|(word, other)| *word |= other);
            }
            let is_through = |at: usize| through[at / 64] >> (at % 64) & 1 == 1;
            direct.push(needs.iter().copied().filter(|&need| !is_through(need)).collect());
            needs.iter().for_each(|&need| through[need / 64] |= 1 << (need % 64));
            reached.push(through);
        }
        direct
    }
}

/// What a file of the plan holds.
fn use_file<File>(path: &Path, read: impl FnOnce(&[u8]) -> Result<File, Unusable>) -> Result<File> {
    let bytes = files::read(path).context("run `lfsgen generate`")?;
    read(&bytes).map_err(|why| anyhow!("`{}` {why}; run `lfsgen generate`", path.display()))
}

fn positions<'a>(
    by_name: &BTreeMap<PackageName, usize>,
    file: &PackageFile,
    names: impl Iterator<Item = &'a PackageName>,
) -> Result<Vec<usize>> {
    let find = |name: &PackageName| {
        let found = by_name.get(name).copied();
        found.with_context(|| format!("`{}` needs `{name}`, which has no plan file", file.package))
    };
    let mut found = names.map(find).collect::<Result<Vec<_>>>()?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The order in which packages can be built, and the level of each in that order.
fn sort(packages: &[PackageFile]) -> Result<(Vec<usize>, Vec<usize>)> {
    let by_name: BTreeMap<_, _> =
        packages.iter().enumerate().map(|(at, p)| (p.package.clone(), at)).collect();
    let mut level = vec![0_usize; packages.len()];
    let mut waits_for = Vec::with_capacity(packages.len());
    let mut dependents = vec![Vec::new(); packages.len()];
    for (at, file) in packages.iter().enumerate() {
        let all = file.layers_of(Phase::Check).map(|layer| &layer.package);
        let needs = positions(&by_name, file, all)?;
        waits_for.push(needs.len());
        needs.iter().for_each(|&need| dependents[need].push(at));
    }
    let mut ready: Vec<usize> = (0..packages.len()).filter(|&at| waits_for[at] == 0).collect();
    let mut order = Vec::with_capacity(packages.len());
    while !ready.is_empty() {
        let mut next = Vec::new();
        for at in std::mem::take(&mut ready) {
            for &dependent in &dependents[at] {
                waits_for[dependent] -= 1;
                if waits_for[dependent] == 0 {
                    level[dependent] = level[at] + 1;
                    next.push(dependent);
                }
            }
            order.push(at);
        }
        next.sort_unstable();
        ready = next;
    }
    if let Some(stuck) = waits_for.iter().position(|&count| count > 0) {
        bail!("`{}` needs itself", packages[stuck].package);
    }
    let levels = order.iter().map(|&at| level[at]).collect();
    Ok((order, levels))
}

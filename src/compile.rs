//! The whole compile world as one function: text in, files in memory out.
//!
//! It puts the stages in order and stops before the next one where an error makes it pointless; each stage adds to the
//! same diagnostics. It reads nothing but what it is given, and writes nothing.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::diag::{Diagnostic, Diagnostics};
use crate::emit::{Backend, Regenerate, Tree, clashes, emit, refused};
use crate::fix::fit_specs;
use crate::lint::{check_templates, lint};
use crate::model::{
    Inputs, LintChoice, LintConfig, Loaded, Overrides, Package, PatchOrigin, Project, RelPath, load, overlaps,
};
use crate::plan::{Plan, resolve};
use crate::recipe::unused_arguments;
use crate::shell::with_deep_stack;
use crate::source::SourceMap;

/// What a compilation is asked for besides its inputs.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The program that will run the graph.
    pub backend: Backend,
    /// The output folder, where it is not the project's own.
    pub output: Option<RelPath>,
    /// The folders that the specs were found in, so that the graph notices a new one.
    pub folders: Vec<String>,
}

/// What became of it.
#[derive(Debug)]
pub struct Compiled {
    /// Every file that was read.
    pub sources: SourceMap,
    /// What is wrong, by file and place.
    pub diagnostics: Diagnostics,
    /// What will happen; nothing where there is an error in what was read.
    pub plan: Option<Plan>,
    /// The generated files, by their paths below the output folder; none where there is an error.
    pub tree: Tree,
    /// Every file and folder that this came from, relative to the project's root.
    pub inputs: Vec<String>,
}

/// What is said of a project before anything is written.
#[derive(Debug)]
pub struct Checked {
    /// Every file that was read.
    pub sources: SourceMap,
    /// What is wrong.
    pub diagnostics: Diagnostics,
    /// What would be, but for an exception.
    pub excused: Diagnostics,
    /// What will happen; nothing where there is an error in what was read.
    pub plan: Option<Plan>,
    /// What lint reports here.
    pub lint: LintConfig,
    /// Every patch beside a spec, relative to the project's root.
    patches: Vec<String>,
}

impl Checked {
    /// What was said before of the same inputs, without a plan.
    pub fn remembered(
        sources: SourceMap,
        diagnostics: Diagnostics,
        excused: Diagnostics,
        lint: LintConfig,
    ) -> Self {
        Self { sources, diagnostics, excused, plan: None, lint, patches: Vec::new() }
    }
}

/// Reads, lints and resolves a project.
pub fn check(inputs: &Inputs<'_>, overrides: &Overrides, choice: LintChoice) -> Checked {
    // All of it on the same few threads, which have room for deep syntax: to change to them for each text would cost more
    // than to read it, and what a second set of threads frees the first cannot use.
    with_deep_stack(|| check_here(inputs, overrides, choice))
}

fn check_here(inputs: &Inputs<'_>, overrides: &Overrides, choice: LintChoice) -> Checked {
    let Loaded { sources, mut project, packages, broken, mut diagnostics } = load(inputs, overrides);
    if let Some(project) = &mut project {
        project.lint = std::mem::take(&mut project.lint).with(choice);
    }
    let unused: Vec<Diagnostic> = packages.par_iter().flat_map_iter(unused_arguments).collect();
    diagnostics.extend(unused);
    let patches = patches(&packages);
    let config = project.as_ref().map(|project| project.lint.clone()).unwrap_or_default();
    let mut excused = Diagnostics::default();
    let mut plan = None;
    if let Some(project) = project {
        let linted = lint(&project, &packages, &broken);
        diagnostics.extend(linted.findings);
        excused = linted.excused;
        let (resolved, problems) = resolve(project, packages, &broken);
        diagnostics.extend(problems);
        diagnostics.extend(resolved.iter().flat_map(check_templates));
        let folders = resolved.iter().flat_map(|plan| &plan.project.specs).map(ToString::to_string).collect();
        let named = names(inputs, &Settings { folders, ..Settings::default() }, patches.clone());
        diagnostics.extend(resolved.iter().flat_map(|plan| clashes(plan, &named)));
        plan = resolved;
    }
    if diagnostics.iter().any(|one| one.rule == "missing-folder") {
        // What was not found is there, for all that anybody knows.
        let kept = diagnostics.into_iter().filter(|one| !LOOKED_FOR.contains(&one.rule));
        diagnostics = kept.collect();
    }
    fit_specs(&sources, &mut diagnostics);
    fit_specs(&sources, &mut excused);
    Checked { sources, diagnostics, excused, plan, lint: config, patches }
}

/// Errors that say that a package is not in the project.
const LOOKED_FOR: [&str; 2] = ["missing-dependency", "unknown-package"];

/// Compiles a project.
pub fn compile(inputs: &Inputs<'_>, overrides: &Overrides, settings: &Settings) -> Compiled {
    with_deep_stack(|| compile_here(inputs, overrides, settings))
}

fn compile_here(inputs: &Inputs<'_>, overrides: &Overrides, settings: &Settings) -> Compiled {
    let Checked { sources, mut diagnostics, mut plan, patches, .. } =
        check_here(inputs, overrides, LintChoice::default());
    if let (Some(plan), Some(output)) = (&mut plan, &settings.output) {
        let Project { specs, state, output: own, .. } = &mut plan.project;
        let named_by = |key| if key == "output" { "--out" } else { key };
        diagnostics.extend(
            overlaps(specs, output, state).iter().map(|overlap| overlap.error(named_by(overlap.key))),
        );
        own.clone_from(output);
    }
    let names = names(inputs, settings, patches);
    let mut tree = Tree::new();
    let regenerate = Regenerate { arguments: arguments(overrides, settings), inputs: names.clone() };
    if diagnostics.has_errors() {
        diagnostics.extend(plan.iter().flat_map(|plan| refused(plan, settings.backend, &regenerate)));
    } else if let Some(plan) = &plan {
        let (files, problems) = emit(&sources, plan, settings.backend, &regenerate);
        tree = if problems.has_errors() { tree } else { files };
        diagnostics.extend(problems);
    }
    Compiled { sources, diagnostics: diagnostics.sorted(), plan, tree, inputs: names }
}

/// The patches beside specs.
fn patches(packages: &[Package]) -> Vec<String> {
    let patches = packages.iter().flat_map(|package| &package.patches);
    let beside = patches.filter_map(|patch| match &patch.origin {
        PatchOrigin::File { path, .. } => Some(path.to_string()),
        PatchOrigin::Fetched(_) => None,
    });
    beside.collect()
}

/// Everything that was read, each once, in order.
fn names(inputs: &Inputs<'_>, settings: &Settings, patches: Vec<String>) -> Vec<String> {
    let specs = inputs.specs.iter().map(|(name, _)| name.clone());
    let config = std::iter::once(inputs.config.0.clone());
    let all: BTreeSet<_> =
        config.chain(settings.folders.iter().cloned()).chain(specs).chain(patches).collect();
    all.into_iter().collect()
}

/// The arguments with which `lfsgen generate` does the same again.
fn arguments(overrides: &Overrides, settings: &Settings) -> Vec<String> {
    let backend = (settings.backend != Backend::default())
        .then(|| ["--backend".to_owned(), settings.backend.name().to_owned()]);
    let output = settings.output.as_ref().map(|output| ["--out".to_owned(), output.to_string()]);
    let options = overrides.0.iter().map(|option| ["--option".to_owned(), option.clone()]);
    backend.into_iter().chain(output).chain(options).flatten().collect()
}

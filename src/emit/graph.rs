//! The graph of steps as a file: what all backends have in common, and what each can write.

mod make;
mod ninja;

use std::collections::{BTreeMap, BTreeSet};

use super::{Backend, Regenerate};
use crate::diag::Diagnostic;
use crate::model::{PackageName, Phase, RelPath, StageName};
use crate::plan::{Layer, Plan, Planned, paths};
use crate::recipe::quote::{one_line, word};

/// What the templates of all backends use. Paths are relative to the project's root, which is where the graph runs.
struct Graph<'a> {
    output: &'a str,
    state: &'a str,
    /// A cache of sources that other projects share.
    cache: Option<&'a str>,
    /// How many downloads run at once.
    fetch_depth: u32,
    packages: Vec<Package<'a>>,
    stages: Vec<Stage<'a>>,
    regenerate: &'a Regenerate,
    /// What `lfsgen generate` writes besides the graph itself.
    outputs: Vec<String>,
}

struct Package<'a> {
    name: &'a str,
    title: String,
    steps: Vec<Step>,
    /// The stamp that says that its artifact is there.
    stamp: String,
}

struct Step {
    phase: &'static str,
    stamp: String,
    inputs: Vec<String>,
}

struct Stage<'a> {
    name: &'a StageName,
    packages: Vec<&'a str>,
}

/// What of a plan cannot be in a backend's graph.
pub(super) fn refused(plan: &Plan, backend: Backend, regenerate: &Regenerate) -> Vec<Diagnostic> {
    Graph::new(plan, regenerate).unwritable(backend)
}

/// Names that stand for two things. All backends have one name space for packages, stages and the files and folders that a plan was
/// made from, which are its `inputs`.
pub(super) fn clashes<'a>(plan: &'a Plan, inputs: impl Iterator<Item = &'a str>) -> Vec<Diagnostic> {
    let mut known = reserved(inputs);
    let used: BTreeSet<_> = plan.packages.iter().map(|planned| &planned.package.stage.value).collect();
    let stages = plan.project.stages.iter().filter(|stage| used.contains(&stage.name));
    let stages = stages.map(|stage| (stage.name.as_str(), "a stage", stage.place));
    let packages = plan.packages.iter().map(|planned| &planned.package.name);
    let packages = packages.map(|name| (name.value.as_str(), "a package", name.place));
    let clash = |(name, what, place)| {
        let other = known.insert(name, what)?;
        let message = format!("`{name}` names {what} and {other}");
        let error = Diagnostic::error("target-name-clash", message).at(place, "");
        Some(error.help("give one of them another name, so that it can be asked for by name"))
    };
    stages.chain(packages).filter_map(clash).collect()
}

/// The graph's file: its path below the output folder, and its text.
pub(super) fn write(
    plan: &Plan,
    backend: Backend,
    regenerate: &Regenerate,
) -> Result<(RelPath, String), Vec<Diagnostic>> {
    let graph = Graph::new(plan, regenerate);
    let problems = graph.unwritable(backend);
    let path = RelPath::new(backend.file()).map_err(|_| Vec::new())?;
    if !problems.is_empty() {
        return Err(problems);
    }
    let text = match backend {
        Backend::Ninja => ninja::text(&graph),
        Backend::Make => make::text(&graph),
    };
    Ok((path, text))
}

impl<'a> Graph<'a> {
    fn new(plan: &'a Plan, regenerate: &'a Regenerate) -> Self {
        let project = &plan.project;
        let output = project.output.as_str();
        let names = || plan.packages.iter().map(Planned::name);
        let stages = project.stages.iter().map(|stage| {
            let inside = plan.packages.iter().filter(|planned| planned.package.stage.value == stage.name);
            Stage { name: &stage.name, packages: inside.map(|planned| planned.name().as_str()).collect() }
        });
        let stages: Vec<_> = stages.filter(|stage| !stage.packages.is_empty()).collect();
        let of_packages = names().flat_map(|name| [plan_path(output, name), script_path(output, name)]);
        let of_stages = stages.iter().map(|stage| format!("{output}/{}", paths::stage_file(stage.name)));
        Self {
            output,
            state: &project.state,
            cache: project.sources.cache.as_deref(),
            fetch_depth: project.resources.fetch,
            packages: plan.packages.iter().map(|planned| package(plan, planned)).collect(),
            regenerate,
            outputs: of_packages.chain(of_stages).collect(),
            stages,
        }
    }

    /// Names with a character that the backend's language has no way to write.
    fn unwritable(&self, backend: Backend) -> Vec<Diagnostic> {
        let refused = match backend {
            Backend::Ninja => ninja::refused,
            Backend::Make => make::refused,
        };
        let own = [self.output, self.state].into_iter();
        let inputs = self.regenerate.inputs.iter().map(String::as_str);
        let paths = own.chain(inputs).map(|path| (path, "path", refused));
        let control: fn(char) -> bool = char::is_control;
        let words = self.regenerate.arguments.iter().map(String::as_str).chain(self.cache);
        let words = words.map(|text| (text, "argument", control));
        paths
            .chain(words)
            .filter_map(|(text, what, refused)| {
                let bad = text.chars().find(|&c| refused(c))?;
                let (shown, file) = (one_line(text), backend.file());
                let message = format!("the {what} `{shown}` cannot be written in a `{file}`");
                let error = Diagnostic::error("unwritable-name", message);
                let why = format!("{} has no way to write {bad:?} in it", backend.name());
                Some(error.note(why).help("rename it"))
            })
            .collect()
    }

    /// Arguments of `lfsgen generate` as words of the shell.
    fn arguments(&self) -> Vec<String> {
        self.regenerate.arguments.iter().map(|argument| word(argument).into_owned()).collect()
    }

    /// The folder of the plan files, as a word of the shell.
    fn plan_word(&self) -> String {
        word(&format!("{}/{}", self.output, paths::PLANS)).into_owned()
    }

    /// The option that names the shared cache, where there is one, as words of the shell.
    fn cache_words(&self) -> Vec<String> {
        self.cache.iter().flat_map(|cache| ["--cache".to_owned(), word(cache).into_owned()]).collect()
    }

    /// The state directory, as a word of the shell.
    fn state_word(&self) -> String {
        word(self.state).into_owned()
    }
}

/// The names that the graph has for itself, and what each is: no stage and no package is called so.
pub(crate) fn reserved<'a>(inputs: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, &'static str> {
    let inputs = inputs.map(|path| (path, "a file or folder of specs"));
    std::iter::once(("all", "everything")).chain(inputs).collect()
}

fn plan_path(output: &str, name: &PackageName) -> String {
    format!("{output}/{}", paths::plan_file(name))
}

fn script_path(output: &str, name: &PackageName) -> String {
    format!("{output}/{}", paths::script(name))
}

fn stamp(state: &str, name: &PackageName, phase: Phase) -> String {
    format!("{}/{}", state.trim_end_matches('/'), paths::stamp(name, phase))
}

/// A package's steps. The first that runs in a root waits for every artifact in it.
fn package<'a>(plan: &Plan, planned: &'a Planned) -> Package<'a> {
    let (output, state) = (plan.project.output.as_str(), plan.project.state.as_str());
    let name = planned.name();
    let installed = |layers: &[Layer]| -> Vec<String> {
        layers.iter().map(|layer| stamp(state, &layer.package, Phase::COMPLETING)).collect()
    };
    let mut before = None;
    let mut steps = Vec::new();
    for step in &planned.steps {
        let mut inputs: Vec<String> = before.take().into_iter().collect();
        inputs.push(plan_path(output, name));
        if step.phase != Phase::Fetch {
            inputs.push(script_path(output, name));
        }
        match step.phase {
            Phase::Prepare => inputs.append(&mut installed(&planned.layers)),
            Phase::Check => inputs.append(&mut installed(&planned.check_layers)),
            _ => {}
        }
        let stamp = stamp(state, name, step.phase);
        before = Some(stamp.clone());
        steps.push(Step { phase: step.phase.name(), stamp, inputs });
    }
    Package {
        name: name.as_str(),
        title: one_line(&format!("{name} {}", planned.package.version.value)).into_owned(),
        steps,
        stamp: before.unwrap_or_default(),
    }
}

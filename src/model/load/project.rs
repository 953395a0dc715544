//! From the tree of `lfsgen.yaml` to a project.
//!
//! It comes before all packages: the variables and the target that it settles are those that specs may use. What is wrong
//! is a diagnostic, and the rest is still read.

use std::collections::BTreeMap;

use super::family::unknown_arch;
use super::lower::Lower;
use super::options::Settings;
use crate::diag::Diagnostic;
use crate::model::{
    AbsPath, Arch, LintConfig, OptionName, Project, ProjectResources, RelPath, RootKind, SandboxMode,
    SourcesConfig, Stage, StageName, StageUser, Target, overlaps,
};
use crate::source::{Place, Spanned, Text};
use crate::spec::{Node, Table, entries, items, keys};

/// The folder of generated files where nobody says.
pub const DEFAULT_OUTPUT: &str = "generated";
/// The state directory where nobody says.
pub const DEFAULT_STATE: &str = "build";
/// How many downloads run at once where nobody says.
pub const DEFAULT_FETCHES: u32 = 4;

/// A project, where enough of it is well, with the scope of its variables.
pub(super) fn project(
    tree: &Node,
    start: Place,
    host_arch: Option<Arch>,
    settings: &Settings,
    lower: &mut Lower,
) -> Option<Project> {
    let target = target(tree.get("target"), start, host_arch, lower);
    if let Some(target) = &target {
        lower.scope.define("arch", target.arch.name());
        lower.scope.define("triplet", target.triplet.as_str());
    }
    let variables = variables(tree.get("variables"), lower);
    let name = tree.get("project").and_then(Node::text).map(|text| text.as_str().to_owned());
    let specs = spec_folders(tree, lower);
    let (output, state) = own_folders(tree, &specs, lower);
    Some(Project {
        name: name.unwrap_or_default(),
        specs,
        // What is wrong with these was told, and keeps nothing else from being checked.
        output: output.or_else(|| RelPath::new(DEFAULT_OUTPUT).ok())?,
        state: state.unwrap_or_else(|| DEFAULT_STATE.to_owned()),
        target: target?,
        stages: stages(tree.get("stages"), start, lower),
        variables,
        unread_variables: Vec::new(),
        options: settings.for_all(),
        resources: resources(tree.get("resources"), lower),
        sources: sources(tree.get("sources"), lower),
        sandbox: Lower::word(tree.get("sandbox")).map_or(SandboxMode::Required, |word| word.value),
        lint: lint(tree.get("lint")),
    })
}

/// `output:` and `state:`, which lfsgen writes to. Nothing for one that cannot be.
pub(super) fn own_folders(
    tree: &Node,
    specs: &[RelPath],
    lower: &mut Lower,
) -> (Option<RelPath>, Option<String>) {
    let output = match tree.get("output") {
        Some(node) if is_written_out(node, lower) => {
            lower.rel_path(node, "the project's root").map(|path| path.value)
        }
        Some(_) => None,
        None => RelPath::new(DEFAULT_OUTPUT).ok(),
    };
    let state = match tree.get("state") {
        Some(node) => is_written_out(node, lower).then(|| lower.any_path(node)).flatten(),
        None => Some(DEFAULT_STATE.to_owned()),
    };
    for node in ["output", "state"].into_iter().filter_map(|key| tree.get(key)) {
        if let Some(text) = node.text().filter(|text| text.as_str().starts_with('-')) {
            let message = format!("programs that are given `{}` would take it for an option", text.as_str());
            let help = "give it a name that begins with something else than `-`";
            lower.report(Diagnostic::error("bad-path", message).at(node.place, "").help(help));
        }
    }
    if let (Some(output), Some(state)) = (&output, &state) {
        report_overlaps(tree, specs, output, state, lower);
    }
    (output, state)
}

/// `specs:`.
pub(super) fn spec_folders(tree: &Node, lower: &mut Lower) -> Vec<RelPath> {
    let Some(list) = tree.get("specs") else { return RelPath::new("specs").into_iter().collect() };
    let mut folders = Vec::new();
    for item in list.items() {
        if is_written_out(item, lower) {
            folders.extend(lower.rel_path(item, "the project's root").map(|path| path.value));
        }
    }
    folders
}

/// Whether a folder is named without variables and without a home; if not, that is reported. Whoever looks for one has nothing but
/// `lfsgen.yaml`, and no command line or machine for what is in it.
fn is_written_out(node: &Node, lower: &mut Lower) -> bool {
    let Some(text) = node.text().map(Text::as_str) else { return true };
    let diagnostic = if text.contains("%{") {
        Diagnostic::error("misplaced-variable", "this folder is looked for before variables are known")
            .at(node.place, "")
            .help("write the folder itself")
    } else if text.starts_with('~') {
        // A folder of that name is seldom meant, and dangerous to remove.
        Diagnostic::error("bad-path", "`~` is no home here, but a folder of that name in the project")
            .at(node.place, "no shell reads this")
            .help("write the path itself; only `state` and `cache` may lie outside of the project")
    } else {
        return true;
    };
    lower.report(diagnostic);
    false
}

/// Reports folders that hold what lfsgen must not touch.
fn report_overlaps(tree: &Node, specs: &[RelPath], output: &RelPath, state: &str, lower: &mut Lower) {
    let place = |key: &str| tree.get(key).map_or(tree.place.at_start(), |node| node.place);
    for overlap in overlaps(specs, output, state) {
        lower.report(overlap.error(overlap.key).at(place(overlap.key), ""));
    }
}

fn target(node: Option<&Node>, start: Place, host: Option<Arch>, lower: &mut Lower) -> Option<Target> {
    let get = |key: &str| node.and_then(|node| node.get(key));
    let arch = match get("arch").and_then(Node::spanned) {
        Some(written) => {
            let arch = Arch::named(written.value);
            if arch.is_none() {
                lower.report(unknown_arch(written.value, written.place));
            }
            arch
        }
        None => {
            let advice = "write `target: { arch: x86_64 }` into `lfsgen.yaml`";
            let diagnostic =
                Diagnostic::error("missing-key", "lfsgen does not know this machine's architecture");
            if host.is_none() {
                lower.report(diagnostic.at(start, "").help(advice));
            }
            host
        }
    };
    let written = get("triplet").and_then(Node::spanned).and_then(|written| triplet(written, lower));
    let arch = arch?;
    Some(Target { arch, triplet: written.unwrap_or_else(|| default_triplet(arch).to_owned()) })
}

/// What `config.guess` of GNU says on such a machine.
fn default_triplet(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "x86_64-pc-linux-gnu",
        Arch::I686 => "i686-pc-linux-gnu",
        Arch::Aarch64 => "aarch64-unknown-linux-gnu",
        Arch::Riscv64 => "riscv64-unknown-linux-gnu",
    }
}

fn triplet(written: Spanned<&str>, lower: &mut Lower) -> Option<String> {
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
    };
    let parts: Vec<_> = written.value.split('-').collect();
    if (3..=4).contains(&parts.len()) && parts.iter().all(|text| part(text)) {
        return Some(written.value.to_owned());
    }
    lower.report(
        Diagnostic::error("bad-value", format!("`{}` is not a GNU triplet", written.value))
            .at(written.place, "")
            .help("write it like `x86_64-lfs-linux-gnu`"),
    );
    None
}

/// `variables:`, made known to the scope. A name that specs use otherwise is refused.
fn variables(node: Option<&Node>, lower: &mut Lower) -> BTreeMap<OptionName, Spanned<String>> {
    let mut texts: BTreeMap<String, &Text> = BTreeMap::new();
    for entry in entries(node) {
        let written = Spanned::new(entry.key.value.as_str(), entry.key.place);
        let name = lower.name::<OptionName>(written, "the name of a variable");
        let Some(text) = entry.value.text() else { continue };
        if is_taken(written.value) {
            lower.report(
                Diagnostic::error("bad-name", format!("`%{{{}}}` has a meaning already", written.value))
                    .at(written.place, "")
                    .note("every key at the top of a spec is a variable there, and so are `arch`, `triplet` and `jobs`")
                    .help("give the variable another name"),
            );
        } else if let Some(name) = name {
            texts.insert(name.value.into(), text);
        }
    }
    lower.scope.define_all(&texts, &mut lower.diagnostics);
    let named = texts.iter().filter_map(|(name, text)| {
        let value = lower.scope.value(name)?.to_owned();
        Some((OptionName::new(name.as_str()).ok()?, Spanned::new(value, text.place())))
    });
    named.collect()
}

fn is_taken(name: &str) -> bool {
    let table: &Table = &keys::SPEC;
    table.key(name).is_some() || ["arch", "triplet", "jobs"].contains(&name)
}

fn stages(node: Option<&Node>, start: Place, lower: &mut Lower) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut bases = Vec::new();
    for entry in entries(node) {
        let written = Spanned::new(entry.key.value.as_str(), entry.key.place);
        let name = lower.name::<StageName>(written, "the name of a stage");
        let base = lower.names::<StageName>(entry.value.get("base"), "the name of a stage");
        let stage = stage(&entry.value, entry.key.place, lower);
        if let (Some(name), Some(stage)) = (name, stage) {
            bases.push(base.clone());
            let base = base.into_iter().map(|base| base.value).collect();
            stages.push(Stage { name: name.value, base, ..stage });
        }
    }
    report_bases(&stages, &bases, lower);
    if stages.is_empty() {
        stages.extend(host_stage(start));
    }
    stages
}

/// The stage of a project that names none.
fn host_stage(place: Place) -> Option<Stage> {
    Some(Stage {
        name: StageName::new("host").ok()?,
        root: RootKind::Host,
        base: Vec::new(),
        mount: AbsPath::new("/").ok()?,
        env: BTreeMap::new(),
        user: StageUser::Root,
        network: false,
        place,
    })
}

fn stage(node: &Node, place: Place, lower: &mut Lower) -> Option<Stage> {
    let default = host_stage(place)?;
    let mount = match node.get("mount") {
        Some(node) => lower.abs_path(node),
        None => Some(default.mount.clone()),
    };
    let env = lower.env(node.get("env"));
    Some(Stage {
        root: Lower::word(node.get("root")).map_or(default.root, |word| word.value),
        mount: mount?,
        env,
        user: Lower::word(node.get("user")).map_or(default.user, |word| word.value),
        network: Lower::flag(node.get("network")),
        ..default
    })
}

/// Base stages must exist, and no stage may lie on itself.
fn report_bases(stages: &[Stage], bases: &[Vec<Spanned<StageName>>], lower: &mut Lower) {
    for (stage, bases) in stages.iter().zip(bases) {
        for base in bases {
            if !stages.iter().any(|other| other.name == base.value) {
                let known = stages.iter().map(|stage| stage.name.as_str());
                lower.unknown("unknown-stage", "stage", base.value.as_str(), base.place, known);
            } else if reaches(stages, &base.value, &stage.name) {
                lower.report(
                    Diagnostic::error("stage-cycle", format!("the stage `{}` lies on itself", stage.name))
                        .at(base.place, "")
                        .related(stage.place, "this stage"),
                );
            }
        }
    }
}

/// Whether `to` is `from` or lies somewhere below it.
fn reaches(stages: &[Stage], from: &StageName, to: &StageName) -> bool {
    let mut pending = vec![from];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(name) = pending.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            pending.extend(stages.iter().filter(|stage| &stage.name == name).flat_map(|stage| &stage.base));
        }
    }
    false
}

fn resources(node: Option<&Node>, lower: &mut Lower) -> ProjectResources {
    let get = |key: &str| node.and_then(|node| node.get(key));
    let fetch = get("fetch").and_then(Node::text).and_then(|text| text.as_str().parse().ok());
    ProjectResources {
        jobs: lower.jobs(get("jobs")),
        memory: lower.size(get("memory")),
        disk: lower.size(get("disk")),
        fetch: fetch.unwrap_or(DEFAULT_FETCHES).max(1),
        timeout: lower.duration(get("timeout")),
    }
}

fn sources(node: Option<&Node>, lower: &mut Lower) -> SourcesConfig {
    let get = |key: &str| node.and_then(|node| node.get(key));
    let mirrors = items(get("mirrors"));
    SourcesConfig {
        cache: get("cache").filter(|node| is_written_out(node, lower)).and_then(|node| lower.any_path(node)),
        mirrors: mirrors.iter().filter_map(|node| lower.string(node)).collect(),
        mirrors_first: Lower::flag(get("mirrors-first")),
        max_size: lower.size(get("max-size")),
    }
}

fn lint(node: Option<&Node>) -> LintConfig {
    let get = |key: &str| node.and_then(|node| node.get(key));
    let levels = entries(get("levels")).iter();
    let default = LintConfig::default();
    LintConfig {
        levels: levels
            .filter_map(|entry| Some((entry.key.value.clone(), Lower::word(Some(&entry.value))?)))
            .collect(),
        fail_on: Lower::word(get("fail-on")).map_or(default.fail_on, |word| word.value),
        persona: Lower::word(get("persona")).map_or(default.persona, |word| word.value),
        min_confidence: Lower::word(get("min-confidence")).map_or(default.min_confidence, |word| word.value),
    }
}

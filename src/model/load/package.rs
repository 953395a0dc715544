//! From a spec's tree to a package.
//!
//! By then `extends` and `platform` are merged into one tree. Every key is lowered, whatever is wrong with the others, so
//! that an author sees all mistakes at once; only a package without any is handed on.

use std::collections::BTreeMap;

use super::Files;
use super::doubt::{forget_half_phases, lacks_variables};
use super::family::{Index, Settled, settled};
use super::lower::Lower;
use super::options::{Declared, Settings};
use super::sources::{patches, report_same_names, sources};
use super::variables::{Reader, Scope};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{
    Allow, Arch, Broken, Build, BuildSystem, Dependency, OptionName, OptionValue, Package, PackageName,
    Phase, PhaseText, Phases, Project, Resources, ShellPart, StageName,
};
use crate::source::{Place, SourceMap, Spanned, Text};
use crate::spec::{Form, Kind, Node, Shape, check_required, entries, items, keys};

/// What all packages of a project have in common.
pub(super) struct Shared<'a> {
    pub(super) project: &'a Project,
    /// Every file that was read.
    pub(super) sources: &'a SourceMap,
    /// The architecture whose `platform` entries hold.
    pub(super) arch: Arch,
    /// Variables of the project.
    pub(super) scope: &'a Scope,
    pub(super) settings: &'a Settings,
    pub(super) index: &'a Index<'a>,
    pub(super) files: &'a dyn Files,
}

/// Keys of a spec that are no variables: a package may not be built of its parent's name.
const NO_VARIABLES: [&str; 1] = ["extends"];

/// A package, where all that makes it up is well, and what is wrong with it. `called` is its name as written, or another where
/// it has none.
pub(super) fn package(
    spec: &Node,
    called: Spanned<&str>,
    file: Place,
    shared: &Shared<'_>,
) -> (Result<Package, Box<Broken>>, Diagnostics) {
    let mut lower = Lower::new(shared.scope.clone());
    let package = lower_package(spec, called, file, shared, &mut lower);
    (package, lower.diagnostics)
}

fn lower_package(
    spec: &Node,
    called: Spanned<&str>,
    file: Place,
    shared: &Shared<'_>,
    lower: &mut Lower,
) -> Result<Package, Box<Broken>> {
    let Shared { arch, index, settings, .. } = shared;
    let settled = settled(spec, called.value, index, settings, *arch, &mut lower.diagnostics);
    let Some(Settled { tree, options, lost }) = settled else {
        // Without what it extends nothing is known but what it names itself.
        let [build_depends, run_depends, check_depends] = all_dependencies(spec, lower);
        let named = Broken::named(called.value);
        return Err(Box::new(Broken { build_depends, run_depends, check_depends, ..named }));
    };
    check_required(&tree, &Shape::Table(&keys::SPEC), &mut lower.diagnostics);
    define_variables(&tree, lower);
    let options = define_options(options, lower);

    let written = spec.get("package").and_then(Node::spanned);
    let name = written.and_then(|written| lower.name::<PackageName>(written, "the name of a package"));
    let version = top(&tree, "version", lower).and_then(|node| version(node, lower));
    let summary = top(&tree, "summary", lower).and_then(|node| lower.text(node, Reader::Plain));
    let license = top(&tree, "license", lower).and_then(|node| lower.text(node, Reader::Plain));
    let homepage = top(&tree, "homepage", lower).and_then(|node| lower.string(node));
    let stage = stage(&tree, called.place, shared.project, lower);
    let sources = sources(tree.get("sources"), lower);
    let patches = patches(tree.get("patches"), shared, lower);
    report_same_names(&sources, &patches, lower);
    let [build_depends, run_depends, check_depends] = all_dependencies(&tree, lower);
    let build = build(tree.get("build"), called.place, lower);
    let phases = phases(tree.get("phases"), lower);
    let expect = expect(tree.get("artifacts").and_then(|node| node.get("expect")), lower);
    let resources = resources(tree.get("resources"), lower);
    let failures = tree.get("tests").and_then(|node| node.get("expected-failures"));
    let expected_failures = items(failures).iter().filter_map(|node| lower.string(node)).collect();
    let allows = allows(tree.get("lint").and_then(|node| node.get("allow")), lower);

    let dialect = Lower::word(tree.get("dialect")).map(|word| word.value).unwrap_or_default();
    let (Some(name), Some(version), Some(stage), false) =
        (name, version, stage.clone(), lower.diagnostics.has_errors())
    else {
        let (name, more_variables) = (called.value.to_owned(), lacks_variables(&tree, &build));
        let mut shell = ShellPart { dialect, build, more_variables, phases, allows, file };
        forget_half_phases(&tree, &mut shell.phases);
        let shell = stage.is_some().then(|| Box::new(shell));
        return Err(Box::new(Broken { name, stage, build_depends, run_depends, check_depends, shell }));
    };
    Ok(Package {
        name,
        version,
        summary,
        license,
        homepage,
        stage,
        dialect,
        sources,
        patches,
        build_depends,
        run_depends,
        check_depends,
        options,
        unread_options: Vec::new(),
        lost_texts: lost,
        build,
        phases,
        expect,
        resources,
        expected_failures,
        allows,
        file,
    })
}

/// Makes a variable of every key at the top whose value is a text.
fn define_variables(tree: &Node, lower: &mut Lower) {
    let texts: BTreeMap<String, &Text> = tree
        .entries()
        .iter()
        .filter(|entry| !NO_VARIABLES.contains(&entry.key.value.as_str()))
        .inspect(|entry| {
            if matches!(entry.value.kind, Kind::Null) {
                lower.scope.define_broken(&entry.key.value);
            }
        })
        .filter_map(|entry| Some((entry.key.value.clone(), entry.value.text()?)))
        .collect();
    lower.scope.define_all(&texts, &mut lower.diagnostics);
}

/// Makes a variable of every option, and gives those whose values are well.
fn define_options(
    options: BTreeMap<String, Declared>,
    lower: &mut Lower,
) -> BTreeMap<OptionName, OptionValue> {
    let mut well = BTreeMap::new();
    for (name, Declared { value, .. }) in options {
        let variable = format!("option.{name}");
        match &value {
            Some(value) => lower.scope.define(variable, value.to_string()),
            None => lower.scope.define_broken(&variable),
        }
        well.extend(OptionName::new(name).ok().zip(value));
    }
    well
}

/// A text at the top, where its value as a variable is well. What is wrong with it was reported when it became one.
fn top<'n>(tree: &'n Node, key: &str, lower: &Lower) -> Option<&'n Node> {
    lower.scope.value(key)?;
    tree.get(key)
}

/// A version stands in file names, scripts and reports, so it has no characters that would need care there.
fn version(node: &Node, lower: &mut Lower) -> Option<Spanned<String>> {
    let version = lower.string(node)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || ".+_~:-".contains(c);
    let text = &version.value;
    if text.len() <= 128 && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain) {
        return Some(version);
    }
    lower.report(
        Diagnostic::error("bad-name", format!("`{text}` is not a version"))
            .at(version.place, "")
            .note("expected a letter or digit, then letters, digits, `.`, `+`, `_`, `~`, `:` or `-`"),
    );
    None
}

fn stage(tree: &Node, name: Place, project: &Project, lower: &mut Lower) -> Option<Spanned<StageName>> {
    if tree.get("stage").is_none() {
        return Some(Spanned::new(project.stages.first()?.name.clone(), name));
    }
    let written = lower.string(top(tree, "stage", lower)?)?;
    let known = || project.stages.iter().map(|stage| stage.name.as_str());
    if !known().any(|name| name == written.value) {
        lower.unknown("unknown-stage", "stage", &written.value, written.place, known());
        return None;
    }
    lower.name(written.as_ref().map(String::as_str), "the name of a stage")
}

/// `depends:`, by its keys.
fn all_dependencies(tree: &Node, lower: &mut Lower) -> [Vec<Dependency>; 3] {
    let depends = tree.get("depends");
    ["build", "run", "check"].map(|key| dependencies(depends.and_then(|node| node.get(key)), lower))
}

fn dependencies(list: Option<&Node>, lower: &mut Lower) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    for name in lower.names::<PackageName>(list, "the name of a package") {
        match found.iter().find(|there| there.value == name.value) {
            Some(first) => lower.report(
                Diagnostic::warning("duplicate-dependency", format!("`{}` is there twice", name.value))
                    .at(name.place, "again here")
                    .related(first.place, "first here"),
            ),
            None => found.push(name),
        }
    }
    found
}

fn build(node: Option<&Node>, package: Place, lower: &mut Lower) -> Build {
    let get = |key: &str| node.and_then(|node| node.get(key));
    let written = Lower::word(get("system"));
    // One that is misspelled was told of, and what would go with the right one is right.
    let is_custom =
        written.as_ref().map_or(get("system").is_none(), |word| word.value == BuildSystem::Custom);
    let system = written.unwrap_or_else(|| {
        let place = node.and_then(|node| node.entries().first()).map_or(package, |entry| entry.key.place);
        Spanned::new(BuildSystem::Custom, place)
    });
    if is_custom {
        for (key, arguments) in ["configure", "make", "install"].map(|key| (key, get(key))) {
            if let Some(arguments) = arguments.filter(|arguments| !arguments.items().is_empty()) {
                lower.report(
                    Diagnostic::error("useless-key", format!("`{key}` has no command to go with"))
                        .at(arguments.place, "")
                        .note("the build system is `custom`, which has no commands of its own")
                        .help("name the build system with `system:`, or write the command under `phases:`"),
                );
            }
        }
    }
    Build {
        system,
        subdir: get("subdir").and_then(|node| lower.rel_path(node, "the source directory")),
        configure: lower.words(get("configure")),
        make: lower.words(get("make")),
        install: lower.words(get("install")),
        env: lower.env(get("env")),
    }
}

fn phases(node: Option<&Node>, lower: &mut Lower) -> Phases {
    let mut phases = Phases::new();
    for entry in entries(node) {
        let Some(phase) = Phase::from_name(&entry.key.value) else { continue };
        let mut script = |key: &str, node: Option<&Node>| {
            let node = node?;
            report_joined_lines(key, node, lower);
            lower.text(node, Reader::Shell)
        };
        let text = match entry.value.kind {
            Kind::Scalar(_) => {
                PhaseText { replace: script(&entry.key.value, Some(&entry.value)), ..PhaseText::default() }
            }
            _ => {
                let [replace, before, after] =
                    ["replace", "before", "after"].map(|key| script(key, entry.value.get(key)));
                PhaseText { replace, before, after }
            }
        };
        phases.insert(phase, text);
    }
    phases
}

/// Reports lines of shell that would run as one, for want of a `|`.
fn report_joined_lines(key: &str, node: &Node, lower: &mut Lower) {
    if node.scalar().is_some_and(|scalar| scalar.form == Form::Joined) {
        lower.report(
            Diagnostic::error("joined-lines", "YAML makes one line of these, which would run as one command")
                .at(node.place, "")
                .help(format!("write `{key}: |` for lines as they are, or `{key}: >` where one is meant")),
        );
    }
}

fn expect(list: Option<&Node>, lower: &mut Lower) -> Vec<Spanned<crate::model::RelPath>> {
    items(list).iter().filter_map(|item| lower.rel_path(item, Lower::MOUNT)).collect()
}

fn resources(node: Option<&Node>, lower: &mut Lower) -> Resources {
    let get = |key: &str| node.and_then(|node| node.get(key));
    let sbu = get("sbu").and_then(Node::spanned);
    let number = sbu.as_ref().and_then(|sbu| sbu.value.parse::<f64>().ok());
    if let (Some(sbu), Some(number)) = (&sbu, number)
        && !(number.is_finite() && number >= 0.0)
    {
        lower.report(
            Diagnostic::error("bad-value", format!("`{}` is not a number of build units", sbu.value))
                .at(sbu.place, "")
                .note("expected a number from 0 on, such as `0.5`"),
        );
    }
    Resources {
        jobs: get("jobs").map(|node| Spanned::new(lower.jobs(Some(node)), node.place)),
        memory: get("memory").and_then(|node| Some(Spanned::new(lower.size(Some(node))?, node.place))),
        disk: get("disk").and_then(|node| Some(Spanned::new(lower.size(Some(node))?, node.place))),
        timeout: lower.duration(get("timeout")),
        sbu: number,
    }
}

fn allows(list: Option<&Node>, lower: &mut Lower) -> Vec<Allow> {
    let mut allows = Vec::new();
    for item in items(list) {
        let (Some(rule), Some(reason)) =
            (item.get("rule").and_then(Node::spanned), item.get("reason").and_then(Node::spanned))
        else {
            continue;
        };
        if reason.value.trim().is_empty() {
            lower.report(
                Diagnostic::error("bad-value", "an exception needs a reason")
                    .at(reason.place, "")
                    .help(format!("say why `{}` does not matter here", rule.value)),
            );
            continue;
        }
        allows.push(Allow {
            rule: rule.map(str::to_owned),
            reason: reason.map(str::to_owned),
            whole: Some(item.place),
        });
    }
    allows
}

//! What the packages of a stage have in common, in its plan file.

use std::collections::BTreeMap;

use lfsgen::compile::Compiled;
use lfsgen::emit::Backend;
use lfsgen::plan::file::{LayerFile, PackageFile};
use lfsgen::plan::{Layer, read};

use super::{Project, told};

/// Compiles stages, each with its bases, and packages, each with its stage, version and what it needs at run time.
fn compile(stages: &[(&str, &str)], packages: &[(&str, &str, &str, &str)]) -> Compiled {
    let stages = stages.iter().map(|(name, base)| format!("  {name}: {{ root: host, base: [{base}] }}\n"));
    let specs = packages.iter().map(|(name, stage, version, run)| {
        let depends = if run.is_empty() { String::new() } else { format!("depends: {{ run: [{run}] }}\n") };
        let text = format!("package: {name}\nversion: \"{version}\"\nstage: {stage}\n{depends}");
        (format!("specs/{name}.yaml"), text)
    });
    let config = format!("project: x\nstages:\n{}", stages.collect::<String>());
    let compiled = Project { config, specs: specs.collect() }.compile(Backend::Ninja);
    assert!(!compiled.tree.is_empty(), "{}", told(&compiled));
    compiled
}

/// The packages as the generated files have them.
fn written(compiled: &Compiled) -> BTreeMap<String, PackageFile> {
    let packages = read::packages(&compiled.tree).map(Result::unwrap);
    packages.map(|package| (package.package.to_string(), package)).collect()
}

/// Holds the files against the plan that they were written from.
fn assert_all_is_there(compiled: &Compiled) {
    let written = written(compiled);
    let plan = compiled.plan.as_ref().unwrap();
    assert_eq!(written.len(), plan.packages.len());
    for planned in &plan.packages {
        let file = &written[planned.name().as_str()];
        let layers = |layers: &[Layer]| -> Vec<LayerFile> {
            let file = |layer: &Layer| LayerFile { package: layer.package.clone(), key: layer.key };
            layers.iter().map(file).collect()
        };
        assert_eq!(file.layers().cloned().collect::<Vec<_>>(), layers(&planned.layers));
        assert_eq!(file.check_layers, layers(&planned.check_layers));
        let depends =
            planned.layers.iter().map(|layer| (format!("depends.{}", layer.package), layer.key.to_string()));
        let parts: BTreeMap<_, _> = planned.own_parts.clone().into_iter().chain(depends).collect();
        assert_eq!(file.key_parts(), parts);
    }
}

const STAGES: [(&str, &str); 2] = [("tools", ""), ("system", "tools")];

#[test]
fn a_package_of_a_base_is_named_in_one_file_of_those_above() {
    let compiled = compile(
        &STAGES,
        &[
            ("tool-a", "tools", "1", ""),
            ("tool-b", "tools", "1", "tool-a"),
            ("p", "system", "1", ""),
            ("q", "system", "1", "p, tool-b"),
        ],
    );
    assert_all_is_there(&compiled);
    let names = |path: &str, name: &str| {
        let bytes = &compiled.tree[path];
        std::str::from_utf8(bytes).unwrap().matches(&format!("\"{name}\"")).count()
    };
    for path in ["plan/p.json", "plan/q.json", "plan/stages/tools.json"] {
        assert_eq!((names(path, "tool-a"), names(path, "tool-b")), (0, 0), "{path}");
    }
    assert_eq!((names("plan/q.json", "p"), names("plan/stages/system.json", "p")), (1, 0));
    assert_eq!(names("plan/stages/system.json", "tool-a"), 1);
    let written = written(&compiled);
    let layers: Vec<_> = written["q"].layers().map(|layer| layer.package.as_str()).collect();
    assert_eq!(layers, ["p", "tool-b", "tool-a"]);
}

#[test]
fn what_lies_among_the_base_is_named_in_full() {
    // `deep` is of no base of `system`, and lies on a level with what is.
    let compiled = compile(
        &[("deepest", ""), ("other", ""), ("tools", "deepest"), ("system", "tools, other")],
        &[
            ("deep", "deepest", "1", ""),
            ("over", "tools", "1", "deep"),
            ("x", "other", "1", "y"),
            ("y", "other", "1", ""),
            ("p", "system", "1", "over"),
            ("q", "system", "1", ""),
        ],
    );
    assert_all_is_there(&compiled);
    let written = written(&compiled);
    let layers: Vec<_> = written["p"].layers().map(|layer| layer.package.as_str()).collect();
    assert_eq!(layers, ["over", "x", "deep", "y"]);
    assert_eq!((written["p"].over_base, written["q"].over_base), (false, true));
}

#[test]
fn a_change_of_a_stages_file_shows_in_the_files_of_its_packages_and_in_no_other() {
    let packages =
        |version| [("tool", "tools", version, ""), ("p", "system", "1", ""), ("q", "system", "1", "p")];
    let (old, new) = (compile(&STAGES, &packages("1")), compile(&STAGES, &packages("2")));
    let changed = old.tree.iter().filter(|(path, bytes)| new.tree[path.as_str()] != **bytes);
    let changed: Vec<_> =
        changed.map(|(path, _)| path.as_str()).filter(|path| path.starts_with("plan/")).collect();
    assert_eq!(changed, ["plan/p.json", "plan/q.json", "plan/stages/system.json", "plan/tool.json"]);
    // The graph's program looks at the packages' files alone.
    let graph = std::str::from_utf8(&new.tree["build.ninja"]).unwrap();
    let steps = graph.lines().filter(|line| line.starts_with("build build/stamps/"));
    assert_eq!(steps.filter(|line| line.contains("plan/stages/")).count(), 0);
    assert!(
        graph
            .lines()
            .any(|line| line.contains(" generated/plan/stages/system.json") && line.contains(": generate "))
    );
}

#[test]
fn a_file_of_an_earlier_generation_is_not_taken_for_one_of_this() {
    let packages = |version| [("tool", "tools", version, ""), ("p", "system", "1", "")];
    let (old, new) = (compile(&STAGES, &packages("1")), compile(&STAGES, &packages("2")));
    let stage = "plan/stages/system.json";
    for (one, other) in [(&old, &new), (&new, &old)] {
        let mut tree = one.tree.clone();
        let bytes = other.tree[stage].clone();
        tree.entry(stage.parse().unwrap()).and_modify(|file| *file = bytes);
        let read: Vec<_> =
            read::packages(&tree).map(|file| file.map(|file| file.package.to_string())).collect();
        assert!(
            matches!(read.as_slice(), [Err(read::Unusable::OtherStage), Ok(tool)] if tool == "tool"),
            "{read:?}"
        );
    }
}

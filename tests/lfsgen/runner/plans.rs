//! The plan of a step: its package's file, and that of the stage.

use lfsgen::plan::file::VERSION;
use serde_json::{Value, json};

use super::project::{Package, Project, Who};

const STAGE: &str = "generated/plan/stages/host.json";
const PLAN: &str = "generated/plan/tool.json";

/// A package that nothing keeps from being built.
fn project() -> Project {
    let project = Project::new(Who::Me);
    project.package("tool", &Package { phases: &[("install", "mkdir /opt/tool")], ..Package::default() });
    project
}

fn changed(project: &Project, path: &str, member: &str, value: Value) {
    let mut file: Value = serde_json::from_str(&project.read(path)).unwrap();
    file[member] = value;
    project.write(path, &file.to_string());
}

#[test]
fn a_step_lies_over_its_own_layers_and_then_over_those_of_its_stage() {
    let project = Project::new(Who::Me);
    for name in ["lowest", "low", "mine"] {
        project.install(
            name,
            &[],
            &format!("mkdir -p /opt/here; cd /opt/here; echo {name} >last; echo >{name}"),
        );
    }
    let layer = |name: &str| json!({"package": name, "key": project.key(name)});
    let text = "cat /opt/here/last; ls /opt/here";
    let stage = json!({"base": [layer("low"), layer("lowest")]});
    let package = |layers: &[&str], more| {
        let phases = &[("install", text)];
        project
            .package("tool", &Package { phases, layers, stage: stage.clone(), more, ..Package::default() });
        project.good("tool", "install");
        project.log("tool", "install")
    };
    assert_eq!(package(&["mine"], Value::Null), "mine\nlast\nlow\nlowest\nmine\n");
    assert_eq!(package(&[], json!({"version": "2"})), "low\nlast\nlow\nlowest\n");
    assert_eq!(package(&["mine"], json!({"over_base": false})), "mine\nlast\nmine\n");
}

#[test]
fn a_stage_that_is_gone_or_of_another_generation_is_told_of_and_nothing_runs() {
    let project = project();
    let stage = project.read(STAGE);
    let said = |what: &str| {
        let said = project.bad("tool", "install", 2);
        assert!(
            said.contains(STAGE) && said.contains("run `lfsgen generate`, then build again"),
            "{what}: {said}"
        );
        said
    };
    std::fs::remove_file(project.path(STAGE)).unwrap();
    assert!(said("gone").contains("failed to read"));
    let written_with = "is not what was written together with the packages' plans";
    for damaged in
        ["", "null", &stage.replace("false", "true"), &stage[..stage.len() / 2], &format!("{stage}\n")]
    {
        project.write(STAGE, damaged);
        assert!(said(damaged).contains(written_with));
    }
    project.write(STAGE, &stage);
    project.good("tool", "install");
}

#[test]
fn a_plan_of_another_version_is_named_with_its_version() {
    let project = project();
    changed(&project, PLAN, "lfsgen", json!(VERSION - 1));
    let said = project.bad("tool", "install", 2);
    let versions = format!("has version {}, and this lfsgen reads {VERSION}", VERSION - 1);
    assert!(said.contains(PLAN) && said.contains(&versions), "{said}");
    // Whatever else that version had.
    changed(&project, PLAN, "layers", json!([]));
    assert_eq!(project.bad("tool", "install", 2), said);
    changed(&project, PLAN, "lfsgen", json!(VERSION));
    let said = project.bad("tool", "install", 2);
    assert!(
        said.contains("is not a plan of this lfsgen") && said.contains("unknown field `layers`"),
        "{said}"
    );
}

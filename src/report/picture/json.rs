//! For programs, in the shape that `docs/reports.md` tells.

use anyhow::Result;
use serde::Serialize;

use super::{Format, Graph};
use crate::model::{Digest, PackageName, Phase, StageName};
use crate::report::status::State;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "json",
    purpose: "nodes and edges in a documented shape with a version, for programs",
    write,
};

/// The version of the shape.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Json<'a> {
    #[serde(rename = "lfsgen-graph")]
    version: u32,
    packages: Vec<Package<'a>>,
}

#[derive(Serialize)]
struct Package<'a> {
    package: &'a PackageName,
    version: &'a str,
    stage: &'a StageName,
    key: Digest,
    state: State,
    level: usize,
    /// Without what another need brings along.
    needs: Vec<&'a PackageName>,
    steps: Vec<Phase>,
}

fn write(graph: &Graph<'_>) -> Result<String> {
    let packages = graph.nodes.iter().map(|node| Package {
        package: &node.file.package,
        version: &node.file.version,
        stage: &node.file.stage.name,
        key: node.file.key,
        state: node.status.state,
        level: node.level,
        needs: node.needs.iter().map(|&need| &graph.nodes[need].file.package).collect(),
        steps: node.file.steps.iter().map(|step| step.phase).collect(),
    });
    let json = Json { version: VERSION, packages: packages.collect() };
    Ok(serde_json::to_string_pretty(&json)? + "\n")
}

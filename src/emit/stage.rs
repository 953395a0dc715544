//! The plan file of a stage: what its packages have in common.

use std::collections::{BTreeMap, BTreeSet};

use super::Tree;
use super::package::layers;
use crate::diag::Diagnostic;
use crate::model::{Digest, RelPath, Stage, StageName};
use crate::plan::file::{self, StageFile, StageRef};
use crate::plan::{Layer, Plan, paths};

/// A stage's file, as the packages see it.
pub(super) struct Written<'a> {
    pub(super) reference: StageRef,
    pub(super) base: &'a [Layer],
}

/// The stages that have packages, and their files.
pub(super) fn files(plan: &Plan) -> Result<(BTreeMap<&StageName, Written<'_>>, Tree), Box<Diagnostic>> {
    let used: BTreeSet<&StageName> =
        plan.packages.iter().map(|planned| &planned.package.stage.value).collect();
    let (mut stages, mut tree) = (BTreeMap::new(), Tree::new());
    let all = plan.project.stages.iter().zip(&plan.bases);
    for (stage, base) in all.filter(|(stage, _)| used.contains(&stage.name)) {
        let path = RelPath::new(paths::stage_file(&stage.name));
        let path = path.map_err(|bad| unwritable(stage, &bad.to_string()))?;
        let file = StageFile {
            lfsgen: file::VERSION,
            name: stage.name.clone(),
            root: stage.root,
            mount: stage.mount.clone(),
            user: stage.user,
            network: stage.network,
            sandbox: plan.project.sandbox,
            base: layers(base),
        };
        let json = super::json(&file).map_err(|error| unwritable(stage, &error.to_string()))?;
        let reference = StageRef { name: stage.name.clone(), sha256: Digest::of(&json) };
        stages.insert(&stage.name, Written { reference, base });
        tree.insert(path, json);
    }
    Ok((stages, tree))
}

fn unwritable(stage: &Stage, why: &str) -> Box<Diagnostic> {
    let message = format!("the plan of stage `{}` cannot be written: {why}", stage.name);
    Box::new(Diagnostic::error("unwritable-name", message).at(stage.place, ""))
}

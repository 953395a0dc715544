//! Where the files lie by which the two worlds meet, below the folder of generated files and the state directory.
//!
//! `emit` writes these paths into the graph; whoever runs a step or tells of one joins the same. This module does not know
//! where those two folders are.

use std::path::{Path, PathBuf};

use crate::model::{PackageName, Phase, RelPath, StageName};

/// The folder of the plan files, below that of generated files.
pub const PLANS: &str = "plan";

/// The folder of the stages' plan files.
pub const STAGES: &str = "plan/stages";

/// The folder of the scripts, beside [`PLANS`].
pub const SCRIPTS: &str = "scripts";

/// The folder of the stamps, below the state directory.
pub const STAMPS: &str = "stamps";

/// A package's plan file, below the folder of generated files.
pub fn plan_file(package: &PackageName) -> String {
    format!("{PLANS}/{package}.json")
}

/// A stage's plan file, below the folder of generated files.
pub fn stage_file(stage: &StageName) -> String {
    format!("{STAGES}/{stage}.json")
}

/// The plan file of a stage that goes with that of a package.
pub fn stage_of(plan: &Path, stage: &StageName) -> PathBuf {
    let file = stage_file(stage);
    plan.with_file_name(Path::new(&file).strip_prefix(PLANS).unwrap_or(Path::new(&file)))
}

/// Whether a path below the folder of generated files is that of a plan file, a package's or a stage's.
pub fn is_plan(path: &RelPath) -> bool {
    Path::new(path.as_str()).starts_with(PLANS)
}

/// Whether it is that of a package's.
pub fn is_package_plan(path: &RelPath) -> bool {
    is_plan(path) && !Path::new(path.as_str()).starts_with(STAGES)
}

/// Whether it is that of a script.
pub fn is_script(path: &RelPath) -> bool {
    Path::new(path.as_str()).starts_with(SCRIPTS)
}

/// A package's script, below the folder of generated files.
pub fn script(package: &PackageName) -> String {
    format!("{SCRIPTS}/{package}.sh")
}

/// What a finished step leaves for the graph to see, below the state directory.
pub fn stamp(package: &PackageName, phase: Phase) -> String {
    format!("{STAMPS}/{package}/{phase}")
}

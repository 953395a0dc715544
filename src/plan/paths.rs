//! Where the files lie by which the two worlds meet, below the folder of generated files and the state directory.
//!
//! `emit` writes these paths into the graph; whoever runs a step or tells of one joins the same. This module does not know
//! where those two folders are.

use std::path::Path;

use crate::model::{PackageName, Phase, RelPath};

/// The folder of the plan files, below that of generated files.
pub const PLANS: &str = "plan";

/// The folder of the scripts, beside [`PLANS`].
pub const SCRIPTS: &str = "scripts";

/// The folder of the stamps, below the state directory.
pub const STAMPS: &str = "stamps";

/// A package's plan file, below the folder of generated files.
pub fn plan_file(package: &PackageName) -> String {
    format!("{PLANS}/{package}.json")
}

/// Whether a path below the folder of generated files is that of a plan file.
pub fn is_plan(path: &RelPath) -> bool {
    Path::new(path.as_str()).starts_with(PLANS)
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

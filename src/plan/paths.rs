//! Where the files lie by which the two worlds meet, below the folder of generated files and the state directory.
//!
//! `emit` writes these paths into the graph; whoever runs a step or tells of one joins the same. This module does not know
//! where those two folders are.

use crate::model::{PackageName, Phase};

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

/// A package's script, below the folder of generated files.
pub fn script(package: &PackageName) -> String {
    format!("{SCRIPTS}/{package}.sh")
}

/// What a finished step leaves for the graph to see, below the state directory.
pub fn stamp(package: &PackageName, phase: Phase) -> String {
    format!("{STAMPS}/{package}/{phase}")
}

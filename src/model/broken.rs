//! What is known of a package whose spec has errors.

use super::{Allow, Build, Dependency, Dialect, Package, Phases, StageName};
use crate::source::{Place, Spanned};

/// A package whose spec has errors: enough to tell what else is wrong, within it and between it and others.
#[derive(Debug, Clone)]
pub struct Broken {
    /// Its name, as written; that of its file where the spec does not say.
    pub name: String,
    /// Where it builds; nothing where that cannot be told.
    pub stage: Option<Spanned<StageName>>,
    /// Those of its dependencies at build time that have a name.
    pub build_depends: Vec<Dependency>,
    /// Of those at run time.
    pub run_depends: Vec<Dependency>,
    /// Of those of the check phase.
    pub check_depends: Vec<Dependency>,
    /// What of its shell no error is about; nothing where an error leaves all of it in doubt.
    pub shell: Option<Box<ShellPart>>,
}

/// The shell of a package, without the phases of which an error leaves open what would run.
#[derive(Debug, Clone)]
pub struct ShellPart {
    /// The shell that phases are written for.
    pub dialect: Dialect,
    /// The build system's arguments and variables.
    pub build: Build,
    /// Whether an error leaves open which variables the phases have besides.
    pub more_variables: bool,
    /// The author's own text.
    pub phases: Phases,
    /// Suppressed rules.
    pub allows: Vec<Allow>,
    /// The spec's file.
    pub file: Place,
}

impl Broken {
    /// One of which nothing is known but a name.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            stage: None,
            build_depends: Vec::new(),
            run_depends: Vec::new(),
            check_depends: Vec::new(),
            shell: None,
        }
    }
}

/// What is wrong with it is elsewhere in its spec.
impl From<Package> for Broken {
    fn from(package: Package) -> Self {
        let Package { name, stage, build_depends, run_depends, check_depends, .. } = package;
        let Package { dialect, build, phases, allows, file, .. } = package;
        let shell = ShellPart { dialect, build, more_variables: false, phases, allows, file };
        Self {
            name: name.value.into(),
            stage: Some(stage),
            build_depends,
            run_depends,
            check_depends,
            shell: Some(Box::new(shell)),
        }
    }
}

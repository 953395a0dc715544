//! Reads the files of the plan: each package's, and its stage's with it.
//!
//! This module is given bytes, and does not know where they come from.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::file::{PackageFile, StageFile, StageRef, VERSION};
use super::paths;
use crate::model::{Digest, RelPath};

/// Why a file of the plan is of no use, as it reads after the file's name.
#[derive(Debug)]
pub enum Unusable {
    /// Nothing that this lfsgen could have written.
    NotAPlan(serde_json::Error),
    /// Another version of the shape.
    Version(u32),
    /// A stage's file is not the one of which a package's speaks.
    OtherStage,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPlan(error) => {
                write!(f, "is not a plan of this lfsgen ({error}): another version or something else wrote it")
            }
            Self::Version(version) => write!(f, "has version {version}, and this lfsgen reads {VERSION}"),
            Self::OtherStage => f.write_str(
                "is not what was written together with the packages' plans: only a part is of the last `lfsgen generate`, or it was changed by hand",
            ),
        }
    }
}

impl std::error::Error for Unusable {}

/// What every version of these files has.
#[derive(Deserialize)]
struct Head {
    lfsgen: u32,
}

fn parse<'a, File: Deserialize<'a>>(bytes: &'a [u8]) -> Result<File, Unusable> {
    serde_json::from_slice(bytes).map_err(|error| match serde_json::from_slice(bytes) {
        Ok(Head { lfsgen }) if lfsgen != VERSION => Unusable::Version(lfsgen),
        _ => Unusable::NotAPlan(error),
    })
}

/// A package, from the bytes of its file.
///
/// # Errors
/// They are something else, or of another version.
pub fn package(bytes: &[u8]) -> Result<PackageFile<StageRef>, Unusable> {
    let package: PackageFile<StageRef> = parse(bytes)?;
    if package.lfsgen == VERSION { Ok(package) } else { Err(Unusable::Version(package.lfsgen)) }
}

/// A package's stage, from the bytes of its file.
///
/// # Errors
/// They are not those of which the package's file speaks.
pub fn stage(bytes: &[u8], wanted: &StageRef) -> Result<StageFile, Unusable> {
    if Digest::of(bytes) == wanted.sha256 { parse(bytes) } else { Err(Unusable::OtherStage) }
}

/// The stages of packages, each of which is read once.
#[derive(Debug, Default)]
pub struct Stages(BTreeMap<StageRef, Arc<StageFile>>);

impl Stages {
    /// A package over its stage, which is read where it is not known yet.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn join<E>(
        &mut self,
        package: PackageFile<StageRef>,
        read: impl FnOnce(&StageRef) -> Result<StageFile, E>,
    ) -> Result<PackageFile, E> {
        let stage = match self.0.get(&package.stage) {
            Some(known) => Arc::clone(known),
            None => {
                let stage = Arc::new(read(&package.stage)?);
                self.0.insert(package.stage.clone(), Arc::clone(&stage));
                stage
            }
        };
        Ok(package.with_stage(stage))
    }
}

/// The packages whose files are in a tree, in the order of their names.
pub fn packages(tree: &BTreeMap<RelPath, Vec<u8>>) -> impl Iterator<Item = Result<PackageFile, Unusable>> {
    let mut stages = Stages::default();
    let files = tree.iter().filter(|(path, _)| paths::is_package_plan(path));
    files.map(move |(_, bytes)| {
        stages.join(package(bytes)?, |wanted| {
            let file = tree.get(paths::stage_file(&wanted.name).as_str());
            stage(file.map(Vec::as_slice).unwrap_or_default(), wanted)
        })
    })
}

//! The plan as files in memory: scripts, plan files, and the graph for ninja or make.
//!
//! This module writes text and knows the languages that it writes. It does not know whether a file is on the disk, or
//! what it held before.

pub(crate) mod escape;
mod graph;
mod package;
mod stage;

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::diag::{Diagnostic, Diagnostics};
use crate::model::RelPath;
use crate::plan::Plan;
use crate::source::SourceMap;

pub(crate) use graph::reserved;

/// Files by their path below the output folder.
pub type Tree = BTreeMap<RelPath, Vec<u8>>;

/// A program that runs the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// ninja, samurai or n2.
    #[default]
    Ninja,
    /// GNU make.
    Make,
}

impl Backend {
    /// Every backend.
    pub const ALL: [Self; 2] = [Self::Ninja, Self::Make];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ninja => "ninja",
            Self::Make => "make",
        }
    }

    /// The file of the graph, below the output folder.
    pub fn file(self) -> &'static str {
        match self {
            Self::Ninja => "build.ninja",
            Self::Make => "Makefile",
        }
    }
}

/// How the graph makes lfsgen write it anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Regenerate {
    /// Arguments of `lfsgen generate`.
    pub arguments: Vec<String>,
    /// Files and folders that the output was made from, relative to the project's root.
    pub inputs: Vec<String>,
}

/// What of a plan a backend's language cannot hold. [`emit`] says it too.
pub fn refused(plan: &Plan, backend: Backend, regenerate: &Regenerate) -> Vec<Diagnostic> {
    graph::refused(plan, backend, regenerate)
}

/// What of a plan no backend can hold: names of two things, of its packages, its stages and these files and folders.
pub fn clashes(plan: &Plan, inputs: &[String]) -> Vec<Diagnostic> {
    graph::clashes(plan, inputs.iter().map(String::as_str))
}

/// The files of a plan. What cannot be written in a backend's language is an error.
pub fn emit(
    sources: &SourceMap,
    plan: &Plan,
    backend: Backend,
    regenerate: &Regenerate,
) -> (Tree, Diagnostics) {
    let (mut tree, mut diagnostics) = (Tree::new(), Diagnostics::default());
    let stages = match stage::files(plan) {
        Ok((stages, files)) => {
            tree.extend(files);
            stages
        }
        Err(problem) => {
            diagnostics.push(*problem);
            return (tree, diagnostics);
        }
    };
    let written = plan.packages.par_iter().map(|planned| package::files(sources, plan, planned, &stages));
    for result in written.collect::<Vec<_>>() {
        match result {
            Ok(files) => tree.extend(files),
            Err(problem) => diagnostics.push(*problem),
        }
    }
    match graph::write(plan, backend, regenerate) {
        Ok((path, text)) => drop(tree.insert(path, text.into_bytes())),
        Err(problems) => diagnostics.extend(problems),
    }
    (tree, diagnostics)
}

/// A file of the plan: JSON that a person can read line by line.
fn json(file: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(file)?;
    json.push(b'\n');
    // It lives until all of them are written, and up to half of it is room to grow.
    json.shrink_to_fit();
    Ok(json)
}

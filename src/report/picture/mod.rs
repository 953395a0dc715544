//! The graph of packages as a picture: one file a format, one line in [`FORMATS`].

mod dot;
mod json;
mod layered;
mod svg;

use anyhow::Result;

use super::plans::Plans;
use super::status::PackageStatus;
use crate::plan::file::PackageFile;

/// What a picture shows.
#[derive(Debug)]
pub struct Graph<'a> {
    /// Dependencies before dependents.
    pub nodes: Vec<Node<'a>>,
}

/// One package.
#[derive(Debug)]
pub struct Node<'a> {
    /// Its plan.
    pub file: &'a PackageFile,
    /// Where it stands.
    pub status: &'a PackageStatus,
    /// How many packages must be finished one after the other before it.
    pub level: usize,
    /// The positions, in the graph, of what it needs, without what these bring along.
    pub needs: Vec<usize>,
}

impl<'a> Graph<'a> {
    /// The graph of some packages and everything they need; `statuses` has every package of the plan by name.
    pub fn new(plans: &'a Plans, statuses: &'a [PackageStatus], targets: &[usize]) -> Self {
        let chosen = plans.closure(targets);
        let direct = plans.direct_needs();
        let node = |&at: &usize| {
            let file = &plans.packages[at];
            let status = statuses.binary_search_by(|status| status.package.cmp(&file.package)).ok()?;
            let needs = direct[at].iter().filter_map(|need| chosen.binary_search(need).ok()).collect();
            Some(Node { file, status: &statuses[status], level: plans.levels[at], needs })
        };
        Self { nodes: chosen.iter().filter_map(node).collect() }
    }
}

/// One format.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for, in a line.
    pub purpose: &'static str,
    /// Draws a graph.
    pub write: fn(&Graph<'_>) -> Result<String>,
}

/// Every format.
pub static FORMATS: [Format; 3] = [dot::FORMAT, svg::FORMAT, json::FORMAT];

//! Which package needs which: the graph, what is wrong with it, and what follows for roots and order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;
use rayon::prelude::*;

use super::cycle;
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{Broken, Dependency, Package, Project, Stage, StageName};
use crate::source::{Place, Spanned};
use crate::suggest::did_you_mean;

/// What needs and is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// A package, by its position.
    Package(usize),
    /// All packages of a stage, by the stage's position.
    Stage(usize),
}

/// Why one node needs another, and where that is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    pub(super) kind: Kind,
    pub(super) place: Place,
}

/// Why one node needs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `depends: build`.
    Build,
    /// `depends: run`.
    Run,
    /// `depends: check`.
    Check,
    /// A package's stage has that stage as a base.
    Base,
    /// A stage consists of its packages.
    Member,
}

/// From what needs to what is needed.
pub(super) type Graph = DiGraph<Node, Need>;

/// The answer of the graph; packages are positions in the list that it was made from.
pub(super) struct Order {
    /// Every package, after all that it needs.
    pub(super) sequence: Vec<usize>,
    /// The roots, one a package.
    pub(super) roots: Vec<Root>,
    /// The packages of the stages that a stage is based on, the uppermost first, one list a stage of the project.
    pub(super) bases: Vec<Vec<usize>>,
}

/// The artifacts in the root of a package's steps, the uppermost first.
pub(super) struct Root {
    /// In every phase.
    pub(super) layers: Vec<usize>,
    /// In the check phase besides.
    pub(super) check: Vec<usize>,
}

/// What of a package the graph is made from.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    stage: Option<&'a Spanned<StageName>>,
    depends: [(&'a [Dependency], Kind); 3],
}

impl<'a> From<&'a Package> for Member<'a> {
    fn from(package: &'a Package) -> Self {
        let Package { name, stage, build_depends, run_depends, check_depends, .. } = package;
        let depends =
            [(&**build_depends, Kind::Build), (run_depends, Kind::Run), (check_depends, Kind::Check)];
        Self { name: name.value.as_str(), stage: Some(stage), depends }
    }
}

impl<'a> From<&'a Broken> for Member<'a> {
    fn from(broken: &'a Broken) -> Self {
        let Broken { name, stage, build_depends, run_depends, check_depends, shell: _ } = broken;
        let depends =
            [(&**build_depends, Kind::Build), (run_depends, Kind::Run), (check_depends, Kind::Check)];
        Self { name, stage: stage.as_ref(), depends }
    }
}

/// Reads the graph off the packages, which are sorted by name. There is an order only where nothing is wrong between them;
/// the broken ones are checked like the others, and are not in it.
pub(super) fn order(
    project: &Project,
    packages: &[Package],
    broken: &[Broken],
) -> (Option<Order>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let members: Vec<_> = packages.iter().map(Member::from).chain(broken.iter().map(Member::from)).collect();
    let mut graph = build(project, &members, &mut diagnostics);
    for component in tarjan_scc(&graph) {
        diagnostics.extend(cycle::describe(&graph, &component, project, &members));
    }
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    if !broken.is_empty() {
        graph = build(project, &members[..packages.len()], &mut Diagnostics::default());
    }
    let turns = levels(&graph, |_| true);
    let mut sequence: Vec<usize> = (0..packages.len()).collect();
    sequence.sort_by_key(|&at| (turns[at], at));
    // What only a check phase needs is in no artifact's key, and so must not move its layer.
    let heights = levels(&graph, |kind| kind != Kind::Check);
    let stacked = |set: BTreeSet<usize>| {
        let mut stack: Vec<usize> = set.into_iter().collect();
        stack.sort_by_key(|&at| (Reverse(heights[at]), at));
        stack
    };
    let bases: Vec<_> = project.stages.iter().map(|stage| stacked(base(packages, stage))).collect();
    let base = |name: &StageName| {
        let of = project.stages.iter().zip(&bases).find(|(stage, _)| stage.name == *name);
        of.into_iter().flat_map(|(_, base)| base).copied()
    };
    let roots = packages.par_iter().enumerate().map(|(at, package)| {
        let mut layers = closure(&graph, at, &[Kind::Build, Kind::Run]);
        layers.extend(base(&package.stage.value));
        let check = &closure(&graph, at, &[Kind::Check]) - &layers;
        Root { layers: stacked(layers), check: stacked(check) }
    });
    let roots = roots.collect();
    (Some(Order { sequence, roots, bases }), diagnostics)
}

/// A node for each package and stage, in their order, and an edge for each need that may be met.
fn build(project: &Project, members: &[Member<'_>], diagnostics: &mut Diagnostics) -> Graph {
    let mut graph = Graph::new();
    let package_nodes: Vec<_> = (0..members.len()).map(|at| graph.add_node(Node::Package(at))).collect();
    let stage_nodes: Vec<_> = (0..project.stages.len()).map(|at| graph.add_node(Node::Stage(at))).collect();
    // Of two that share a name, which is an error, the first counts.
    let names: BTreeMap<&str, usize> =
        members.iter().enumerate().rev().map(|(at, member)| (member.name, at)).collect();
    let stages: BTreeMap<&StageName, usize> =
        project.stages.iter().enumerate().map(|(at, stage)| (&stage.name, at)).collect();
    for (at, member) in members.iter().enumerate() {
        let from = package_nodes[at];
        for (list, kind) in member.depends {
            for dependency in list {
                match find(project, members, &names, member, dependency) {
                    Ok(to) => {
                        let need = Need { kind, place: dependency.place };
                        graph.add_edge(from, package_nodes[to], need);
                    }
                    Err(diagnostic) => diagnostics.push(*diagnostic),
                }
            }
        }
        let Some(stage) = member.stage else { continue };
        let (Some(&own), place) = (stages.get(&stage.value), stage.place) else { continue };
        graph.add_edge(stage_nodes[own], from, Need { kind: Kind::Member, place });
        for base in project.stages[own].base.iter().filter_map(|base| stages.get(base)) {
            graph.add_edge(from, stage_nodes[*base], Need { kind: Kind::Base, place });
        }
    }
    graph
}

/// The package that a dependency names, if it is there and may be needed from this stage.
fn find(
    project: &Project,
    members: &[Member<'_>],
    names: &BTreeMap<&str, usize>,
    member: &Member<'_>,
    dependency: &Dependency,
) -> Result<usize, Box<Diagnostic>> {
    let name = dependency.value.as_str();
    let Some(&to) = names.get(name) else {
        let message = format!("`{}` needs `{name}`, and there is no such package", member.name);
        let error =
            Diagnostic::error("missing-dependency", message).at(dependency.place, "not in the project");
        return Err(Box::new(match did_you_mean(name, names.keys().copied()) {
            Some(help) => error.help(help),
            None => error.help("add a spec for it, or leave it out where the stage's root has it already"),
        }));
    };
    let (Some(Spanned { value: own, .. }), Some(Spanned { value: other, place })) =
        (member.stage, members[to].stage)
    else {
        return Ok(to);
    };
    let reachable = |stage: &Stage| stage.name == *other || stage.base.contains(other);
    if project.stage(own).is_none_or(reachable) {
        return Ok(to);
    }
    let message = format!("`{}` of stage `{own}` needs `{name}` of stage `{other}`", member.name);
    let is_later = project.stage(other).is_some_and(|stage| stage.base.contains(own));
    let help = if is_later {
        format!("`{other}` comes after `{own}`: build a package like `{name}` in `{own}`, under another name")
    } else {
        format!("build it in `{own}`, or name `{other}` among the bases of `{own}` in `lfsgen.yaml`")
    };
    Err(Box::new(
        Diagnostic::error("stage-out-of-reach", message)
            .at(dependency.place, format!("`{other}` is neither `{own}` nor a base of it"))
            .related(*place, format!("`{name}` builds in `{other}`"))
            .help(help),
    ))
}

/// How long the longest way over needs of some kinds is, from each node to one that needs nothing. Where these kinds are
/// all in a package's key, an unrelated package never changes the order of its layers.
fn levels(graph: &Graph, counts: impl Fn(Kind) -> bool) -> Vec<usize> {
    let mut levels = vec![0; graph.node_count()];
    // There are no cycles: they were reported before.
    for node in toposort(graph, None).unwrap_or_default().into_iter().rev() {
        let needs = graph.edges(node).filter(|edge| counts(edge.weight().kind));
        let above = needs.map(|edge| levels[edge.target().index()] + 1).max();
        levels[node.index()] = above.unwrap_or(0);
    }
    levels
}

/// What a package needs directly in one of these ways, and what that needs at run time, over all steps.
fn closure(graph: &Graph, at: usize, kinds: &[Kind]) -> BTreeSet<usize> {
    let needed = |node: NodeIndex, kinds: &[Kind]| -> Vec<NodeIndex> {
        graph
            .edges(node)
            .filter(|edge| kinds.contains(&edge.weight().kind))
            .map(|edge| edge.target())
            .collect()
    };
    let mut found = BTreeSet::new();
    let mut waiting = needed(NodeIndex::new(at), kinds);
    while let Some(node) = waiting.pop() {
        if found.insert(node.index()) {
            waiting.append(&mut needed(node, &[Kind::Run]));
        }
    }
    found
}

/// Every package of the stages that a stage is based on.
fn base(packages: &[Package], stage: &Stage) -> BTreeSet<usize> {
    let is_base = |package: &Package| stage.base.contains(&package.stage.value);
    packages.iter().enumerate().filter(|(_, package)| is_base(package)).map(|(at, _)| at).collect()
}

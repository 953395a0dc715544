//! Packages that need each other: the shortest way round, with the place of each step of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::graph::{Graph, Kind, Member, Need, Node};
use crate::diag::Diagnostic;
use crate::model::Project;

/// The cycle in a strongly connected part of the graph, if it has one.
pub(super) fn describe(
    graph: &Graph,
    component: &[NodeIndex],
    project: &Project,
    members: &[Member<'_>],
) -> Option<Diagnostic> {
    let way = shortest(graph, component)?;
    let name = |node: NodeIndex| match graph[node] {
        Node::Package(at) => format!("`{}`", members[at].name),
        Node::Stage(at) => format!("stage `{}`", project.stages[at].name),
    };
    let mut path: Vec<String> = way.iter().map(|&(from, _)| name(from)).collect();
    path.extend(path.first().cloned());
    let mut steps = way.iter().enumerate().map(|(at, &(from, need))| {
        let to = way[(at + 1) % way.len()].0;
        (need.place, format!("{} {} {}", name(from), verb(need.kind), name(to)))
    });
    let (place, text) = steps.next()?;
    let message = format!("packages need each other: {}", path.join(" → "));
    let error = Diagnostic::error("dependency-cycle", message).at(place, text);
    let error = steps.fold(error, |error, (place, text)| error.related(place, text));
    Some(
        error.help(
            "leave one of them out, or build a package twice under two names, first without what needs it",
        ),
    )
}

fn verb(kind: Kind) -> &'static str {
    match kind {
        Kind::Build => "is built with",
        Kind::Run => "runs with",
        Kind::Check => "is checked with",
        Kind::Base => "builds on",
        Kind::Member => "has",
    }
}

/// The shortest way from the part's first node back to it, as the nodes with the need that leads on from each.
fn shortest(graph: &Graph, component: &[NodeIndex]) -> Option<Vec<(NodeIndex, Need)>> {
    let inside: BTreeSet<NodeIndex> = component.iter().copied().collect();
    let start = *inside.first()?;
    let mut reached: BTreeMap<NodeIndex, (NodeIndex, Need)> = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(node) = waiting.pop_front() {
        let mut edges: Vec<_> = graph.edges(node).filter(|edge| inside.contains(&edge.target())).collect();
        edges.sort_by_key(EdgeRef::target);
        for edge in edges {
            if edge.target() == start {
                let mut way = vec![(node, *edge.weight())];
                while let Some(&before) = way.last().and_then(|(node, _)| reached.get(node)) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            reached.entry(edge.target()).or_insert_with(|| {
                waiting.push_back(edge.target());
                (node, *edge.weight())
            });
        }
    }
    None
}

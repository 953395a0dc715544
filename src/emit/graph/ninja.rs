//! `build.ninja`, in the language that ninja, samurai and n2 have in common.

use askama::Template;

use super::Graph;
use crate::model::Phase;

#[derive(Template)]
#[template(path = "build.ninja")]
struct BuildNinja<'a> {
    graph: &'a Graph<'a>,
    phases: &'a [&'a str],
    plan: &'a str,
    state_word: &'a str,
    cache: &'a [String],
    arguments: &'a [String],
}

/// Whether a path with this character cannot be written. A newline cannot be escaped in ninja before 1.13, and `|`, which
/// divides the inputs of an edge, not at all (the lexer's `ReadEvalString`).
pub(super) fn refused(c: char) -> bool {
    c.is_control() || c == '|'
}

pub(super) fn text(graph: &Graph<'_>) -> String {
    crate::recipe::must_render(&BuildNinja {
        graph,
        phases: &Phase::ALL.map(Phase::name),
        plan: &graph.plan_word(),
        state_word: &graph.state_word(),
        cache: &graph.cache_words(),
        arguments: &graph.arguments(),
    })
}

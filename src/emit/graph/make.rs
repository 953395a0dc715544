//! `Makefile`, for GNU make.

use askama::Template;

use super::Graph;
use crate::plan::paths::STAMPS;

#[derive(Template)]
#[template(path = "Makefile.mk")]
struct Makefile<'a> {
    graph: &'a Graph<'a>,
    plan: String,
    state_word: String,
    cache: Vec<String>,
    arguments: Vec<String>,
    looked: String,
}

/// Whether a path with this character cannot be written. Make takes these for patterns, assignments, archive members,
/// grouped targets and separators, and has no escape for them that holds in targets and prerequisites alike.
pub(super) fn refused(c: char) -> bool {
    c.is_control() || "%*?[]~\\|;=&()".contains(c)
}

pub(super) fn text(graph: &Graph<'_>) -> String {
    crate::recipe::must_render(&Makefile {
        graph,
        plan: recipe(&graph.plan_word()),
        state_word: recipe(&graph.state_word()),
        cache: graph.cache_words().iter().map(|word| recipe(word)).collect(),
        arguments: graph.arguments().iter().map(|word| recipe(word)).collect(),
        looked: format!("{}/{STAMPS}/generate.make", graph.state.trim_end_matches('/')),
    })
}

/// Text of a recipe's line: make hands all of it to the shell but `$`.
fn recipe(text: &str) -> String {
    text.replace('$', "$$")
}

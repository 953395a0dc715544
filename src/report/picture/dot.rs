//! For Graphviz.

use std::fmt::Write as _;

use anyhow::Result;

use super::{Format, Graph};

/// The format.
pub(super) const FORMAT: Format = Format { name: "dot", purpose: "the language of Graphviz", write };

fn write(graph: &Graph<'_>) -> Result<String> {
    let mut text =
        String::from("digraph packages {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for node in &graph.nodes {
        let name = quote(node.file.package.as_str());
        let label = quote(&format!("{} {}", node.file.package, node.file.version));
        writeln!(text, "  {name} [label={label}, tooltip={}];", quote(node.status.state.name()))?;
    }
    for node in &graph.nodes {
        for &need in &node.needs {
            let (from, to) = (&graph.nodes[need].file.package, &node.file.package);
            writeln!(text, "  {} -> {};", quote(from.as_str()), quote(to.as_str()))?;
        }
    }
    text.push_str("}\n");
    Ok(text)
}

/// A quoted identifier. The language's one escape in it is `\"`, but a label also reads `\n`, `\N` and the like, so that a
/// backslash is doubled (Graphviz, "The DOT Language", "escString").
fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace(char::is_control, " ");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_cannot_leave_its_quotes() {
        assert_eq!(quote("1\"\\N\n"), "\"1\\\"\\\\N \"");
    }
}

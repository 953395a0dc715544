//! For a browser: a drawing that needs no other program.

use std::fmt::Write as _;

use anyhow::Result;

use super::layered::place;
use super::{Format, Graph, Node};
use crate::render::xml;

/// The format.
pub(super) const FORMAT: Format = Format { name: "svg", purpose: "a drawing, for a browser", write };

/// Pixels, at the font size of the style below.
const CHARACTER: f64 = 7.4;
const ROW: f64 = 34.0;
const BOX: f64 = 24.0;
const GAP: f64 = 70.0;
const MARGIN: f64 = 16.0;

const STYLE: &str = "
  rect { fill: #eee; stroke: #666; }
  rect.done { fill: #d3ecd8; } rect.failed { fill: #f6cfcb; } rect.stale { fill: #f8e8c4; } rect.running { fill: #cfe3f6; }
  text { font: 12px ui-monospace, monospace; fill: #111; }
  path { fill: none; stroke: #777; marker-end: url(#arrow); }
";

fn write(graph: &Graph<'_>) -> Result<String> {
    let levels: Vec<_> = graph.nodes.iter().map(|node| node.level).collect();
    let edges_of =
        |(to, node): (usize, &Node<'_>)| node.needs.iter().map(move |&from| (from, to)).collect::<Vec<_>>();
    let edges: Vec<_> = graph.nodes.iter().enumerate().flat_map(edges_of).collect();
    let layout = place(&levels, &edges);
    let labels: Vec<_> =
        graph.nodes.iter().map(|node| format!("{} {}", node.file.package, node.file.version)).collect();
    let width = |node: usize| labels[node].chars().count() as f64 * CHARACTER + 16.0;
    let mut widths = vec![0.0_f64; layout.columns];
    for (node, &(column, _)) in layout.nodes.iter().enumerate() {
        widths[column] = widths[column].max(width(node));
    }
    let left = |column: usize| MARGIN + widths[..column].iter().map(|width| width + GAP).sum::<f64>();
    let middle = |height: f64| MARGIN + BOX / 2.0 + height * ROW;
    let (right, bottom) = (left(layout.columns) - GAP + MARGIN, middle(layout.bottom) + BOX / 2.0 + MARGIN);
    let right = right.max(2.0 * MARGIN);

    let mut text =
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{right:.0}\" height=\"{bottom:.0}\" ");
    writeln!(
        text,
        "viewBox=\"0 0 {right:.0} {bottom:.0}\">\n<title>packages</title>\n<style>{STYLE}</style>"
    )?;
    text.push_str("<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" ");
    text.push_str("orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" style=\"fill:#777;stroke:none;marker-end:none\"/></marker></defs>\n");
    for (points, (from, _)) in layout.edges.iter().zip(&edges) {
        let mut at = (left(points[0].0) + width(*from), middle(points[0].1));
        write!(text, "<path d=\"M{:.1} {:.1}", at.0, at.1)?;
        for (index, &(column, height)) in points.iter().enumerate().skip(1) {
            let to = (left(column), middle(height));
            let half = (at.0 + to.0) / 2.0;
            write!(text, "C{half:.1} {:.1} {half:.1} {:.1} {:.1} {:.1}", at.1, to.1, to.0, to.1)?;
            at = to;
            // A waypoint is a straight way through its column.
            if index + 1 < points.len() {
                at.0 += widths[column];
                write!(text, "H{:.1}", at.0)?;
            }
        }
        text.push_str("\"/>\n");
    }
    for (at, node) in graph.nodes.iter().enumerate() {
        let (column, height) = layout.nodes[at];
        let (x, y, width) = (left(column), middle(height), width(at));
        let class = node.status.state.name().replace(' ', "-");
        writeln!(text, "<g><title>{}: {}</title>", xml(&labels[at]), node.status.state.name())?;
        write!(
            text,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" ",
            y - BOX / 2.0
        )?;
        write!(text, "height=\"{BOX}\" rx=\"4\"/>")?;
        writeln!(text, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text></g>", x + 8.0, y + 4.0, xml(&labels[at]))?;
    }
    text.push_str("</svg>\n");
    Ok(text)
}

//! Places the nodes of a graph without cycles in columns, so that edges point right and seldom cross.
//!
//! The method of Sugiyama, Tagawa and Toda (1981), in its simplest form: an edge over several columns gets a waypoint in
//! each of them, columns are ordered by the middle of their neighbours, and then heights settle near these. Edges from
//! one node share their waypoints, so that a package which many need far to the right is one line most of the way. This
//! module knows levels and edges; it does not know packages or SVG.

use std::collections::BTreeMap;

/// Rounds of ordering and settling. More change little.
const ROUNDS: usize = 12;

/// Half of the room that a node takes in its column, in rows.
const NODE: f64 = 0.5;
/// The same of a waypoint, which is no more than a line.
const WAYPOINT: f64 = 0.2;

/// Where everything is: columns from the left, heights in rows from the top.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Layout {
    /// Each node's column and height.
    pub(super) nodes: Vec<(usize, f64)>,
    /// Each edge's ends and the points on its way, as columns and heights.
    pub(super) edges: Vec<Vec<(usize, f64)>>,
    /// How many columns.
    pub(super) columns: usize,
    /// The lowest height.
    pub(super) bottom: f64,
}

/// Places nodes with these levels; an edge goes from a lower level to a higher one.
pub(super) fn place(levels: &[usize], edges: &[(usize, usize)]) -> Layout {
    let columns = levels.iter().map(|level| level + 1).max().unwrap_or(0);
    let mut grid = Grid::new(levels, columns);
    let routes: Vec<Vec<usize>> = edges.iter().map(|&(from, to)| grid.route(from, to)).collect();
    for round in 0..ROUNDS {
        grid.order(round % 2 == 0);
    }
    let heights = grid.settle();
    let point = |&item: &usize| (grid.column_of[item], heights[item]);
    Layout {
        nodes: (0..levels.len()).map(|node| point(&node)).collect(),
        edges: routes.iter().map(|route| route.iter().map(point).collect()).collect(),
        columns,
        bottom: heights.iter().copied().fold(0.0, f64::max),
    }
}

/// Nodes, then waypoints, in their columns.
struct Grid {
    /// From the top.
    columns: Vec<Vec<usize>>,
    column_of: Vec<usize>,
    left: Vec<Vec<usize>>,
    right: Vec<Vec<usize>>,
    /// What comes after the nodes are waypoints.
    nodes: usize,
    /// The waypoints of edges from a node, by the node and the column.
    waypoints: BTreeMap<(usize, usize), usize>,
}

impl Grid {
    fn new(levels: &[usize], columns: usize) -> Self {
        let mut grid = Self {
            columns: vec![Vec::new(); columns],
            column_of: levels.to_vec(),
            left: vec![Vec::new(); levels.len()],
            right: vec![Vec::new(); levels.len()],
            nodes: levels.len(),
            waypoints: BTreeMap::new(),
        };
        levels.iter().enumerate().for_each(|(node, &level)| grid.columns[level].push(node));
        grid
    }

    /// Lays an edge, with a waypoint in each column between its ends.
    fn route(&mut self, from: usize, to: usize) -> Vec<usize> {
        let between = self.column_of[from] + 1..self.column_of[to];
        let waypoints: Vec<_> = between.map(|column| self.waypoint(from, column)).collect();
        let route = [vec![from], waypoints, vec![to]].concat();
        for pair in route.windows(2) {
            // A part of the way that an edge before has laid counts once.
            if !self.right[pair[0]].contains(&pair[1]) {
                self.right[pair[0]].push(pair[1]);
                self.left[pair[1]].push(pair[0]);
            }
        }
        route
    }

    /// Where edges from a node pass a column.
    fn waypoint(&mut self, from: usize, column: usize) -> usize {
        *self.waypoints.entry((from, column)).or_insert_with(|| {
            let waypoint = self.column_of.len();
            self.column_of.push(column);
            self.columns[column].push(waypoint);
            self.left.push(Vec::new());
            self.right.push(Vec::new());
            waypoint
        })
    }

    /// Orders each column by the middle of its neighbours on one side.
    fn order(&mut self, rightwards: bool) {
        let mut position = vec![0.0; self.column_of.len()];
        let mut indices: Vec<usize> = (0..self.columns.len()).collect();
        if !rightwards {
            indices.reverse();
        }
        for column in indices {
            let neighbours = if rightwards { &self.left } else { &self.right };
            let mut sorted: Vec<(f64, usize)> = self.columns[column]
                .iter()
                .enumerate()
                .map(|(at, &item)| (mean(&neighbours[item], &position).unwrap_or(at as f64), item))
                .collect();
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
            self.columns[column] = sorted.into_iter().map(|(_, item)| item).collect();
            self.columns[column].iter().enumerate().for_each(|(at, &item)| position[item] = at as f64);
        }
    }

    /// Heights that keep the order and leave room for each, near the neighbours' heights.
    fn settle(&self) -> Vec<f64> {
        let mut heights = vec![0.0; self.column_of.len()];
        let tightest: Vec<Vec<f64>> = self.columns.iter().map(|column| self.tightest(column)).collect();
        for (column, tightest) in self.columns.iter().zip(&tightest) {
            column.iter().zip(tightest).for_each(|(&item, &height)| heights[item] = height);
        }
        for _ in 0..ROUNDS {
            for (column, tightest) in self.columns.iter().zip(&tightest) {
                let wish = |&item: &usize| {
                    let sides = [mean(&self.left[item], &heights), mean(&self.right[item], &heights)];
                    let known: Vec<f64> = sides.into_iter().flatten().collect();
                    if known.is_empty() {
                        heights[item]
                    } else {
                        known.iter().sum::<f64>() / known.len() as f64
                    }
                };
                let wishes: Vec<f64> = column.iter().map(wish).collect();
                for (&item, height) in column.iter().zip(spread(&wishes, tightest)) {
                    heights[item] = height;
                }
            }
        }
        let top = heights.iter().copied().fold(f64::INFINITY, f64::min);
        heights.iter_mut().for_each(|height| *height -= top);
        heights
    }

    /// The heights of a column's items from its top, where nothing is left free between them.
    fn tightest(&self, column: &[usize]) -> Vec<f64> {
        let half = |&item: &usize| if item < self.nodes { NODE } else { WAYPOINT };
        let mut top = 0.0;
        let height = |item: &usize| {
            let height = top + half(item);
            top = height + half(item);
            height
        };
        column.iter().map(height).collect()
    }
}

fn mean(items: &[usize], values: &[f64]) -> Option<f64> {
    (!items.is_empty()).then(|| items.iter().map(|&item| values[item]).sum::<f64>() / items.len() as f64)
}

/// The heights nearest to the wishes that keep their order and are no closer than in `tightest`: where wishes collide, their
/// group settles around its common middle (pooling of adjacent violators).
fn spread(wishes: &[f64], tightest: &[f64]) -> Vec<f64> {
    // How far the members of a group are from where they are tightest: how many, and the sum of their wishes.
    let mut groups: Vec<(usize, f64)> = Vec::new();
    let shift = |&(count, sum): &(usize, f64)| sum / count as f64;
    for (wish, tightest) in wishes.iter().zip(tightest) {
        let mut last = (1, wish - tightest);
        while let Some((count, sum)) = groups.pop_if(|before| shift(before) > shift(&last)) {
            last = (last.0 + count, last.1 + sum);
        }
        groups.push(last);
    }
    let shifts = groups.iter().flat_map(|group| std::iter::repeat_n(shift(group), group.0));
    shifts.zip(tightest).map(|(shift, tightest)| shift + tightest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_that_collide_settle_around_their_middle() {
        let rows = [0.5, 1.5, 2.5];
        assert_eq!(spread(&[0.0, 5.0], &rows[..2]), [0.0, 5.0]);
        assert_eq!(spread(&[2.0, 2.0, 2.0], &rows), [1.0, 2.0, 3.0]);
        assert_eq!(spread(&[3.0, 0.0], &rows[..2]), [1.0, 2.0]);
    }

    #[test]
    fn long_edges_from_a_node_share_their_way_and_lie_closer_than_nodes() {
        let layout = place(&[0, 0, 1, 2, 2], &[(0, 2), (0, 3), (0, 4), (1, 3)]);
        assert_eq!(layout.edges[1][1], layout.edges[2][1]);
        let (one, other) = (layout.edges[1][1].1, layout.edges[3][1].1);
        assert!((one - other).abs() >= 2.0 * WAYPOINT - 1e-9);
        assert!(place(&[0, 0, 1, 2, 2], &[(0, 3), (1, 3)]).bottom < 2.0);
    }

    #[test]
    fn nodes_of_a_column_never_share_a_row_and_long_edges_go_around_them() {
        let layout = place(&[0, 0, 1, 2], &[(0, 2), (1, 2), (2, 3), (0, 3)]);
        assert!((layout.nodes[0].1 - layout.nodes[1].1).abs() >= 1.0);
        let waypoint = layout.edges[3][1];
        assert_eq!(waypoint.0, 1);
        assert!((waypoint.1 - layout.nodes[2].1).abs() >= NODE + WAYPOINT - 1e-9);
    }

    #[test]
    fn two_chains_do_not_cross() {
        let layout = place(&[0, 0, 1, 1], &[(0, 3), (1, 2)]);
        let above = |a: usize, b: usize| layout.nodes[a].1 < layout.nodes[b].1;
        assert_eq!(above(0, 1), above(3, 2));
        assert_eq!(place(&[], &[]).columns, 0);
    }
}

//! Places the nodes of a graph without cycles in columns, so that edges point right and seldom cross.
//!
//! The method of Sugiyama, Tagawa and Toda (1981), in its simplest form: an edge over several columns gets a waypoint in
//! each of them, columns are ordered by the middle of their neighbours, and then heights settle near these. This
//! module knows levels and edges; it does not know packages or SVG.

/// Rounds of ordering and settling. More change little.
const ROUNDS: usize = 12;

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
}

impl Grid {
    fn new(levels: &[usize], columns: usize) -> Self {
        let mut grid = Self {
            columns: vec![Vec::new(); columns],
            column_of: levels.to_vec(),
            left: vec![Vec::new(); levels.len()],
            right: vec![Vec::new(); levels.len()],
        };
        levels.iter().enumerate().for_each(|(node, &level)| grid.columns[level].push(node));
        grid
    }

    /// Lays an edge, with a waypoint in each column between its ends.
    fn route(&mut self, from: usize, to: usize) -> Vec<usize> {
        let mut route = vec![from];
        for column in self.column_of[from] + 1..self.column_of[to] {
            let waypoint = self.column_of.len();
            self.column_of.push(column);
            self.columns[column].push(waypoint);
            self.left.push(Vec::new());
            self.right.push(Vec::new());
            route.push(waypoint);
        }
        route.push(to);
        for pair in route.windows(2) {
            self.right[pair[0]].push(pair[1]);
            self.left[pair[1]].push(pair[0]);
        }
        route
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

    /// Heights that keep the order and the distance of one row, near the neighbours' heights.
    fn settle(&self) -> Vec<f64> {
        let mut heights = vec![0.0; self.column_of.len()];
        for column in &self.columns {
            column.iter().enumerate().for_each(|(at, &item)| heights[item] = at as f64);
        }
        for _ in 0..ROUNDS {
            for column in &self.columns {
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
                for (&item, height) in column.iter().zip(spread(&wishes)) {
                    heights[item] = height;
                }
            }
        }
        let top = heights.iter().copied().fold(f64::INFINITY, f64::min);
        heights.iter_mut().for_each(|height| *height -= top);
        heights
    }
}

fn mean(items: &[usize], values: &[f64]) -> Option<f64> {
    (!items.is_empty()).then(|| items.iter().map(|&item| values[item]).sum::<f64>() / items.len() as f64)
}

/// The heights nearest to the wishes that keep their order and are one row apart: where wishes collide, their group
/// settles around its common middle (pooling of adjacent violators).
fn spread(wishes: &[f64]) -> Vec<f64> {
    /// Neighbours that touch: how many, and the sum of what each wishes for the group's first.
    struct Group {
        count: usize,
        sum: f64,
    }

    let start = |group: &Group| group.sum / group.count as f64;
    let mut groups: Vec<Group> = Vec::new();
    for &wish in wishes {
        let mut last = Group { count: 1, sum: wish };
        while let Some(before) = groups.pop_if(|before| start(before) + before.count as f64 > start(&last)) {
            // The members of `last` wish for the joint group's first what they wished for their own, less its distance.
            let sum = before.sum + last.sum - (before.count * last.count) as f64;
            last = Group { count: before.count + last.count, sum };
        }
        groups.push(last);
    }
    let heights = |group: &Group| {
        let first = start(group);
        (0..group.count).map(move |at| first + at as f64).collect::<Vec<_>>()
    };
    groups.iter().flat_map(heights).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_that_collide_settle_around_their_middle() {
        assert_eq!(spread(&[0.0, 5.0]), [0.0, 5.0]);
        assert_eq!(spread(&[2.0, 2.0, 2.0]), [1.0, 2.0, 3.0]);
        assert_eq!(spread(&[3.0, 0.0]), [1.0, 2.0]);
    }

    #[test]
    fn nodes_of_a_column_never_share_a_row_and_long_edges_go_around_them() {
        let layout = place(&[0, 0, 1, 2], &[(0, 2), (1, 2), (2, 3), (0, 3)]);
        assert!((layout.nodes[0].1 - layout.nodes[1].1).abs() >= 1.0);
        let waypoint = layout.edges[3][1];
        assert_eq!(waypoint.0, 1);
        assert!((waypoint.1 - layout.nodes[2].1).abs() >= 1.0);
    }

    #[test]
    fn two_chains_do_not_cross() {
        let layout = place(&[0, 0, 1, 1], &[(0, 3), (1, 2)]);
        let above = |a: usize, b: usize| layout.nodes[a].1 < layout.nodes[b].1;
        assert_eq!(above(0, 1), above(3, 2));
        assert_eq!(place(&[], &[]).columns, 0);
    }
}

//! The order in which steps should start: the longest chains first.

use std::cmp::Reverse;

use super::forecast::{Expected, Forecast};
use super::history::History;
use super::plans::{Plans, Step};
use super::schedule::urgency;
use crate::budget::Order;
use crate::model::Phase;

/// The order for a build, by the times of earlier runs. A step that was never timed counts as its phase usually does: in a
/// first build, the shape of the graph decides.
pub fn order(plans: &Plans, history: &History, forecast: &Forecast) -> Order {
    let usual = |step: &Step| history.usual(&plans.packages[step.package].package, step.phase);
    let usage: Vec<_> = plans.steps.iter().map(usual).collect();
    let wall = |at: usize| usage[at].map_or_else(|| guess(plans.steps[at].phase), |usage| usage.wall_ms);
    let runs = |at: usize| matches!(forecast.steps[at], Expected::Runs(_)).then(|| wall(at));
    let expected: Vec<_> = (0..plans.steps.len()).map(runs).collect();
    let all: Vec<_> = (0..plans.steps.len()).map(|at| Some(wall(at))).collect();
    // What is not expected to run may do so all the same, and comes after the rest.
    let (now, ever) = (urgency(&plans.steps, &expected), urgency(&plans.steps, &all));
    let mut order: Vec<usize> = (0..plans.steps.len()).collect();
    order.sort_by_key(|&at| (Reverse((now[at], ever[at])), at));
    let line = |at: usize| {
        let step = &plans.steps[at];
        let kib = usage[at].map_or(0, |usage| usage.max_rss_kib);
        (plans.packages[step.package].package.clone(), step.phase, kib)
    };
    Order { steps: order.into_iter().map(line).collect() }
}

/// How long a phase takes of which nothing is known, in milliseconds: what is seen of small packages.
fn guess(phase: Phase) -> u64 {
    match phase {
        Phase::Fetch | Phase::Prepare | Phase::Install => 1_000,
        Phase::Configure => 8_000,
        Phase::Build => 15_000,
        Phase::Check => 5_000,
    }
}

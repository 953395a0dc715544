//! The order in which steps should start: the longest chains first.

use std::cmp::Reverse;

use super::forecast::{Expected, Forecast};
use super::history::History;
use super::plans::{Plans, Step};
use super::sbu::typical_ms;
use super::schedule::urgency;
use crate::budget::Order;

/// The order for a build, by the times of earlier runs, and by what specs say of packages that were never built. A step of
/// which nothing is known counts as its phase usually does: then the shape of the graph decides.
pub fn order(plans: &Plans, history: &History, forecast: &Forecast) -> Order {
    let usual = |step: &Step| history.usual(&plans.packages[step.package].package, step.phase);
    let usage: Vec<_> = plans.steps.iter().map(usual).collect();
    let wall = |at: usize| usage[at].map_or_else(|| typical_ms(plans.steps[at].phase), |usage| usage.wall_ms);
    let runs = |at: usize| match forecast.steps[at] {
        Expected::Runs(time) => Some(time.ms().unwrap_or_else(|| wall(at))),
        _ => None,
    };
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

//! The runner: steps of hand-written packages, really run, by root and by an ordinary user; and what it records.

mod budget;
mod capture;
mod cleaning;
mod cut_off;
mod forbidden;
mod isolation;
mod kept;
pub(crate) mod project;
mod records;
mod shell;
mod stages;
mod stopping;
mod transaction;

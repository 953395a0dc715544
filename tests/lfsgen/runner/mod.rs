//! The runner: steps of hand-written packages, really run, by root and by an ordinary user; and what it records.

mod budget;
mod capture;
mod cut_off;
mod isolation;
mod limits;
pub(crate) mod project;
mod records;
mod settled;
mod stages;
mod transaction;

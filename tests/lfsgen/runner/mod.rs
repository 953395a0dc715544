//! The runner: steps of hand-written packages, really run, by root and by an ordinary user.

mod capture;
mod isolation;
mod project;
mod stages;
mod transaction;

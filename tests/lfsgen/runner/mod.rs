//! The runner: steps of hand-written packages, really run, by root and by an ordinary user; and what it records.

mod budget;
mod capture;
mod cleaning;
mod clock;
mod cut_off;
mod destdir;
pub(crate) mod forbidden;
mod isolation;
mod kept;
mod limits;
mod nodes;
mod once_more;
mod owners;
mod owns;
mod pack;
mod plans;
pub(crate) mod project;
mod records;
mod settled;
mod shell;
mod stages;
mod stopping;
mod torn;
mod transaction;

//! Readers of the journal and the plan: what happened, where everything stands, why, and what would happen.
//!
//! Everything here is a function of the plan's files and the journal's events. This module does not know specs, and
//! changes nothing.

pub mod bound;
pub mod contents;
pub mod forecast;
pub mod formats;
pub mod history;
pub mod landed;
pub mod order;
pub mod picture;
pub mod plans;
pub mod sbu;
pub mod schedule;
pub mod status;
pub mod summary;
pub mod target;
pub mod text;
pub mod why;

//! Diagnostics as text, one file a format.
//!
//! This module knows places and diagnostics. It does not know rules, specs, or where the text goes.

mod human;

pub use human::{human, human_all, summary};

//! Every key that there is.

mod config;
mod package;

pub use config::CONFIG;
pub use package::{PLATFORM, SPEC, WHEN};

//! Every key that there is.

mod config;
mod package;

use super::table::Shape;

pub use config::CONFIG;
pub use package::{PLATFORM, SPEC, WHEN};

/// A text of which blanks are a part like any other.
pub(super) const LINE: Shape = Shape::Line("one line of text");

//! The append-only record of everything that happened in runs.
//!
//! Writers append whole lines with one `write`, on a new line where the last one was cut off, and readers pass over what was
//! cut off. This module does not know what a report makes of the events.

mod event;
mod read;
mod write;

pub use event::{ArtifactCommitted, Entry, Event, Outcome, StepFinished, StepStarted, Usage, VERSION};
pub use read::{Follower, Reading, SkipReason, Skipped, parse, read};
pub use write::Writer;

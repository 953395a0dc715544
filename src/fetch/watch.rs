//! What happens during a fetch, for whoever shows it.

use std::path::Path;
use std::time::Duration;

use super::Reason;

/// Something that happened to one source.
#[derive(Debug)]
pub enum Event<'a> {
    /// It was in the cache already.
    Present {
        /// Its size.
        bytes: u64,
    },
    /// A file in the cache had other bytes and was removed.
    Discarded {
        /// Which.
        path: &'a Path,
    },
    /// Another process is fetching it.
    Waiting,
    /// A place is being tried.
    Trying {
        /// Its address.
        place: &'a str,
    },
    /// A download starts.
    Size {
        /// Bytes that an earlier try has brought.
        present: u64,
        /// The size of the whole, if it was announced.
        total: Option<u64>,
    },
    /// Some bytes came.
    Received {
        /// How many.
        bytes: u64,
    },
    /// Places whose failure looked temporary will be tried again.
    Again {
        /// After how long.
        pause: Duration,
    },
    /// A place does not have it, or not now.
    Failed {
        /// Its address.
        place: &'a str,
        /// Why.
        reason: &'a Reason,
    },
    /// No place has it, or the machine cannot store it.
    GaveUp,
    /// It is in the cache now, but could not be put into the shared one.
    NotShared {
        /// Why.
        error: &'a anyhow::Error,
    },
    /// It was fetched.
    Done {
        /// Its size.
        bytes: u64,
        /// The address that had it.
        from: &'a str,
    },
}

/// Somebody who is told. Fetches in several threads tell the same one.
pub trait Watch: Sync {
    /// Something happened to the source of that name.
    fn event(&self, name: &str, event: Event<'_>);
}

/// Nobody.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Watch for Silent {
    fn event(&self, _: &str, _: Event<'_>) {}
}

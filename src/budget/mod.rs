//! What all steps of a project share: job slots and memory, and who gets them first.
//!
//! Everything is a lock of the kernel on bytes of one file, [`Layout::slots`](crate::layout::Layout::slots), and so goes
//! with the process that holds it, however that ends. No process keeps the books: each one looks at what is locked. Byte
//! *i* of the slots' region is a job that runs; the other regions are memory, the queue of those who wait, and marks that
//! waiting steps and brokers set for each other.
//!
//! This module does not know packages and phases: it is given numbers. `docs/design/budget.md` says why it is made so.

mod broker;
mod ledger;
mod order;
mod queue;

pub use broker::Broker;
pub use ledger::{Held, Ledger, MOST_SLOTS, Need, UNIT};
pub use order::{Order, Place};
pub use queue::wait;

//! Threads with room for deep syntax.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Enough for [`MAX_DEPTH`](super::lexer::MAX_DEPTH) levels without optimization. It is address space, not memory.
const STACK: usize = 64 << 20;

/// Runs on a thread whose stack is deep enough for any syntax tree; parallel iterators inside run on such threads too.
///
/// The threads are made once, at the first call: to start one for each fragment would cost more than to parse it.
pub fn with_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let make =
        || ThreadPoolBuilder::new().stack_size(STACK).thread_name(|n| format!("lint-{n}")).build().ok();
    match POOL.get_or_init(make) {
        Some(pool) => pool.install(work),
        // No thread can be had: the caller's own stack is deep enough for anything but hostile text.
        None => work(),
    }
}

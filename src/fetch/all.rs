//! Many sources at once.

use std::sync::Mutex;

use super::{Cache, FetchConfig, FetchError, Fetched, Request, Watch, fetch};

/// Fetches sources, some at a time, and goes on with the others where one fails. The results are in the order of the
/// requests.
pub fn fetch_all(
    requests: &[Request],
    at_once: usize,
    cache: &Cache,
    config: &FetchConfig,
    watch: &dyn Watch,
) -> Vec<Result<Fetched, FetchError>> {
    let queue = Mutex::new(requests.iter().enumerate());
    let results = Mutex::new(Vec::with_capacity(requests.len()));
    let take = || queue.lock().ok()?.next();
    std::thread::scope(|scope| {
        for _ in 0..at_once.clamp(1, requests.len().max(1)) {
            scope.spawn(|| {
                while let Some((place, request)) = take() {
                    let result = fetch(request, cache, config, watch);
                    if let Ok(mut results) = results.lock() {
                        results.push((place, result));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

//! Many sources at once.

use std::fmt;
use std::sync::Mutex;

use super::{Cache, Cause, FetchConfig, FetchError, Fetched, Request, Watch, fetch};

/// Sources of a package that could not be fetched.
#[derive(Debug)]
pub struct Unfetched {
    errors: Vec<FetchError>,
    of: usize,
}

impl std::error::Error for Unfetched {}

impl fmt::Display for Unfetched {
    /// A card of several lines, as that of one source; the first can stand alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [error] = &self.errors[..] {
            return error.fmt(f);
        }
        let names: Vec<_> =
            self.errors.iter().map(|error| format!("`{}`", error.name.escape_debug())).collect();
        write!(f, "failed to fetch {} of {} sources: {}", names.len(), self.of, names.join(", "))?;
        let cards: Vec<_> = self.errors.iter().map(ToString::to_string).collect();
        cards.iter().flat_map(|card| card.lines()).try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// Fetches sources one after the other, and goes on where one is nowhere. Where this machine is at fault the others would
/// come to the same.
///
/// # Errors
/// Some could not be fetched.
pub fn fetch_each(
    requests: impl ExactSizeIterator<Item = Request>,
    cache: &Cache,
    config: &FetchConfig,
    watch: &dyn Watch,
) -> Result<(), Unfetched> {
    let of = requests.len();
    let mut errors = Vec::new();
    for request in requests {
        let Err(error) = fetch(&request, cache, config, watch) else { continue };
        let is_over = matches!(error.cause, Cause::Local(_));
        errors.push(error);
        if is_over {
            break;
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Unfetched { errors, of }) }
}

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

//! Brings sources into the cache.
//!
//! A source is its digest: wherever its bytes come from, a file gets its name in `sources/<sha256>/<name>` only after
//! its SHA-256 was found equal. Everything else follows from that. Places are tried in order until one has the bytes;
//! a download that was cut off goes on where it stopped, even at another place; and a file that is already there is
//! used after its digest was checked again.
//!
//! A [provider](providers) only says where the bytes lie. It does not download, retry, verify or store.

mod all;
mod cache;
mod download;
mod error;
mod first;
pub mod providers;
pub mod show;
pub mod watch;
mod web;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::host::{clock, files};
use crate::layout::Layout;
use crate::model::Digest;
use crate::plan::file::SourceFile;

pub use all::{Unfetched, fetch_all, fetch_each};
pub use cache::Cache;
pub use error::{Attempt, Cause, FetchError, Reason, Unsaid};
pub use watch::{Event, Watch};

use error::Trouble;
use providers::Context;
use web::Web;

/// What to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The name under which the package sees it.
    pub name: String,
    /// The digest of its bytes; [`Digest::UNKNOWN`] where it is to be found out.
    pub sha256: Digest,
    /// Where to get it, in the order in which the places are tried.
    pub urls: Vec<String>,
    /// What it may have at most, in bytes.
    pub max_size: u64,
}

/// What a source may have at most where nobody has said so, in bytes: more than twice of what the largest ones of Linux From
/// Scratch and its sequel have, TeX Live's.
pub const MAX_SIZE: u64 = 8 << 30;

impl From<&SourceFile> for Request {
    fn from(source: &SourceFile) -> Self {
        let SourceFile { name, sha256, urls, max_size } = source;
        let max_size = max_size.map_or(MAX_SIZE, |size| size.0);
        Self { name: name.clone(), sha256: *sha256, urls: urls.clone(), max_size }
    }
}

/// A source that is in the cache and has the right digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where it lies: always in the state directory, `sources/<sha256>/<name>`.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// The address that had it, or nothing where it was there already.
    pub from: Option<String>,
}

/// How to fetch.
#[derive(Debug, Clone)]
pub struct FetchConfig {
    /// The project's root; `file:` addresses are relative to it.
    pub root: PathBuf,
    /// The state directory, where providers keep what they need.
    pub layout: Layout,
    /// How often one place is tried, as long as its failures look temporary.
    pub tries: u32,
    /// The pause after all places failed; it doubles each time.
    pub pause: Duration,
    /// How long to wait for a connection.
    pub connect: Duration,
    /// How long a server may stay silent, or send next to nothing.
    pub idle: Duration,
}

impl FetchConfig {
    /// The defaults: three tries a place, half a minute of silence.
    pub fn new(root: impl Into<PathBuf>, layout: Layout) -> Self {
        Self {
            root: root.into(),
            layout,
            tries: 3,
            pause: Duration::from_secs(1),
            connect: Duration::from_secs(15),
            idle: Duration::from_secs(30),
        }
    }
}

/// Makes sure that a source is in the cache.
///
/// Other processes may fetch the same source at the same time: one of them downloads, the others wait for it.
///
/// # Errors
/// No place has it, its digest is not known yet, or the cache cannot be written. The error tells of every place that was tried.
pub fn fetch(
    request: &Request,
    cache: &Cache,
    config: &FetchConfig,
    watch: &dyn Watch,
) -> Result<Fetched, FetchError> {
    let result = from_cache_or_places(request, cache, config, watch);
    if result.is_err() {
        watch.event(&request.name, Event::GaveUp);
    }
    result
}

fn from_cache_or_places(
    request: &Request,
    cache: &Cache,
    config: &FetchConfig,
    watch: &dyn Watch,
) -> Result<Fetched, FetchError> {
    let error = |cause| FetchError {
        name: request.name.clone(),
        sha256: request.sha256,
        by_hand: cache.path(request),
        cause,
    };
    if !is_file_name(&request.name) {
        return Err(error(Cause::BadName));
    }
    let local = |problem| error(Cause::Local(problem));
    if let Some(found) = cache.present(request).map_err(local)? {
        watch.event(&request.name, Event::Present { bytes: found.bytes });
        return Ok(found);
    }
    let _lock = cache.lock(request, watch).map_err(local)?;
    if request.sha256 == Digest::UNKNOWN {
        // It may be of another file that lay there.
        files::remove_file(&cache.partial(request)).map_err(local)?;
    }
    if let Some(found) = cache.find(request, watch).map_err(local)? {
        watch.event(&request.name, Event::Present { bytes: found.bytes });
        return Ok(found);
    }
    let web = Web::new(config);
    let context = Context { root: &config.root, layout: &config.layout, web: &web };
    let (url, got) = try_places(request, cache, config, &context, watch).map_err(error)?;
    if request.sha256 == Digest::UNKNOWN {
        return Err(error(first::put_away(request, got, url, cache, watch).unwrap_or_else(Cause::Local)));
    }
    let fetched = cache.adopt(request, url, watch).map_err(local)?;
    watch.event(&request.name, Event::Done { bytes: fetched.bytes, from: url });
    Ok(fetched)
}

/// Tries the places in turn until one has brought the whole file into the cache's partial file, and says which, and
/// the file's digest. Those whose failure looks temporary are tried again, but only after all others: a mirror that hangs must not keep anybody
/// from the next one.
fn try_places<'a>(
    request: &'a Request,
    cache: &Cache,
    config: &FetchConfig,
    context: &Context<'_>,
    watch: &dyn Watch,
) -> Result<(&'a str, Digest), Cause> {
    // By the number of the place.
    let mut failed: BTreeMap<usize, Attempt> = BTreeMap::new();
    let mut pause = config.pause;
    for tries in 1..=config.tries {
        for (number, url) in request.urls.iter().enumerate() {
            if failed.get(&number).is_some_and(|attempt| !attempt.reason.is_worth_another_try()) {
                continue;
            }
            watch.event(&request.name, Event::Trying { place: url });
            let (at, reason) = match try_place(url, request, cache, context, watch) {
                Ok(got) => return Ok((url, got)),
                Err(Failed::Here(at, reason)) => (at, reason),
                Err(Failed::Machine(problem)) => return Err(Cause::Local(problem)),
            };
            watch.event(&request.name, Event::Failed { place: url, reason: &reason });
            failed.insert(number, Attempt { place: url.clone(), at, tries, reason });
        }
        let reasons = failed.values().map(|attempt| &attempt.reason);
        let waits = reasons.filter(|reason| reason.is_worth_another_try());
        let Some(wait) = waits.map(|reason| reason.retry_after().unwrap_or(pause)).max() else { break };
        if tries < config.tries {
            watch.event(&request.name, Event::Again { pause: wait });
            clock::sleep(wait);
            pause = pause.saturating_mul(2);
        }
    }
    Err(Cause::Nowhere(failed.into_values().collect()))
}

/// Why a place was left.
enum Failed {
    /// It does not have the file; with the address that its provider found, if that is another.
    Here(Option<String>, Reason),
    /// This machine cannot store it; no other place would help.
    Machine(anyhow::Error),
}

/// Tries one place once.
fn try_place(
    url: &str,
    request: &Request,
    cache: &Cache,
    context: &Context<'_>,
    watch: &dyn Watch,
) -> Result<Digest, Failed> {
    let location = providers::locate(url, context).map_err(|reason| Failed::Here(None, reason))?;
    download::download(&location, request, cache, context.web, watch).map_err(|trouble| match trouble {
        Trouble::Machine(problem) => Failed::Machine(problem),
        Trouble::Place(reason) => {
            Failed::Here(Some(location.to_string()).filter(|location| location != url), reason)
        }
    })
}

/// Whether a name is a single part of a path.
fn is_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\0']) && name.len() <= 255
}

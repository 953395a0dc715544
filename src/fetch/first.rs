//! A source whose digest nobody knows yet.
//!
//! The spec has zeros for it. What the first place sends is then no source, for nobody has said that it is the right file; it is
//! put away below the digest that it has, where a spec with that digest will find it, and its digest is told.

use anyhow::Result;

use super::error::Unsaid;
use super::{Cache, Cause, Request, Watch};
use crate::host::files;
use crate::model::Digest;

/// Puts away the whole file that a place has sent for a source without a digest, and says what it is.
///
/// # Errors
/// The cache cannot be written.
pub(super) fn put_away(
    request: &Request,
    got: Digest,
    from: &str,
    cache: &Cache,
    watch: &dyn Watch,
) -> Result<Cause> {
    let known = Request { sha256: got, ..request.clone() };
    let _lock = cache.lock(&known, watch)?;
    files::rename(&cache.partial(request), &cache.partial(&known))?;
    let file = cache.adopt(&known, from, watch)?;
    Ok(Cause::Unsaid(Box::new(Unsaid { sha256: got, file })))
}

//! Where sources can come from: one file a provider, one line in [`PROVIDERS`].
//!
//! A provider turns an address of its own into a [`Location`]: something that can simply be read. It knows nothing of
//! digests, caches and retries.

mod debian;
mod file;
mod http;
mod pypi;

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::Reason;
use super::web::Web;
use crate::layout::Layout;
use crate::model::Release;

/// A kind of address.
#[derive(Debug)]
pub struct Provider {
    /// What stands before the first `:`.
    pub scheme: &'static str,
    /// The shape of its addresses.
    pub shape: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// Says where the bytes lie. Is given what stands after the scheme and its `:`.
    locate: fn(&str, &Context<'_>) -> Result<Location, Reason>,
}

/// Every provider.
pub const PROVIDERS: &[Provider] = &[http::HTTPS, http::HTTP, file::FILE, debian::DEBIAN, pypi::PYPI];

/// What a provider may use.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The project's root.
    pub root: &'a Path,
    /// The state directory, for what a provider keeps.
    pub layout: &'a Layout,
    /// The web client.
    pub(super) web: &'a Web,
}

/// Where bytes lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Behind an `http:` or `https:` address.
    Web(String),
    /// In a file.
    File(PathBuf),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => f.write_str(url),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Asks the address's provider where its bytes lie.
///
/// # Errors
/// There is no such provider, or it does not know, or it cannot work on this machine.
pub fn locate(address: &str, context: &Context<'_>) -> Result<Location, Reason> {
    let (scheme, rest) = address.split_once(':').unwrap_or((address, ""));
    let provider = PROVIDERS.iter().find(|provider| provider.scheme.eq_ignore_ascii_case(scheme));
    let provider = provider.ok_or_else(|| {
        let shapes: Vec<_> = PROVIDERS.iter().map(|provider| provider.shape).collect();
        Reason::BadAddress(format!("no provider for such an address; known are `{}`", shapes.join("`, `")))
    })?;
    (provider.locate)(rest, context)
}

/// What stands behind the scheme of two providers.
fn release<'a>(rest: &'a str, shape: &str) -> Result<Release<'a>, Reason> {
    Release::parse(rest).ok_or_else(|| Reason::BadAddress(format!("expected `{shape}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_starts_with_its_scheme() {
        for provider in PROVIDERS {
            assert!(provider.shape.starts_with(&format!("{}:", provider.scheme)), "{}", provider.shape);
        }
    }
}

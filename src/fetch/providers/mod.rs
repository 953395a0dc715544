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

/// `NAME@VERSION/FILE`, as two providers write it.
#[derive(Debug, PartialEq, Eq)]
struct Release<'a> {
    name: &'a str,
    version: &'a str,
    file: &'a str,
}

impl<'a> Release<'a> {
    /// Parses it. No part can be taken for an option by a program that is given it.
    fn parse(text: &'a str, shape: &str) -> Result<Self, Reason> {
        let parsed = text.split_once('@').and_then(|(name, rest)| {
            let (version, file) = rest.rsplit_once('/')?;
            Some(Self { name, version, file })
        });
        let is_word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "+-._~:!".contains(c))
        };
        parsed
            .filter(|release| [release.name, release.version, release.file].into_iter().all(is_word))
            .ok_or_else(|| Reason::BadAddress(format!("expected `{shape}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_a_name_a_version_and_a_file() {
        assert_eq!(
            Release::parse("zlib@1:1.3.dfsg+really1.3.1-1/zlib_1.3.dfsg+really1.3.1.orig.tar.gz", "")
                .unwrap(),
            Release {
                name: "zlib",
                version: "1:1.3.dfsg+really1.3.1-1",
                file: "zlib_1.3.dfsg+really1.3.1.orig.tar.gz"
            }
        );
        for bad in
            ["", "zlib", "zlib@1", "zlib/f", "@1/f", "zlib@/f", "zlib@1/", "-o@1/f", "a@-o/f", "a b@1/f"]
        {
            assert!(Release::parse(bad, "x").is_err(), "{bad}");
        }
    }

    #[test]
    fn each_shape_starts_with_its_scheme() {
        for provider in PROVIDERS {
            assert!(provider.shape.starts_with(&format!("{}:", provider.scheme)), "{}", provider.shape);
        }
    }
}

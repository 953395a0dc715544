//! Why a source could not be fetched: every place with its reason, and what to do.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::HumanBytes;

use super::Fetched;
use crate::host::remedy::{FREE_SOME_SPACE, remedy};
use crate::model::Digest;

/// A server that asks for a longer pause than this is not asked again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Why one place did not give the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A web server answered with an error status.
    Status {
        /// The status, such as 404.
        code: u16,
        /// How long the server asks to wait (RFC 9110, 10.2.3).
        retry_after: Option<Duration>,
    },
    /// No connection, or a broken one.
    Network {
        /// What happened.
        what: String,
        /// Whether another try may succeed.
        temporary: bool,
    },
    /// The download ended before its announced size.
    CutShort {
        /// Bytes that came.
        got: u64,
        /// Bytes that were announced.
        announced: u64,
    },
    /// It has more bytes than the source may have.
    TooLarge {
        /// Bytes that were announced, if they were.
        announced: Option<u64>,
        /// Bytes that it may have.
        most: u64,
    },
    /// It has more bytes than the disk has room for.
    NoRoom {
        /// Bytes that are still to come.
        size: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The bytes are other bytes.
    WrongDigest {
        /// Their digest.
        got: Digest,
        /// Whether they are a web page rather than an archive.
        page: bool,
    },
    /// The place can be asked, and does not have the file.
    Absent(String),
    /// The provider cannot work on this machine.
    Unusable {
        /// Why.
        what: String,
        /// What to do about it.
        remedy: String,
    },
    /// The address is not one of its provider's, or of no provider.
    BadAddress(String),
}

impl Reason {
    /// Whether the same place may have the file in a moment.
    fn is_temporary(&self) -> bool {
        match self {
            // RFC 9110, 15: request timeout, too early, too many requests, and the server's own troubles.
            Self::Status { code, .. } => matches!(code, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::Network { temporary, .. } => *temporary,
            Self::CutShort { .. } => true,
            Self::TooLarge { .. }
            | Self::NoRoom { .. }
            | Self::WrongDigest { .. }
            | Self::Absent(_)
            | Self::Unusable { .. }
            | Self::BadAddress(_) => false,
        }
    }

    /// Whether the same place should be asked once more in this fetch.
    pub(super) fn is_worth_another_try(&self) -> bool {
        self.is_temporary() && self.retry_after().is_none_or(|pause| pause <= LONGEST_PAUSE)
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What a person can do about it.
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Status { code: 401 | 403 | 407, .. } => Some(
                "a refusal is often a proxy's: `https_proxy` and `no_proxy` are honoured as elsewhere".to_owned(),
            ),
            Self::Status { .. } if self.is_temporary() => {
                Some("the server has troubles of its own: try again later".to_owned())
            }
            Self::Status { .. } | Self::Absent(_) => {
                Some("add a mirror that still has the file to the spec's `mirrors`".to_owned())
            }
            Self::Network { .. } | Self::CutShort { .. } => Some(
                "check the network and try again: what came so far is kept; proxies are taken from `https_proxy`"
                    .to_owned(),
            ),
            Self::TooLarge { .. } => Some(
                "if the file is so large, write `max-size` beside its `url` in the spec, or below `sources` in `lfsgen.yaml`"
                    .to_owned(),
            ),
            Self::NoRoom { .. } => Some(FREE_SOME_SPACE.to_owned()),
            Self::WrongDigest { page: true, .. } => {
                Some("a web page came instead of the file: open the address in a browser".to_owned())
            }
            Self::WrongDigest { got, page: false } => Some(format!(
                "if the version is new, or upstream replaced the file, look at what changed, then write `sha256: {got}` in the spec"
            )),
            Self::Unusable { remedy, .. } => Some(remedy.clone()),
            Self::BadAddress(_) => Some("correct the address in the spec, then run `lfsgen generate`".to_owned()),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { code, .. } => write!(f, "the server answered {code}{}", meaning(*code)),
            Self::Network { what, .. } | Self::Unusable { what, .. } => f.write_str(what),
            Self::CutShort { got, announced } => {
                write!(f, "the download ended after {got} of {announced} bytes")
            }
            Self::TooLarge { announced: Some(size), most } => {
                write!(f, "it has {}, and may have {}", HumanBytes(*size), HumanBytes(*most))
            }
            Self::TooLarge { announced: None, most } => {
                write!(f, "it did not end after {}, which it may have", HumanBytes(*most))
            }
            Self::NoRoom { size, free } => {
                write!(f, "it takes {}, and the disk has {} free", HumanBytes(*size), HumanBytes(*free))
            }
            Self::WrongDigest { got, page: false } => write!(f, "it has other bytes: sha256 {got}"),
            Self::WrongDigest { page: true, .. } => f.write_str("it sent a web page instead of the file"),
            Self::Absent(what) | Self::BadAddress(what) => f.write_str(what),
        }
    }
}

/// The status codes that people meet, in words (RFC 9110, 15).
fn meaning(code: u16) -> &'static str {
    match code {
        401 => " (unauthorized)",
        403 => " (forbidden)",
        404 => " (not found)",
        407 => " (proxy authentication required)",
        410 => " (gone)",
        429 => " (too many requests)",
        500 => " (internal server error)",
        502 => " (bad gateway)",
        503 => " (service unavailable)",
        504 => " (gateway timeout)",
        _ => "",
    }
}

/// A place that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The address as the plan has it.
    pub place: String,
    /// Where the provider found it, if that is another address.
    pub at: Option<String>,
    /// How often it was tried.
    pub tries: u32,
    /// Why the last try failed.
    pub reason: Reason,
}

/// Why there is no file.
#[derive(Debug)]
pub enum Cause {
    /// The name is not one that a file in a directory can have.
    BadName,
    /// No place has it. Empty where the plan names no place.
    Nowhere(Vec<Attempt>),
    /// A place has a file, and the spec does not say yet which one it is to be.
    Unsaid(Box<Unsaid>),
    /// The cache cannot be read or written.
    Local(anyhow::Error),
}

/// A file whose digest is not in the spec yet.
#[derive(Debug)]
pub struct Unsaid {
    /// Its digest.
    pub sha256: Digest,
    /// Where it was put, below that digest.
    pub file: Fetched,
}

impl fmt::Display for Unsaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sha256, file: Fetched { path, bytes, from } } = self;
        let (from, size) = (from.as_deref().unwrap_or("the cache"), HumanBytes(*bytes));
        f.write_str("the spec does not say its digest yet")?;
        write!(f, "\n  1. {from}\n     it has a file of {size}, which now lies at `{}`", path.display())?;
        f.write_str(
            "\n  help: compare its digest with what upstream publishes or signs, or look at the file; if it is the right one, \
             write in the spec:",
        )?;
        write!(f, "\n    sha256: {sha256}")
    }
}

/// A source that could not be fetched.
#[derive(Debug)]
pub struct FetchError {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub sha256: Digest,
    /// Where a person may put it.
    pub by_hand: PathBuf,
    /// Why.
    pub cause: Cause,
}

impl std::error::Error for FetchError {}

impl fmt::Display for FetchError {
    /// A card of several lines; the first can stand alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, sha256, by_hand, cause } = self;
        write!(f, "failed to fetch `{}`: ", name.escape_debug())?;
        match cause {
            Cause::BadName => f.write_str("its name is not a plain file name"),
            Cause::Local(error) => {
                write!(f, "{error:#}")?;
                match remedy(error) {
                    Some(remedy) => write!(f, "\n  help: {remedy}"),
                    None => Ok(()),
                }
            }
            Cause::Unsaid(unsaid) => unsaid.fmt(f),
            Cause::Nowhere(attempts) => {
                match attempts.len() {
                    0 => f.write_str("the spec names no place to get it from")?,
                    1 => f.write_str("the only place does not have it")?,
                    n => write!(f, "none of {n} places has it")?,
                }
                let is_known = *sha256 != Digest::UNKNOWN;
                if is_known {
                    write!(f, "\n  wanted: sha256 {sha256}")?;
                }
                for (number, attempt) in attempts.iter().enumerate() {
                    let Attempt { place, at, tries, reason } = attempt;
                    write!(f, "\n  {}. {place}", number + 1)?;
                    if let Some(at) = at {
                        write!(f, "\n     which is {at}")?;
                    }
                    write!(f, "\n     {reason}")?;
                    if *tries > 1 {
                        write!(f, " (tried {tries} times)")?;
                    }
                }
                // A set: several places often fail for the same reason, and its order is stable.
                let remedies: BTreeSet<_> = attempts.iter().filter_map(|a| a.reason.remedy()).collect();
                for remedy in remedies {
                    write!(f, "\n  help: {remedy}")?;
                }
                f.write_str("\n  help: or get the file in any other way")?;
                if is_known {
                    write!(f, " and put it at `{}`", by_hand.display())
                } else {
                    f.write_str(", and write in the spec what `sha256sum FILE` says of it")
                }
            }
        }
    }
}

/// What ends one try.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The place is at fault.
    Place(Reason),
    /// This machine is.
    Machine(anyhow::Error),
}

impl From<Reason> for Trouble {
    fn from(reason: Reason) -> Self {
        Self::Place(reason)
    }
}

//! What is said where the kernel refuses something that a root needs: the rule that forbids it, and what to do.

use std::fmt;
use std::io;

use super::causes::{self, Tried};
use super::facts::Facts;

/// A refusal, with its cause and its remedy. It is the innermost error of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// The kernel's error and its cause.
    pub found: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.found, self.remedy)
    }
}

impl std::error::Error for Refused {}

/// Looks for what made the kernel refuse this. To be asked at once, in the process that was refused.
pub(super) fn refused<E: Into<io::Error>>(tried: Tried<'_>) -> impl FnOnce(E) -> anyhow::Error {
    move |error| {
        let error = error.into();
        let errno = rustix::io::Errno::from_io_error(&error);
        let Some(errno) = errno else { return error.into() };
        match causes::cause(&tried, errno, &Facts::of(&tried, errno)) {
            Some(cause) => Refused { found: format!("{error}: {}", cause.what), remedy: cause.remedy }.into(),
            None => error.into(),
        }
    }
}

/// What an error says, and apart from it what to do, where it knows that.
pub(super) fn split(error: &anyhow::Error) -> (String, Option<String>) {
    let mut remedy = None;
    let said = error.chain().map(|part| match part.downcast_ref::<Refused>() {
        Some(refused) => {
            remedy = Some(refused.remedy.clone());
            refused.found.clone()
        }
        None => part.to_string(),
    });
    (said.collect::<Vec<_>>().join(": "), remedy)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_refusal_keeps_its_remedy_apart_through_every_context() {
        let refused = Refused { found: "denied: a rule".to_owned(), remedy: "lift it".to_owned() };
        let error = Err::<(), _>(refused).context("failed to mount").context("failed to start").unwrap_err();
        assert_eq!(format!("{error:#}"), "failed to start: failed to mount: denied: a rule; lift it");
        let expected =
            ("failed to start: failed to mount: denied: a rule".to_owned(), Some("lift it".to_owned()));
        assert_eq!(split(&error), expected);
        assert_eq!(split(&anyhow::anyhow!("other")), ("other".to_owned(), None));
    }
}

//! `https:` and `http:`: the address is the location.

use super::{Context, Location, Provider};
use crate::fetch::Reason;

/// The web.
pub(super) const HTTPS: Provider = Provider {
    scheme: "https",
    shape: "https://HOST/PATH",
    summary: "a web server, with the machine's certificates and the environment's proxies",
    locate: |rest, _: &Context<'_>| web("https", rest),
};

/// The web without encryption: no loss where a digest is checked.
pub(super) const HTTP: Provider = Provider {
    scheme: "http",
    shape: "http://HOST/PATH",
    summary: "a web server, unencrypted; the digest is checked all the same",
    locate: |rest, _: &Context<'_>| web("http", rest),
};

fn web(scheme: &str, rest: &str) -> Result<Location, Reason> {
    if rest.strip_prefix("//").is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) {
        return Err(Reason::BadAddress(format!("expected `{scheme}://HOST/PATH`")));
    }
    Ok(Location::Web(format!("{scheme}:{rest}")))
}

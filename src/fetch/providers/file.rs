//! `file:`: a file of the project, or of the machine.

use super::{Context, Location, Provider};
use crate::fetch::Reason;

/// A file.
pub(super) const FILE: Provider = Provider {
    scheme: "file",
    shape: "file:PATH",
    summary: "a file: absolute, or relative to the project's root",
    locate,
};

fn locate(rest: &str, context: &Context<'_>) -> Result<Location, Reason> {
    // `file:///usr/src/x` is the form of RFC 8089; the host between the second and third slash must be empty.
    let path = match rest.strip_prefix("//") {
        Some(after) if after.starts_with('/') => after,
        Some(_) => {
            return Err(Reason::BadAddress(
                "expected `file:PATH` or `file:///PATH`, without a host".to_owned(),
            ));
        }
        None => rest,
    };
    if path.is_empty() {
        return Err(Reason::BadAddress("expected a path after `file:`".to_owned()));
    }
    Ok(Location::File(context.root.join(path)))
}

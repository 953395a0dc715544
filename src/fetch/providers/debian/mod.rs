//! `debian:`: a file of a Debian source package, from the archive that the machine's apt is configured for.
//!
//! apt is asked with a configuration of lfsgen's own, below the state directory: one private list of source packages
//! for each suite, which needs no privileges and leaves the machine's lists and cache as they are. The archive's
//! address, its keys, proxies and credentials are the machine's. The suites are tried in turn, so an address names
//! none: it stays right when a release becomes the next stable one. Where a suite has moved on to another Debian
//! revision, which leaves the upstream tarball as it was, the tarball is taken from there.

mod archive;
mod suite;

use std::path::PathBuf;

use super::{Context, Location, Provider, release};
use crate::fetch::Reason;
use crate::host::{files, process};
use crate::model::Release;

use suite::Suite;

/// Debian's archive.
pub(super) const DEBIAN: Provider = Provider {
    scheme: "debian",
    shape: SHAPE,
    summary: "a file of a Debian source package, from the archive that apt is configured for",
    locate,
};

const SHAPE: &str = "debian:SOURCE@VERSION/FILE";

/// Searched in this order; they are names that every Debian archive keeps, whatever release they mean.
const SUITES: [&str; 4] = ["stable", "testing", "unstable", "oldstable"];

fn locate(rest: &str, context: &Context<'_>) -> Result<Location, Reason> {
    let release = release(rest, SHAPE)?;
    let archives = archive::archives()?;
    let mut troubles = Vec::new();
    for name in SUITES {
        let suite = Suite::open(name, context.layout.provider("debian").join(name), &archives)?;
        match suite.find(&release) {
            Ok(Some(uri)) => return reachable(&uri, &release, &suite),
            Ok(None) => {}
            Err(trouble) => troubles.push(format!("{name}: {trouble}")),
        }
    }
    let searched = SUITES.join(", ");
    if troubles.is_empty() {
        let Release { name, version, file } = release;
        return Err(Reason::Absent(format!(
            "source package `{name}` has no `{file}`, neither in version {version} nor now, in {searched}"
        )));
    }
    Err(Reason::Network {
        what: format!("apt could not search everywhere: {}", troubles.join("; ")),
        temporary: false,
    })
}

/// What we can read ourselves is left to us; for apt's other ways, such as a list of mirrors, apt brings the file.
fn reachable(uri: &str, release: &Release<'_>, suite: &Suite) -> Result<Location, Reason> {
    if uri.starts_with("http://") || uri.starts_with("https://") {
        return Ok(Location::Web(uri.to_owned()));
    }
    let target = suite.directory().join(release.file);
    let Some(helper) = apt_helper() else {
        return Err(unusable(format!("`{uri}` needs apt's own downloader, which was not found")));
    };
    let _lock = suite.lock()?;
    let output = process::question(helper)
        .env("LC_ALL", "C")
        .arg("-c")
        .arg(suite.config())
        .arg("download-file")
        .arg(uri)
        .arg(&target)
        .output()
        .map_err(|error| unusable(format!("apt's downloader cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(Location::File(target));
    }
    Err(Reason::Network { what: format!("apt: {}", last_complaint(&output.stderr)), temporary: true })
}

fn apt_helper() -> Option<PathBuf> {
    let path = PathBuf::from("/usr/lib/apt/apt-helper");
    files::metadata(&path).is_ok().then_some(path)
}

fn unusable(what: String) -> Reason {
    Reason::Unusable {
        what,
        remedy: "`debian:` addresses need apt with Debian's archive configured: elsewhere add a mirror of another kind"
            .to_owned(),
    }
}

/// What apt complained of last, without its `E:` or `W:`.
fn last_complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let complaints = || text.lines().filter_map(|line| line.strip_prefix("E: ").or(line.strip_prefix("W: ")));
    // The sentence about old lists being used instead follows the one that says why.
    let told = complaints().rfind(|line| !line.starts_with("Some index files failed"));
    told.unwrap_or("apt gave no reason").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_complaint_that_says_why_is_told() {
        let stderr = b"W: Failed to fetch it  Could not connect\nW: Some index files failed to download. They have been ignored.\n";
        assert_eq!(last_complaint(stderr), "Failed to fetch it  Could not connect");
        assert_eq!(last_complaint(b"\n"), "apt gave no reason");
    }
}

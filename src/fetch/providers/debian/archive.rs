//! Which archive the machine's apt is configured for, and whose signatures it trusts there.

use std::path::Path;

use super::unusable;
use crate::fetch::Reason;
use crate::host::{files, process};

/// A Debian archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Archive {
    /// Its address, without a suite.
    pub(super) uri: String,
    /// The keyring of its signatures; apt's general trust where none is named.
    pub(super) keyring: Option<String>,
}

/// Fields of apt's index targets that we ask for; see apt-get(8), `indextargets`, and its acquire-additional-files.md.
const FORMAT: &str = "$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)\t$(ORIGIN)\t$(LABEL)\t$(SOURCESENTRY)";

/// The Debian archives that apt knows, in its order.
pub(super) fn archives() -> Result<Vec<Archive>, Reason> {
    let mut listing = index_targets(&[])?;
    if listing.is_empty() {
        // Before the first `apt-get update` apt names only what the configuration says.
        listing = index_targets(&["--no-release-info"])?;
    }
    let archives = select(&parse(&listing), keyring);
    if archives.is_empty() {
        return Err(unusable("apt has no Debian archive configured here".to_owned()));
    }
    Ok(archives)
}

fn index_targets(options: &[&str]) -> Result<String, Reason> {
    let output = process::question("apt-get")
        .env("LC_ALL", "C")
        .arg("indextargets")
        .args(options)
        .args(["--format", FORMAT])
        .output()
        .map_err(|error| unusable(format!("`apt-get` cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(unusable(format!("apt: {}", super::last_complaint(&output.stderr))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[derive(Debug, PartialEq, Eq)]
struct Target<'a> {
    uri: &'a str,
    release: &'a str,
    component: &'a str,
    /// Origin and label, where a release file told them.
    known: Option<(&'a str, &'a str)>,
    /// A file of apt's configuration, `:`, and the line or paragraph there.
    entry: &'a str,
}

fn parse(listing: &str) -> Vec<Target<'_>> {
    let target = |line| -> Option<Target<'_>> {
        let fields: Vec<&str> = str::split(line, '\t').collect();
        let [uri, release, component, origin, label, entry] = fields[..] else { return None };
        // apt leaves a field that it does not know as it stands.
        let known = (!origin.starts_with("$(")).then_some((origin, label));
        Some(Target { uri, release, component, known, entry })
    };
    listing.lines().filter_map(target).collect()
}

/// Debian's own archive: not its security or backports archives, nor other vendors'.
fn select(targets: &[Target<'_>], keyring: impl Fn(&str) -> Option<String>) -> Vec<Archive> {
    let mut archives: Vec<Archive> = Vec::new();
    for target in targets {
        let debian = match target.known {
            Some((origin, label)) => origin == "Debian" && label == "Debian",
            None => target.component == "main" && !target.release.contains('-'),
        };
        if debian && archives.iter().all(|archive| archive.uri != target.uri) {
            archives.push(Archive { uri: target.uri.to_owned(), keyring: keyring(target.entry) });
        }
    }
    archives
}

/// The keyring that apt's configuration names for an entry, else that of the package `debian-archive-keyring`.
fn keyring(entry: &str) -> Option<String> {
    const DEBIAN: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let (path, number) = entry.rsplit_once(':')?;
    let text = files::read(Path::new(path)).ok()?;
    signed_by(&String::from_utf8_lossy(&text), number.parse().ok()?)
        .or_else(|| files::metadata(Path::new(DEBIAN)).is_ok().then(|| DEBIAN.to_owned()))
}

/// `Signed-By:` of a numbered paragraph, or `[signed-by=…]` of a numbered line (sources.list(5)), if it is a path.
fn signed_by(text: &str, number: usize) -> Option<String> {
    let path = |value: &str| {
        let first = value.trim().split([',', ' ', ']']).next().unwrap_or_default();
        first.starts_with('/').then(|| first.to_owned())
    };
    let line = text.lines().nth(number.checked_sub(1)?);
    if let Some((_, value)) = line.and_then(|line| line.split_once("signed-by=")) {
        return path(value);
    }
    let commented = |line: &&str| !line.starts_with('#');
    let lines: Vec<&str> = text.lines().filter(commented).map(str::trim_end).collect();
    let paragraphs = lines.split(|line| line.is_empty()).filter(|paragraph| !paragraph.is_empty());
    let mut fields = paragraphs.skip(number - 1).take(1).flatten().filter_map(|line| line.split_once(':'));
    fields.find(|(key, _)| key.eq_ignore_ascii_case("signed-by")).and_then(|(_, value)| path(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debians_archive_is_told_from_others_by_what_its_releases_say() {
        let listing = "\
http://m/debian-security/\tx-security\tmain\tDebian\tDebian-Security\t/e:2
http://m/debian/\tx\tmain\tDebian\tDebian\t/e:1
http://m/debian/\tx-updates\tmain\tDebian\tDebian\t/e:1
http://v/\tnodistro\tmain\tVendor\tVendor\t/v:1
";
        let archives = select(&parse(listing), |entry| Some(format!("key of {entry}")));
        let expected =
            Archive { uri: "http://m/debian/".to_owned(), keyring: Some("key of /e:1".to_owned()) };
        assert_eq!(archives, [expected]);
    }

    #[test]
    fn before_the_first_update_only_names_can_tell() {
        let listing = "\
http://m/debian/\tx\tmain\t$(ORIGIN)\t$(LABEL)\t/e:1
http://m/debian-security/\tx-security\tmain\t$(ORIGIN)\t$(LABEL)\t/e:2
";
        let uris: Vec<_> = select(&parse(listing), |_| None).into_iter().map(|archive| archive.uri).collect();
        assert_eq!(uris, ["http://m/debian/"]);
    }

    #[test]
    fn a_keyring_is_read_from_both_forms_of_configuration() {
        let paragraphs =
            "# a comment\nTypes: deb\nURIs: http://a\n\n\nTypes: deb\n# why\nSigned-By: /keys/b.gpg\n";
        assert_eq!(signed_by(paragraphs, 1), None);
        assert_eq!(signed_by(paragraphs, 2).as_deref(), Some("/keys/b.gpg"));
        let lines = "# one\ndeb [arch=amd64 signed-by=/keys/l.gpg] http://a x main\ndeb http://a y main\n";
        assert_eq!(signed_by(lines, 2).as_deref(), Some("/keys/l.gpg"));
        assert_eq!(signed_by(lines, 3), None);
        assert_eq!(signed_by("Signed-By:\n -----BEGIN\n", 1), None);
        assert_eq!(signed_by("", 0), None);
    }
}

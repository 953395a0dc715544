use std::collections::BTreeSet;

use crate::diag::Label;
use crate::model::{Package, SourceUrl};

use super::super::rule::Report;

/// The ends of archives' names by how they are packed: files of different packing never have the same bytes. A `.crate` is a
/// `.tar.gz` (The Cargo Book, `cargo package`).
const PACKINGS: [(&str, &[&str]); 6] = [
    ("gzip", &[".tar.gz", ".tgz", ".crate"]),
    ("bzip2", &[".tar.bz2", ".tbz2"]),
    ("xz", &[".tar.xz", ".txz"]),
    ("zstd", &[".tar.zst"]),
    ("lzip", &[".tar.lz"]),
    ("zip", &[".zip"]),
];

pub(super) fn check(package: &Package, report: &mut Report<'_>) {
    for source in package.fetched().filter(|source| !source.mirrors.is_empty()) {
        let own = base_name(&source.url);
        let versions: BTreeSet<_> =
            [own, &source.file_name, &package.version.value].into_iter().flat_map(versions).collect();
        for mirror in &source.mirrors {
            let name = base_name(mirror);
            let message = match (packing(own), packing(name)) {
                (Some(own), Some(other)) if own != other => {
                    format!("`{name}` is packed with {other}, and what it should be a copy of with {own}")
                }
                _ if differ(&versions, &self::versions(name).collect()) => {
                    format!("`{name}` is of another version")
                }
                _ => continue,
            };
            let finding = report.at(mirror.text.place(), message);
            finding.help = Some("a mirror has the same bytes: write the address of a copy".to_owned());
            finding
                .related
                .push(Label { place: source.url.text.place(), text: "what it is a mirror of".to_owned() });
        }
    }
}

/// The last part of an address without a query, which is the file's name on most servers.
fn base_name(url: &SourceUrl) -> &str {
    let address = url.text.as_str();
    let end = if url.scheme.starts_with("http") { address.find(['?', '#']) } else { None };
    let path = &address[..end.unwrap_or(address.len())];
    path.rsplit(['/', ':']).next().unwrap_or(path)
}

fn packing(name: &str) -> Option<&'static str> {
    let is_of = |(_, ends): &&(&str, &[&str])| ends.iter().any(|end| name.ends_with(end));
    PACKINGS.iter().find(is_of).map(|(packing, _)| *packing)
}

/// What looks like a version in a name: numbers with a sign between them.
fn versions(name: &str) -> impl Iterator<Item = Vec<&str>> {
    const SIGNS: [char; 5] = ['.', '_', '-', '+', '~'];
    name.split(|c: char| !c.is_ascii_digit() && !SIGNS.contains(&c)).filter_map(|part| {
        let numbers = part.split(SIGNS).filter(|number| !number.is_empty());
        let numbers: Vec<_> = numbers.map(|number| number.trim_start_matches('0')).collect();
        (!numbers.is_empty()).then_some(numbers)
    })
}

/// Whether two names have versions, none of which are the same. A name may end in a number itself (`mpclib3_1.3.1`), and one
/// number alone may be anything.
fn differ(some: &BTreeSet<Vec<&str>>, others: &BTreeSet<Vec<&str>>) -> bool {
    let is_long = |version: &&Vec<&str>| version.len() > 1;
    let same = |a: &Vec<&str>| others.iter().any(|b| a.ends_with(b) || b.ends_with(a));
    others.iter().any(|version| is_long(&version))
        && some.iter().any(|version| is_long(&version))
        && !some.iter().any(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_the_same_however_they_are_spelled() {
        let told = |own: &str, mirror: &str| {
            let [own, mirror] = [own, mirror].map(|name| versions(name).collect());
            differ(&own, &mirror)
        };
        for (own, mirror) in [
            ("mpc-1.3.1.tar.gz", "mpclib3_1.3.1.orig.tar.gz"),
            ("zlib-1.3.1.tar.gz", "zlib_1.3.dfsg+really1.3.1.orig.tar.gz"),
            ("ncurses-6.5-20250216.tgz", "ncurses_6.5+20250216.orig.tar.gz"),
            ("boost_1_87_0.tar.gz", "boost1.87.0.tar.gz"),
            ("less-668.tar.gz", "less-v668.tar.gz"),
            ("a-1.2.tar.gz", "9a93b2b7dfdac77ceba5.tar.gz"),
            ("gmp-6.3.0.tar.xz", "gmp_6.3.0+dfsg.orig.tar.xz"),
            ("v1.2.tar.gz", "foo.tar.gz"),
        ] {
            assert!(!told(own, mirror), "{own} {mirror}");
        }
        for (own, mirror) in [
            ("zlib-1.3.1.tar.gz", "zlib-1.3.tar.gz"),
            ("zlib-1.3.1.tar.gz", "zlib_1.2.13.dfsg.orig.tar.gz"),
            ("zlib-1.3.1.tar.gz", "zlib-1.3.11.tar.gz"),
        ] {
            assert!(told(own, mirror), "{own} {mirror}");
        }
    }
}

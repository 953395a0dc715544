//! Archives, digests and the network.

use crate::diagnose::Kind;
use crate::diagnose::rule::{Meaning, Rank, Rule};
use crate::model::Phase;

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["Cannot exec"],
        pattern: r"tar \(child\): (?P<name>\S+): Cannot exec: No such file or directory",
        rank: Rank::Sure,
        read: |seen| Some(Meaning::missing(Kind::MissingProgram, seen.name())),
    },
    Rule {
        needles: &[
            "does not look like a tar archive",
            "Unexpected EOF in archive",
            "unexpected end of file",
            "File format not recognized",
            "not in gzip format",
            "End-of-central-directory signature not found",
        ],
        pattern: r"^(?P<what>(?:tar|gzip|xz|bzip2|zstd|unzip|\(child\)).*)|(?P<other>End-of-central-directory signature not found)",
        rank: Rank::Sure,
        read: |seen| {
            let cut = ["EOF", "unexpected end"].iter().any(|word| seen.group("what").contains(word));
            let says = if cut { "the archive is cut off" } else { "the file is no archive of this kind" };
            Some(
                Meaning::new(Kind::BadArchive, says)
                    .advise("look at the file in the source cache: some servers send a page instead"),
            )
        },
    },
    Rule {
        // What a script of lfsgen's does with what it has unpacked.
        needles: &["mv: cannot stat "],
        pattern: r"^mv: cannot stat <q>unpack/(?P<name>[^'’]+)<q>: No such file or directory$",
        rank: Rank::Sure,
        read: |seen| {
            let dir = seen.name();
            (seen.facts.phase == Phase::Prepare).then(|| {
                Meaning::new(Kind::MissingFile, format!("the archive has no directory `{dir}`"))
                    .about(dir)
                    .advise("`unpack` of the source says which one is entered; without it, it is the archive's only one")
            })
        },
    },
    Rule {
        needles: &["computed checksum"],
        pattern: r"WARNING: \d+ computed checksums? did NOT match",
        rank: Rank::Sure,
        read: |seen| {
            let file = seen.before().find_map(|line| line.strip_suffix(": FAILED")).unwrap_or("a file");
            Some(
                Meaning::new(
                    Kind::WrongDigest,
                    format!("`{file}` does not have the digest that was promised"),
                )
                .about(file),
            )
        },
    },
    Rule {
        // lfsgen's own words, in the log of `fetch`.
        needles: &["it has other bytes: sha256 "],
        pattern: r"it has other bytes: sha256 (?P<name>[0-9a-f]{64})",
        rank: Rank::Sure,
        read: |seen| {
            let says = "the file is not the one that the spec names by its sha256";
            Some(Meaning::new(Kind::WrongDigest, says).about(seen.name()))
        },
    },
    Rule {
        needles: &[
            "Could not resolve host",
            "Temporary failure in name resolution",
            "Network is unreachable",
        ],
        pattern: r"Could not resolve host|Temporary failure in name resolution|Network is unreachable",
        rank: Rank::Sure,
        read: |_| {
            Some(
                Meaning::new(Kind::Network, "it wants the network, which no phase but `fetch` has")
                    .advise("name what it downloads under `sources`"),
            )
        },
    },
];

//! Sources and patches: addresses, mirrors, digests and what is unpacked where.
//!
//! It knows how an address is written, and nothing of how bytes come from it. Patches beside the spec are read for their
//! digests, through [`Files`].

use std::collections::BTreeMap;

use super::lower::Lower;
use super::package::Shared;
use super::variables::Reader;
use crate::diag::Diagnostic;
use crate::model::{Digest, Patch, PatchOrigin, RelPath, Release, Source, SourceUrl, Unpack};
use crate::source::{Place, Spanned, Text};
use crate::spec::{Node, Reading, items};
use crate::suggest::did_you_mean;

/// The notations of addresses, each with an example. `fetch` has a provider for each.
pub const SCHEMES: [(&str, &str); 5] = [
    ("https", "https://zlib.net/zlib-1.3.1.tar.gz"),
    ("http", "http://zlib.net/zlib-1.3.1.tar.gz"),
    ("file", "file:///srv/sources/zlib-1.3.1.tar.gz"),
    ("debian", "debian:zlib@1:1.3.1/zlib_1.3.1.orig.tar.gz"),
    ("pypi", "pypi:meson@1.7.0/meson-1.7.0.tar.gz"),
];

/// Ends of the names of files that `prepare` unpacks.
pub const ARCHIVES: [&str; 12] = [
    ".tar",
    ".tar.gz",
    ".tgz",
    ".tar.bz2",
    ".tbz2",
    ".tar.xz",
    ".txz",
    ".tar.zst",
    ".tar.lz",
    ".tar.lzma",
    ".crate",
    ".zip",
];

/// `sources:`.
pub(super) fn sources(list: Option<&Node>, lower: &mut Lower) -> Vec<Source> {
    items(list).iter().filter_map(|item| source(item, lower)).collect()
}

/// `patches:`, with the digests of those beside the spec.
pub(super) fn patches(list: Option<&Node>, shared: &Shared<'_>, lower: &mut Lower) -> Vec<Patch> {
    items(list).iter().filter_map(|item| patch(item, shared, lower)).collect()
}

/// Reports two files of a package that would lie under one name.
pub(super) fn report_same_names(sources: &[Source], patches: &[Patch], lower: &mut Lower) {
    let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
    let patch_files = patches.iter().map(|patch| match &patch.origin {
        PatchOrigin::File { .. } => (patch.file_name(), patch.place),
        PatchOrigin::Fetched(source) => (patch.file_name(), source.url.text.place()),
    });
    let source_files = sources.iter().map(|source| (source.file_name.as_str(), source.url.text.place()));
    for (name, place) in source_files.chain(patch_files) {
        if let Some(first) = seen.get(name) {
            lower.report(
                Diagnostic::error("duplicate-source", format!("two files of the package are named `{name}`"))
                    .at(place, "this one")
                    .related(*first, "and this one")
                    .help("give one of them another name with `file:`"),
            );
        } else {
            seen.insert(name, place);
        }
    }
}

fn source(item: &Node, lower: &mut Lower) -> Option<Source> {
    let digests = (digest(item.get("sha256"), lower), md5(item.get("md5"), lower));
    let mirrors = items(item.get("mirrors")).iter().filter_map(|mirror| address(mirror, lower)).collect();
    let url = address(item.get("url")?, lower);
    let unpack = item.get("unpack").map(|node| unpack(node, lower));
    let max_size = lower.size(item.get("max-size"));
    let url = url?;
    let file_name = match item.get("file") {
        Some(node) => file_name(lower.string(node)?, lower)?,
        None => file_name(default_name(&url.text), lower)?,
    };
    let (sha256, md5) = digests;
    let unpack = match unpack {
        Some(unpack) => unpack?,
        None if ARCHIVES.iter().any(|end| file_name.ends_with(end)) => Unpack::TopDirectory,
        None => Unpack::No,
    };
    Some(Source { url, mirrors, sha256, md5, file_name, unpack, max_size, place: item.place })
}

fn patch(item: &Node, shared: &Shared<'_>, lower: &mut Lower) -> Option<Patch> {
    let strip =
        item.get("strip").and_then(Node::text).and_then(|text| text.as_str().parse().ok()).unwrap_or(1);
    let origin = match (item.get("file"), item.get("url")) {
        (Some(file), None) => {
            let only_with_url = ["sha256", "md5", "mirrors"].into_iter().filter_map(|key| item.get(key));
            for node in only_with_url.collect::<Vec<_>>() {
                lower.report(
                    Diagnostic::error(
                        "useless-key",
                        "a patch beside the spec needs no digest and no mirrors",
                    )
                    .at(node.place, "only for a patch with `url`")
                    .note("lfsgen takes the digest of the file itself"),
                );
            }
            patch_file(file, shared, lower)?
        }
        (None, Some(_)) => {
            let mut source = source(item, lower)?;
            source.unpack = Unpack::No;
            PatchOrigin::Fetched(source)
        }
        (Some(file), Some(url)) => {
            lower.report(
                Diagnostic::error("bad-value", "a patch has either a `file` or a `url`")
                    .at(url.place, "either this")
                    .related(file.place, "or this"),
            );
            return None;
        }
        (None, None) => {
            lower.report(
                Diagnostic::error("missing-key", "a patch needs a `file` or a `url`")
                    .at(first_line(item), "")
                    .help("write `file: patches/NAME.patch` for a file beside the spec"),
            );
            return None;
        }
    };
    Some(Patch { origin, strip, place: item.place })
}

fn patch_file(node: &Node, shared: &Shared<'_>, lower: &mut Lower) -> Option<PatchOrigin> {
    let written = lower.rel_path(node, "the spec's folder")?;
    let name = Spanned::new(base_name(written.value.as_str()).to_owned(), written.place);
    file_name(name, lower)?;
    // Of the spec that says it, which another one may extend.
    let path = match shared.sources.file(node.place.file).name.rsplit_once('/') {
        None => written.value.as_str().to_owned(),
        Some((folder, _)) => format!("{folder}/{}", written.value),
    };
    let path = RelPath::new(path).ok()?;
    match shared.files.read(path.as_str()) {
        Ok(bytes) => Some(PatchOrigin::File { written, path, sha256: Digest::of(&bytes) }),
        Err(error) => {
            lower.report(
                Diagnostic::error("unreadable-file", format!("cannot read `{path}`: {}", reason(&error)))
                    .at(written.place, "")
                    .note("the path is relative to the spec's folder"),
            );
            None
        }
    }
}

/// An I/O error in words that are the same on every machine.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

fn address(node: &Node, lower: &mut Lower) -> Option<SourceUrl> {
    let text = lower.text(node, Reader::Plain)?;
    let written = text.as_str();
    let mut bad = |message: String, label: &str, help: String| {
        lower.report(Diagnostic::error("bad-address", message).at(node.place, label).help(help));
    };
    if let Some(odd) = written.chars().find(|c| c.is_whitespace() || c.is_control()) {
        let help = match written.starts_with("file:") {
            // A path there is read as it is.
            true => "give the file and its folders other names",
            false => "write a space in an address as `%20`",
        };
        let message = "an address has no spaces and no control characters".to_owned();
        bad(message, &format!("{odd:?} in it"), help.to_owned());
        return None;
    }
    let example = |scheme| SCHEMES.iter().find(|known| known.0 == scheme).map_or("", |known| known.1);
    let Some((scheme, rest)) = written.split_once(':') else {
        let message = format!("`{written}` is not an address");
        bad(message, "", format!("write it like `{}`", example("https")));
        return None;
    };
    if !SCHEMES.iter().any(|known| known.0 == scheme) {
        let names = SCHEMES.iter().map(|known| known.0);
        let help = did_you_mean(scheme, names.clone());
        let all: Vec<_> = names.map(|name| format!("`{name}:`")).collect();
        let message = format!("lfsgen cannot fetch from `{scheme}:`");
        bad(message, "", help.unwrap_or_else(|| format!("it can from {}", all.join(", "))));
        return None;
    }
    let needs_host = matches!(scheme, "http" | "https");
    let is_whole = match rest.strip_prefix("//") {
        Some(rest) if needs_host => rest.split_once('/').is_some_and(|(host, _)| !host.is_empty()),
        _ if matches!(scheme, "debian" | "pypi") => Release::parse(rest).is_some(),
        _ => !needs_host && !rest.is_empty(),
    };
    if let Some(path) =
        rest.strip_prefix("//").filter(|path| scheme == "file" && !path.is_empty() && !path.starts_with('/'))
    {
        let message = format!("`{written}` names another machine, and a file is read on this one");
        bad(
            message,
            "",
            format!("write `file:{path}` for a path relative to the project's root, or `file:///{path}`"),
        );
        return None;
    }
    if !is_whole {
        bad(
            format!("`{written}` is not a whole address"),
            "",
            format!("write it like `{}`", example(scheme)),
        );
        return None;
    }
    Some(SourceUrl { scheme: scheme.to_owned(), text })
}

/// The last part of an address, without scheme, query and fragment.
fn default_name(url: &Text) -> Spanned<String> {
    let address = url.as_str();
    let end = if address.starts_with("http") { address.find(['?', '#']) } else { None };
    let path = &address[..end.unwrap_or(address.len())];
    let path = path.split_once(':').map_or(path, |(_, rest)| rest);
    Spanned::new(base_name(path).to_owned(), url.place())
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// A name that is safe to write anywhere: as a file, in a makefile, in a shell's word.
fn file_name(name: Spanned<String>, lower: &mut Lower) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+~@=,:%-".contains(c);
    let text = &name.value;
    if !text.is_empty() && text.len() <= 200 && text.chars().all(plain) && !text.starts_with(['.', '-']) {
        return Some(name.value);
    }
    lower.report(
        Diagnostic::error("bad-name", format!("`{text}` is not a name for a file of the package"))
            .at(name.place, "")
            .note("expected letters, digits and `._+~@=,:%-`, and neither `.` nor `-` at the start")
            .help(if text.contains('$') {
                "a variable of the spec is written `%{version}`; a name of the file's own goes into `file:`"
            } else {
                "give it a name with `file:`"
            }),
    );
    None
}

fn unpack(node: &Node, lower: &mut Lower) -> Option<Unpack> {
    if node.scalar().is_some_and(|scalar| scalar.reading == Reading::Bool(false)) {
        return Some(Unpack::No);
    }
    lower.rel_path(node, "the directory where it is unpacked").map(Unpack::Directory)
}

fn digest(node: Option<&Node>, lower: &mut Lower) -> Option<Spanned<Digest>> {
    let written = lower.string(node?)?;
    match Digest::parse(&written.value) {
        Ok(digest) => {
            if digest == Digest::UNKNOWN {
                lower.report(
                    Diagnostic::warning("unknown-digest", "nobody has said yet which file this is to be")
                        .at(written.place, "")
                        .help("`lfsgen fetch` says which digest the file has"),
                );
            }
            Some(Spanned::new(digest, written.place))
        }
        Err(expected) => {
            let found = match written.value.chars().find(|c| !c.is_ascii_hexdigit()) {
                Some(odd) => format!("{odd:?} is no hexadecimal digit"),
                None => format!("{} digits", written.value.len()),
            };
            lower.report(
                Diagnostic::error("bad-digest", "this is not a SHA-256 digest")
                    .at(written.place, found)
                    .note(expected.to_string())
                    .help("`sha256sum FILE` prints it"),
            );
            None
        }
    }
}

fn md5(node: Option<&Node>, lower: &mut Lower) -> Option<Spanned<String>> {
    let written = lower.string(node?)?;
    if written.value.len() == 32 && written.value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(written);
    }
    lower.report(
        Diagnostic::error("bad-digest", "this is not an MD5 digest")
            .at(written.place, "")
            .note("expected 32 hexadecimal digits"),
    );
    None
}

/// The first key of an entry.
fn first_line(item: &Node) -> Place {
    item.entries().first().map_or(item.place, |entry| entry.key.place)
}

//! `pypi:`: an sdist from the Python package index that pip is configured for.
//!
//! pip itself would build a package's metadata to download its sdist, which runs the package's code and needs its
//! build requirements. So pip is asked only for its configuration (its index, as settled by its files, environment
//! and own default), and the index is read here, in either of its two forms: JSON (PEP 691) or HTML (PEP 503).

use std::path::Path;

use regex::Regex;
use serde::Deserialize;

use super::{Context, Location, Provider, release};
use crate::fetch::Reason;
use crate::host::process;

/// The Python package index.
pub(super) const PYPI: Provider = Provider {
    scheme: "pypi",
    shape: SHAPE,
    summary: "an sdist from the index that pip is configured for",
    locate,
};

const SHAPE: &str = "pypi:NAME@VERSION/FILE";

/// Prints pip's settled configuration. The command's own parser merges files, environment and defaults (since pip 19.3).
const ASK_PIP: &str = "\
import json
from pip._internal.commands import create_command
options, _ = create_command('download').parse_args(['x'])
indexes = [] if options.no_index else [options.index_url, *options.extra_index_urls]
print(json.dumps({'indexes': indexes, 'find_links': options.find_links}))
";

const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, text/html;q=0.5";

#[derive(Debug, PartialEq, Deserialize)]
struct PipConfig {
    indexes: Vec<String>,
    find_links: Vec<String>,
}

fn locate(rest: &str, context: &Context<'_>) -> Result<Location, Reason> {
    let release = release(rest, SHAPE)?;
    let config = ask_pip()?;
    for directory in &config.find_links {
        let file = Path::new(directory.strip_prefix("file://").unwrap_or(directory)).join(release.file);
        if file.is_file() {
            return Ok(Location::File(file));
        }
    }
    let mut last = None;
    for index in &config.indexes {
        let page = format!("{}/{}/", index.trim_end_matches('/'), normalized(release.name));
        match context.web.text(&page, ACCEPT).map(|text| find(&text, release.file, &page)) {
            Ok(Some(url)) => return Ok(Location::Web(url)),
            Ok(None) | Err(Reason::Status { code: 404, .. }) => {}
            Err(reason) => last = Some(reason),
        }
    }
    Err(last.unwrap_or_else(|| Reason::Absent(format!("pip's index has no file `{}` there", release.file))))
}

fn ask_pip() -> Result<PipConfig, Reason> {
    let unusable = |what: String| Reason::Unusable {
        what,
        remedy: "install pip (`apt install python3-pip` on Debian), or add a mirror that needs none"
            .to_owned(),
    };
    let output = process::question("python3").args(["-c", ASK_PIP]).output();
    let output = output.map_err(|error| unusable(format!("`python3` cannot be started: {error}")))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
        return Err(unusable(format!("`python3` could not ask pip for its index: {last}")));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| unusable(format!("pip's configuration was not understood: {error}")))
}

/// A project's name as the index has it: lower case, runs of `-`, `_` and `.` as one `-` (PEP 503).
fn normalized(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// The address of a file on a project's page.
fn find(text: &str, file: &str, page: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Page {
        files: Vec<File>,
    }
    #[derive(Deserialize)]
    struct File {
        filename: String,
        url: String,
    }
    let url = match serde_json::from_str::<Page>(text) {
        Ok(page) => page.files.into_iter().find(|entry| entry.filename == file)?.url,
        Err(_) => anchors(text).find(|(_, name)| name == file)?.0,
    };
    let url = url.split('#').next().unwrap_or_default();
    Some(absolute(url, page))
}

/// The links of an HTML page with their texts.
fn anchors(html: &str) -> impl Iterator<Item = (String, String)> {
    let anchor = Regex::new(r#"(?is)<a\s[^>]*?href\s*=\s*["']([^"']*)["'][^>]*>(.*?)</a>"#);
    let unescape = |text: &str| text.trim().replace("&amp;", "&");
    let found: Vec<_> = anchor.map_or_else(
        |_| Vec::new(),
        |anchor| anchor.captures_iter(html).map(|c| (unescape(&c[1]), unescape(&c[2]))).collect(),
    );
    found.into_iter()
}

/// An address as seen from a page (RFC 3986, 5.2, as far as indexes use it: no query, no scheme-relative form but `//`).
fn absolute(url: &str, page: &str) -> String {
    if url.contains("://") {
        return url.to_owned();
    }
    let (scheme, rest) = page.split_once("://").unwrap_or(("https", page));
    if let Some(after) = url.strip_prefix("//") {
        return format!("{scheme}://{after}");
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if url.starts_with('/') {
        return format!("{scheme}://{host}{url}");
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in url.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("{scheme}://{host}/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://index.example/simple/flit-core/";

    #[test]
    fn a_name_is_normalized_as_the_index_has_it() {
        assert_eq!(normalized("Flit_Core"), "flit-core");
        assert_eq!(normalized("zope.-_interface"), "zope-interface");
    }

    #[test]
    fn a_file_is_found_on_a_json_page() {
        let text = r#"{"meta": {"api-version": "1.1"}, "files": [
            {"filename": "flit_core-3.11.0-py3-none-any.whl", "url": "https://files.example/w.whl", "hashes": {}},
            {"filename": "flit_core-3.11.0.tar.gz", "url": "../../packages/flit_core-3.11.0.tar.gz#sha256=00"}]}"#;
        assert_eq!(
            find(text, "flit_core-3.11.0.tar.gz", PAGE).as_deref(),
            Some("https://index.example/packages/flit_core-3.11.0.tar.gz")
        );
        assert_eq!(find(text, "flit_core-3.12.0.tar.gz", PAGE), None);
    }

    #[test]
    fn a_file_is_found_on_an_html_page() {
        let text = "<!DOCTYPE html><a data-requires-python='&gt;=3.6' href='/p/a-1.tar.gz?x=1&amp;y=2#sha256=0'>\n a-1.tar.gz</a><br>\
            <a href=\"https://files.example/a-2.tar.gz\">a-2.tar.gz</a>";
        assert_eq!(
            find(text, "a-1.tar.gz", PAGE).as_deref(),
            Some("https://index.example/p/a-1.tar.gz?x=1&y=2")
        );
        assert_eq!(find(text, "a-2.tar.gz", PAGE).as_deref(), Some("https://files.example/a-2.tar.gz"));
        assert_eq!(find(text, "a-3.tar.gz", PAGE), None);
    }

    #[test]
    fn a_link_is_seen_from_its_page() {
        assert_eq!(absolute("//cdn.example/x", PAGE), "https://cdn.example/x");
        assert_eq!(absolute("./x", PAGE), "https://index.example/simple/flit-core/x");
    }
}

//! Whether an artifact has a file that something looked for.

use memchr::{memchr, memmem, memrchr};

use crate::host::files;
use crate::layout::Layout;
use crate::model::Digest;

/// A file that is looked for, wherever it lies.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// How its path may end, and a part that must stand before that; both may lack.
    ends: Vec<(String, &'static str)>,
}

impl Wanted {
    /// A file whose path ends with one of these, and has the part that stands beside it before that end. A path that ends
    /// so in the middle of a name is another one.
    pub fn new(ends: impl IntoIterator<Item = (String, &'static str)>) -> Self {
        // What a manifest would have to spell in another way is no name of a file that anything looks for.
        let plain =
            |end: &str| !end.is_empty() && !end.contains(['"', '\\']) && !end.contains(char::is_control);
        Self { ends: ends.into_iter().filter(|(end, _)| plain(end)).collect() }
    }

    /// Whether nothing is looked for.
    pub fn is_nothing(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether a path is one of them.
    pub fn fits(&self, path: &str) -> bool {
        self.ends.iter().any(|(end, before)| {
            path.strip_suffix(end.as_str())
                .is_some_and(|rest| (rest.is_empty() || rest.ends_with('/')) && rest.contains(before))
        })
    }

    /// The shortest path of a manifest that is one of them. The manifest is not read as JSON, which takes long: it has a
    /// path a line, each before its type.
    fn find(&self, manifest: &[u8]) -> Option<String> {
        let mut found: Vec<&str> = Vec::new();
        for (end, _) in &self.ends {
            let needle = format!("{end}\",\"type\":\"");
            for at in memmem::find_iter(manifest, needle.as_bytes()) {
                let line = memrchr(b'\n', &manifest[..at]).map_or(0, |newline| newline + 1);
                let Some(path) = manifest[line..].strip_prefix(b"{\"path\":\"") else { continue };
                let path = std::str::from_utf8(&path[..memchr(b'"', path).unwrap_or(0)]).unwrap_or_default();
                if self.fits(path) && !manifest[at + needle.len()..].starts_with(b"directory") {
                    found.push(path);
                }
            }
        }
        found.into_iter().min_by_key(|path| (path.len(), *path)).map(str::to_owned)
    }
}

/// The path under which the artifact of a key has a file, relative to its mount point; nothing where it has none or is not
/// there.
pub fn provided(layout: &Layout, key: &Digest, wanted: &Wanted) -> Option<String> {
    let manifest = files::read(&layout.artifact_manifest(key)).ok()?;
    wanted.find(&manifest)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::manifest::{Entry, Kind, Manifest};
    use super::*;

    #[test]
    fn a_file_is_found_in_a_manifest_by_the_end_of_its_path() {
        let entry = |path: &str, kind| Entry {
            path: path.into(),
            kind,
            mode: "0644".into(),
            uid: 0,
            gid: 0,
            xattrs: BTreeMap::new(),
        };
        let file = |path: &str| entry(path, Kind::File { size: 1, sha256: Digest::of(b""), link_of: None });
        let entries = vec![
            entry("usr/bin/m4", Kind::Directory),
            file("usr/include/minizip/zlib.h"),
            file("usr/include/zlib.h"),
            entry("usr/lib/libz.so", Kind::Symlink { target: "usr/bin/zcat".into() }),
            file("usr/share/doc/xzlib.h"),
        ];
        let manifest = Manifest::new(entries, vec!["usr/bin/awk".into()]);
        let json = manifest.to_json().unwrap();
        let find = |end: &str, before| Wanted::new([(end.to_owned(), before)]).find(&json);
        assert_eq!(find("zlib.h", "include/").as_deref(), Some("usr/include/zlib.h"));
        assert_eq!(find("zlib.h", "share/"), None, "it ends in the middle of a name");
        assert_eq!(find("libz.so", "").as_deref(), Some("usr/lib/libz.so"));
        for absent in ["m4", "zcat", "awk", "z.h", "a\"b", ""] {
            assert_eq!(find(absent, ""), None, "{absent}");
        }
    }
}

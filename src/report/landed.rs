//! What will land on the disk otherwise than before: two manifests of one package, path by path.

use std::collections::BTreeMap;

use super::contents;
use super::history::History;
use super::text::{bytes, count};
use crate::diagnose::plain_path;
use crate::journal::ArtifactCommitted;
use crate::layout::Layout;
use crate::model::{AbsPath, Digest, Phase};
use crate::plan::file::PackageFile;
use crate::store::{self, Entry, Kind, Manifest};

/// What a package's artifact has that the one before it had not, and the reverse.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Paths that are there now, with what they are.
    pub added: Vec<(String, String)>,
    /// Paths that are not there any more, with what they were.
    pub gone: Vec<(String, String)>,
    /// Paths that are another thing now: in what, and from what to what.
    pub changed: Vec<(String, Vec<Aspect>)>,
}

/// One way in which a path is not what it was.
#[derive(Debug, PartialEq, Eq)]
pub struct Aspect {
    /// `mode`, `owner`, `content`, …
    pub what: &'static str,
    /// From what to what, fit to be shown.
    pub how: String,
}

impl Changes {
    /// Compares two manifests.
    pub fn between(before: &Manifest, now: &Manifest) -> Self {
        let (mut old, new) = (said(before), said(now));
        let mut changes = Self::default();
        for (path, now) in new {
            match old.remove(path) {
                None => changes.added.push((path.to_owned(), described(now))),
                Some(before) => {
                    let aspects = aspects(before, now);
                    if !aspects.is_empty() {
                        changes.changed.push((path.to_owned(), aspects));
                    }
                }
            }
        }
        changes.gone.extend(old.into_iter().map(|(path, entry)| (path.to_owned(), described(entry))));
        changes
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// In a few words: `2 paths added, 1 changed in mode`.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        if !self.added.is_empty() {
            parts.push(format!("{} added", count(self.added.len(), "path")));
        }
        if !self.gone.is_empty() {
            parts.push(format!("{} gone", count(self.gone.len(), "path")));
        }
        let mut aspects: BTreeMap<&str, usize> = BTreeMap::new();
        for aspect in self.changed.iter().flat_map(|(_, aspects)| aspects) {
            *aspects.entry(aspect.what).or_default() += 1;
        }
        parts.extend(aspects.iter().map(|(what, many)| format!("{many} changed in {what}")));
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    }

    /// A line for each path, as it lies in the roots of its stage: `+` for one that is added, `-` for one that is gone, `~` for one
    /// that changed.
    pub fn lines(&self, mount: &AbsPath) -> String {
        let place = |path: &str| plain_path(&format!("{}/{path}", mount.as_str().trim_end_matches('/')));
        let line = |mark: char, path: &str, what: &str| format!("  {mark} {}  {what}\n", place(path));
        let added = self.added.iter().map(|(path, what)| (path, line('+', path, what)));
        let gone = self.gone.iter().map(|(path, what)| (path, line('-', path, what)));
        let changed = self.changed.iter().map(|(path, aspects)| {
            let aspects: Vec<_> =
                aspects.iter().map(|Aspect { what, how }| format!("{what} {how}")).collect();
            (path, line('~', path, &aspects.join(", ")))
        });
        let mut lines: Vec<_> = added.chain(gone).chain(changed).collect();
        lines.sort();
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

/// What a manifest says of each path: what is there, or that it is removed.
fn said(manifest: &Manifest) -> BTreeMap<&str, Option<&Entry>> {
    let entries = manifest.entries.iter().map(|entry| (entry.path.as_str(), Some(entry)));
    entries.chain(manifest.removes.iter().map(|path| (path.as_str(), None))).collect()
}

fn described(entry: Option<&Entry>) -> String {
    let Some(Entry { kind, mode, uid, gid, .. }) = entry else {
        return "removed from the layers below".to_owned();
    };
    let size = match kind {
        Kind::File { size, .. } => format!(", {}", bytes(*size)),
        _ => String::new(),
    };
    format!("{} {mode} {uid}:{gid}{size}", plain_path(&kind.to_string()))
}

fn aspects(before: Option<&Entry>, now: Option<&Entry>) -> Vec<Aspect> {
    let (Some(before), Some(now)) = (before, now) else {
        let how = format!("{} → {}", described(before), described(now));
        return if before == now { Vec::new() } else { vec![Aspect { what: "kind", how }] };
    };
    let mut aspects = Vec::new();
    let mut differs = |what, before: String, now: String| {
        if before != now {
            let how = format!("{} → {}", plain_path(&before), plain_path(&now));
            aspects.push(Aspect { what, how });
        }
    };
    match (&before.kind, &now.kind) {
        (Kind::File { size: a, sha256: x, link_of: f }, Kind::File { size: b, sha256: y, link_of: g }) => {
            let shown = |size: u64, digest: &Digest| format!("{} ({})", bytes(size), digest.short());
            differs("content", shown(*a, x), shown(*b, y));
            let name = |of: &Option<String>| of.clone().unwrap_or_else(|| "itself".to_owned());
            differs("hard link", name(f), name(g));
        }
        (Kind::Symlink { target: a }, Kind::Symlink { target: b }) => differs("target", a.clone(), b.clone()),
        (a, b) if std::mem::discriminant(a) != std::mem::discriminant(b) => {
            differs("kind", a.to_string(), b.to_string());
        }
        (a, b) => differs("device", a.to_string(), b.to_string()),
    }
    differs("mode", before.mode.clone(), now.mode.clone());
    differs("owner", format!("{}:{}", before.uid, before.gid), format!("{}:{}", now.uid, now.gid));
    differs("attributes", format!("{:?}", before.xattrs), format!("{:?}", now.xattrs));
    aspects
}

/// The artifact of a package and the one before it, by their keys.
#[derive(Debug)]
pub struct Pair<'a> {
    /// The present one.
    pub now: Digest,
    /// What the journal says of the one before.
    pub before: Option<&'a ArtifactCommitted>,
}

/// What a package has now, and what it had before; nothing where it has no artifact.
pub fn pair<'a>(file: &'a PackageFile, history: &'a History, layout: &'a Layout) -> Option<Pair<'a>> {
    let (now, _) = contents::artifacts(file, history, layout).next()?;
    Some(Pair { now, before: earlier(file, history, now, usize::MAX) })
}

/// The same for a run, where it gave the package another artifact or its first.
pub fn pair_of_run<'a>(file: &'a PackageFile, history: &'a History, run: usize) -> Option<Pair<'a>> {
    let now = ends(file, history).rev().find(|(at, _)| *at == run)?.1;
    let before = ends(file, history).rev().find(|(at, _)| *at < run).map(|(_, key)| key);
    (before != Some(now)).then(|| Pair { now, before: earlier(file, history, now, run) })
}

/// The last artifact of another key that a package had before a run.
fn earlier<'a>(
    file: &'a PackageFile,
    history: &'a History,
    now: Digest,
    run: usize,
) -> Option<&'a ArtifactCommitted> {
    let key = ends(file, history).rev().find(|(at, key)| *at < run && *key != now)?.1;
    history.commits_of(&file.package).rev().find(|commit| commit.key == key)
}

/// The runs in which a package was finished, and the keys of what it had then. The key of a package is that of its last step.
fn ends<'a>(
    file: &'a PackageFile,
    history: &'a History,
) -> impl DoubleEndedIterator<Item = (usize, Digest)> + 'a {
    let attempts = history.attempts_at(&file.package, Phase::COMPLETING);
    attempts.filter(|attempt| attempt.is_ok()).map(|attempt| (attempt.run, attempt.key))
}

/// What a pair came to.
#[derive(Debug)]
pub enum Landed {
    /// There was none before; so many paths.
    New(usize),
    /// The one before is not in the store any more.
    Lost,
    /// These changes; perhaps none.
    Changed(Changes),
}

impl Landed {
    /// Reads what a pair has.
    ///
    /// # Errors
    /// The present manifest cannot be read.
    pub fn read(pair: &Pair<'_>, layout: &Layout) -> anyhow::Result<Self> {
        let now = Manifest::read(&layout.artifact_manifest(&pair.now))?;
        let Some(before) = pair.before else {
            return Ok(Self::New(now.entries.len() + now.removes.len()));
        };
        if !store::has_artifact(layout, &before.key) {
            return Ok(Self::Lost);
        }
        let before = Manifest::read(&layout.artifact_manifest(&before.key))?;
        Ok(Self::Changed(Changes::between(&before, &now)))
    }

    /// In a few words; nothing where nothing is known to have changed.
    pub fn summary(&self) -> Option<String> {
        match self {
            Self::Changed(changes) if !changes.is_empty() => Some(changes.summary()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, mode: &str, text: &[u8]) -> Entry {
        let kind = Kind::File { size: text.len() as u64, sha256: Digest::of(text), link_of: None };
        entry(path, mode, kind)
    }

    fn entry(path: &str, mode: &str, kind: Kind) -> Entry {
        Entry { path: path.to_owned(), kind, mode: mode.to_owned(), uid: 0, gid: 0, xattrs: BTreeMap::new() }
    }

    fn link(target: &str) -> Entry {
        entry("usr/lib/liba.so", "0777", Kind::Symlink { target: target.to_owned() })
    }

    #[test]
    fn every_way_in_which_a_path_can_change_is_told() {
        let before = Manifest::new(
            vec![
                file("usr/bin/a", "0755", b"one"),
                file("usr/bin/b", "0644", b"b"),
                file("usr/bin/c", "0644", b"c"),
                link("liba.so.1"),
            ],
            vec!["usr/share/x".to_owned()],
        );
        let mut own = file("usr/bin/a", "4755", b"three");
        own.gid = 7;
        let pipe = entry("usr/bin/c", "0644", Kind::Fifo);
        let new = file("usr/bin/new", "0600", b"");
        let now = Manifest::new(vec![own, pipe, new, link("liba.so.2")], vec![]);
        let changes = Changes::between(&before, &now);
        let digest = |text: &[u8]| Digest::of(text).short();
        let expected = format!(
            "  ~ /mnt/usr/bin/a  content 3 B ({}) → 5 B ({}), mode 0755 → 4755, owner 0:0 → 0:7\n\
             \x20 - /mnt/usr/bin/b  file 0644 0:0, 1 B\n\
             \x20 ~ /mnt/usr/bin/c  kind file → named pipe\n\
             \x20 + /mnt/usr/bin/new  file 0600 0:0, 0 B\n\
             \x20 ~ /mnt/usr/lib/liba.so  target liba.so.1 → liba.so.2\n\
             \x20 - /mnt/usr/share/x  removed from the layers below\n",
            digest(b"one"),
            digest(b"three"),
        );
        assert_eq!(changes.lines(&AbsPath::new("/mnt").unwrap()), expected);
        assert_eq!(
            changes.summary(),
            "1 path added, 2 paths gone, 1 changed in content, 1 changed in kind, 1 changed in mode, 1 changed in owner, \
             1 changed in target"
        );
        assert!(Changes::between(&now, &now).is_empty());
    }
}

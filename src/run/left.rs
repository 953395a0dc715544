//! The build tree that a failed step left, for who looks into it from outside.
//!
//! Whatever made it may have been hostile: no link is followed, and only regular files are read, none of them whole that
//! is big. The step's processes are gone by then, so that nothing changes in between.

use std::fs::Metadata;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use crate::diagnose::BuildTree;
use crate::host::files;
use crate::layout::guest;

/// How deep below the build tree a log is looked for, in directories.
const DEEPEST: usize = 6;
/// How many directories are looked into.
const MOST: usize = 20_000;
/// How much of a file's end is read, in bytes.
const END: u64 = 1 << 20;

/// A build tree, as the directories that lie over each other in it, the uppermost first.
pub(super) struct Left(Vec<PathBuf>);

impl Left {
    /// The build tree in these layers, the uppermost first.
    pub(super) fn new<'a>(layers: impl IntoIterator<Item = &'a Path>) -> Self {
        let work = guest::WORK.trim_start_matches('/');
        Self(layers.into_iter().map(|layer| layer.join(work)).collect())
    }

    /// Whether the uppermost layer has a file here, and none below it has.
    pub(super) fn made(&self, path: &Path) -> bool {
        let Some((upper, lower)) = self.0.split_first() else { return false };
        is_there(upper, path) && !lower.iter().any(|top| is_there(top, path))
    }

    /// The path of such a file which ends like this one.
    pub(super) fn made_somewhere(&self, path: &Path) -> Option<String> {
        let (top, mut looked) = (self.0.first()?, 0);
        let mut dirs = vec![PathBuf::new()];
        while let Some(dir) = dirs.pop() {
            looked += 1;
            if looked > MOST {
                return None;
            }
            let at = dir.join(path);
            if self.made(&at) {
                return Some(at.display().to_string());
            }
            let inner = files::directories(&top.join(&dir)).unwrap_or_default();
            dirs.extend(inner.iter().filter_map(|dir| Some(dir.strip_prefix(top).ok()?.to_owned())));
        }
        None
    }
}

impl BuildTree for Left {
    fn newest(&self, name: &str) -> Option<(String, String)> {
        let mut looked = 0;
        self.0.iter().find_map(|top| {
            let mut found = Vec::new();
            look_for(top, name, DEEPEST, &mut looked, &mut found);
            let (_, path) = found.into_iter().max()?;
            let shown = path.strip_prefix(top).ok()?.display().to_string();
            Some((shown, end_of(&path)?))
        })
    }

    fn text(&self, path: &str) -> Option<String> {
        let path = path.strip_prefix(guest::WORK).unwrap_or(path).trim_start_matches('/');
        let path = Path::new(path.strip_prefix("./").unwrap_or(path));
        if path.components().any(|part| !matches!(part, Component::Normal(_))) {
            return None;
        }
        let places = self.0.iter().flat_map(|top| ["src", ""].map(|dir| (top, Path::new(dir).join(path))));
        places.filter(|(top, path)| is_own(top, path)).find_map(|(top, path)| end_of(&top.join(path)))
    }
}

/// Collects the regular files of a name, with when they were changed.
fn look_for(dir: &Path, name: &str, deep: usize, looked: &mut usize, found: &mut Vec<(SystemTime, PathBuf)>) {
    *looked += 1;
    if *looked > MOST {
        return;
    }
    let path = dir.join(name);
    if let Ok(metadata) = files::symlink_metadata(&path)
        && metadata.is_file()
        && let Ok(time) = metadata.modified()
    {
        found.push((time, path));
    }
    if deep > 0 {
        let dirs = files::directories(dir).unwrap_or_default();
        dirs.iter().for_each(|dir| look_for(dir, name, deep - 1, looked, found));
    }
}

/// Whether a path below `top` is a regular file that no link leads to.
fn is_own(top: &Path, path: &Path) -> bool {
    leads_to(top, path, Metadata::is_file)
}

/// Whether it is one, or a link itself.
fn is_there(top: &Path, path: &Path) -> bool {
    leads_to(top, path, |metadata| metadata.is_file() || metadata.is_symlink())
}

/// Whether a path below `top` is what is wanted, and no link leads to it.
fn leads_to(top: &Path, path: &Path, is_wanted: impl Fn(&Metadata) -> bool) -> bool {
    let mut at = top.to_owned();
    let mut parts = path.components().peekable();
    while let Some(part) = parts.next() {
        at.push(part);
        let Ok(metadata) = files::symlink_metadata(&at) else { return false };
        let is_last = parts.peek().is_none();
        if !(if is_last { is_wanted(&metadata) } else { metadata.is_dir() }) {
            return false;
        }
    }
    true
}

fn end_of(path: &Path) -> Option<String> {
    let mut file = files::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END))).ok()?;
    let mut bytes = Vec::new();
    file.take(END).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn files_are_found_in_the_uppermost_layer_and_no_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let path = |path: &str| dir.path().join(path);
        let write = |at: &str, text: &str| files::write_atomic(&path(at), text.as_bytes()).unwrap();
        write("secret/config.log", "secret");
        write("lower/lfsgen/work/src/config.log", "lower");
        write("lower/lfsgen/work/src/a.c", "int a;");
        write("upper/lfsgen/work/src/sub/config.log", "upper");
        symlink(path("secret"), path("upper/lfsgen/work/src/link")).unwrap();
        symlink(path("secret/config.log"), path("upper/lfsgen/work/src/config.log")).unwrap();
        let (upper, lower) = (path("upper"), path("lower"));
        let left = Left::new([upper.as_path(), lower.as_path()]);
        assert_eq!(left.newest("config.log"), Some(("src/sub/config.log".into(), "upper".into())));
        assert_eq!(left.newest("meson-log.txt"), None);
        assert_eq!(left.text("a.c"), Some("int a;".into()));
        assert_eq!(left.text("/lfsgen/work/src/a.c"), Some("int a;".into()));
        for hostile in ["link/config.log", "../../../secret/config.log", "src/link/config.log", "/etc/passwd"]
        {
            assert_eq!(left.text(hostile), None, "{hostile}");
        }
        assert_eq!(left.text("config.log"), Some("lower".into()));
        write("lower/lfsgen/work/src/sub/old.h", "old");
        write("upper/lfsgen/work/src/sub/old.h", "new");
        for (name, made) in [
            ("sub/config.log", Some("src/sub/config.log")),
            ("old.h", None),
            ("a.c", None),
            ("link", Some("src/link")),
            ("link/config.log", None),
        ] {
            assert_eq!(left.made_somewhere(Path::new(name)).as_deref(), made, "{name}");
        }
    }
}

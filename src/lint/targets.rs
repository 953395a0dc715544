//! Where what a command writes comes to lie: seen from `/`, without detours, and in the folder that it is put into.

use super::paths::components;
use super::rule::Scene;
use super::writes::{Write, words};

/// A path to which something is written.
pub(super) struct Target {
    /// From `/` on, where that is written down; it ends with a `/` where it was written with one.
    pub(super) path: String,
    /// Whether that is all of it, or only what it begins with.
    pub(super) whole: bool,
}

/// Folders of a system. What a stage lays elsewhere than on `/` has the place of its mount point before one of them.
const FOLDERS: [&str; 4] = ["/etc/", "/usr/", "/root/", "/var/"];

/// Programs that put files of the same name into a folder.
const PUT: [&str; 4] = ["cp", "install", "ln", "mv"];

/// The path as written, and where that may be a folder, each file in it.
pub(super) fn targets(write: &Write<'_>, scene: Scene) -> Vec<Target> {
    let path = absolute(&write.beginning.text, write, scene);
    let whole = write.beginning.whole;
    let folder = path.trim_end_matches('/');
    let inside = names(write).into_iter().filter(|_| whole);
    let inside = inside.map(|name| Target { path: format!("{folder}/{name}"), whole: true });
    let mut all: Vec<Target> = inside.collect();
    all.insert(0, Target { path, whole });
    all
}

/// A path without `.`, `..` and doubled slashes, as far as it is known where it begins.
fn absolute(text: &str, write: &Write<'_>, scene: Scene) -> String {
    let parts = Some(text).filter(|text| !text.is_empty() && !text.starts_with('~'));
    let Some(parts) = parts.and_then(|text| components(text, write.state.dir())) else {
        return text.to_owned();
    };
    let end = if text.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    let path = format!("/{}{end}", parts.join("/"));
    let folder = FOLDERS.iter().filter_map(|folder| path.find(folder)).min();
    match folder.filter(|_| scene.cross) {
        Some(at) => path[at..].to_owned(),
        None => path,
    }
}

/// The names of the files that a program puts somewhere, as far as they are written down.
fn names(write: &Write<'_>) -> Vec<String> {
    let Some(layer) = write.by.filter(|layer| PUT.contains(&layer.name.as_str())) else { return Vec::new() };
    let Some(words) = words(layer) else { return Vec::new() };
    let last = usize::from(words.value('t').is_none());
    let files = &words.operands[..words.operands.len().saturating_sub(last)];
    let name = |text: String| text.rsplit('/').find(|part| !part.is_empty()).map(str::to_owned);
    files.iter().filter_map(|word| name(write.state.resolved(word)?)).collect()
}

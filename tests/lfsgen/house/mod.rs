//! The rules of the house, kept true by tests: layers, sizes, documents, tables, words.

mod calls;
mod documents;
mod layers;
mod snapshots;
mod tables;
mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{lfsgen, root, stdout};

/// Every file that git knows or would take, relative to the root.
fn tracked() -> Vec<PathBuf> {
    let listed = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let output = Command::new("git").args(listed).current_dir(root()).output().expect("git starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = output.stdout.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    let mut paths: Vec<_> =
        names.map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned())).collect();
    // A file that was removed is known until the next commit.
    paths.retain(|path| root().join(path).exists());
    paths.sort();
    assert!(paths.len() > 50, "only {paths:?}");
    paths
}

/// The tracked files with this extension, and their texts.
fn texts(extension: &str) -> Vec<(PathBuf, String)> {
    let wanted = |path: &PathBuf| path.extension().is_some_and(|found| found == extension);
    let read = |path: PathBuf| {
        let text = text(&path);
        (path, text)
    };
    tracked().into_iter().filter(wanted).map(read).collect()
}

fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all commands, as the program's own help lists them.
fn commands() -> Vec<String> {
    let help = stdout(&lfsgen(root(), &["--help"]));
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // Longer descriptions go on in lines that are indented further.
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<_> = names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(names.len() > 10, "{help}");
    names
}

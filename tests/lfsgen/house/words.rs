//! Words that have no place in the repository.

use super::{texts, tracked};
use crate::support::root;

/// Hosts of package registries: a project says which package, and the machine's own clients know where it is. Written in
/// parts, so that they do not stand here either.
const REGISTRIES: [[&str; 2]; 10] = [
    ["crates.", "io"],
    ["pypi.", "org"],
    ["python", "hosted.org"],
    ["npm", "js.org"],
    ["npm", "js.com"],
    ["deb.", "debian.org"],
    ["security.", "debian.org"],
    ["ftp.", "debian.org"],
    ["snapshot.", "debian.org"],
    ["proxy.", "golang.org"],
];

#[test]
fn no_file_names_a_registry_s_host() {
    let hosts = REGISTRIES.map(|parts| parts.concat());
    let mut found = Vec::new();
    for path in tracked() {
        // Cargo writes where its index is into the lock file itself.
        if path.as_os_str() == "Cargo.lock" {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(root().join(&path)).unwrap()).to_lowercase();
        found.extend(
            hosts
                .iter()
                .filter(|host| text.contains(*host))
                .map(|host| format!("{}: {host}", path.display())),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_is_allowed_where_it_could_be_expected() {
    let attribute = ["#[al", "low"].concat();
    let inner = ["#![al", "low"].concat();
    let uses = |text: &str| {
        text.lines()
            .any(|line| line.trim_start().starts_with(&attribute) || line.trim_start().starts_with(&inner))
    };
    let found: Vec<_> =
        texts("rs").into_iter().filter(|(_, text)| uses(text)).map(|(path, _)| path).collect();
    assert!(found.is_empty(), "write `#[expect(…, reason = …)]` in {found:?}");
}

#[test]
fn unsafe_code_stays_behind_one_door() {
    let word = ["unsafe", " {"].concat();
    let found: Vec<_> =
        texts("rs").into_iter().filter(|(_, text)| text.contains(&word)).map(|(path, _)| path).collect();
    assert!(!found.is_empty() && found.iter().all(|path| path.starts_with("src/host/raw")), "{found:?}");
}

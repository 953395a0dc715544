//! Under which keys a package's check has passed: what a check leaves in the store, as other phases leave artifacts.
//!
//! A stamp knows the last key alone. Whoever goes back to an earlier state of the specs finds its artifact in the store, and
//! without this would build the whole package again, only to run the check in it.

use std::fmt::Write as _;

use anyhow::Result;

use crate::host::files;
use crate::layout::Layout;
use crate::model::{Digest, PackageName};

/// How many keys of a package are remembered, the last ones.
const MOST: usize = 64;

/// The keys under which a package's check has passed, the last one first.
pub fn passed(layout: &Layout, package: &PackageName) -> Vec<Digest> {
    let bytes = files::read_plain(&layout.passed(package)).unwrap_or_default();
    // A line that is damaged, as by the end of the machine, names no key.
    String::from_utf8_lossy(&bytes).lines().filter_map(|line| Digest::parse(line).ok()).collect()
}

/// Remembers under which keys a package's check has passed just now. Needs the package's lock.
///
/// # Errors
/// It cannot be written.
pub fn remember_passed(layout: &Layout, package: &PackageName, keys: &[Digest]) -> Result<()> {
    let before = passed(layout, package).into_iter().filter(|key| !keys.contains(key));
    let mut text = String::new();
    for key in keys.iter().copied().chain(before).take(MOST) {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{key}");
    }
    files::write_atomic(&layout.passed(package), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_keys_are_remembered_each_once_and_damaged_lines_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let package = PackageName::new("zlib").unwrap();
        let key = |number: usize| Digest::of(&number.to_le_bytes());
        assert_eq!(passed(&layout, &package), []);
        for number in 0..2 * MOST {
            remember_passed(&layout, &package, &[key(number)]).unwrap();
        }
        let kept: Vec<_> = (MOST..2 * MOST).rev().map(key).collect();
        assert_eq!(passed(&layout, &package), kept);
        remember_passed(&layout, &package, &[key(MOST), key(0)]).unwrap();
        let now = passed(&layout, &package);
        assert_eq!((&now[..3], now.len()), (&[key(MOST), key(0), key(2 * MOST - 1)][..], MOST));
        files::write_atomic(&layout.passed(&package), format!("\0\0\nx\n{}\n0", key(1)).as_bytes()).unwrap();
        assert_eq!(passed(&layout, &package), [key(1)]);
    }
}

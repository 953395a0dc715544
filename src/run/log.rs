//! The log of each attempt at a step, whole.

use std::fs::File;
use std::io::{BufRead as _, BufReader};

use anyhow::{Context as _, Result};
use memchr::memmem;

use crate::host::files;
use crate::layout::Layout;
use crate::model::{PackageName, Phase};

/// Starts a log, and takes away what was known of the last attempt's failure. The last attempt's becomes `<phase>.<n>.log`, with the first number that is free.
pub(super) fn start(layout: &Layout, package: &PackageName, phase: Phase) -> Result<File> {
    let path = layout.log(package, phase);
    if let Some(dir) = path.parent() {
        files::create_dir_all(dir)?;
    }
    if path.exists()
        && let Some(free) = (1..).map(|n| layout.earlier_log(package, phase, n)).find(|path| !path.exists())
    {
        files::rename(&path, &free)?;
    }
    files::remove_file(&layout.card(package, phase))?;
    files::create(&path)
}

/// What test drivers write before the name of a test that did not do as it should.
const RESULTS: [&str; 4] = ["FAIL", "ERROR", "XPASS", "not ok"];

/// The lines of a log that may be results of tests which did not do as they should: all that is held of it.
pub(super) fn results(layout: &Layout, package: &PackageName, phase: Phase) -> Result<String> {
    let path = layout.log(package, phase);
    let mut log = BufReader::with_capacity(256 << 10, files::open(&path)?);
    let (mut kept, mut line) = (String::new(), Vec::new());
    let finders = RESULTS.map(memmem::Finder::new);
    loop {
        line.clear();
        let read = log.read_until(b'\n', &mut line);
        if read.with_context(|| format!("failed to read `{}`", path.display()))? == 0 {
            return Ok(kept);
        }
        if finders.iter().any(|finder| finder.find(&line).is_some()) {
            kept.push_str(&String::from_utf8_lossy(&line));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn of_a_log_only_the_results_that_matter_are_held() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, package) = (Layout::new(dir.path()), PackageName::new("zlib").unwrap());
        let text = b"PASS: a\n\xff\nFAIL: b\nnot ok 3 - c\nmake: Error 1";
        start(&layout, &package, Phase::Check).unwrap().write_all(text).unwrap();
        assert_eq!(results(&layout, &package, Phase::Check).unwrap(), "FAIL: b\nnot ok 3 - c\n");
    }

    #[test]
    fn each_attempt_keeps_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, package) = (Layout::new(dir.path()), PackageName::new("zlib").unwrap());
        for attempt in 0..3 {
            write!(start(&layout, &package, Phase::Build).unwrap(), "{attempt}").unwrap();
        }
        let text = |name: &str| files::read(&dir.path().join("logs/zlib").join(name)).unwrap();
        assert_eq!([text("build.1.log"), text("build.2.log"), text("build.log")], [b"0", b"1", b"2"]);
    }
}

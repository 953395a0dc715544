//! The log of each attempt at a step, whole.

use std::fs::File;
use std::io::BufReader;

use anyhow::{Context as _, Result};

use super::expected::Results;
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

/// What the log of a check says of its tests.
pub(super) fn results(
    layout: &Layout,
    package: &PackageName,
    phase: Phase,
    expected: &[String],
) -> Result<Results> {
    let path = layout.log(package, phase);
    let log = BufReader::with_capacity(256 << 10, files::open(&path)?);
    Results::read(log, expected).with_context(|| format!("failed to read `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

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

//! The environment of a step: all of it, and nothing of the caller's.

use std::collections::BTreeMap;

use crate::layout::guest;
use crate::plan::file::PackageFile;

/// What every step has, unless its stage or package says otherwise.
const DEFAULTS: [(&str, &str); 7] = [
    ("HOME", guest::WORK),
    // A locale that glibc has without any file, since 2.35.
    ("LC_ALL", "C.UTF-8"),
    ("PATH", "/usr/bin:/usr/sbin:/bin:/sbin"),
    // The start of the year 2000: one moment for whatever writes the time into its output.
    ("SOURCE_DATE_EPOCH", "946684800"),
    ("TERM", "dumb"),
    ("TZ", "UTC0"),
    ("USER", "root"),
];

/// The environment of a package's steps, without what says how many jobs they may have.
pub(super) fn environment(package: &PackageFile) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> =
        DEFAULTS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    all.extend(package.stage.env.iter().map(|(name, value)| (name.to_string(), value.clone())));
    all.insert("LFSGEN_WORK".to_owned(), guest::WORK.to_owned());
    all.insert("LFSGEN_SOURCES".to_owned(), guest::SOURCES.to_owned());
    all
}

//! The environment of a step: all of it, and nothing of the caller's.

use std::collections::BTreeMap;

use crate::layout::guest;
use crate::plan::file::PackageFile;
use crate::recipe::{DEFAULT_ENVIRONMENT, SOURCE_DATE_EPOCH};

/// The environment of a package's steps, without what says how many jobs they may have.
pub(super) fn environment(package: &PackageFile) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> =
        DEFAULT_ENVIRONMENT.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    all.extend(package.env.iter().map(|(name, value)| (name.to_string(), value.clone())));
    all.insert("LFSGEN_WORK".to_owned(), guest::WORK.to_owned());
    all.insert("LFSGEN_SOURCES".to_owned(), guest::SOURCES.to_owned());
    all
}

/// The moment after which nothing in a package's artifact is dated, in seconds since the Unix epoch: its
/// `SOURCE_DATE_EPOCH`. Nothing where that is no number, with which a spec leaves all times as they are.
pub(super) fn latest_time(package: &PackageFile) -> Option<i64> {
    environment(package).get(SOURCE_DATE_EPOCH)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_leave_at_home_is_in_the_build_tree() {
        assert!(DEFAULT_ENVIRONMENT.contains(&("HOME", guest::WORK)));
    }
}

use crate::model::Package;

use super::super::rule::Report;

pub(super) fn check(package: &Package, report: &mut Report<'_>) {
    // Without a digest that is the smaller part of what `source-without-digest` says.
    for source in package.fetched().filter(|source| source.sha256.is_some()) {
        let addresses = std::iter::once(&source.url).chain(&source.mirrors);
        for url in addresses.filter(|url| url.scheme == "http") {
            let message = format!("`{}` comes over a line that is not encrypted", source.file_name);
            report.at(url.text.place(), message).help =
                Some("write `https:`, if the server has it".to_owned());
        }
    }
}

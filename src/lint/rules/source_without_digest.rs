use crate::model::{Package, Source};

use super::super::rule::Report;

pub(super) fn check(package: &Package, report: &mut Report<'_>) {
    package.fetched().filter(|source| source.sha256.is_none()).for_each(|source| say(source, report));
}

fn say(source: &Source, report: &mut Report<'_>) {
    let name = &source.file_name;
    let (place, message) = match &source.md5 {
        Some(md5) => (md5.place, format!("`{name}` is checked with md5 only")),
        None => (source.url.text.place(), format!("`{name}` is not checked with any digest")),
    };
    let finding = report.at(place, message);
    if source.md5.is_some() {
        finding.notes.push("two files with the same md5 digest can be made on purpose".to_owned());
    }
    if source.url.scheme == "http" {
        finding.notes.push(
            "its address is not encrypted: whoever is on the way can put anything in its place".to_owned(),
        );
    }
    finding.help = Some(format!(
        "add `sha256:`, which `sha256sum {name}` prints, after comparing with what upstream says"
    ));
}

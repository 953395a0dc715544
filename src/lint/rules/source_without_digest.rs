use crate::model::{Package, PatchOrigin, Source};

use super::super::rule::Report;

pub(super) fn check(package: &Package, report: &mut Report<'_>) {
    let patches = package.patches.iter().filter_map(|patch| match &patch.origin {
        PatchOrigin::Fetched(source) => Some(source),
        PatchOrigin::File { .. } => None,
    });
    for source in package.sources.iter().chain(patches).filter(|source| source.sha256.is_none()) {
        without_digest(source, report);
    }
}

fn without_digest(source: &Source, report: &mut Report<'_>) {
    let help = format!(
        "add `sha256:`, which `sha256sum {}` prints, after comparing with what upstream says",
        source.file_name
    );
    let finding = match &source.md5 {
        Some(md5) => report.at(md5.place, format!("`{}` is checked with md5 only", source.file_name)),
        None => report
            .at(source.url.text.place(), format!("`{}` is not checked with any digest", source.file_name)),
    };
    if source.md5.is_some() {
        finding.notes.push("two files with the same md5 digest can be made on purpose".to_owned());
    }
    finding.help = Some(help);
}

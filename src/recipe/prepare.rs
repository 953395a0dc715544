//! The `prepare` phase: unpack the sources, apply the patches.

use askama::Template;

use super::must_render;
use crate::model::{Package, Patch, Source, Unpack};

#[derive(Template)]
#[template(path = "prepare.sh", blocks = ["enter", "unpack", "subdir"])]
struct Prepare<'a> {
    /// The first archive: it becomes `src`.
    own: Option<Archive<'a>>,
    /// The others, which keep the directory that they bring.
    further: Vec<Archive<'a>>,
    patches: Vec<PatchLine<'a>>,
    subdir: Option<&'a str>,
}

struct Archive<'a> {
    file: &'a str,
    /// The file's name without what says that it is an archive.
    stem: &'a str,
    zip: bool,
    top: Top<'a>,
}

/// What an archive has at its top.
enum Top<'a> {
    Only,
    Named(&'a str),
    Nothing,
}

struct PatchLine<'a> {
    strip: u32,
    file: &'a str,
}

/// The three parts of the phase: what comes first whatever the spec says, what the spec may replace, and what comes
/// last whatever the spec says.
pub(super) struct Parts {
    pub(super) enter: String,
    pub(super) unpack: String,
    pub(super) subdir: Option<String>,
}

/// The parts of a package's `prepare`; later phases start in `subdir` below the source.
pub(super) fn parts(package: &Package, subdir: Option<&str>) -> Parts {
    let mut archives = package.sources.iter().filter_map(archive);
    let template = Prepare {
        own: archives.next(),
        further: archives.collect(),
        patches: package.patches.iter().map(patch_line).collect(),
        subdir,
    };
    let replaced =
        package.phases.get(&crate::model::Phase::Prepare).is_some_and(|text| text.replace.is_some());
    Parts {
        enter: must_render(&template.as_enter()),
        unpack: must_render(&template.as_unpack()),
        subdir: (subdir.is_some() || replaced).then(|| must_render(&template.as_subdir())),
    }
}

fn archive(source: &Source) -> Option<Archive<'_>> {
    let top = match &source.unpack {
        Unpack::TopDirectory => Top::Only,
        Unpack::Directory(directory) if directory.value.as_str() == "." => Top::Nothing,
        Unpack::Directory(directory) => Top::Named(directory.value.as_str()),
        Unpack::No => return None,
    };
    let file = source.file_name.as_str();
    Some(Archive { file, stem: stem(file), zip: file.to_ascii_lowercase().ends_with(".zip"), top })
}

fn patch_line(patch: &Patch) -> PatchLine<'_> {
    PatchLine { strip: patch.strip, file: patch.file_name() }
}

/// `gmp-6.3.0` of `gmp-6.3.0.tar.xz`.
fn stem(file: &str) -> &str {
    let cut = file.rfind(".tar").filter(|&at| at > 0).or_else(|| file.rfind('.').filter(|&at| at > 0));
    cut.map_or(file, |at| &file[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_name_loses_what_says_that_it_is_one() {
        assert_eq!(stem("gmp-6.3.0.tar.xz"), "gmp-6.3.0");
        assert_eq!(stem("tzdata2025a.tgz"), "tzdata2025a");
        assert_eq!(stem(".tar"), ".tar");
    }
}

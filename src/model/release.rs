//! `NAME@VERSION/FILE`: a file of a release, as the addresses of `debian:` and `pypi:` have it.

/// A file of a release.
#[derive(Debug, PartialEq, Eq)]
pub struct Release<'a> {
    /// Whose release it is.
    pub name: &'a str,
    /// Which one.
    pub version: &'a str,
    /// The file's name.
    pub file: &'a str,
}

impl<'a> Release<'a> {
    /// Parses it; nothing where a part is not there, or could be taken for an option by a program that is given it.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (name, rest) = text.split_once('@')?;
        let (version, file) = rest.rsplit_once('/')?;
        let is_word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "+-._~:!".contains(c))
        };
        [name, version, file].into_iter().all(is_word).then_some(Self { name, version, file })
    }
}

#[cfg(test)]
mod tests {
    use super::Release;

    #[test]
    fn a_release_is_a_name_a_version_and_a_file() {
        assert_eq!(
            Release::parse("zlib@1:1.3.dfsg+really1.3.1-1/zlib_1.3.dfsg+really1.3.1.orig.tar.gz"),
            Some(Release {
                name: "zlib",
                version: "1:1.3.dfsg+really1.3.1-1",
                file: "zlib_1.3.dfsg+really1.3.1.orig.tar.gz"
            })
        );
        for bad in
            ["", "zlib", "zlib@1", "zlib/f", "@1/f", "zlib@/f", "zlib@1/", "-o@1/f", "a@-o/f", "a b@1/f"]
        {
            assert_eq!(Release::parse(bad), None, "{bad}");
        }
    }
}

//! Names, paths and digests that were checked when they were made.
//!
//! Each is a type of its own, with one constructor that refuses what is no such name and says what was expected. So a
//! [`PackageName`] can be put into a path, and a [`RelPath`] below a folder, without another look at them.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

/// Why a string is not a name of some kind, as a fragment that fits after "expected ".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadName(pub &'static str);

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.0)
    }
}

impl std::error::Error for BadName {}

macro_rules! checked_string {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses it.
            ///
            /// # Errors
            /// Says what was expected.
            pub fn new(text: impl Into<String>) -> Result<Self, BadName> {
                let text = text.into();
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(BadName($expected)) }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, BadName> {
                Self::new(text)
            }
        }

        impl FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

/// Whether all characters are in `[a-z0-9]` or in `extra`, and the first is in `[a-z0-9]`.
fn is_lower_name(text: &str, extra: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= 128 && text.starts_with(plain) && text.chars().all(|c| plain(c) || extra.contains(c))
}

fn has_no_control(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn is_relative_inside(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 4096
        && has_no_control(text)
        && !text.starts_with('/')
        && text.split('/').all(|part| !part.is_empty() && part != "..")
        && (text == "." || text.split('/').all(|part| part != "."))
}

/// Whether a text is the name of a variable of the shell (POSIX.1-2024, Base Definitions, 3.216).
pub fn is_variable_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

checked_string!(
    /// The unique name of a package.
    PackageName,
    "a lower-case letter or digit, then letters, digits, `+`, `.`, `_` or `-`",
    |text| is_lower_name(text, "+._-")
);

checked_string!(
    /// The name of a stage.
    StageName,
    "a lower-case letter or digit, then letters, digits, `_` or `-`",
    |text| is_lower_name(text, "_-")
);

checked_string!(
    /// The name of an option or variable.
    OptionName,
    "a lower-case letter or digit, then letters, digits, `_` or `-`",
    |text| is_lower_name(text, "_-")
);

checked_string!(
    /// The name of an environment variable (POSIX.1-2024, Base Definitions, 8.1, upper and lower case).
    EnvName,
    "a letter or `_`, then letters, digits or `_`",
    is_variable_name
);

checked_string!(
    /// A path below some directory: no leading `/`, no `..`, no empty part, no control character. `.` is the directory.
    RelPath,
    "a relative path without `..`, empty parts or control characters",
    is_relative_inside
);

checked_string!(
    /// An absolute path without `.`, `..`, empty parts or control characters.
    AbsPath,
    "an absolute path without `.`, `..`, empty parts or control characters",
    |text| text == "/" || text.strip_prefix('/').is_some_and(|rest| rest != "." && is_relative_inside(rest))
);

/// What a digest looks like.
const EXPECTED: &str = "64 hexadecimal digits (SHA-256)";

/// A SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// What a spec has for the digest of a file that nobody has looked at yet. No bytes with this digest are known.
    pub const UNKNOWN: Self = Self([0; 32]);

    /// Parses 64 hexadecimal digits of either case.
    ///
    /// # Errors
    /// Says what was expected.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = BadName(EXPECTED);
        if text.len() != 64 || !text.is_ascii() {
            return Err(bad);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let nibble = |c: u8| char::from(c).to_digit(16).and_then(|n| u8::try_from(n).ok());
            let (high, low) = (nibble(pair[0]).ok_or(bad)?, nibble(pair[1]).ok_or(bad)?);
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }

    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The first twelve hexadecimal digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (two, byte) in text.chunks_exact_mut(2).zip(self.0) {
            two.copy_from_slice(&[byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Read without a string of its own: a journal has tens of thousands of them.
impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;

        impl Visitor<'_> for Digits {
            type Value = Digest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Digest, E> {
                Digest::parse(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Digits)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names_are_lower_case_and_start_plainly() {
        for good in ["zlib", "gcc-pass1", "gtk+3.0", "0ad"] {
            assert!(PackageName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "Zlib", "-x", "a b", "a/b", "a$b", "é"] {
            assert!(PackageName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn relative_paths_stay_inside() {
        for good in [".", "a", "a/b.c", "usr/lib/libz.so.1", "..a", "with space"] {
            assert!(RelPath::new(good).is_ok(), "{good}");
        }
        for bad in ["", "/a", "../a", "a/../b", "a//b", "a/", "./a", "a\nb"] {
            assert!(RelPath::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_digest_reads_back_what_it_prints() {
        let digest = Digest::of(b"");
        assert_eq!(digest.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Digest::parse(&digest.to_string().to_uppercase()), Ok(digest));
        assert!(Digest::parse("e3b0").is_err());
        assert!(Digest::parse(&"é".repeat(32)).is_err());
    }
}

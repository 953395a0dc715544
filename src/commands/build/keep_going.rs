//! `-k` with and without its number, as users of ninja and of make write it.

use std::ffi::OsString;

/// What `-k` means without a number: go on with whatever can still be built, as make's does (POSIX.1-2024, make, `-k`).
pub(super) const NO_LIMIT: &str = "0";

/// The arguments, where each `-k` before a target has its number.
///
/// Clap gives an option that may have a value the next word, whatever it is. So `-k zlib` becomes `-k 0 zlib`; a word of
/// digits alone is the number.
pub(in crate::commands) fn with_number(arguments: Vec<OsString>) -> Vec<OsString> {
    if !arguments.iter().any(|argument| argument == "build") {
        return arguments;
    }
    let mut given = Vec::with_capacity(arguments.len() + 1);
    let mut words = arguments.into_iter().peekable();
    while let Some(word) = words.next() {
        let ended = word == "--";
        let bare = is_bare(&word) && words.peek().is_some_and(is_target);
        given.push(word);
        if bare {
            given.push(NO_LIMIT.into());
        }
        if ended {
            given.extend(words.by_ref());
        }
    }
    given
}

/// Whether a word is this option, alone or as the last of several letters, without a number.
fn is_bare(word: &OsString) -> bool {
    let short = |text: &str| text.starts_with('-') && !text.starts_with("--") && text.ends_with('k');
    word == "--keep-going" || word.to_str().is_some_and(short)
}

fn is_target(word: &OsString) -> bool {
    let is = |text: &str| !text.starts_with('-') && !text.bytes().all(|byte| byte.is_ascii_digit());
    word.to_str().is_none_or(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_read(line: &str, as_if: &str) {
        let words = |line: &str| line.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(with_number(words(line)), words(as_if));
    }

    #[test]
    fn a_target_behind_the_option_is_no_number() {
        assert_read("lfsgen build -k zlib", "lfsgen build -k 0 zlib");
        assert_read("lfsgen build --keep-going 7zip gcc", "lfsgen build --keep-going 0 7zip gcc");
        assert_read("lfsgen build -qk zlib:build", "lfsgen build -qk 0 zlib:build");
        assert_read("lfsgen -k build", "lfsgen -k 0 build");
    }

    #[test]
    fn all_else_stays_as_it_is() {
        for line in [
            "lfsgen build -k",
            "lfsgen build -k 3 zlib",
            "lfsgen build -k3 zlib",
            "lfsgen build -k 0",
            "lfsgen build --keep-going=3 zlib",
            "lfsgen build -k -j 2 zlib",
            "lfsgen build -- -k zlib",
            "lfsgen shell -k zlib",
        ] {
            assert_read(line, line);
        }
    }
}

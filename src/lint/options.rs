//! The options of a shell that rules ask for.

use std::borrow::Cow;

use crate::shell::interpreter;

/// The options of a shell that rules ask for (POSIX.1-2024, `set`; bash(1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Options {
    /// `set -e`
    pub(crate) errexit: bool,
    /// `set -u`
    pub(crate) nounset: bool,
    /// `set -o pipefail`
    pub(crate) pipefail: bool,
    /// Whether it may be a shell that knows no more than POSIX asks for.
    pub(crate) posix: bool,
}

impl Options {
    /// Those of the shell that a script's first line names: `#!/bin/sh -e`.
    pub(crate) fn of_first_line(script: &str) -> Self {
        let mut options = Self::default();
        if let Some((_, words)) = interpreter(script) {
            options.set(words.map(Cow::Borrowed));
        }
        options
    }

    /// Notes what `set` does with these words, or a shell that is started with them.
    pub(crate) fn set<'w>(&mut self, words: impl IntoIterator<Item = Cow<'w, str>>) {
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix(['-', '+']).filter(|_| !word.starts_with("--")) else {
                break;
            };
            let on = word.starts_with('-');
            for letter in letters.chars() {
                match letter {
                    'e' => self.errexit = on,
                    'u' => self.nounset = on,
                    'o' => match words.next().as_deref() {
                        Some("errexit") => self.errexit = on,
                        Some("nounset") => self.nounset = on,
                        Some("pipefail") => self.pipefail = on,
                        _ => {}
                    },
                    _ => {}
                }
            }
        }
    }

    /// What is on in this or that.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            errexit: self.errexit || other.errexit,
            nounset: self.nounset || other.nounset,
            pipefail: self.pipefail || other.pipefail,
            posix: self.posix || other.posix,
        }
    }

    /// What is on in both.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            errexit: self.errexit && other.errexit,
            nounset: self.nounset && other.nounset,
            pipefail: self.pipefail && other.pipefail,
            posix: self.posix && other.posix,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_and_the_first_line_turn_options_on_and_off() {
        let of = |line: &str| {
            let Options { errexit, nounset, pipefail, .. } = Options::of_first_line(line);
            (errexit, nounset, pipefail)
        };
        assert_eq!(of("#!/bin/sh -e\n"), (true, false, false));
        assert_eq!(of("#!/usr/bin/env -S bash -euo pipefail\na"), (true, true, true));
        assert_eq!(of("#!/bin/bash\nset -e"), (false, false, false));
        assert_eq!(of("set -e"), (false, false, false));
        let mut options = Options::of_first_line("#!/bin/sh -eu");
        options.set(["+e", "-x", "-o", "pipefail", "--", "-u"].map(Cow::Borrowed));
        assert_eq!((options.errexit, options.nounset, options.pipefail), (false, true, true));
    }
}

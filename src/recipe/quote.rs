//! Words of the shell.

use std::borrow::Cow;
use std::fmt;

use askama::filters::Escaper;

/// Writes text so that every POSIX shell reads it as one literal word (POSIX.1-2024, XCU 2.2.2).
///
/// It is the escaper of every template that ends in `.sh`.
#[derive(Debug, Clone, Copy)]
pub struct Shell;

impl Escaper for Shell {
    fn write_escaped_str<W: fmt::Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        if is_plain(text) {
            return dest.write_str(text);
        }
        // What means something between double quotes would make a reader, or shellcheck (SC2016, SC1003), ask whether single ones
        // are meant.
        if !text.contains(['$', '`', '\\', '\'']) {
            return write!(dest, "'{text}'");
        }
        dest.write_char('"')?;
        for char in text.chars() {
            if matches!(char, '$' | '`' | '\\' | '"') {
                dest.write_char('\\')?;
            }
            dest.write_char(char)?;
        }
        dest.write_char('"')
    }
}

/// One literal word.
pub fn word(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    // Writing to a string cannot fail.
    let _ = Shell.write_escaped_str(&mut quoted, text);
    Cow::Owned(quoted)
}

/// Whether no shell gives any character of it a meaning, wherever in a command it stands after the first word.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte))
}

/// Text for a comment: one line, whatever it holds.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    // Some tools end a line at U+2028, too; a reader must see the same lines as the shell.
    let ends_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if text.contains(ends_line) {
        Cow::Owned(text.replace(ends_line, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_as_they_are_and_others_are_quoted() {
        assert_eq!(word("--prefix=/usr"), "--prefix=/usr");
        assert_eq!(word(""), "''");
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word("it's"), "\"it's\"");
        assert_eq!(word("$HOME"), "\"\\$HOME\"");
        assert_eq!(word("a\\"), "\"a\\\\\"");
        assert_eq!(word("say \"so\""), "'say \"so\"'");
        assert_eq!(word("~"), "'~'");
        assert_eq!(word("a\nb"), "'a\nb'");
        assert_eq!(word("{a,b}"), "'{a,b}'");
        assert_eq!(word("é"), "'é'");
    }

    #[test]
    fn a_comment_stays_in_its_line() {
        assert_eq!(one_line("a\nrm -rf /\u{2028}"), "a\u{fffd}rm -rf /\u{fffd}");
    }
}

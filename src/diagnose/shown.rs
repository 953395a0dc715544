//! What programs wrote, fit to be shown: a log is whatever a package's commands chose to write.

/// How much of a line is shown, in characters.
const WIDEST: usize = 240;

/// A line that programs wrote for a terminal, without what could play with one: colours and other sequences (ECMA-48,
/// sections 5.3 to 5.6: a control sequence ends with a byte from `@` to `~`, a control string with BEL or ST), other
/// controls, and the characters that turn the direction of text (Unicode, UAX #9, section 2).
pub fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\x1b' => match characters.next_if(|c| matches!(c, '[' | ']' | 'P' | 'X' | '^' | '_')) {
                Some('[') => {
                    characters.by_ref().find(|c| ('@'..='~').contains(c));
                }
                Some(_) => {
                    characters.by_ref().find(|c| matches!(c, '\x07' | '\x1b' | '\u{9c}'));
                    characters.next_if_eq(&'\\');
                }
                None => {}
            },
            '\t' => plain.push(c),
            _ if is_trick(c) => {}
            _ => plain.push(c),
        }
    }
    plain
}

/// The same of a text of several lines.
pub fn plain_lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// A path with what could play with a terminal in the notation that manifests have for odd bytes, `\x` and two digits, so that
/// no file shows as another one.
pub fn plain_path(path: &str) -> String {
    use std::fmt::Write as _;
    let mut plain = String::with_capacity(path.len());
    for c in path.chars() {
        if is_trick(c) {
            // Writing into a string cannot fail.
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(plain, r"\x{byte:02x}");
            }
        } else {
            plain.push(c);
        }
    }
    plain
}

/// Whether a character is a control, or turns the direction of text.
fn is_trick(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The plain text of a line's bytes, whole.
pub(super) fn text(line: &[u8]) -> String {
    plain(String::from_utf8_lossy(line).trim_end())
}

/// A line fit to be shown in one row.
pub(super) fn row(line: &[u8]) -> String {
    // Four bytes a character at most, and some for what is taken out.
    cut(&text(&line[..line.len().min(16 * WIDEST)]))
}

/// Text that is not too wide.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_has_no_colours_and_no_other_tricks() {
        assert_eq!(plain("\x1b[1;31merror:\x1b[0m\ta\x07 b\r"), "error:\ta b");
        assert_eq!(plain("\x1b[1;31"), "");
        assert_eq!(plain_lines("\x1b[1ma\n\n  b\x07\n"), "a\n\n  b\n");
        assert_eq!(plain("a\x1b]0;title\x07b\x1b]8;;file:x\x1b\\c\x1bd"), "abcd");
        assert_eq!(plain("user\u{202e}txt.exe\u{2066}"), "usertxt.exe");
    }

    #[test]
    fn a_path_shows_as_no_other_one() {
        assert_eq!(
            plain_path("usr/bin/\x1b[31mls\n\u{202e}sl\t"),
            r"usr/bin/\x1b[31mls\x0a\xe2\x80\xaesl\x09"
        );
        assert_eq!(plain_path("größe of a\\\\b"), "größe of a\\\\b");
    }

    #[test]
    fn a_row_is_never_too_wide_and_never_broken() {
        assert_eq!(row(b"a\x1b[31mred\tx\r\n"), "ared\tx");
        assert_eq!(row(&[b'x'; 100_000]).chars().count(), WIDEST + 1);
        assert_eq!(row("é".repeat(1000).as_bytes()).chars().count(), WIDEST + 1);
        assert_eq!(row(&[0xff]), "\u{fffd}");
    }
}

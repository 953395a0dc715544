//! Characters of a text that are not seen where it is read: a reviewer would take it for another.
//!
//! It knows characters. It does not know shell.

use std::ops::Range;

use super::rule::Scene;
use super::rules::rule;
use crate::diag::Diagnostic;
use crate::source::Text;

/// A finding for the first of them: whoever hides one character hides more, and one is enough to look closely.
pub(super) fn unseen(text: &Text, scene: Scene) -> Option<Diagnostic> {
    let written = text.as_str();
    // A text with a NUL byte is no text, and that is told; most texts are ASCII without any of these.
    if written.bytes().all(|byte| (b' '..=b'~').contains(&byte) || matches!(byte, b'\t' | b'\n'))
        || written.contains('\0')
    {
        return None;
    }
    let (range, character, what) = first(written, scene.phase)?;
    let message = format!("U+{:04X} stands here, {what}", character as u32);
    let finding = rule("hidden-character")?.finding(text.place_of(range), message);
    Some(finding.help(format!(
        "remove it; where it is meant, write it as an escape: `printf '{}'`",
        octal(character)
    )))
}

/// A character as every shell's printf reads it (POSIX.1-2024, printf).
fn octal(character: char) -> String {
    character.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("\\{byte:03o}")).collect()
}

fn first(text: &str, phase: bool) -> Option<(Range<usize>, char, &'static str)> {
    let mut before = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let after = characters.peek().map(|(_, after)| *after);
        if let Some(what) = what(character, before, after, phase) {
            return Some((at..at + character.len_utf8(), character, what));
        }
        before = Some(character);
    }
    None
}

/// What a character does that is not seen (Unicode 16, chapters 23.1 to 23.3; UAX #9, section 2; ECMA-48).
fn what(character: char, before: Option<char>, after: Option<char>, phase: bool) -> Option<&'static str> {
    const NOTHING: &str = "which takes no room";
    match character {
        // Of these there is a rule of its own.
        '\t' | '\n' | '\r' => None,
        // What is drawn with forms of its own needs form feeds; they are blanks to nobody but people.
        '\x0c' => None,
        // Scripts for people at a terminal have ESC in them, for colours.
        _ if character.is_control() => {
            phase.then_some("with which a terminal does something instead of showing it")
        }
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("which turns the direction of the text around it")
        }
        // Persian words and emoji have joiners inside of them.
        '\u{200c}' | '\u{200d}' => {
            let is_plain = |beside: Option<char>| beside.is_none_or(|beside| beside.is_ascii());
            (is_plain(before) || is_plain(after)).then_some(NOTHING)
        }
        // A mark at the beginning of a text is told of.
        '\u{feff}' => before.map(|_| NOTHING),
        '\u{ad}'
        | '\u{200b}'
        | '\u{2060}'..='\u{2064}'
        | '\u{180e}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{3164}'
        | '\u{ffa0}'
        | '\u{e0000}'..='\u{e007f}' => Some(NOTHING),
        '\u{2028}' | '\u{2029}' => Some("which looks like the end of a line and is none"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{first, octal};

    #[test]
    fn the_escape_that_is_proposed_is_that_of_the_character() {
        assert_eq!([octal('\x1b'), octal('\u{200b}')], ["\\033", "\\342\\200\\213"]);
    }

    fn found(text: &str) -> Option<u32> {
        first(text, true).map(|(_, character, _)| character as u32)
    }

    #[test]
    fn what_is_not_seen_is_found_and_what_is_written_is_not() {
        for (text, wanted) in [
            ("make \u{202e}# ok", 0x202e),
            ("make\u{200b} install", 0x200b),
            ("a\u{200d}b", 0x200d),
            ("é\u{feff}", 0xfeff),
            ("echo \x1b[2K", 0x1b),
            ("echo \u{9b}2K", 0x9b),
            ("rm\u{8}", 8),
            ("a\u{e0041}", 0xe0041),
            ("a\u{2028}b", 0x2028),
        ] {
            assert_eq!(found(text), Some(wanted), "{text:?}");
        }
        for text in
            ["\tmake\r\n", "\u{feff}make", "# 👩\u{200d}💻", "# می\u{200c}خواهم", "é “x” –", "a\x0cb", ""]
        {
            assert_eq!(found(text), None, "{text:?}");
        }
        assert_eq!(first("echo \x1b[2K", false), None);
    }
}

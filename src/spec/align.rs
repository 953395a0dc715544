//! Which bytes of a file a scalar's text was taken from.

use crate::source::{Place, Text};

/// The text of a scalar whose `place` covers `raw`, but for the blanks that a block ends with, with as many of its bytes as
/// possible at their very place.
///
/// The YAML reader says where a scalar lies and what it reads as, and not how the one became the other. So the two are laid
/// beside each other: where they agree byte for byte, but for quotes or the indentation of each line, the text points into
/// the file exactly. Where they do not (escapes, folded lines), it points at the scalar as a whole.
pub(super) fn align(value: &str, raw: &str, place: Place) -> Text {
    let start = place.start as usize;
    if raw == value {
        return whole(value, start, place);
    }
    let quoted = ['"', '\''].into_iter().find_map(|quote| raw.strip_prefix(quote)?.strip_suffix(quote));
    if quoted == Some(value) {
        return whole(value, start + 1, place);
    }
    align_lines(value, raw, place).unwrap_or_else(|| Text::opaque(value, place))
}

fn whole(value: &str, start: usize, place: Place) -> Text {
    let mut text = Text::empty(place);
    text.push_verbatim(value, place.file, start);
    text
}

/// A literal block: each line of the value is a line of the file after its indentation.
fn align_lines(value: &str, raw: &str, place: Place) -> Option<Text> {
    let mut text = Text::empty(place);
    // The place of a block starts at its first line that is not blank.
    let body = value.trim_start_matches('\n');
    text.push_opaque(&value[..value.len() - body.len()], place.at_start());
    let mut at = place.start as usize;
    let mut raw_lines = raw.split_inclusive('\n');
    for line in body.split_inclusive('\n') {
        let raw_line = raw_lines.next()?;
        let content = line.strip_suffix('\n').unwrap_or(line);
        let raw_content = raw_line.trim_end_matches(['\n', '\r']);
        let indent = raw_content.strip_suffix(content)?;
        if !indent.bytes().all(|byte| byte == b' ') {
            return None;
        }
        let from = at + indent.len();
        if raw_line[indent.len()..].starts_with(line) {
            text.push_verbatim(line, place.file, from);
        } else {
            // The line ends otherwise than in the file: by `\r\n` there, or not at all.
            text.push_verbatim(content, place.file, from);
            let end = from + content.len();
            text.push_opaque(&line[content.len()..], Place::new(place.file, end..end));
        }
        at += raw_line.len();
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn aligned(file: &str, raw: &str, value: &str) -> (Text, usize) {
        let start = file.find(raw).expect("raw is part of the file");
        (align(value, raw, Place::new(FileId(0), start..start + raw.len())), start)
    }

    #[test]
    fn each_line_of_a_literal_block_points_at_its_own_bytes() {
        let file = "x: |\n  cd é\n\n    ls\n  end\n";
        let (text, _) = aligned(file, "cd é\n\n    ls\n  end\n", "cd é\n\n  ls\nend\n");
        let at = text.as_str().find("ls").expect("it is there");
        assert_eq!(&file[text.place_of(at..at + 2).range()], "ls");
        let at = text.as_str().find("end").expect("it is there");
        assert_eq!(&file[text.place_of(at..at + 3).range()], "end");
    }

    #[test]
    fn quotes_are_passed_over_and_escapes_stand_for_the_whole() {
        let (text, start) = aligned("x: 'abc'", "'abc'", "abc");
        assert_eq!(text.place_of(1..2), Place::new(FileId(0), start + 2..start + 3));
        let (text, start) = aligned(r#"x: "a\tc""#, r#""a\tc""#, "a\tc");
        assert_eq!(text.place_of(1..2), Place::new(FileId(0), start..start + 6));
    }

    #[test]
    fn a_folded_block_stands_for_the_whole() {
        let (text, start) = aligned("x: >\n  a\n  b\n", "a\n  b\n", "a b\n");
        assert_eq!(text.place_of(2..3), Place::new(FileId(0), start..start + 6));
    }

    #[test]
    fn leading_blank_lines_and_foreign_line_ends_keep_the_rest_exact() {
        let file = "x: |\n\n  a\r\n  bc\r\n";
        let (text, _) = aligned(file, "a\r\n  bc\r\n", "\na\nbc\n");
        assert_eq!(text.as_str(), "\na\nbc\n");
        assert_eq!(&file[text.place_of(3..5).range()], "bc");
    }
}
